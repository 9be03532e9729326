"""The run's figures in OpenMetrics' text format: GitLab's metrics report of a merge request, or any Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from busyhour.results import throttled
from busyhour.results.openmetrics import Sample, text
from busyhour.results.record import RunRecord
from busyhour.results.throttled import REQUEST_THROTTLE_SHARE, THROTTLE_SHARE

_QUANTILES = ("p50", "p90", "p95", "p99")


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """Calls, latency and failures by operation, what a call asks, headroom of each quota, coverage and findings."""
    return text(_samples(record)).encode()


def _samples(record: RunRecord) -> Iterator[Sample]:
    calls = record.arrivals
    yield Sample("calls_planned", calls.planned)
    yield Sample("calls_started", calls.started)
    if calls.planned:
        yield Sample("blocked_share", calls.blocked / calls.planned)
    for operation in record.operations:
        where = {"operation": f"{operation.service}:{operation.name}"}
        if operation.latency is not None:
            for quantile in _QUANTILES:
                value = getattr(operation.latency, quantile)
                yield Sample("latency_milliseconds", value, {**where, "quantile": f"0.{quantile[1:]}"})
        if operation.requests:
            yield Sample(REQUEST_THROTTLE_SHARE, operation.throttles / operation.requests, where)
            yield Sample("limit_share", operation.limits / operation.requests, where)
            yield Sample("error_share", operation.errors / operation.requests, where)
    for one in throttled.of_record(record.throttled, record.operations):
        yield Sample(THROTTLE_SHARE, one.share, {"operation": one.name})
    for function, count in (record.calls.get("invocations_per_call") or {}).items():
        yield Sample("invocations_per_call", count, {"function": str(function)})
    if record.calls.get("service_level") is not None:
        yield Sample("service_level", float(record.calls["service_level"]))
    bounds = record.calls.get("intervals", {}).get("service_level", ())
    for end, bound in zip(("low", "high"), bounds, strict=False):
        yield Sample(f"service_level_{end}", float(bound))
    for quota in record.quotas:
        if quota.headroom is not None:
            yield Sample("headroom", quota.headroom, {"quota": quota.name})
    for flow in record.coverage:
        if flow.coverable:
            yield Sample("branch_coverage", flow.taken / flow.coverable, {"flow": flow.flow})
    for severity in ("error", "warning"):
        count = sum(finding.severity == severity for finding in record.findings)
        yield Sample("findings", count, {"severity": severity})
