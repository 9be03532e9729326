"""One quantity of one plan in two ways: difference, and whether it lies within the intervals that are stated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy import stats

from .independent.estimate import Estimate

STATED, CERTAIN = 0.95, 0.9999
ROUNDING = 1e-5
"""Relative difference of two numbers that are both called exact."""


@dataclass(frozen=True)
class Row:
    """One comparison. `error` is that of the difference; None: both are exact."""

    plan: str
    quantity: str
    way: str
    """forecast, simulation, run."""
    value: float | str
    reference: float | str
    source: str
    """closed form or SimPy."""
    difference: float | None
    error: float | None
    within: bool
    """Inside the 95 % interval of the difference, or equal where both are exact."""
    certain: bool
    """Inside its 99.99 % interval, or equal."""

    def as_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def compare(plan: str, quantity: str, way: str, value: Estimate, reference: Estimate, source: str) -> Row:
    """Compare one estimate with the reference."""
    difference = value.value - reference.value
    error = math.hypot(value.error, reference.error)
    rounding = ROUNDING * max(abs(reference.value), 1e-3)
    if error <= rounding:
        equal = abs(difference) <= rounding
        return Row(plan, quantity, way, value.value, reference.value, source, difference, None, equal, equal)
    # Welch and Satterthwaite.
    parts = [((e.error / error) ** 4 / e.freedom) for e in (value, reference) if e.freedom < math.inf]
    freedom = 1.0 / math.fsum(parts) if math.fsum(parts) > 0.0 else math.inf
    distance = abs(difference) / error

    def inside(share: float) -> bool:
        point = (
            stats.norm.ppf((1 + share) / 2) if freedom == math.inf else stats.t.ppf((1 + share) / 2, freedom)
        )
        return bool(distance <= point)

    return Row(
        *(plan, quantity, way, value.value, reference.value, source, difference, error),
        within=inside(STATED),
        certain=inside(CERTAIN),
    )


def same(
    plan: str, quantity: str, way: str, value: float | str, right: str, *, fits: bool, source: str
) -> Row:
    """A need or a verdict: it is right or it is not."""
    return Row(plan, quantity, way, value, right, source, None, None, fits, fits)


@dataclass(frozen=True)
class Outcome:
    """All comparisons together."""

    rows: int
    sampled: int
    """Comparisons with an interval."""
    misses: int
    """Of those, outside 95 %."""
    allowed: int
    """The 99.9 % binomial bound on misses."""
    wrong: int
    """Outside 99.99 %, or exact and unequal."""

    @property
    def holds(self) -> bool:
        """Whether the ways agree."""
        return self.misses <= self.allowed and self.wrong == 0


def outcome(rows: Sequence[Row]) -> Outcome:
    """Count the misses."""
    sampled = [row for row in rows if row.error is not None]
    misses = sum(not row.within for row in sampled)
    allowed = int(stats.binom.ppf(0.999, len(sampled), 1 - STATED)) if sampled else 0
    return Outcome(len(rows), len(sampled), misses, allowed, sum(not row.certain for row in rows))
