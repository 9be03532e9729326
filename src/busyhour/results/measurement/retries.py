"""Results of an application's retry policy: load measures -> RetryRecord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from busyhour.results.entries import RetryRecord
from busyhour.results.measurement.histogram import Histogram
from busyhour.results.measurement.measures import Measures

OK = "ok"


def retries_of(measures: Measures) -> list[RetryRecord]:
    """Return one record for each operation with a retry policy.

    Reads `attempts/<service:Name>/<number>` (operations with this number of attempts),
    `retry/<service:Name>/<what>` and the histograms `retried/<service:Name>/<class of the last response>`.
    """
    counts = measures.counts
    names = sorted({key.split("/")[1] for key in counts if key.startswith("attempts/")})
    return [_record(name, counts, measures.histograms) for name in names]


def _record(name: str, counts: Mapping[str, int], histograms: Mapping[str, Histogram]) -> RetryRecord:
    service, _, operation = name.partition(":")
    prefix = f"attempts/{name}/"
    by_attempts = {int(key[len(prefix) :]): n for key, n in counts.items() if key.startswith(prefix)}
    seen = Histogram()
    failed = 0
    for key, histogram in histograms.items():
        if key.startswith(f"retried/{name}/"):
            seen.merge(histogram)
            failed += histogram.total if key.rpartition("/")[2] != OK else 0
    return RetryRecord(
        service=service,
        name=operation,
        operations=sum(by_attempts.values()),
        attempts=sum(number * n for number, n in by_attempts.items()),
        by_attempts={str(number): n for number, n in sorted(by_attempts.items())},
        throttles=counts.get(f"retry/{name}/throttle", 0),
        transients=counts.get(f"retry/{name}/transient", 0),
        recovered=counts.get(f"retry/{name}/recovered", 0),
        failed=failed,
        quota_empty=counts.get(f"retry/{name}/quota_empty", 0),
        latency=seen.summary(),
    )


def sentences(records: Sequence[RetryRecord], policy: str) -> list[str]:
    """Format the records for a report, one sentence each."""
    found = []
    for one in records:
        latency = f", p99 {one.latency.p99:,.0f} ms" if one.latency is not None else ""
        quota = f", {one.quota_empty:,} of them with the retry quota empty" if one.quota_empty else ""
        found.append(
            f"Retry policy {policy}, {one.service} {one.name}: {one.operations:,} operations took {one.attempts:,} "
            f"attempts; {one.recovered:,} succeeded after a retry, {one.failed:,} finally failed{quota}{latency} as the "
            "application saw it. Requests, throttles and latencies elsewhere are of attempts."
        )
    return found
