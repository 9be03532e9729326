"""Result of the load generator: load.json, made from the sum of all workers' measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from busyhour.results.codec import decode, encode
from busyhour.results.entries import Arrivals, Operation, Percentiles, RetryRecord, Series, Slip
from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.measures import Measures, Second
from busyhour.results.measurement.retries import retries_of
from busyhour.results.measurement.sampling import CONTACTS, Sampling, in_all
from busyhour.results.measurement.windows import WindowRecord
from busyhour.results.outcomes import CallOutcomes, from_counts
from busyhour.results.record import AbortRecord

SCHEMA_VERSION = "1"

THROTTLE = "rate_throttle"
LIMIT = "limit"
OK = "ok"


@dataclass(slots=True)
class Peak:
    """The highest value of a quantity and the second in which it was reached."""

    value: float
    at: float


@dataclass(slots=True)
class FirstError:
    """Time of the first failure of one kind, seconds from the start."""

    operation: str
    """`service:Name`, as in `LoadResult.peaks`."""
    kind: str
    """rate_throttle, limit, client_error, server_error, timeout, connection, function_error."""
    code: str
    at: float


@dataclass(slots=True)
class FunctionUse:
    """One Lambda function as seen by the client."""

    name: str
    invocations: int
    errors: dict[str, int]
    per_call: float
    peak_concurrency: Peak | None
    latency: Percentiles | None


@dataclass(slots=True)
class Bounds:
    """Largest deviations of the generator before a run is INVALID."""

    late_ms: float = 10.0
    """A call that starts this much after its intended start is late."""
    slip_p99_ms: float = 50.0
    """The 99th percentile of the slip. A caller does not notice 50 ms; more is a different schedule."""
    cpu_share: float = 0.9
    """CPU share of the busiest generator process, mean over 10 seconds."""
    lost_share: float = 0.01
    """Share of planned calls that may be lost or dropped because a worker died."""


@dataclass(slots=True)
class LoadResult:
    """Everything that the load generator recorded of a run.

    Times are seconds from the start, latencies milliseconds. `peaks` contains `in_progress`, `waiting` (in
    queues; only if the generator simulates them), `requests:<service>:<Name>` (requests in one second) and
    `concurrency:<function>`. `calls` is for `RunRecord.calls`: `ends` by reason, `queue_wait_ms`,
    `in_flow_ms`, `duration_ms` (percentiles), `queued`, `answered`, `abandoned`, `service_level`,
    `invocations_per_call`. If only the ends of a sample are known, counts are scaled to all calls, `sampled`
    is the size of the sample, `of` the number of accepted calls, and `intervals` has 95 % intervals;
    percentiles are those of the sample.
    """

    drive: str
    started: str
    ended: str
    duration: float
    planned_duration: float
    workers: int
    interrupted: bool
    valid: bool
    reasons: list[str]
    arrivals: Arrivals
    operations: list[Operation] = field(default_factory=list)
    functions: list[FunctionUse] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    peaks: dict[str, Peak] = field(default_factory=dict)
    first_errors: list[FirstError] = field(default_factory=list)
    calls: dict[str, Any] = field(default_factory=dict)
    unmodelled: dict[str, int] = field(default_factory=dict)
    generator: dict[str, Any] = field(default_factory=dict)
    not_measured: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outcomes: dict[str, dict[str, Percentiles]] = field(default_factory=dict)
    """Latency by operation (`service:Name`) and class of outcome."""
    histograms: dict[str, dict[str, Any]] = field(default_factory=dict)
    """HDR histograms of the whole run, encoded: `latency/<op>/<class>`, `service/<op>/<class>`, `slip`, ..."""
    windows: WindowRecord | None = None
    """Latency by window of time; None if no request was sent."""
    retries: list[RetryRecord] = field(default_factory=list)
    """Figures of the application's retry policy; empty if it has none."""
    abort: AbortRecord | None = None
    """Condition that aborted the run; written by the monitor."""
    call_outcomes: CallOutcomes | None = None
    """Outcomes of the calls; None if the drive makes none."""
    schema_version: str = SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        """Convert to JSON values."""
        made: dict[str, Any] = encode(self)
        return made

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LoadResult:
        """Read the result that `to_json` wrote.

        Raises BusyhourError if a member is missing or of the wrong type.
        """
        return decode(cls, data)

    def histogram(self, key: str) -> Histogram:
        """Return one of `histograms`, decoded; an empty one if nothing was recorded."""
        return Histogram.from_json(self.histograms[key]) if key in self.histograms else Histogram()


