"""Compare the measured values with the objectives of a scenario.

| metric | meaning |
|---|---|
| `latency_p50/p90/p95/p99/max[:operation]` | milliseconds from the intended start; the worst operation where none is named |
| `service_time_...[:operation]` | the same from the moment of sending |
| `throttles[:operation]`, `limits[:operation]`, `errors[:operation]` | number of requests |
| `throttle_share[:operation]` | of first attempts, the worst operation; see `results.throttled` |
| `request_throttle_share`, `limit_share`, `error_share` (`[:operation]`) | of all requests, repeated ones included |
| `blocked_share`, `abandoned_share` | of the started calls, of the queued calls |
| `error_branch_share` | of the calls whose outcome is known: those that took an error branch of a flow |
| `service_level` | share of queued calls answered within the scenario's time |
| `late_arrivals`, `dropped_arrivals` | number of calls |

An operation is named `service`, `Name` or `service:Name`. A value that was estimated from a sample of calls carries its
95 % interval, and its objective is not decided while the interval has the bound inside. `service_level` and
`abandoned_share` always are such values: they are about the plan, and the calls of a run are one sample of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from busyhour.errors import did_you_mean
from busyhour.results.entries import ObjectiveRecord, Operation
from busyhour.results.estimate import Estimate, in_words
from busyhour.results.load_result import LoadResult
from busyhour.results.throttled import REQUEST_THROTTLE_SHARE, THROTTLE_SHARE, Throttled, by_operation
from busyhour.scenarios.model import Objective

_QUANTILES = ("p50", "p90", "p95", "p99", "max")
_COUNTS = {"throttles": "throttles", "limits": "limits", "errors": "errors"}
_SHARES = {REQUEST_THROTTLE_SHARE: "throttles", "limit_share": "limits", "error_share": "errors"}


class _NotMeasuredError(Exception):
    """Why there is no value."""


def judge(
    objectives: Sequence[Objective], load: LoadResult, throttled: Sequence[Throttled] | None = None
) -> list[ObjectiveRecord]:
    """Measure each objective and say whether it holds; one that cannot be measured or decided says why.

    Args:
        objectives: what must hold.
        load: what was measured, with what the target knows of every call (`harness.verdict.known_outcomes`).
        throttled: shares by operation; those of the generator's own requests where not given.
    """
    shares = by_operation(load.operations) if throttled is None else throttled
    return [_judge(objective, load, shares) for objective in objectives]


def _judge(objective: Objective, load: LoadResult, throttled: Sequence[Throttled]) -> ObjectiveRecord:
    bounds = [
        f"{words} {bound:g}"
        for words, bound in (("at most", objective.at_most), ("at least", objective.at_least))
        if bound is not None
    ]
    about = ""
    try:
        if objective.metric.partition(":")[0] == THROTTLE_SHARE:
            worst = _worst(objective.metric.partition(":")[2], throttled)
            found: float | Estimate = worst.share
            about = worst.in_words if worst.throttled else ""
        else:
            found = _measure(objective.metric, load)
    except _NotMeasuredError as why:
        return ObjectiveRecord(objective.metric, " and ".join(bounds), None, None, str(why))
    measured, around, sampled = (
        (found.share, found.interval, found.sampled) if isinstance(found, Estimate) else (found, None, None)
    )
    low, high = around or (measured, measured)
    verdicts = {_at_most(low, high, objective.at_most), _at_least(low, high, objective.at_least)}
    holds = False if False in verdicts else None if None in verdicts else True
    why_not = in_words((low, high), sampled) if holds is None else about
    return ObjectiveRecord(
        objective.metric, " and ".join(bounds), measured, holds, why_not, interval=around, sampled=sampled
    )


def _at_most(low: float, high: float, bound: float | None) -> bool | None:
    """Whether an interval keeps an upper bound; None where the bound is inside."""
    if bound is None or high <= bound:
        return True
    return False if low > bound else None


def _at_least(low: float, high: float, bound: float | None) -> bool | None:
    """Whether an interval keeps a lower bound; None where the bound is inside."""
    if bound is None or low >= bound:
        return True
    return False if high < bound else None


def _worst(about: str, throttled: Sequence[Throttled]) -> Throttled:
    """The operation with the largest share of those that are meant."""
    found = [one for one in throttled if one.about(about)]
    if not found:
        seen = ", ".join(sorted(one.name for one in throttled)) or "none at all"
        raise _NotMeasuredError(f"no request of {about or 'any operation'} was made; there were {seen}")
    return max(found, key=lambda one: one.share)


def _measure(metric: str, load: LoadResult) -> float | Estimate:
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
        THROTTLE_SHARE,
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


def _blocked(load: LoadResult) -> Estimate:
    arrivals = load.arrivals
    share = _share(arrivals.blocked, arrivals.started, "started call")
    around = arrivals.intervals.get("blocked")
    if around is None:
        return Estimate(share)
    low, high = (min(1.0, bound / arrivals.started) for bound in around)
    return Estimate(share, (low, high), arrivals.sampled)


def _of_plan(load: LoadResult, name: str, share: float, calls: int) -> Estimate:
    """A share of `calls` calls with its interval; without one in records of versions that recorded none."""
    around = load.calls.get("intervals", {}).get(name)
    if around is None:
        return Estimate(share)
    return Estimate(share, (around[0], around[1]), int(load.calls.get("sampled", calls)))


def _service_level(load: LoadResult) -> Estimate:
    level = load.calls.get("service_level")
    if level is None:
        raise _NotMeasuredError("no call was answered or abandoned")
    ended = sum(int(load.calls.get(end, 0)) for end in ("answered", "abandoned"))
    return _of_plan(load, "service_level", float(level), ended)


def _abandoned(load: LoadResult) -> Estimate:
    queued = int(load.calls.get("queued", 0))
    share = _share(float(load.calls.get("abandoned", 0)), queued, "queued call")
    return _of_plan(load, "abandoned_share", share, queued)


def _error_branches(load: LoadResult) -> Estimate:
    outcomes = load.call_outcomes
    if outcomes is None:
        raise _NotMeasuredError("no call went through a flow")
    if outcomes.error_branch is not None:
        return Estimate(outcomes.error_branch / outcomes.total)
    if outcomes.error_branch_most is None:
        raise _NotMeasuredError("the target does not report which calls took an error branch")
    # Errors of other contacts of the instance are among them, and several of one call.
    started = max(1, load.arrivals.started)
    most = min(1.0, outcomes.error_branch_most / started)
    return Estimate(most, (0.0, most), started)


_CALLS: dict[str, Callable[[LoadResult], float | Estimate]] = {
    "blocked_share": _blocked,
    "error_branch_share": _error_branches,
    "abandoned_share": _abandoned,
    "service_level": _service_level,
    "late_arrivals": lambda load: float(load.arrivals.late),
    "dropped_arrivals": lambda load: float(load.arrivals.dropped),
}
