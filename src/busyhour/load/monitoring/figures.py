"""Figures of a run in progress for the web page and exporters. Pure except for `clock`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from busyhour.results.measurement.histogram import Histogram

if TYPE_CHECKING:
    from busyhour.load.runner.aggregator import Aggregator

POINTS = 600
"""Maximum number of points of a line on a page."""

_QUANTILES = (50.0, 99.0, 99.9)


class Live:
    """Figures of the current or the last run; empty before the first.

    Args:
        run: returns the run.
    """

    def __init__(self, run: Callable[[], Aggregator | None]) -> None:
        self._run = run

    def figures(self) -> dict[str, Any]:
        """Return the last line of progress.jsonl; empty before the first."""
        run = self._run()
        return dict(run.last) if run is not None else {}

    def requests(self) -> list[tuple[dict[str, str], float]]:
        """Return the number of requests so far, all attempts, by `service`, `operation` and `outcome` (`ok`, ...)."""
        run = self._run()
        found = []
        for key, n in sorted(run.measures.counts.items()) if run is not None else ():
            if key.startswith("requests/"):
                _, operation, outcome = key.split("/", 2)
                found.append(({**_operation(operation), "outcome": outcome}, float(n)))
        return found

    def rows(self) -> list[dict[str, str]]:
        """Return names and values for a table, with the report's names."""
        now = self.figures()
        if not now:
            return [_row("Run", "not started")]
        slip = now.get("slip")
        return [
            _row(
                "Time",
                f"{now['t']:,.0f} s of {now['total']:,.0f} s, then at most {now['drain']:,.0f} s of drain",
            ),
            _row("Arrivals planned", f"{now['planned']:,}, of them due by now {now['due']:,}"),
            _row("Arrivals started", f"{now['started']:,}"),
            _row("Calls in progress", f"{now['in_progress']:,}"),
            _row("Slip p99", f"{slip:,.2f} ms" if slip is not None else "no call yet"),
            _row("Late, dropped", f"{now['late']:,}, {now['dropped']:,}"),
            _row("Throttled, at a limit", f"{now['throttles']:,}, {now['limits']:,}"),
            _row("Errors", f"{now['errors']:,}"),
            _row("Calls failed or blocked", f"{now['failed']:,}"),
        ]

    def state(self) -> dict[str, Any]:
        """Return figures, the whole schedule, and counts by second (or by groups of seconds)."""
        run = self._run()
        if run is None:
            return {"figures": {}, "scenario": "", "lines": []}
        step = _step(run.schedule.duration)
        starts, planned = run.schedule.planned_series(step)
        seconds = run.measures.seconds
        last = max(seconds, default=-1) - 1  # the newest second is not complete yet
        # Seconds that a worker has not reported yet would look like a drop of the rate, so the last two are omitted.
        shown = range(max(0, last))
        width = _step(float(len(shown)))

        def summed(key: str) -> list[list[float]]:
            return _thin(((t, float(_count(seconds, t, key))) for t in shown), width)

        gauge = ((t, seconds[t].gauges.get("in_progress", 0.0)) for t in shown if t in seconds)
        return {
            "scenario": run.scenario.name,
            "seed": run.scenario.seed,
            "figures": self.figures(),
            "duration": run.schedule.duration,
            "lines": [
                {
                    "name": "arrivals planned",
                    "unit": "calls/s",
                    "points": [list(p) for p in zip(starts, planned, strict=True)],
                },
                {"name": "arrivals started", "unit": "calls/s", "points": summed("started")},
                {"name": "calls in progress", "unit": "calls", "points": _thin(gauge, width, highest=True)},
                {"name": "slip p99", "unit": "ms", "points": [list(p) for p in run.slips]},
                {"name": "throttles", "unit": "requests/s", "points": summed("throttles")},
                {"name": "limit errors", "unit": "requests/s", "points": summed("limits")},
                {"name": "errors", "unit": "requests/s", "points": summed("errors")},
            ],
        }

    def prometheus(self) -> str:
        """Format the figures in Prometheus' text format, version 0.0.4; empty before the first run.

        Source: prometheus.io/docs/instrumenting/exposition_formats.
        """
        run = self._run()
        if run is None or not run.last:
            return ""
        counts, now = run.measures.counts, run.last
        out: list[str] = []
        for name, key, words in (
            ("calls_planned_total", "planned", "Arrivals of the whole schedule."),
            ("calls_due_total", "due", "Arrivals scheduled up to now."),
            ("calls_started_total", "started", "Calls started."),
            ("calls_late_total", "late", "Calls started later than the bound after their intended start."),
            ("calls_completed_total", "completed", "Calls that ended well."),
            ("calls_failed_total", "failed", "Calls that failed or were blocked."),
        ):
            _metric(out, name, "counter", words, [({}, float(now[key]))])
        dropped = {key[8:]: n for key, n in sorted(counts.items()) if key.startswith("dropped/")}
        _metric(
            out,
            "calls_dropped_total",
            "counter",
            "Arrivals not started because of the generator itself.",
            [({"reason": reason}, float(n)) for reason, n in dropped.items()],
        )
        _metric(out, "calls_in_progress", "gauge", "Calls in progress.", [({}, float(now["in_progress"]))])
        if now.get("slip") is not None:
            words = "99th percentile of the delay of starts after the intended start, so far."
            _metric(out, "start_slip_p99_seconds", "gauge", words, [({}, now["slip"] / 1000.0)])
        _metric(out, "requests_total", "counter", "Requests by outcome.", self.requests())
        self._latencies(out, run.measures.histograms)
        return "\n".join([*out, ""])

    def _latencies(self, out: list[str], histograms: Mapping[str, Histogram]) -> None:
        merged: dict[str, Histogram] = {}
        for key, histogram in sorted(histograms.items()):
            if key.startswith("latency/"):
                merged.setdefault(key.split("/")[1], Histogram()).merge(histogram)
        name = "busyhour_request_latency_seconds"
        if merged:
            out.append(f"# HELP {name} From the intended start to the response; about 20 s behind.")
            out.append(f"# TYPE {name} summary")
        for operation, histogram in merged.items():
            labels = _operation(operation)
            for quantile, value in zip(_QUANTILES, histogram.percentiles(_QUANTILES), strict=True):
                out.append(f"{name}{_labels({**labels, 'quantile': f'{quantile / 100:g}'})} {value / 1e6:g}")
            out.append(f"{name}_sum{_labels(labels)} {histogram.sum_us / 1e6:g}")
            out.append(f"{name}_count{_labels(labels)} {histogram.total}")


