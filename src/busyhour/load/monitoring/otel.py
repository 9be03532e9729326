"""The run's own figures through OpenTelemetry, beside those that Locust's `--otel` exports of requests.

Counts are counters, so that a backend makes rates of them; docs/telemetry.md has the list for users.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from typing import Any

from busyhour.load.monitoring.figures import Live

FIGURES = (
    ("busyhour.calls.planned", "planned", "counter", "{call}", "Arrivals of the whole schedule"),
    ("busyhour.calls.due", "due", "counter", "{call}", "Arrivals that the plan expects by now"),
    ("busyhour.calls.started", "started", "counter", "{call}", "Calls started"),
    ("busyhour.calls.in_progress", "in_progress", "gauge", "{call}", "Calls in progress"),
    ("busyhour.calls.late", "late", "counter", "{call}", "Calls started later than the bound"),
    (
        "busyhour.calls.dropped",
        "dropped",
        "counter",
        "{call}",
        "Arrivals not started by the generator's fault",
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
        "99th percentile of the start after the intended start",
    ),
)
"""Name, key of a line of progress.jsonl, kind, unit, description."""

FLUSH_MILLISECONDS = 5000
REQUESTS = "busyhour.requests"
"""Counter with the attributes `service`, `operation` and `outcome`."""


def export(live: Live) -> bool:
    """Register the figures with the meter provider that Locust has set up, which asks for them when it exports.

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
    make["counter"](
        REQUESTS, callbacks=[requests], unit="{request}", description="Requests by their outcomes"
    )
    return True


def flush(**_: Any) -> None:
    """Export what was not exported yet; a listener of Locust's `quit`.

    The SDK does so when Python ends, but not in the workers that `--processes` forks.
    """
    try:
        metrics: Any = importlib.import_module("opentelemetry.metrics")
    except ImportError:
        return
    force = getattr(metrics.get_meter_provider(), "force_flush", None)  # none where nothing is exported
    if force is not None:
        force(timeout_millis=FLUSH_MILLISECONDS)
