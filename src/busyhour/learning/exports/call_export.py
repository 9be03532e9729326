"""Learn from an export with one row a call: arrivals, fitted handling times, abandonment, patience."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from busyhour.learning import calls
from busyhour.learning.calls import Call
from busyhour.learning.exports.fields import FieldError, plain, seconds
from busyhour.learning.exports.mapping import ColumnMap
from busyhour.learning.exports.moments import is_voice, moments_of
from busyhour.learning.exports.table import Table
from busyhour.learning.learnt import Learnt
from busyhour.project.toml_file import shown

_WHEN = ("initiated", "queued", "start")
_FOLLOWING = frozenset({"transfer", "queue_transfer", "callback", "disconnect", "agent_reply"})
"""InitiationMethods of contacts that follow from others; outbound ones are no arrivals either."""
_OUTBOUND = frozenset({"outbound", "external_outbound", "api", "monitor", "webrtc_api"})
_ABANDONED = frozenset({"n", "no", "hang", "abandoned", "abandon", "false"})
_ANSWERED = frozenset({"y", "yes", "agent", "answered", "handled", "true"})


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
    found = list(_calls(table, columns, zone, dates, left))
    notes = [f"{count:,} {name} were left out." for name, count in left.items() if count]
    return calls.learn(shown(table.path), found, queue, notes)


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