def _row(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _step(seconds: float) -> float:
    return float(max(1, -(-int(seconds) // POINTS)))


def _count(seconds: Mapping[int, Any], t: int, key: str) -> int:
    row = seconds.get(t)
    return row.counts.get(key, 0) if row is not None else 0


def _thin(points: Iterable[tuple[float, float]], width: float, *, highest: bool = False) -> list[list[float]]:
    """Combine points over `width` seconds: their mean, or their maximum."""
    bins: dict[float, list[float]] = {}
    for t, value in points:
        bins.setdefault(t // width * width, []).append(value)
    return [[start, max(row) if highest else sum(row) / len(row)] for start, row in bins.items()]


def _operation(operation: str) -> dict[str, str]:
    service, _, name = operation.partition(":")
    return {"service": service, "operation": name}


def _metric(
    out: list[str], name: str, kind: str, words: str, values: list[tuple[dict[str, str], float]]
) -> None:
    if values:
        out.append(f"# HELP busyhour_{name} {words}")
        out.append(f"# TYPE busyhour_{name} {kind}")
        out.extend(f"busyhour_{name}{_labels(labels)} {value:g}" for labels, value in values)


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = (f'{name}="{_ESCAPED.sub(_escape, value)}"' for name, value in labels.items())
    return "{" + ",".join(escaped) + "}"


_ESCAPED = re.compile(r'[\\"\n]')


def _escape(match: re.Match[str]) -> str:
    return {"\\": r"\\", '"': r"\"", "\n": r"\n"}[match.group()]
