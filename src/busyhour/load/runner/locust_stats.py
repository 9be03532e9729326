"""Feeds Locust's own statistics (console, web UI, CSV, `--master`) once a second instead of per request.

Firing Locust's request event costs about 9 us a request, a fifth of the total cost of a request here, and
nearly all of it goes into Locust's own statistics. Those therefore receive the sum of each second, in the way
in which Locust's master merges its workers' statistics. As soon as another listener of the event exists (a
plug-in, OpenTelemetry, a locustfile) it is fired for every request, and this module is not used.
"""

from __future__ import annotations

from locust.stats import StatsEntry, StatsError

import time
from functools import cache
from typing import Any

from busyhour.load.client.operations import RequestEvent
from busyhour.results.load_result import OK
from busyhour.results.measurement.histogram import Histogram, highest_in
from busyhour.results.measurement.measures import Measures


def request_event(environment: Any) -> RequestEvent | None:
    """Return Locust's request event if it has listeners other than Locust's own statistics; else None."""
    event: RequestEvent = environment.events.request
    listeners = getattr(event, "_handlers", None)
    own = isinstance(listeners, list) and len(listeners) == 1 and _is_locusts(listeners[0])
    return None if own else event


def feed(stats: Any, part: Measures) -> None:
    """Add a second's measures to Locust's `RequestStats`."""
    now = time.time()
    for operation in sorted({key.split("/")[1] for key in part.counts if key.startswith("requests/")}):
        service, _, name = operation.partition(":")
        entry = _entry(stats, service, name, operation, part, now)
        if entry.num_requests:
            stats.entries[name, service].extend(entry)
            stats.total.extend(entry)
        prefix = f"codes/{operation}/"
        for key, count in part.counts.items():
            if key.startswith(prefix):
                _failed(stats, service, name, key[len(prefix) :], count)


def rounded(milliseconds: float) -> int:
    """Return a response time as Locust keeps it: two significant digits from 100 ms on."""
    if milliseconds < 100:
        return round(milliseconds)
    if milliseconds < 1000:
        return round(milliseconds, -1).__int__()
    if milliseconds < 10_000:
        return round(milliseconds, -2).__int__()
    return round(milliseconds, -3).__int__()


@cache  # there are about 20,000 buckets
def _response_time(bucket: int) -> int:
    return rounded(highest_in(bucket) / 1000.0)


def _is_locusts(listener: Any) -> bool:
    return str(getattr(listener, "__module__", "")).startswith("locust.runners")


def _entry(stats: Any, service: str, name: str, operation: str, part: Measures, now: float) -> Any:
    entry = StatsEntry(stats, name, service)
    prefix = f"latency/{operation}/"
    merged = Histogram()
    for row in part.seconds.values():
        for key, histogram in row.histograms.items():
            if key.startswith(prefix):
                merged.merge(histogram)
                if key[len(prefix) :] != OK:
                    entry.num_failures += histogram.total
    if merged.total:
        second = int(now)
        entry.num_requests = merged.total
        entry.num_reqs_per_sec[second] = merged.total
        if entry.num_failures:
            entry.num_fail_per_sec[second] = entry.num_failures
        entry.last_request_timestamp = now
        entry.total_response_time = merged.sum_us / 1000.0
        entry.min_response_time = merged.lowest / 1000.0
        entry.max_response_time = merged.highest / 1000.0
        entry.total_content_length = part.counts.get(f"bytes/{operation}", 0)
        for bucket, count in merged.counts.items():
            entry.response_times[_response_time(bucket)] += count
    return entry


def _failed(stats: Any, service: str, name: str, code: str, count: int) -> None:
    key = StatsError.create_key(service, name, code)
    error = stats.errors.get(key)
    if error is None:
        error = stats.errors[key] = StatsError(service, name, code)
    error.occurred()
    error.occurrences += count - 1
