"""Learn from an export with one row a call: arrivals, fitted handling times, abandonment, patience."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from busyhour.learning import fits
from busyhour.learning.fields import FieldError, plain, seconds
from busyhour.learning.learnt import Learnt, LearntValue, arrivals_of
from busyhour.learning.mapping import ColumnMap
from busyhour.learning.moments import is_voice, moments_of
from busyhour.learning.table import Table
from busyhour.project.csv_rows import listed

INTERVAL = 900.0
"""Seconds in which calls are counted."""
_WHEN = ("initiated", "queued", "start")
_FOLLOWING = frozenset({"transfer", "queue_transfer", "callback", "disconnect", "agent_reply"})
"""InitiationMethods of contacts that follow from others; outbound ones are no arrivals either."""
_OUTBOUND = frozenset({"outbound", "external_outbound", "api", "monitor", "webrtc_api"})
_ABANDONED = frozenset({"n", "no", "hang", "abandoned", "abandon", "false"})
_ANSWERED = frozenset({"y", "yes", "agent", "answered", "handled", "true"})


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Durations in seconds; None: the export does not say."""

    start: datetime
    queue: str
    answered: bool | None
    waited: float | None
    talk: float | None
    wrap_up: float | None


def learn(table: Table, columns: ColumnMap, zone: ZoneInfo, queue: str = "", dates: str = "") -> Learnt:
    """Learn from calls.

    Args:
        table: the export.
        columns: its columns by meaning.
        zone: of times without an offset, and of the days.
        queue: only calls of this queue; empty: all.
        dates: form of dates, if the file does not tell.

    Raises:
        BusyhourError: a field cannot be read, or no call counts.
    """
    left = {"contacts of other channels than voice": 0, "contacts that are no new inbound call": 0}
    left["rows that repeat a contact"] = 0
    calls = list(_calls(table, columns, zone, dates, left))
    queues: dict[str, float] = {}
    for call in calls:
        queues[call.queue] = queues.get(call.queue, 0.0) + 1
    if queue and queue not in queues:
        raise table.error(
            1, f"no call is of the queue {queue!r}", f"Queues here: {listed(queues) or 'none'}."
        )
    calls = [call for call in calls if not queue or call.queue == queue]
    if not calls:
        raise table.error(1, "no row is a new inbound call", "Export voice contacts of a time with calls.")
    counted: dict[datetime, float] = {}
    for call in calls:
        begin = call.start - timedelta(
            seconds=(call.start.minute * 60 + call.start.second) % INTERVAL,
            microseconds=call.start.microsecond,
        )
        counted[begin] = counted.get(begin, 0.0) + 1.0
    arrivals = arrivals_of(counted, INTERVAL)
    return Learnt(
        source=str(table.path),
        start=min(call.start for call in calls),
        end=max(call.start for call in calls),
        arrivals=arrivals,
        values=tuple(_values(calls)),
        by_queue=queues,
        notes=tuple(f"{count:,} {name} were left out." for name, count in left.items() if count),
    )


def _calls(
    table: Table, columns: ColumnMap, zone: ZoneInfo, dates: str, left: dict[str, int]
) -> Iterator[Call]:
    seen: set[str] = set()
    when = moments_of(table, columns, zone, _WHEN, dates)
    for line, row in table.rows():
        identity = plain(columns.field(row, "contact"))
        if identity and identity in seen:
            left["rows that repeat a contact"] += 1
            continue
        seen.add(identity)
        if not is_voice(columns, row):
            left["contacts of other channels than voice"] += 1
            continue
        if plain(columns.field(row, "method")).lower() in _FOLLOWING | _OUTBOUND:
            left["contacts that are no new inbound call"] += 1
            continue
        try:
            yield _call(row, columns, when(row))
        except FieldError as error:
            raise table.error(
                line, str(error), "Correct the field, or name another column with --column."
            ) from None


def _call(row: list[str], columns: ColumnMap, start: datetime) -> Call:
    talk, wrap_up = (
        seconds(columns.field(row, "talk_seconds")),
        seconds(columns.field(row, "wrap_up_seconds")),
    )
    hold = seconds(columns.field(row, "hold_seconds"))
    return Call(
        start,
        plain(columns.field(row, "queue")),
        _answered(row, columns, talk),
        seconds(columns.field(row, "queue_seconds")),
        None if talk is None else talk + (hold or 0.0),
        wrap_up,
    )


def _answered(row: list[str], columns: ColumnMap, talk: float | None) -> bool | None:
    outcome = plain(columns.field(row, "outcome")).lower()
    if outcome in _ANSWERED or outcome in _ABANDONED:
        return outcome in _ANSWERED
    if "outcome" in columns.columns:
        return None
    if "answered" in columns.columns:
        return bool(plain(columns.field(row, "answered")))
    return None if "talk_seconds" not in columns.columns else bool(talk)


def _values(calls: Sequence[Call]) -> Iterator[LearntValue]:
    told = [call for call in calls if call.answered is not None and (call.answered or call.waited)]
    if told:
        gone = sum(not call.answered for call in told)
        yield LearntValue("", "abandoned share", "share", fits.share(gone, len(told)), len(told))
        waits = [call.waited for call in told]
        if all(one is not None for one in waits):
            fitted = fits.patience(math.fsum(one or 0.0 for one in waits), gone)
            if fitted is not None:
                yield LearntValue(
                    "callers.patience", "patience", "s", fitted.mean, gone, fitted, fitted.assumed
                )
    for key, name, values in (
        ("callers.talk", "talk, holds included", [call.talk for call in calls]),
        ("callers.wrap_up", "after-call work", [call.wrap_up for call in calls]),
    ):
        known = [
            value
            for value, call in zip(values, calls, strict=True)
            if value is not None and call.answered is not False
        ]
        if known:
            fitted_time = fits.duration(known)
            yield LearntValue(key, name, "s", fitted_time.mean, len(known), fitted_time, fitted_time.assumed)
