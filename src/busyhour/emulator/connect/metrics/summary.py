"""Summary of the contacts' outcomes, for the snapshot and a run's report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from busyhour.calls.acd import QueueStatistics
from busyhour.calls.acd.queue_statistics import ABANDONED, IN_TIME
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.results import estimate

_OF_QUEUE = (
    *("name", "agents", "offered", "answered", "answered_in_time", "abandoned", "rejected", "moved"),
    *("waiting", "largest_size", "longest_wait", "mean_wait", "busy_seconds", "observed_seconds"),
)
"""Counts and times of a queue's summary; see `calls.acd.QueueStatistics`."""


def calls_summary(contacts: Contacts) -> dict[str, Any]:
    """Summarise the outcomes of all contacts for a run's record; empty if no contact was started."""
    store = contacts.store
    if not store.started:
        return {}
    statistics = list(contacts.centre.acd.statistics().values())
    answered = sum(one.answered for one in statistics)
    abandoned = sum(one.abandoned for one in statistics)
    in_time = sum(one.answered_in_time for one in statistics)
    waits = sorted(wait for one in statistics for wait in one.waits)
    queued, ends = contacts.events["queued"], contacts.centre.acd.ends
    intervals = {
        "service_level": estimate.of_plan(in_time, answered + abandoned, ((e == IN_TIME, 1) for e in ends)),
        "abandoned_share": estimate.of_plan(abandoned, queued, ((e == ABANDONED, 1) for e in ends)),
    }
    return {
        "started": store.started,
        "ended": store.records,
        "ends": dict(store.reasons),
        "reorder": contacts.reordered,
        "queued": queued,
        "answered": answered,
        "abandoned": abandoned,
        "at_capacity": contacts.events["at_capacity"],
        "service_level": in_time / (answered + abandoned) if answered + abandoned else None,
        "intervals": {name: list(around) for name, around in intervals.items() if around is not None},
        "queue_wait_ms": percentiles([wait * 1000 for wait in waits]),
        "lambda": dict(contacts.functions),
        "flow_error": contacts.events["flow_error"],
    }


def queue_summary(statistics: QueueStatistics, epoch: float) -> dict[str, Any]:
    """Convert the statistics of one queue to JSON data, with summarised waits.

    `epoch` is the zero of the calls' clock.
    """
    waits = sorted(statistics.waits)
    return {name: getattr(statistics, name) for name in _OF_QUEUE} | {
        "service_level": statistics.service_level,
        "abandoned_share": statistics.abandoned_share,
        "occupancy": statistics.occupancy,
        "largest_size_at": epoch + statistics.largest_size_at,
        **{f"wait_p{share}": quantile(waits, share / 100) for share in (50, 90, 95, 99)},
    }


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Return count, mean, p50 to p99 and max of sorted values; empty without values."""
    if not values:
        return {}
    shares = {f"p{share}": quantile(values, share / 100) or 0.0 for share in (50, 90, 95, 99)}
    return {"count": len(values), "mean": math.fsum(values) / len(values), **shares, "max": values[-1]}


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest of the sorted values that at least `share` of all do not exceed; None without values."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None
