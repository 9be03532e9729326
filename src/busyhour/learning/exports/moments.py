"""Start times of the intervals and calls of an export, from any of the columns that state them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from busyhour.learning.exports.fields import FieldError, date_form, moment, on, plain
from busyhour.learning.exports.mapping import ColumnMap
from busyhour.learning.exports.table import Table

VOICE = frozenset({"", "voice", "call", "calls", "phone", "telephony"})
"""Channels that are calls, in lower case; exports without the column have calls alone."""


def is_voice(columns: ColumnMap, row: list[str]) -> bool:
    """Whether the row is of calls."""
    return plain(columns.field(row, "channel")).lower() in VOICE


def moments_of(
    table: Table, columns: ColumnMap, zone: ZoneInfo, meanings: Sequence[str], dates: str = ""
) -> Callable[[list[str]], datetime]:
    """Return a function that reads the moment of a row, in the zone; it raises FieldError.

    Args:
        table: the export.
        columns: its columns by meaning.
        zone: of times without an offset.
        meanings: columns with date and time in one, the best first; without any of them, `date` and `time` are read.
        dates: form of the dates (a name of `fields.DATES`); empty: as the file tells.

    Raises:
        BusyhourError: the form of the dates is ambiguous.
    """
    whole = next((columns.columns[name] for name in meanings if name in columns.columns), None)
    day = whole or columns.columns["date"]
    texts = {row[day.place].strip().partition(" ")[0] for _, row in table.rows()}
    iso = all("T" in text or plain(text)[4:5] == "-" for text in texts)
    try:
        form = "yyyy-mm-dd" if iso else date_form(texts, dates or day.unit)
    except FieldError as error:
        raise table.error(
            1, f"{day.header}: {error}", "Say which: --dates mm/dd/yyyy or --dates dd/mm/yyyy."
        ) from None
    if whole is not None:
        return lambda row: moment(row[day.place], zone, form).astimezone(zone)
    time = columns.columns["time"]
    return lambda row: on(row[day.place], row[time.place], zone, form)
