"""Objectives of a scenario held against what was measured.

| metric | meaning |
|---|---|
| `latency_p50/p90/p95/p99/max[:operation]` | milliseconds from the intended start; the worst operation where none is named |
| `service_time_...[:operation]` | the same from the moment of sending |
| `throttles[:operation]`, `limits[:operation]`, `errors[:operation]` | number of requests |
| `throttle_share`, `limit_share`, `error_share` (`[:operation]`) | of all requests |
| `blocked_share`, `abandoned_share` | of the started calls, of the queued calls |
| `service_level` | share of queued calls answered within the scenario's time |
| `late_arrivals`, `dropped_arrivals` | number of calls |

An operation is named `service`, `Name` or `service:Name`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from busyhour.errors import did_you_mean
from busyhour.results.load_result import LoadResult
from busyhour.results.record import ObjectiveRecord, Operation
from busyhour.scenarios.model import Objective

_QUANTILES = ("p50", "p90", "p95", "p99", "max")
_COUNTS = {"throttles": "throttles", "limits": "limits", "errors": "errors"}
_SHARES = {"throttle_share": "throttles", "limit_share": "limits", "error_share": "errors"}


class _NotMeasuredError(Exception):
    """Why there is no value."""


def judge(objectives: Sequence[Objective], load: LoadResult) -> list[ObjectiveRecord]:
    """Measure each objective and say whether it holds; one that cannot be measured says why."""
    return [_judge(objective, load) for objective in objectives]


def _judge(objective: Objective, load: LoadResult) -> ObjectiveRecord:
    bounds = [
        f"{words} {bound:g}"
        for words, bound in (("at most", objective.at_most), ("at least", objective.at_least))
        if bound is not None
    ]
    try:
        measured = _measure(objective.metric, load)
    except _NotMeasuredError as why:
        return ObjectiveRecord(objective.metric, " and ".join(bounds), None, None, str(why))
    holds = (objective.at_most is None or measured <= objective.at_most) and (
        objective.at_least is None or measured >= objective.at_least
    )
    return ObjectiveRecord(objective.metric, " and ".join(bounds), measured, holds)


def _measure(metric: str, load: LoadResult) -> float:
    name, _, about = metric.partition(":")
    kind, _, quantile = name.rpartition("_")
    if kind in ("latency", "service_time") and quantile in _QUANTILES:
        values = [
            float(getattr(found, quantile))
            for operation in _operations(about, load)
            if (found := getattr(operation, kind)) is not None
        ]
        if not values:
            raise _NotMeasuredError("no request of it was made")
        return max(values)
    if name in _COUNTS:
        return float(sum(getattr(o, _COUNTS[name]) for o in _operations(about, load)))
    if name in _SHARES:
        operations = _operations(about, load)
        requests = sum(o.requests for o in operations)
        if not requests:
            raise _NotMeasuredError("no request of it was made")
        return float(sum(getattr(o, _SHARES[name]) for o in operations)) / requests
    if name in _CALLS:
        return _CALLS[name](load)
    known = (
        *_CALLS,
        *_COUNTS,
        *_SHARES,
        *(f"{k}_{q}" for k in ("latency", "service_time") for q in _QUANTILES),
    )
    raise _NotMeasuredError(f"there is no such metric.{did_you_mean(name, known)}")


def _operations(about: str, load: LoadResult) -> list[Operation]:
    found = [o for o in load.operations if about in ("", o.service, o.name, f"{o.service}:{o.name}")]
    if not found:
        seen = sorted({f"{o.service}:{o.name}" for o in load.operations})
        raise _NotMeasuredError(
            f"no request of {about or 'any operation'} was made; there were {', '.join(seen) or 'none at all'}"
        )
    return found


def _share(part: float, whole: float, of: str) -> float:
    if not whole:
        raise _NotMeasuredError(f"there was no {of}")
    return part / whole


def _service_level(load: LoadResult) -> float:
    level = load.calls.get("service_level")
    if level is None:
        raise _NotMeasuredError("no call was answered or abandoned")
    return float(level)


def _abandoned(load: LoadResult) -> float:
    return _share(float(load.calls.get("abandoned", 0)), float(load.calls.get("queued", 0)), "queued call")


_CALLS: dict[str, Callable[[LoadResult], float]] = {
    "blocked_share": lambda load: _share(load.arrivals.blocked, load.arrivals.started, "started call"),
    "abandoned_share": _abandoned,
    "service_level": _service_level,
    "late_arrivals": lambda load: float(load.arrivals.late),
    "dropped_arrivals": lambda load: float(load.arrivals.dropped),
}
