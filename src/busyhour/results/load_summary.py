"""Convert the sum of all workers' measures to the result of a load test."""

from __future__ import annotations

from typing import Any

from busyhour.results.codec import encode
from busyhour.results.entries import Arrivals, Operation, Percentiles, Slip
from busyhour.results.estimate import of_plan
from busyhour.results.load_over_time import busiest, highest, operation_names, peaks, series
from busyhour.results.load_result import (
    LIMIT,
    OK,
    THROTTLE,
    Bounds,
    Circumstances,
    FirstError,
    FunctionUse,
    LoadResult,
)
from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.measures import Measures
from busyhour.results.measurement.retries import retries_of
from busyhour.results.measurement.sampling import CONTACTS, Sampling, in_all
from busyhour.results.outcomes import CallOutcomes, counts_under, from_counts


def summarise(measures: Measures, what: Circumstances, bounds: Bounds) -> LoadResult:
    """Convert the sum of all workers' measures to the result of the run. Seals every second."""
    measures.seal(max(measures.seconds, default=0) + 1)
    counts = measures.counts
    arrivals = _arrivals(measures)
    operations = _operations(measures)
    reasons = [*what.reasons, *_invalid(measures, arrivals, bounds, what)]
    return LoadResult(
        drive=what.drive,
        run=what.run,
        started=what.started,
        ended=what.ended,
        duration=what.duration,
        planned_duration=what.planned_duration,
        workers=what.workers,
        interrupted=what.interrupted,
        valid=not reasons,
        reasons=reasons,
        arrivals=arrivals,
        operations=operations,
        functions=_functions(measures),
        series=series(measures, what),
        peaks=peaks(measures),
        first_errors=sorted(
            (FirstError(*_split3(key), at) for key, at in measures.firsts.items()), key=lambda first: first.at
        ),
        calls=_calls(measures, what),
        unmodelled=counts_under(counts, "unmodelled/"),
        generator={**what.generator, "bounds": encode(bounds), "lag_ms": encode(_slip(measures, "lag"))},
        not_measured=what.not_measured,
        notes=what.notes,
        outcomes=_outcomes(measures),
        histograms={key: histogram.to_json() for key, histogram in sorted(measures.histograms.items())},
        windows=measures.windows.record(),
        retries=retries_of(measures),
        call_outcomes=_call_outcomes(measures),
    )


def _split3(key: str) -> tuple[str, str, str]:
    operation, kind, code = key.split("/", 2)
    return operation, kind, code


def _slip(measures: Measures, key: str) -> Slip | None:
    histogram = measures.histograms.get(key)
    if histogram is None or not histogram.total:
        return None
    p50, p99 = histogram.percentiles((50, 99))
    return Slip(p50=p50 / 1000.0, p99=p99 / 1000.0, max=histogram.highest / 1000.0)


def _call_outcomes(measures: Measures) -> CallOutcomes | None:
    counts = measures.counts
    sampling = Sampling.of(counts)
    if not sampling.accepted:
        return from_counts(counts)
    # The target runs the calls: it reports how they end, but not whether they took an error branch.
    population = sampling.accepted if sampling.partial else None
    return from_counts(counts, population=population, errors_known=False)


def _arrivals(measures: Measures) -> Arrivals:
    counts = measures.counts
    got = counts_under(counts, "arrivals/")
    dropped = counts_under(counts, "dropped/")
    sampling = Sampling.of(counts)
    ends = ("completed", "blocked", "cut_off")

    def bounds(what: str) -> list[float]:
        seen = counts.get(CONTACTS + what, 0)
        others = got.get(what, 0) - seen
        return [others + bound for bound in sampling.bounds(seen)]

    return Arrivals(
        planned=got.get("planned", 0),
        started=got.get("started", 0),
        late=got.get("late", 0),
        dropped=sum(dropped.values()),
        lost=got.get("lost", 0),
        completed=in_all(counts, "completed"),
        blocked=in_all(counts, "blocked"),
        refused=got.get("blocked", 0) - counts.get(f"{CONTACTS}blocked", 0),
        cut_off=in_all(counts, "cut_off"),
        slip_ms=_slip(measures, "slip"),
        dropped_reasons=dropped,
        sampled=sampling.drawn if sampling.partial else None,
        of=sampling.accepted if sampling.partial else None,
        intervals={what: bounds(what) for what in ends} if sampling.partial else {},
    )


def _merged(measures: Measures, prefix: str) -> Histogram:
    merged = Histogram()
    for key, histogram in measures.histograms.items():
        if key.startswith(prefix):
            merged.merge(histogram)
    return merged


def _operations(measures: Measures) -> list[Operation]:
    made = []
    for name in operation_names(measures):
        classes = counts_under(measures.counts, f"requests/{name}/")
        service, _, operation = name.partition(":")
        requests = sum(classes.values())
        again = counts_under(measures.counts, f"again/{name}/")
        made.append(
            Operation(
                service=service,
                name=operation,
                requests=requests,
                errors=requests - classes.get(OK, 0) - classes.get(THROTTLE, 0) - classes.get(LIMIT, 0),
                throttles=classes.get(THROTTLE, 0),
                limits=classes.get(LIMIT, 0),
                codes=counts_under(measures.counts, f"codes/{name}/"),
                latency=_merged(measures, f"latency/{name}/").summary(),
                service_time=_merged(measures, f"service/{name}/").summary(),
                peak_per_second=max(
                    (row.counts.get(f"requests/{name}", 0) for row in measures.seconds.values()), default=0
                ),
                first_attempts=requests - sum(again.values()),
                first_throttles=classes.get(THROTTLE, 0) - again.get(THROTTLE, 0),
                first_limits=classes.get(LIMIT, 0) - again.get(LIMIT, 0),
            )
        )
    return made


