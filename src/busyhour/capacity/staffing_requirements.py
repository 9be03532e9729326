"""Requirements on the staffing and the capacity of a queue, by Erlang A, and on lines that waiting callers keep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from busyhour.capacity.requirement_kinds import (
    LARGEST,
    ROUNDING,
    TOLERATED,
    OfferedLoad,
    lines_blocked,
)
from busyhour.capacity.theory.erlang import waiting_with_abandonment
from busyhour.capacity.theory.finite_buffer import queue_full_share, volume_at
from busyhour.capacity.theory.queued_lines import AgentQueue, blocked
from busyhour.capacity.theory.retrials import at_once, attempts_per_call, with_redials
from busyhour.scenarios.model import Redial


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


@dataclass(frozen=True, slots=True)
class QueuedLines(OfferedLoad):
    """Lines of calls of which some wait for agents: a network of queues, see `theory.queued_lines`.

    `erlang` is the mean of the calls in progress, `flow` the part of it in flows. `queues` has the figures of an
    `AgentQueue` each, in its order. More volume than planned comes with as many more agents: agents are a limit of their
    own. `peakedness` and redials are as for `Lines`; for traffic that is not Poisson, the higher of the network's share and
    Hayward's is taken.
    """

    model: ClassVar[str] = "queued lines"
    flow: float
    queues: tuple[tuple[float, ...], ...]
    share: float = TOLERATED
    peakedness: float = 1.0
    redial_share: float = 0.0
    redial_attempts: int = 0

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of attempts that find every line busy."""
        lines = math.floor(value + ROUNDING)
        return with_redials(lambda attempts: self._blocked(lines, factor, attempts), self._redial).refused

    def smallest(self, factor: float) -> int:
        """Return the fewest lines that block at most `share`."""
        if self.load(factor) <= 0:
            return 0
        low, high, attempts = 0, 1, self._attempts
        while self._blocked(high, factor, attempts) > self.share and high < LARGEST:
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if self._blocked(middle, factor, attempts) > self.share else (low, middle)
            )
        return high

    def largest_factor(self, value: float) -> float:
        """Return the multiple of the planned volume of which `value` lines block `share`."""
        lines, attempts = math.floor(value + ROUNDING), self._attempts
        if lines <= 0:
            return 0.0
        beyond = self.share * (1.0 + ROUNDING)
        return volume_at(lambda factor: self._blocked(lines, factor, attempts), beyond, lines / self.erlang)

    def _blocked(self, lines: int, factor: float, attempts: float) -> float:
        queues = tuple(AgentQueue(*each) for each in self.queues)
        share = blocked(self.flow, queues, lines, factor * attempts, max(1.0, factor))
        if self.peakedness == 1.0:
            return share
        return max(share, lines_blocked(self.load(factor) * attempts, lines, self.peakedness))

    @property
    def _redial(self) -> Redial | None:
        return at_once(self.redial_share, self.redial_attempts)

    @property
    def _attempts(self) -> float:
        return attempts_per_call(self.share, self._redial)
