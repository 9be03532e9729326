"""Reduce a run's folder (run.json and load.json) to what a comparison needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.regression.made_of import of_record as made_of
from busyhour.regression.metrics import behaviour
from busyhour.regression.metrics.observation import (
    DEMANDED,
    PLANNED,
    SAME,
    Demand,
    Limit,
    Observation,
    Parts,
    QuotaUse,
    Share,
    no_first_attempts,
)
from busyhour.results import store, throttled
from busyhour.results.codec import encode
from busyhour.results.entries import Series
from busyhour.results.load_result import LoadResult
from busyhour.results.measurement.histogram import Histogram, highest_in
from busyhour.results.measurement.windows import coarse_bucket
from busyhour.results.record import Outcome, RunRecord
from busyhour.results.throttled import REQUEST_THROTTLE_SHARE, THROTTLE_SHARE


def read(path: Path) -> Observation:
    """Read the observation of the run in `path` (its folder, or its run.json).

    Raises:
        BusyhourError: there is no run.
    """
    record = store.read_run(path)
    folder = path if path.is_dir() else path.parent
    load: LoadResult | None = None
    why = ""
    try:
        load = store.read_load(folder)
        if load.run != record.run:
            load, why = None, f"{folder / store.LOAD_FILE} is of another run than {store.RUN_FILE}"
    except BusyhourError as error:
        why = error.message
    return observe(record, load, why)


def observe(record: RunRecord, load: LoadResult | None, why: str = "load.json was not read") -> Observation:
    """Reduce a run to what is compared; `why` gives the reason if `load` is None."""
    series = {one.name: one for one in record.series}
    started = _seconds(series.get("arrivals started"))
    requests = _sum([_seconds(one) for name, one in series.items() if name.startswith("requests:")])
    made = Observation(
        run_id=record.run_id,
        started=record.started,
        identity={
            **{key: record.scenario.get(key) for key in SAME if key != "target"},
            "target": record.target.get("kind"),
            **{key: encode(record.scenario[key]) for key in PLANNED if record.scenario.get(key) is not None},
        },
        seconds=record.duration,
        calls=record.arrivals.started,
        outcome=record.verdict.outcome.value,
        limits={quota.key: Limit(quota.name, quota.value) for quota in record.quotas},
        made_of=made_of(record),
        version=record.busyhour_version,
    )
    for name, one in (
        (REQUEST_THROTTLE_SHARE, "throttles"),
        ("limit_share", "limit errors"),
        ("error_share", "errors"),
    ):
        if requests and one in series:
            made.rates[name] = Parts(_to(_seconds(series[one]), len(requests)), requests)
    functions = {
        name.partition(":")[2]: _to(_seconds(one), len(started))
        for name, one in series.items()
        if name.startswith("Invocations:")
    }
    invoke = series.get("requests:lambda:Invoke")
    every = (
        _to(_seconds(invoke), len(started)) if invoke else _to(_sum(list(functions.values())), len(started))
    )
    if any(every) or (started and record.scenario.get("drive") in _INVOKING):
        made.ratios["Lambda invocations per call"] = Parts(every, started)
    for name, line in sorted(functions.items()):
        made.ratios[f"invocations per call: {name}"] = Parts(line, started)
    _shares(made, record)
    _throttled(made, record)
    made.quotas = {
        quota.key: QuotaUse(quota.name, quota.value, quota.peak, quota.headroom)
        for quota in record.quotas
        if quota.headroom is not None
    }
    made.findings = sorted(
        f"{finding.rule}: {finding.flow}: {finding.action}: {finding.message}"
        for finding in record.findings
        if finding.severity == "error"
    )
    if load is None:
        made.missing.append(f"latency, time in flow and slip: {why}")
    else:
        if not load.valid and made.outcome == Outcome.DOES_NOT_HOLD:
            # A limit decided the verdict, but the generator was saturated and its latencies are invalid.
            made.outcome = Outcome.INVALID.value
        made.windows = load.windows
        if load.windows is None:
            made.missing.append(_no_windows(record))
        for name, key in (("time in flow", "call/in_flow"), ("slip", "slip")):
            if key in load.histograms:
                made.samples[name] = _coarse(load.histogram(key))
    if record.coverage:
        taken, coverable = (
            sum(getattr(one, name) for one in record.coverage) for name in ("taken", "coverable")
        )
        made.coverage = Share(taken, coverable) if coverable else None
    made.demand = _demand(record.forecast)
    return made


def _no_windows(record: RunRecord) -> str:
    """Return the reason why a run has no latency by window."""
    if any(operation.requests for operation in record.operations):
        return (
            f"latency: load.json has no windows, although requests were sent: busyhour {record.busyhour_version} "
            "recorded none"
        )
    return "latency: the run sent no request (no call invoked a function, and the drive called no API)"


def _demand(forecast: Mapping[str, Any]) -> dict[str, Demand]:
    quantities = (forecast.get("demand_per_call") or {}).get("quantities") or {}
    return {
        name: Demand(float(one["mean"]), float(one["half_width"] or 0.0))
        for name, one in quantities.items()
        if name.startswith(DEMANDED) and one.get("mean")
    }


_INVOKING = ("backend", "lambda")
"""Drives that invoke functions themselves: no request is then no invocation, not a missing measurement."""


def _shares(made: Observation, record: RunRecord) -> None:
    planned = record.arrivals.planned - record.arrivals.dropped - record.arrivals.lost
    if planned > 0:
        # Estimates have the weight of the calls that they were made from.
        part = _part(record.arrivals.sampled, record.arrivals.of)
        made.shares["blocked calls"] = Share(record.arrivals.blocked * part, planned * part)
    calls = record.calls
    part = _part(calls.get("sampled"), calls.get("of"))
    answered, abandoned = (float(calls.get(key) or 0) * part for key in ("answered", "abandoned"))
    if answered + abandoned > 0:
        made.shares["abandoned calls"] = Share(abandoned, answered + abandoned)
        in_time = calls.get("answered_in_time")
        if in_time is not None:
            made.shares["not answered in time"] = Share(
                answered + abandoned - float(in_time) * part, answered + abandoned
            )
    _behaviour(made, record)


def _throttled(made: Observation, record: RunRecord) -> None:
    """Add the share of throttled first attempts that the verdict judges: that of the worst operation."""
    found = throttled.of_record(record.throttled, record.operations)
    if found:
        made.shares[THROTTLE_SHARE] = Share(found[0].throttled, found[0].attempts)
    elif any(one.requests for one in record.operations):
        made.missing.append(no_first_attempts(record.busyhour_version))


def _behaviour(made: Observation, record: RunRecord) -> None:
    """Add shares of calls by outcome; `behaviour` defines which of them may only fall.

    Outcomes without a count are 0.
    """
    outcomes = record.outcomes
    if outcomes is not None and outcomes.total:
        for name in (*behaviour.EITHER_WAY, *behaviour.LESS_IS_BETTER):
            made.shares[behaviour.NAME.format(name)] = Share(outcomes.counts.get(name, 0), outcomes.total)
    started = record.arrivals.started
    if started and record.calls:
        part = _part(record.calls.get("sampled"), record.calls.get("of"))
        for key, name in behaviour.COUNTED.items():
            made.shares[name] = Share(min(float(record.calls.get(key) or 0), started) * part, started * part)


def _part(sampled: int | None, of: int | None) -> float:
    """Return the share of calls that were sampled; 1 if all were."""
    return sampled / of if sampled is not None and of else 1.0


def _seconds(series: Series | None) -> list[float]:
    """Return values by second.

    CloudWatch's minutes are spread over their seconds (they are per-second values already).
    """
    if series is None or not series.t:
        return []
    gaps = [b - a for a, b in zip(series.t, series.t[1:], strict=False) if b > a]
    span = max(1, round(min(gaps))) if gaps and min(gaps) >= 10 else 1
    out = [0.0] * (max(0, int(series.t[-1])) + span)
    for at, value in zip(series.t, series.v, strict=True):
        for second in range(max(0, int(at)), max(0, int(at)) + span):
            out[second] += value or 0.0
    return out


def _sum(lines: list[list[float]]) -> list[float]:
    out = [0.0] * max((len(line) for line in lines), default=0)
    for line in lines:
        for i, value in enumerate(line):
            out[i] += value
    return out


def _to(line: list[float], length: int) -> list[float]:
    """Return `line` with exactly `length` values; later ones are added to the last one."""
    if len(line) > length > 0:
        return [*line[: length - 1], sum(line[length - 1 :])]
    return [*line, *([0.0] * (length - len(line)))]


def _coarse(histogram: Histogram) -> list[int]:
    row: dict[int, int] = {}
    for bucket, count in histogram.counts.items():
        coarse = coarse_bucket(highest_in(bucket))
        row[coarse] = row.get(coarse, 0) + count
    return [n for pair in sorted(row.items()) for n in pair]
