"""Rows of the list of limits: each limit compared with the plan, and its symptom."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from busyhour.capacity.requirement import (
    Requirement,
    as_json,
    carried,
    in_words,
    needed,
    with_headroom,
)
from busyhour.capacity.simulation.agent_queue import Queueing
from busyhour.capacity.theory.erlang import waiting_with_abandonment
from busyhour.capacity.theory.queued_lines import AgentQueue
from busyhour.quotas import freshness

_WAITS = 0.001
"""Share of contacts that wait above which a queue is part of the network that decides on lines."""
_WAITS_OF_OTHERS = 0.05
"""The same for arrivals that are not Poisson: below it waiting adds less than 5 % to the variance of calls in progress."""

REORDER = "new calls meet the reorder tone (fast busy); CallsBreachingConcurrencyQuota"
TOO_MANY = "StartOutboundVoiceContact returns TooManyRequestsException, HTTP 429"
LAMBDA_429 = (
    "Lambda returns 429; Connect retries up to 3 times within the block's time limit, "
    "then the flow takes its error branch"
)
TABLE_FULL = "the function gets ProvisionedThroughputExceededException or ThrottlingException from the table"
CAMPAIGN_FULL = "campaign calls beyond it are not placed; ConcurrentHighVolumeCalls at its limit"
QUEUE_FULL = "the flow's QueueAtCapacity branch is taken"
IMPATIENT = "more queued callers abandon than the objective tolerates"
UNDERSTAFFED = "too few contacts are answered in time; callers wait and abandon"
SYSTEM_FULL = (
    "the system rejects the request; the function returns an error and Connect retries the invocation"
)
NO_LINE = "the system rejects further calls"
NO_ROOM = "no further resource can be created in the instance"


SIGNS = {
    REORDER: "reorder tone",
    TOO_MANY: "429 from StartOutboundVoiceContact",
    LAMBDA_429: "429 from Lambda",
    TABLE_FULL: "table throttles",
    CAMPAIGN_FULL: "campaign calls fail",
    QUEUE_FULL: "QueueAtCapacity",
    IMPATIENT: "contacts abandoned",
    UNDERSTAFFED: "service level missed",
    SYSTEM_FULL: "function errors",
    NO_LINE: "calls rejected",
    NO_ROOM: "cannot be created",
}
"""The symptoms in short."""


class Fits(StrEnum):
    """Whether a limit carries the plan."""

    WITHIN = "within"
    EXCEEDS = "exceeds"
    """It rejects more than is tolerated."""
    UNDECIDED = "undecided"
    """The demand is sampled, and its interval contains the limit."""


@dataclass(frozen=True, slots=True)
class LimitForecast:
    """One limit compared with the plan; the list of all of them is the forecast's `limits`.

    Volumes are calls per hour. `calls_per_hour` is the volume at which the limit rejects more than is
    tolerated, infinite if it never does; `by_little` the volume whose mean demand reaches the value. All
    figures come from `requirement`.
    """

    key: str
    name: str
    kind: str
    """quota, setting (of the scenario: reserved concurrency, queue capacity, table), partition, staffing or external."""
    value: float
    unit: str
    origin: str
    symptom: str
    calculation: str
    requirement: Requirement
    calls_per_hour: float
    by_little: float | None
    load: float
    """Mean demand at the plan, in the limit's unit."""
    load_half_width: float
    """Half-width of its 95 % interval; 0 if exact."""
    tolerated: float
    """Share of first attempts that may be rejected."""
    rejected_at_plan: float
    """Share of first attempts that the value rejects at the plan."""
    needed: float | None
    """Smallest value that carries the plan, without headroom; None if no value does."""
    with_headroom: float | None
    """The need plus the scenario's headroom; None if the scenario has no headroom."""
    verdict: Fits
    volume_half_width: float = 0.0
    """Half-width of the 95 % interval of `calls_per_hour`; 0 if exact, infinite if it cannot be estimated."""
    code: str | None = None
    adjustable: bool = True
    read_at: str = ""
    """When the value was read, ISO 8601; the date of the page for a documented default."""

    @property
    def binds_at_plan(self) -> bool:
        """Whether the plan exceeds the limit."""
        return self.verdict is Fits.EXCEEDS

    def as_json(self) -> dict[str, Any]:
        """Return the row of a run record; infinite figures are None."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {k: None if isinstance(v, float) and math.isinf(v) else v for k, v in row.items()}
        return plain | {
            "requirement": as_json(self.requirement),
            "verdict": self.verdict.value,
            "binds_at_plan": self.binds_at_plan,
            "mark": self.mark(freshness.today()),
        }

    def mark(self, today: date) -> str:
        """Return why the value of a quota is not current on that day.

        Empty if it is, or if it is not a value of AWS.
        """
        return freshness.mark(self.origin, self.read_at, today) if self.kind == "quota" else ""


def row_of(
    limit: Limit,
    requirement: Requirement,
    planned: float,
    *,
    symptom: str,
    calculation: str,
    kind: str = "quota",
    headroom: float = 0.0,
    spread: float = 0.0,
    undecided: bool = False,
) -> LimitForecast:
    """Compare one limit with the plan.

    Args:
        limit: the value in force.
        requirement: the plan's requirement on it.
        planned: calls per hour of the plan.
        symptom: of the reached limit.
        calculation: calculation of the load; the need is appended.
        kind: see `LimitForecast.kind`.
        headroom: share of the value that the scenario keeps free.
        spread: half-width of the load's 95 % interval as a share of the load.
        undecided: an independent calculation gives the opposite result.
    """
    need = needed(requirement)
    load = requirement.load()
    volume = planned * carried(requirement, limit.value)
    if undecided:
        verdict = Fits.UNDECIDED
    elif needed(requirement, 1.0 - min(spread, 1.0)) > limit.value:
        verdict = Fits.EXCEEDS
    elif needed(requirement, 1.0 + spread) > limit.value:
        verdict = Fits.UNDECIDED
    else:
        verdict = Fits.WITHIN
    finite = math.isfinite(need)
    text = f"{calculation}; " if calculation else ""
    return LimitForecast(
        key=limit.key,
        name=limit.name,
        kind=kind,
        value=limit.value,
        unit=limit.unit,
        origin=limit.origin,
        symptom=symptom,
        calculation=f"{text}{in_words(requirement)}: {f'{need:,.0f}' if finite else 'no value suffices'}",
        requirement=requirement,
        calls_per_hour=volume,
        by_little=planned * limit.value / load if load and requirement.load(2.0) > load else None,
        load=load,
        load_half_width=load * spread,
        tolerated=requirement.share,
        rejected_at_plan=requirement.rejected(limit.value),
        needed=need if finite else None,
        with_headroom=with_headroom(need, headroom) if finite and headroom else None,
        verdict=verdict,
        volume_half_width=_around(volume, spread),
        code=limit.code,
        adjustable=limit.adjustable,
        read_at=limit.read_at,
    )


def _around(volume: float, spread: float) -> float:
    """Return the half-width of a volume's interval, if its load is known to within a share of `spread`."""
    if not spread or math.isinf(volume):
        return 0.0
    return volume * spread if spread < 1.0 else math.inf


