"""What the ladder is made of: rungs, the limits they come from, and how each limit shows when it is met."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from busyhour.capacity.staffing import QueueSample

BINDS = 0.01
"""A limit binds where it turns away this share of what asks for it."""
SERVICE_LEVEL = 0.8
"""Share of contacts to be answered in time where the scenario has no objective for it (80/20 is the usual target)."""

REORDER = "new calls meet the reorder tone (fast busy); CallsBreachingConcurrencyQuota"
TOO_MANY = "StartOutboundVoiceContact answers TooManyRequestsException, HTTP 429"
LAMBDA_429 = (
    "Lambda answers 429; Connect tries up to 3 times more within the block's time limit, "
    "then the flow takes its error branch"
)
TABLE_FULL = "the function gets ProvisionedThroughputExceededException or ThrottlingException from the table"
CAMPAIGN_FULL = "campaign calls beyond it are not placed; ConcurrentHighVolumeCalls at its limit"
QUEUE_FULL = "the flow's QueueAtCapacity branch is taken"
UNDERSTAFFED = "too few contacts are answered in time; callers wait and give up"


SIGNS = {
    REORDER: "reorder tone",
    TOO_MANY: "429 from StartOutboundVoiceContact",
    LAMBDA_429: "429 from Lambda",
    TABLE_FULL: "table throttles",
    CAMPAIGN_FULL: "campaign calls fail",
    QUEUE_FULL: "QueueAtCapacity",
    UNDERSTAFFED: "service level missed",
}
"""The symptoms in a few words."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One limit. `calls_per_hour` is the volume at which it binds, infinite where it never does."""

    key: str
    name: str
    kind: str
    """quota, setting (of the scenario: reserved concurrency, queue capacity) or staffing."""
    value: float
    unit: str
    origin: str
    calls_per_hour: float
    by_little: float | None
    """Volume at which the mean demand reaches the value; None where that means nothing."""
    symptom: str
    calculation: str
    needed: float | None
    """Value that carries the planned volume with the scenario's headroom; None: not a matter of a value."""
    binds_at_plan: bool
    code: str | None = None
    adjustable: bool = True

    def as_json(self) -> dict[str, Any]:
        """For the run record; an infinite volume is None."""
        return {k: None if isinstance(v, float) and math.isinf(v) else v for k, v in asdict(self).items()}


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
    sample: QueueSample
    """Contacts with handling times and patience as the scenario draws them."""


def climb(rungs: list[Rung]) -> list[Rung]:
    """The rungs in the order in which growing volume meets them."""
    return sorted(rungs, key=lambda rung: (rung.calls_per_hour, rung.key))


def at_busiest(probe: Callable[[float], float], end: float, points: int = 240) -> tuple[float, float]:
    """Highest value of `probe` on 0..end, and where."""
    times = [end * i / points for i in range(points + 1)]
    return max((probe(t), t) for t in times)