def _outcomes(measures: Measures) -> dict[str, dict[str, Percentiles]]:
    made: dict[str, dict[str, Percentiles]] = {}
    for key, histogram in sorted(measures.histograms.items()):
        if key.startswith("latency/"):
            _, operation, outcome = key.split("/", 2)
            summary = histogram.summary()
            if summary is not None:
                made.setdefault(operation, {})[outcome] = summary
    return made


def _functions(measures: Measures) -> list[FunctionUse]:
    calls = measures.counts.get("arrivals/started", 0)
    return [
        FunctionUse(
            name=name,
            invocations=invocations,
            errors=counts_under(measures.counts, f"function_errors/{name}/"),
            per_call=invocations / calls if calls else 0.0,
            peak_concurrency=highest(measures, "gauges", f"concurrency/{name}"),
            latency=_merged(measures, f"function/{name}").summary(),
        )
        for name, invocations in counts_under(measures.counts, "invocations/").items()
    ]


def _calls(measures: Measures, what: Circumstances) -> dict[str, Any]:
    counts = counts_under(measures.counts, "call/")
    sampling = Sampling.of(measures.counts)
    ends = counts_under(measures.counts, "end/")
    made: dict[str, Any] = {
        "ends": {reason: sampling.scaled(count) for reason, count in ends.items()},
        **{name: sampling.scaled(count) for name, count in counts.items()},
    }
    for key in ("queue_wait", "in_flow", "duration"):
        histogram = measures.histograms.get(f"call/{key}")
        made[f"{key}_ms"] = encode(histogram.summary()) if histogram is not None else None
    abandoned, in_time = counts.get("abandoned", 0), counts.get("answered_in_time", 0)
    offered = counts.get("answered", 0) + abandoned
    made["service_level"] = in_time / offered if offered else None
    made["service_level_seconds"] = what.answer_within
    shares = {
        "service_level": of_plan(in_time, offered, _waits(measures, "answered_in_time")),
        "abandoned_share": of_plan(abandoned, counts.get("queued", 0), _waits(measures, "abandoned")),
    }
    made["intervals"] = {name: list(around) for name, around in shares.items() if around is not None}
    if sampling.partial:
        made |= {"sampled": sampling.drawn, "of": sampling.accepted}
        made["intervals"] |= {name: list(sampling.bounds(count)) for name, count in counts.items()}
    started = measures.counts.get("arrivals/started", 0)
    made["invocations_per_call"] = {
        name: count / started
        for name, count in counts_under(measures.counts, "invocations/").items()
        if started
    }
    return made


def _waits(measures: Measures, end: str) -> list[tuple[int, int]]:
    """Return (waits that ended so, all ended waits) of each second."""
    rows = [measures.seconds[second].counts for second in sorted(measures.seconds)]
    ended = ("call/answered", "call/abandoned")
    return [(row.get(f"call/{end}", 0), sum(row.get(key, 0) for key in ended)) for row in rows]


def _invalid(measures: Measures, arrivals: Arrivals, bounds: Bounds, what: Circumstances) -> list[str]:
    """Return the reasons why the run is INVALID, each with the bound and the way out."""
    reasons = []
    slip = arrivals.slip_ms
    if slip is not None and slip.p99 > bounds.slip_p99_ms:
        reasons.append(
            f"The generator started calls late: slip p99 {slip.p99:.1f} ms, bound {bounds.slip_p99_ms:g} ms. "
            "Use more workers (--workers) or a less busy machine."
        )
    died = arrivals.dropped_reasons.get("worker lost", 0) + arrivals.lost
    others = arrivals.dropped - arrivals.dropped_reasons.get("worker lost", 0)
    if others:
        why = ", ".join(
            f"{n} {reason}" for reason, n in arrivals.dropped_reasons.items() if reason != "worker lost"
        )
        reasons.append(
            f"The generator dropped {others} of {arrivals.planned} arrivals ({why}). "
            "Use more workers (--workers) or raise the named limit."
        )
    if died > bounds.lost_share * max(1, arrivals.planned):
        reasons.append(
            f"Workers died, and {died} of {arrivals.planned} calls were lost with them, "
            f"more than the {bounds.lost_share:.0%} that are tolerated. See the log of the load generator."
        )
    peak = busiest(measures)
    if peak is not None and peak.value > bounds.cpu_share:
        reasons.append(
            f"The generator used {peak.value:.0%} of a CPU around second {peak.at:.0f}, "
            f"bound {bounds.cpu_share:.0%}. Use more workers (--workers)."
        )
    expected = arrivals.planned - arrivals.dropped
    if not what.interrupted and not what.reasons and arrivals.started != expected:
        reasons.append(f"{arrivals.started} calls were started, but {expected} should have been.")
    return reasons
