"""What a run tells a collector of OpenTelemetry, over the wire, by the command of docs/telemetry.md."""

from __future__ import annotations

import json
import re
import shlex
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
PAGE = ROOT / "docs" / "telemetry.md"
SHORT = (
    *("--set", "traffic.duration=5s", "--set", "traffic.drain=3s", "--set", "quotas.L-4E9BCC96=1"),
    *("--set", "traffic.calls_per_hour=14400", "--set", "callers.hang_up_rate=1"),
    *("--set", 'callers.answer={ distribution = "constant", mean = "0.2s" }'),
)
"""Twenty calls at 4 a second where 1 a second is allowed: some are throttled, the others over in a moment."""

DELTA = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"

pytestmark = pytest.mark.slow


class Collector:
    """Takes OTLP over HTTP, as an OpenTelemetry collector does at /v1/metrics, and keeps what came last of each series."""

    def __init__(self) -> None:
        from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

        self.series: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}
        self.metrics: dict[str, Any] = {}
        self.resource: dict[str, str] = {}
        self.durations: Counter[str] = Counter()
        """Requests that all exports of locust.client.duration together told of, by operation."""
        self.exports = 0
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/metrics" and self.headers["Content-Type"] == "application/x-protobuf":
                    collector.take(ExportMetricsServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, request: Any) -> None:
        self.exports += 1
        for resource in request.resource_metrics:
            self.resource = _attributes(resource.resource.attributes)
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    self.metrics[metric.name] = metric
                    for point in getattr(metric, metric.WhichOneof("data")).data_points:
                        attributes = _attributes(point.attributes)
                        self.series[metric.name, tuple(attributes.items())] = point
                        if metric.name == "locust.client.duration":
                            self.durations[attributes["name"]] += point.count

    def value(self, name: str, **attributes: str) -> float:
        """The newest value of a series of numbers."""
        return float(self.series[name, tuple(attributes.items())].as_double)


def _attributes(given: Any) -> dict[str, str]:
    return {one.key: one.value.string_value for one in sorted(given, key=lambda one: one.key)}


@pytest.fixture
def collector() -> Iterator[Collector]:
    pytest.importorskip("opentelemetry.proto", reason='needs pip install "locust[otel]"')
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


def documented() -> tuple[dict[str, str], list[str]]:
    """Variables and words of the page's command."""
    command = re.search(r"```console\n\$ (.*)\n```", PAGE.read_text(encoding="utf-8"))
    assert command is not None
    words = shlex.split(command.group(1))
    begins = words.index("busyhour")
    return dict(word.split("=", 1) for word in words[:begins]), words[begins + 1 :]


def test_a_collector_hears_what_load_json_says(
    busyhour: Busyhour, collector: Collector, tmp_path: Path
) -> None:
    variables, words = documented()
    variables |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=staging",
    }
    busyhour(*words, *SHORT, "--out", tmp_path, cwd=ROOT, **variables)
    loaded = json.loads((tmp_path / "load.json").read_text(encoding="utf-8"))
    assert collector.exports >= 4
    assert (collector.resource["service.name"], collector.resource["deployment.environment"]) == (
        "locust",
        "staging",
    )
    arrivals = loaded["arrivals"]
    for name, counted in (
        ("planned", arrivals["planned"]),
        ("due", arrivals["planned"]),
        ("started", arrivals["started"]),
        ("late", arrivals["late"]),
        ("dropped", arrivals["dropped"]),
        ("completed", arrivals["completed"]),
        ("failed", arrivals["blocked"]),  # none failed otherwise
    ):
        assert collector.value(f"busyhour.calls.{name}") == counted, name
        assert collector.metrics[f"busyhour.calls.{name}"].sum.is_monotonic
    assert arrivals["started"] == 20
    assert arrivals["blocked"] > 0
    assert arrivals["completed"] > 0
    assert collector.value("busyhour.calls.in_progress") >= 0
    assert collector.metrics["busyhour.calls.in_progress"].WhichOneof("data") == "gauge"
    assert collector.value("busyhour.start.slip.p99") == pytest.approx(arrivals["slip_ms"]["p99"], abs=0.02)
    assert collector.metrics["busyhour.start.slip.p99"].unit == "ms"
    (start,) = (one for one in loaded["operations"] if one["name"] == "StartOutboundVoiceContact")
    of_start = {"operation": "StartOutboundVoiceContact", "service": "connect"}

    def requests(outcome: str) -> float:
        return collector.value(
            "busyhour.requests", operation=of_start["operation"], outcome=outcome, service="connect"
        )

    assert requests("rate_throttle") == start["throttles"] == collector.value("busyhour.requests.throttled")
    assert requests("ok") == start["requests"] - start["throttles"]
    durations = {
        attributes: point
        for (name, attributes), point in collector.series.items()
        if name == "locust.client.duration"
    }
    of_calls = [
        point for attributes, point in durations.items() if dict(attributes)["name"] == of_start["operation"]
    ]
    assert sum(point.count for point in of_calls) == start["requests"]
    assert collector.metrics["locust.client.duration"].unit == "s"
    mean = sum(point.sum for point in of_calls) / start["requests"] * 1000.0
    assert mean == pytest.approx(start["latency"]["mean"], rel=0.02)


def test_with_several_workers_durations_are_sent_as_deltas_and_add_up(
    busyhour: Busyhour, collector: Collector, tmp_path: Path
) -> None:
    variables, words = documented()
    assert f"`{DELTA}=delta`" in PAGE.read_text(encoding="utf-8")
    variables |= {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, DELTA: "delta"}
    busyhour(*words, *SHORT, "--workers", "2", "--out", tmp_path, cwd=ROOT, **variables)
    loaded = json.loads((tmp_path / "load.json").read_text(encoding="utf-8"))
    assert collector.durations == {one["name"]: one["requests"] for one in loaded["operations"]}
    assert collector.durations["StartOutboundVoiceContact"] == 20
