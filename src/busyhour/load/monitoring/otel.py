"""Figures of the run for OpenTelemetry, in addition to Locust's `--otel` export of requests.

Counts are counters, so that a backend can compute rates; docs/telemetry.md lists them for users.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from busyhour.load.monitoring.figures import Live

FIGURES = (
    ("busyhour.calls.planned", "planned", "counter", "{call}", "Arrivals of the whole schedule"),
    ("busyhour.calls.due", "due", "counter", "{call}", "Arrivals scheduled up to now"),
    ("busyhour.calls.started", "started", "counter", "{call}", "Calls started"),
    ("busyhour.calls.in_progress", "in_progress", "gauge", "{call}", "Calls in progress"),
    ("busyhour.calls.late", "late", "counter", "{call}", "Calls started later than the bound"),
    (
        "busyhour.calls.dropped",
        "dropped",
        "counter",
        "{call}",
        "Arrivals not started because of the generator",
    ),
    ("busyhour.calls.completed", "completed", "counter", "{call}", "Calls that ended well"),
    ("busyhour.calls.failed", "failed", "counter", "{call}", "Calls that failed or were blocked"),
    ("busyhour.requests.throttled", "throttles", "counter", "{request}", "Requests that were throttled"),
    ("busyhour.requests.errors", "errors", "counter", "{request}", "Requests that failed otherwise"),
    (
        "busyhour.start.slip.p99",
        "slip",
        "gauge",
        "ms",
        "99th percentile of the delay of starts after the intended start",
    ),
)
"""Name, member of a line of progress.jsonl, kind, unit, description."""

FLUSH_MILLISECONDS = 5000
REQUESTS = "busyhour.requests"
"""Counter with the attributes `service`, `operation` and `outcome`."""


def export(live: Live) -> bool:
    """Register the figures with Locust's meter provider, which reads them on export.

    Returns:
        Whether OpenTelemetry is installed (`pip install "locust[otel]"`).
    """
    try:
        metrics: Any = importlib.import_module("opentelemetry.metrics")
    except ImportError:
        return False
    meter = metrics.get_meter("busyhour")
    make = {"counter": meter.create_observable_counter, "gauge": meter.create_observable_gauge}

    def observe(key: str) -> Callable[[Any], Iterable[Any]]:
        def values(_: Any) -> Iterable[Any]:
            value = live.figures().get(key)
            return () if value is None else (metrics.Observation(float(value)),)

        return values

    def requests(_: Any) -> Iterable[Any]:
        return [metrics.Observation(count, attributes) for attributes, count in live.requests()]

    for name, key, kind, unit, words in FIGURES:
        make[kind](name, callbacks=[observe(key)], unit=unit, description=words)
    make["counter"](REQUESTS, callbacks=[requests], unit="{request}", description="Requests by outcome")
    return True


def flush(**_: Any) -> None:
    """Export the remaining figures; a listener of Locust's `quit`.

    The SDK does so when Python ends, but not in the workers that `--processes` forks.
    """
    try:
        metrics: Any = importlib.import_module("opentelemetry.metrics")
    except ImportError:
        return
    force = getattr(metrics.get_meter_provider(), "force_flush", None)  # none without an exporter
    if force is not None:
        force(timeout_millis=FLUSH_MILLISECONDS)
