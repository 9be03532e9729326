"""Requirements on the staffing and the capacity of a queue, by Erlang A."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from busyhour.capacity.requirement_kinds import ROUNDING, TOLERATED, OfferedLoad
from busyhour.capacity.theory.erlang import waiting_with_abandonment
from busyhour.capacity.theory.finite_buffer import queue_full_share


@dataclass(frozen=True, slots=True)
class Agents(OfferedLoad):
    """Agents of one queue: Erlang A. A contact is rejected if it is not answered within `threshold` seconds.

    `erlang` is the offered load, `aht` the average handle time and `patience` the mean patience in seconds;
    `share` is 1 - the required service level.
    """

    model: ClassVar[str] = "agents"
    aht: float
    patience: float
    threshold: float
    share: float

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of contacts that are not answered in time."""
        agents = math.floor(value + ROUNDING)
        waiting = waiting_with_abandonment(self.load(factor), agents, self.aht, self.patience, self.threshold)
        return 1.0 - waiting.service_level


@dataclass(frozen=True, slots=True)
class Abandoned(OfferedLoad):
    """Agents of one queue: Erlang A. A contact is rejected if it abandons.

    `erlang` is the offered load, `aht` the average handle time and `patience` the mean patience in seconds;
    `share` is the objective's share of queued contacts that may be abandoned.
    """

    model: ClassVar[str] = "abandoned"
    aht: float
    patience: float
    share: float

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of contacts that are abandoned."""
        agents = math.floor(value + ROUNDING)
        return waiting_with_abandonment(self.load(factor), agents, self.aht, self.patience).abandoned


@dataclass(frozen=True, slots=True)
class Waiting(OfferedLoad):
    """Places of one queue: M/M/n/n+K with impatience. A contact is rejected if every place is taken.

    `agents` serve `erlang` of offered load with an average handle time of `aht` seconds; waiting contacts
    abandon after a mean of `patience` seconds.
    """

    model: ClassVar[str] = "waiting"
    agents: int
    aht: float
    patience: float
    share: float = TOLERATED

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of contacts that find the queue full."""
        places = math.floor(value + ROUNDING)
        return queue_full_share(self.load(factor), self.agents, places, self.aht, self.patience)
