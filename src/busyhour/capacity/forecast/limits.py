"""Rows of the ladder: each limit compared with the plan, and how it shows when it is reached."""

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
from busyhour.quotas import freshness

REORDER = "new calls meet the reorder tone (fast busy); CallsBreachingConcurrencyQuota"
TOO_MANY = "StartOutboundVoiceContact answers TooManyRequestsException, HTTP 429"
LAMBDA_429 = (
    "Lambda answers 429; Connect tries up to 3 times more within the block's time limit, "
    "then the flow takes its error branch"
)
TABLE_FULL = "the function gets ProvisionedThroughputExceededException or ThrottlingException from the table"
CAMPAIGN_FULL = "campaign calls beyond it are not placed; ConcurrentHighVolumeCalls at its limit"
QUEUE_FULL = "the flow's QueueAtCapacity branch is taken"
IMPATIENT = "more queued callers give up than the objective tolerates"
UNDERSTAFFED = "too few contacts are answered in time; callers wait and give up"
SYSTEM_FULL = (
    "the system rejects the request; the function answers with an error and Connect invokes it again"
)
NO_LINE = "the system takes no further call"
NO_ROOM = "no further one can be created in the instance"


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
"""The symptoms in a few words."""


class Fits(StrEnum):
    """Whether a limit carries the plan."""

    WITHIN = "within"
    EXCEEDS = "exceeds"
    """It rejects more than is tolerated."""
    UNDECIDED = "undecided"
    """The demand is sampled, and its interval reaches to both sides of the value."""


@dataclass(frozen=True, slots=True)
class LimitForecast:
    """One limit compared with the plan; the list of all of them is the forecast's ladder.

    Volumes are calls per hour. `calls_per_hour` is the volume at which the limit rejects more than is tolerated, infinite
    where it never does; `by_little` the volume whose mean demand reaches the value. All figures come from `requirement`.
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
    """Half width of its 95 % interval; 0 where it is exact."""
    tolerated: float
    """Share of first attempts that may be rejected."""
    rejected_at_plan: float
    """Share of first attempts that the value rejects at the plan."""
    needed: float | None
    """Smallest value that carries the plan, without headroom; None where no value does."""
    with_headroom: float | None
    """The need with the scenario's headroom on top; None where the scenario wants none."""
    verdict: Fits
    volume_half_width: float = 0.0
    """Half width of the 95 % interval of `calls_per_hour`; 0 where it is exact, infinite where the samples give none."""
    code: str | None = None
    adjustable: bool = True
    read_at: str = ""
    """When the value was read, ISO 8601; the date of the page for a documented default."""

    @property
    def binds_at_plan(self) -> bool:
        """Whether the plan exceeds the limit."""
        return self.verdict is Fits.EXCEEDS

    def as_json(self) -> dict[str, Any]:
        """The row of a run record; infinite figures are None."""
        row = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {k: None if isinstance(v, float) and math.isinf(v) else v for k, v in row.items()}
        return plain | {
            "requirement": as_json(self.requirement),
            "verdict": self.verdict.value,
            "binds_at_plan": self.binds_at_plan,
            "mark": self.mark(freshness.today()),
        }

    def mark(self, today: date) -> str:
        """Why the value of a quota is not current on that day; empty where it is, and for what is not AWS's."""
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
        requirement: what the plan asks of it.
        planned: calls per hour of the plan.
        symptom: how it shows when the limit is reached.
        calculation: how the load came about; the need is added.
        kind: see `LimitForecast.kind`.
        headroom: share of the value that the scenario wants to keep free.
        spread: half width of the load's 95 % interval as a share of the load.
        undecided: an independent calculation says the opposite.
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
    """Half width of a volume's interval; the load that it comes from is known to within a share of `spread`."""
    if not spread or math.isinf(volume):
        return 0.0
    return volume * spread if spread < 1.0 else math.inf


@dataclass(frozen=True, slots=True)
class Limit:
    """A value with where it came from, as the ladder needs it."""

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
    """A queue of the scenario with what calls ask of it."""

    name: str
    agents: int
    capacity: int | None
    share: float
    """Contacts per planned call that ask for it."""
    aht: float
    patience: float
    """Mean patience in seconds."""
    sample: Queueing
    """Contacts with handling times and patience as the scenario draws them."""
    spread: float = 0.0
    """Half width of the 95 % interval of the load as a share of it; 0 where it is exact."""


def climb(rungs: list[LimitForecast]) -> list[LimitForecast]:
    """The rows in the order in which growing volume reaches them."""
    return sorted(rungs, key=lambda rung: (rung.calls_per_hour, rung.key))


def at_busiest(probe: Callable[[float], float], end: float, points: int = 240) -> tuple[float, float]:
    """Highest value of `probe` on 0..end, and where."""
    times = [end * i / points for i in range(points + 1)]
    return max((probe(t), t) for t in times)
