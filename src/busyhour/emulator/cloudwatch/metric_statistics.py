"""CloudWatch's statistics of the values in a period."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from busyhour.emulator.cloudwatch.store import Point
from busyhour.emulator.messages import ApiError

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")
STATISTICS: dict[str, Callable[[Sequence[Point]], float]] = {
    "Sum": lambda points: sum(point.sum for point in points),
    "SampleCount": lambda points: sum(point.samples for point in points),
    "Average": lambda points: sum(point.sum for point in points) / sum(point.samples for point in points),
    "Minimum": lambda points: min(point.min for point in points),
    "Maximum": lambda points: max(point.max for point in points),
}


def by_period(name: str, bins: Sequence[tuple[int, list[Point]]]) -> tuple[list[tuple[int, float]], bool]:
    """Return the value of a statistic by period, and whether a period was omitted for lack of samples.

    A percentile needs every sample. As with statistic sets in CloudWatch, it is known only if minimum and
    maximum of each second are the same; the rank is the nearest one.
    """
    if (of := STATISTICS.get(name)) is not None:
        return [(at, float(of(points))) for at, points in bins], False
    percentile = _PERCENTILE.fullmatch(name)
    if percentile is None:
        raise ApiError(
            "InvalidParameterValue",
            f"The statistic {name!r} is not supported by busyhour's emulator: it has "
            f"{', '.join(STATISTICS)} and percentiles such as p99.",
        )
    share = float(percentile[1]) / 100
    known = [(at, points) for at, points in bins if all(point.min == point.max for point in points)]
    return [(at, _nearest_rank(points, share)) for at, points in known], len(known) < len(bins)


def _nearest_rank(points: Sequence[Point], share: float) -> float:
    rank = share * sum(point.samples for point in points)
    ordered = sorted(points, key=lambda point: point.max)
    passed = 0.0
    for point in ordered:
        passed += point.samples
        if passed >= rank:
            return float(point.max)
    return float(ordered[-1].max)