@dataclass(slots=True)
class Circumstances:
    """Facts of a run that its measures do not contain."""

    drive: str
    started: str
    ended: str
    duration: float
    planned_duration: float
    planned_series: Sequence[float] = ()
    """Planned arrivals in each second."""
    workers: int = 1
    interrupted: bool = False
    generator: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    not_measured: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    """Further reasons why the run is INVALID."""
    answer_within: float = 20.0
    """Threshold of the service level, seconds."""


def summarise(measures: Measures, what: Circumstances, bounds: Bounds) -> LoadResult:
    """Convert the sum of all workers' measures to the result of the run. Seals every second."""
    measures.seal(max(measures.seconds, default=0) + 1)
    counts = measures.counts
    arrivals = _arrivals(measures)
    operations = _operations(measures)
    reasons = [*what.reasons, *_invalid(measures, arrivals, bounds, what)]
    return LoadResult(
        drive=what.drive,
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
        series=_series(measures, what),
        peaks=_peaks(measures),
        first_errors=sorted(
            (FirstError(*_split3(key), at) for key, at in measures.firsts.items()), key=lambda first: first.at
        ),
        calls=_calls(measures, what),
        unmodelled=_under(counts, "unmodelled/"),
        generator={**what.generator, "bounds": encode(bounds), "lag_ms": encode(_slip(measures, "lag"))},
        not_measured=what.not_measured,
        notes=what.notes,
        outcomes=_outcomes(measures),
        histograms={key: histogram.to_json() for key, histogram in sorted(measures.histograms.items())},
        windows=measures.windows.record(),
        retries=retries_of(measures),
        call_outcomes=_call_outcomes(measures),
    )


