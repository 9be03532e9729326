"""Requests of a run by operation, and what the application saw of them under its retry policy."""

from __future__ import annotations

from busyhour.report.blocks import Cell, Section, Text, cell, figure, on_screens, section, table, words
from busyhour.report.figures import NOT_MEASURED, milliseconds, number
from busyhour.results.entries import Operation, RetryRecord
from busyhour.results.record import RunRecord


def requests(record: RunRecord) -> Section | None:
    """Requests, failures and latency of each operation, by service and name."""
    caption = "Latency counts from the intended start of each request, so that waiting for a slow target is included."
    names = ("Requests", "Peak", "Errors", "Throttles", "Limits", "p50", "p95", "p99", "Max")
    codes = words("Codes", below=True, left_out=on_screens("errors, throttles and limits count them"))
    rows = map(_operation, sorted(record.operations, key=lambda one: (one.service, one.name)))
    found = table((words("Operation"), codes, *map(figure, names)), rows, caption)
    return section(found or Text("No request was made."))


def retries(record: RunRecord) -> Section | None:
    """Operations under the application's retry policy; None where it has none."""
    policy = f", {record.scenario['retry']}" if record.scenario.get("retry") else ""
    caption = (
        f"What the application saw under its retry policy{policy}: latency counts from the intended start to the last "
        "answer, backoff included. The table of requests counts attempts."
    )
    names = (
        *("Operations", "Attempts", "Retried after a throttle", "Retried after a fault"),
        *("Succeeded after a retry", "Failed in the end", "Retry quota empty", "p50", "p99"),
    )
    return section(table((words("Operation"), *map(figure, names)), map(_retried, record.retries), caption))


def _operation(one: Operation) -> tuple[Cell, ...]:
    counts = (number(one.requests), number(one.peak_per_second, "/s"))
    failures = map(number, (one.errors, one.throttles, one.limits))
    quantiles = ("p50", "p95", "p99", "max")
    latency = [milliseconds(getattr(one.latency, q)) if one.latency else NOT_MEASURED for q in quantiles]
    codes = ", ".join(f"{code}: {count:,}" for code, count in sorted(one.codes.items()))
    return cell(f"{one.service} {one.name}"), cell(codes), *map(cell, (*counts, *failures, *latency))


def _retried(one: RetryRecord) -> tuple[Cell, ...]:
    counts = (one.operations, one.attempts, one.throttles, one.transients)
    results = (one.recovered, one.failed, one.quota_empty)
    latency = [milliseconds(getattr(one.latency, q) if one.latency else None) for q in ("p50", "p99")]
    return tuple(map(cell, (f"{one.service} {one.name}", *map(number, (*counts, *results)), *latency)))
