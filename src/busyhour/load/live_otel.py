"""The run's own figures through OpenTelemetry, beside those that Locust's `--otel` exports of requests."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from busyhour.load.live import Live

FIGURES = (
    ("busyhour.calls.due", "due", "{call}", "Arrivals that the plan expects by now"),
    ("busyhour.calls.started", "started", "{call}", "Calls started"),
    ("busyhour.calls.in_progress", "in_progress", "{call}", "Calls in progress"),
    ("busyhour.calls.late", "late", "{call}", "Calls started later than the bound"),
    ("busyhour.calls.dropped", "dropped", "{call}", "Arrivals not started by the generator's own fault"),
    ("busyhour.calls.failed", "failed", "{call}", "Calls that failed or were turned away"),
    ("busyhour.requests.throttled", "throttles", "{request}", "Requests that were throttled"),
    ("busyhour.requests.errors", "errors", "{request}", "Requests that failed otherwise"),
    ("busyhour.start.slip.p99", "slip", "ms", "99th percentile of the start after the intended start"),
)
"""Name, key of a line of progress.jsonl, unit, description."""


def export(live: Live) -> bool:
    """Register the figures as observable gauges with the meter provider that Locust has set up.

    Returns:
        Whether OpenTelemetry is installed (`pip install "locust[otel]"`).
    """
    try:
        metrics: Any = importlib.import_module("opentelemetry.metrics")
    except ImportError:
        return False
    meter = metrics.get_meter("busyhour")

    def observe(key: str) -> Callable[[Any], Iterable[Any]]:
        def values(_: Any) -> Iterable[Any]:
            value = live.figures().get(key)
            return () if value is None else (metrics.Observation(float(value)),)

        return values

    for name, key, unit, words in FIGURES:
        meter.create_observable_gauge(name, callbacks=[observe(key)], unit=unit, description=words)
    return True
