"""Fields of exports: numbers, durations and times as PBX, ACD and WFM tools write them. None stands for no data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

_NO_DATA = frozenset({"", "-", "\u2013", "\u2014", "n/a", "na", "null", "none", "nan", "0:-"})
_CLOCK = re.compile(r"(?:(?P<hours>[0-9]+):)?(?P<minutes>[0-9]{1,2}):(?P<seconds>[0-9]{2}(?:\.[0-9]+)?)")
_NUMBER = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|-?[0-9]+(?:\.[0-9]+)?")
_LONGEST = 40
"""Characters of a number, a duration or a time; a longer field is something else."""
LARGEST = 1e9
"""Largest count of an interval, and largest duration in seconds (32 years)."""
_DECIMALS = 6
"""Decimal places that are kept: microseconds."""
YEARS = range(1900, 2200)
"""Years of a recorded call: 9999 and 0001 stand for "no date" in databases."""
DATES = {
    "yyyy-mm-dd": ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"),
    "mm/dd/yyyy": ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m%d%Y"),
    "dd/mm/yyyy": ("%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y", "%d-%m-%Y"),
    "yymmdd": ("%y%m%d",),
}
"""Forms of dates by name; the first of them that reads every date of a file is taken."""
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")


class FieldError(ValueError):
    """A field has another form than its column."""


def cut(text: str) -> str:
    """Return a field as a message shows it: quoted, its beginning if it is long."""
    return repr(text) if len(text) <= _LONGEST else f"{text[:_LONGEST]!r}…"


def plain(text: str) -> str:
    """Return a field without spaces at its ends and without the apostrophe that spreadsheets put before text."""
    return text.strip().removeprefix("'").strip()


def number(text: str) -> float | None:
    """Return a number of 0 or more: `1200`, `1,200`, `3.5`.

    Raises:
        FieldError: it is none or too large, or its comma or point may be of thousands or of decimals.
    """
    field = plain(text)
    if field.lower() in _NO_DATA:
        return None
    if (
        len(field) > _LONGEST
        or not _NUMBER.fullmatch(field)
        or not 0 <= (value := float(field.replace(",", ""))) <= LARGEST
    ):
        raise FieldError(f"{cut(text)} is not a number from 0 to 1,000,000,000, like 1200, 1,200 or 3.5")
    return round(value, _DECIMALS)


def seconds(text: str) -> float | None:
    """Return a duration in seconds: `195`, `3:15`, `0:03:15`.

    Raises:
        FieldError: it is none.
    """
    field = plain(text)
    try:
        clock = _CLOCK.fullmatch(field) if len(field) <= _LONGEST else None
        if clock is None:
            return number(text)
        whole = int(clock["hours"] or 0) * 3600 + int(clock["minutes"]) * 60 + float(clock["seconds"])
        return number(f"{whole:.6f}")
    except FieldError:
        raise FieldError(
            f"{cut(text)} is not a duration of at most 32 years: seconds, m:ss or h:mm:ss"
        ) from None


def date_form(texts: Iterable[str], given: str = "") -> str:
    """Return the name of the form that all dates have.

    Args:
        texts: the dates of a file.
        given: the form that the user, or the kind of export, states.

    Raises:
        FieldError: no form reads them all, or two do and give other days.
    """
    dates = {plain(text) for text in texts}
    fitting = [name for name in ([given] if given else DATES) if all(_date(one, name) for one in dates)]
    days = {tuple(_date(one, name) for one in sorted(dates)) for name in fitting}
    if len(days) == 1:
        return fitting[0]
    example = sorted(dates)[0] if dates else ""
    if not fitting:
        raise FieldError(f"{cut(example)} and the other dates are not all of one form ({', '.join(DATES)})")
    raise FieldError(
        f"{cut(example)} may be {' or '.join(fitting)}: all dates of the file can be read in both ways"
    )


def moment(text: str, zone: ZoneInfo, form: str = "") -> datetime:
    """Return a date with time in one field, of `zone` where it has no offset.

    Args:
        text: ISO 8601, or a date of `form`, a space, and a time of day.
        zone: of times without an offset.
        form: name of the form of its date, if it is not ISO 8601.

    Raises:
        FieldError: it is none, or of a year that is not in `YEARS`.
    """
    field = plain(text)
    if field.endswith(("UTC", "GMT")):
        field = f"{field[:-3].rstrip()}+00:00"
    if len(field) > _LONGEST:
        raise FieldError(f"{cut(text)} is not a date with time")
    try:
        found = datetime.fromisoformat(field)
    except ValueError:
        day, _, time = field.partition(" ")
        return on(day, time or "0:00", zone, form or "yyyy-mm-dd")
    _check_year(found, text)
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def on(day: str, time: str, zone: ZoneInfo, form: str) -> datetime:
    """Return the moment of a date and a time of day in two columns.

    Args:
        day: a date of the form.
        time: `9:30`, `09:30:00`, `9:30 AM`, `930`.
        zone: the zone of both.
        form: a name of `DATES`.

    Raises:
        FieldError: one of them is none, or the year is not in `YEARS`.
    """
    found = _date(plain(day), form)
    if found is None:
        raise FieldError(f"{cut(day)} is not a date like {form}")
    _check_year(found, day)
    return found.replace(tzinfo=zone, **_clock(time))


def _check_year(found: datetime, text: str) -> None:
    if found.year not in YEARS:
        raise FieldError(f"{cut(text)} is not a date of {YEARS.start} to {YEARS.stop - 1}")


def _date(field: str, form: str) -> datetime | None:
    for one in DATES[form] if len(field) <= _LONGEST else ():
        try:
            return datetime.strptime(field, one)
        except ValueError:
            continue
    return None


def _clock(text: str) -> dict[str, int]:
    field = plain(text)
    if field.isdecimal() and len(field) <= 4:
        field = f"{field[:-2] or '0'}:{field[-2:]:0>2}"
    for one in _TIMES if len(field) <= _LONGEST else ():
        try:
            found = datetime.strptime(field, one)
        except ValueError:
            continue
        return {"hour": found.hour, "minute": found.minute, "second": found.second}
    raise FieldError(f"{cut(text)} is not a time of day, like 9:30 or 09:30:00")