def _under(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    return {key[len(prefix) :]: value for key, value in sorted(counts.items()) if key.startswith(prefix)}


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
    got = _under(counts, "arrivals/")
    dropped = _under(counts, "dropped/")
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


def _names(measures: Measures) -> list[str]:
    return sorted({key.split("/")[1] for key in measures.counts if key.startswith("requests/")})


def _operations(measures: Measures) -> list[Operation]:
    made = []
    for name in _names(measures):
        classes = _under(measures.counts, f"requests/{name}/")
        service, _, operation = name.partition(":")
        requests = sum(classes.values())
        again = _under(measures.counts, f"again/{name}/")
        made.append(
            Operation(
                service=service,
                name=operation,
                requests=requests,
                errors=requests - classes.get(OK, 0) - classes.get(THROTTLE, 0) - classes.get(LIMIT, 0),
                throttles=classes.get(THROTTLE, 0),
                limits=classes.get(LIMIT, 0),
                codes=_under(measures.counts, f"codes/{name}/"),
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
            errors=_under(measures.counts, f"function_errors/{name}/"),
            per_call=invocations / calls if calls else 0.0,
            peak_concurrency=_peak(measures, "gauges", f"concurrency/{name}"),
            latency=_merged(measures, f"function/{name}").summary(),
        )
        for name, invocations in _under(measures.counts, "invocations/").items()
    ]


def _peak(measures: Measures, table: str, key: str) -> Peak | None:
    """Return the highest value of `key` in the seconds' `table` (counts or gauges), with its first second."""
    best: Peak | None = None
    for number in sorted(measures.seconds):
        row = measures.seconds[number]
        value = row.gauges.get(key) if table == "gauges" else row.counts.get(key)
        if value is not None and (best is None or value > best.value):
            best = Peak(float(value), float(number))
    return best


def _peaks(measures: Measures) -> dict[str, Peak]:
    found = {key: _peak(measures, "gauges", key) for key in ("in_progress", "waiting")}
    for name in _names(measures):
        found[f"requests:{name}"] = _peak(measures, "counts", f"requests/{name}")
    for name in _under(measures.counts, "invocations/"):
        found[f"concurrency:{name}"] = _peak(measures, "gauges", f"concurrency/{name}")
    return {name: peak for name, peak in found.items() if peak is not None}


def _series(measures: Measures, what: Circumstances) -> list[Series]:
    last = max([*measures.seconds, len(what.planned_series) - 1, 0])
    times = [float(number) for number in range(last + 1)]
    empty = Second()
    rows = [measures.seconds.get(number, empty) for number in range(last + 1)]

    def line(name: str, unit: str, values: Sequence[float | None]) -> Series:
        return Series(name=name, unit=unit, t=times, v=list(values))

    planned = [*what.planned_series, *([0.0] * (last + 1 - len(what.planned_series)))]
    made = [
        line("arrivals planned", "calls/s", planned),
        line("arrivals started", "calls/s", [row.counts.get("started", 0) for row in rows]),
        line("calls completed", "calls/s", [row.counts.get("completed", 0) for row in rows]),
        replace(
            line("calls in progress", "calls", [row.gauges.get("in_progress") for row in rows]),
            source="generator, estimated from a sample of calls"
            if Sampling.of(measures.counts).partial
            else "generator",
        ),
        line("calls waiting", "calls", [row.gauges.get("waiting") for row in rows]),
        line("throttles", "requests/s", [row.counts.get("throttles", 0) for row in rows]),
        line("limit errors", "requests/s", [row.counts.get("limits", 0) for row in rows]),
        line("errors", "requests/s", [row.counts.get("errors", 0) for row in rows]),
        line("generator CPU", "share", [row.gauges.get("cpu") for row in rows]),
    ]

    def counted(name: str, unit: str, key: str) -> Series:
        return line(name, unit, [row.counts.get(key, 0) for row in rows])

    def percentiles(name: str, of: str, key: str) -> list[Series]:
        pairs = [row.sealed.get(key) for row in rows]
        return [
            line(f"{name} {p}:{of}", "ms", [pair[i] if pair else None for pair in pairs])
            for i, p in enumerate(("p50", "p99"))
        ]

    for name in _names(measures):
        made.append(counted(f"requests:{name}", "requests/s", f"requests/{name}"))
        made += percentiles("latency", name, f"latency/{name}")
        outcomes = _under(measures.counts, f"requests/{name}/")
        if set(outcomes) != {OK}:  # otherwise the operation's own lines are complete
            for outcome in outcomes:
                of = f"{name}/{outcome}"
                made.append(counted(f"answers:{of}", "answers/s", f"answers/{of}"))
                made += percentiles("outcome", of, f"latency/{of}")
    for name in _under(measures.counts, "invocations/"):
        running = [row.gauges.get(f"concurrency/{name}") for row in rows]
        made.append(line(f"concurrency:{name}", "executions", running))
        made.append(counted(f"invocations:{name}", "invocations/s", f"invocations/{name}"))
        made += percentiles("function", name, f"function/{name}")
    return made


def _calls(measures: Measures, what: Circumstances) -> dict[str, Any]:
    counts = _under(measures.counts, "call/")
    sampling = Sampling.of(measures.counts)
    ends = _under(measures.counts, "end/")
    made: dict[str, Any] = {
        "ends": {reason: sampling.scaled(count) for reason, count in ends.items()},
        **{name: sampling.scaled(count) for name, count in counts.items()},
    }
    for key in ("queue_wait", "in_flow", "duration"):
        histogram = measures.histograms.get(f"call/{key}")
        made[f"{key}_ms"] = encode(histogram.summary()) if histogram is not None else None
    abandoned = counts.get("abandoned", 0)
    offered = counts.get("answered", 0) + abandoned
    shares = {
        "service_level": sampling.share(counts.get("answered_in_time", 0), offered),
        "abandoned_share": sampling.share(abandoned, counts.get("queued", 0)),
    }
    level = shares["service_level"]
    made["service_level"] = None if level is None else level.share
    made["service_level_seconds"] = what.answer_within
    if sampling.partial:
        made |= {"sampled": sampling.drawn, "of": sampling.accepted}
        made["intervals"] = {
            name: list(found.interval)
            for name, found in shares.items()
            if found is not None and found.interval is not None
        }
        made["intervals"] |= {name: list(sampling.bounds(count)) for name, count in counts.items()}
    started = measures.counts.get("arrivals/started", 0)
    made["invocations_per_call"] = {
        name: count / started for name, count in _under(measures.counts, "invocations/").items() if started
    }
    return made


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
    busiest = _busiest(measures)
    if busiest is not None and busiest.value > bounds.cpu_share:
        reasons.append(
            f"The generator used {busiest.value:.0%} of a CPU around second {busiest.at:.0f}, "
            f"bound {bounds.cpu_share:.0%}. Use more workers (--workers)."
        )
    expected = arrivals.planned - arrivals.dropped
    if not what.interrupted and not what.reasons and arrivals.started != expected:
        reasons.append(f"{arrivals.started} calls were started, but {expected} should have been.")
    return reasons


def _busiest(measures: Measures, window: int = 10) -> Peak | None:
    """Return the highest mean CPU share over `window` consecutive seconds, or over all if there are fewer."""
    values = [
        (number, row.gauges["cpu"]) for number, row in sorted(measures.seconds.items()) if "cpu" in row.gauges
    ]
    if not values:
        return None
    window = min(window, len(values))
    best = Peak(-1.0, 0.0)
    for start in range(len(values) - window + 1):
        part = values[start : start + window]
        mean = sum(value for _, value in part) / window
        if mean > best.value:
            best = Peak(mean, float(part[0][0]))
    return best
