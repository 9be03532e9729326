"""Values over the time of a run: peaks and series of seconds, from the workers' measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from busyhour.results.entries import Series
from busyhour.results.load_result import OK, Circumstances, Peak
from busyhour.results.measurement.measures import Measures, Second
from busyhour.results.measurement.sampling import Sampling
from busyhour.results.outcomes import counts_under


def operation_names(measures: Measures) -> list[str]:
    """Return the names of the operations that were requested, sorted."""
    return sorted({key.split("/")[1] for key in measures.counts if key.startswith("requests/")})


def highest(measures: Measures, table: str, key: str) -> Peak | None:
    """Return the highest value of `key` in the seconds' `table` (counts or gauges), with its first second."""
    best: Peak | None = None
    for number in sorted(measures.seconds):
        row = measures.seconds[number]
        value = row.gauges.get(key) if table == "gauges" else row.counts.get(key)
        if value is not None and (best is None or value > best.value):
            best = Peak(float(value), float(number))
    return best


def peaks(measures: Measures) -> dict[str, Peak]:
    """Return the peaks of calls, requests by operation and executions by function, with their first second."""
    found = {key: highest(measures, "gauges", key) for key in ("in_progress", "waiting")}
    for name in operation_names(measures):
        found[f"requests:{name}"] = highest(measures, "counts", f"requests/{name}")
    for name in counts_under(measures.counts, "invocations/"):
        found[f"concurrency:{name}"] = highest(measures, "gauges", f"concurrency/{name}")
    return {name: peak for name, peak in found.items() if peak is not None}


def series(measures: Measures, what: Circumstances) -> list[Series]:
    """Return the values of every second: calls, requests, latencies, throttles, invocations."""
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

    for name in operation_names(measures):
        made.append(counted(f"requests:{name}", "requests/s", f"requests/{name}"))
        made += percentiles("latency", name, f"latency/{name}")
        outcomes = counts_under(measures.counts, f"requests/{name}/")
        if set(outcomes) != {OK}:  # otherwise the operation's own lines are complete
            for outcome in outcomes:
                of = f"{name}/{outcome}"
                made.append(counted(f"answers:{of}", "answers/s", f"answers/{of}"))
                made += percentiles("outcome", of, f"latency/{of}")
    for name in counts_under(measures.counts, "invocations/"):
        running = [row.gauges.get(f"concurrency/{name}") for row in rows]
        made.append(line(f"concurrency:{name}", "executions", running))
        made.append(counted(f"invocations:{name}", "invocations/s", f"invocations/{name}"))
        made += percentiles("function", name, f"function/{name}")
    return made


def busiest(measures: Measures, window: int = 10) -> Peak | None:
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