@dataclass(frozen=True, slots=True)
class Limit:
    """A value with its source."""

    key: str
    name: str
    code: str | None
    value: float
    unit: str
    origin: str
    adjustable: bool = True
    read_at: str = ""


@dataclass(frozen=True, slots=True)
class Staffed:
    """A queue of the scenario with the demand of calls on it."""

    name: str
    agents: int
    capacity: int | None
    share: float
    """Contacts per planned call."""
    aht: float
    patience: float
    """Mean patience in seconds."""
    sample: Queueing
    """Contacts with handling times and patience drawn as the scenario declares."""
    spread: float = 0.0
    """Half-width of the 95 % interval of the load as a share of the load; 0 if exact."""
    talking: float = 1.0
    """Share of the handling time with the caller on the line."""
    aht_cv: float = 1.0
    patience_cv: float = 1.0
    """Coefficients of variation of handling time and patience."""

    def offered(self, per_second: float) -> float:
        """Return the offered load in erlangs at a rate of calls."""
        return per_second * self.share * self.aht

    def station(self, per_second: float) -> AgentQueue:
        """Return the queue as part of a network with the calls' flows."""
        capacity = -1.0 if self.capacity is None else float(self.capacity)
        load, agents = self.offered(per_second), float(self.agents)
        return AgentQueue(
            load, agents, self.aht, self.aht_cv, self.talking, self.patience, self.patience_cv, capacity
        )

    def keeps_waiting(self, per_second: float, poisson: bool = True) -> bool:
        """Whether waiting makes the calls in progress vary more than a Poisson variable.

        Without agents all wait until they give up, as on infinitely many lines. The network of queues has Poisson arrivals.
        """
        if self.agents < 1:
            return False
        load = self.offered(per_second)
        waits = waiting_with_abandonment(load, self.agents, self.aht, self.patience).waits
        return waits > (_WAITS if poisson else _WAITS_OF_OTHERS)

    @property
    def markovian(self) -> bool:
        """Whether the network of queues is exact: handling time and patience are exponential, without wrap-up."""
        return self.aht_cv == self.patience_cv == self.talking == 1.0

    def wait(self, per_second: float) -> float:
        """Return the stationary mean wait of a contact in seconds, by Erlang A.

        In overload it is at least the time until the excess contacts have lost patience.
        """
        load = self.offered(per_second)
        wait = waiting_with_abandonment(load, self.agents, self.aht, self.patience).mean_wait
        if load <= self.agents:
            return wait
        return max(wait, self.sample.patience_quantile(1.0 - self.agents / load))


def by_volume(rows: list[LimitForecast]) -> list[LimitForecast]:
    """Sort the rows in the order in which growing volume reaches them."""
    return sorted(rows, key=lambda row: (row.calls_per_hour, row.key))


def at_busiest(probe: Callable[[float], float], end: float, points: int = 240) -> tuple[float, float]:
    """Return the highest value of `probe` on 0..end, and its time."""
    times = [end * i / points for i in range(points + 1)]
    return max((probe(t), t) for t in times)
