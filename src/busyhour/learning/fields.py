"""Fields of exports: numbers, durations and times as PBX, ACD and WFM tools write them. None stands for no data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

_NO_DATA = frozenset({"", "-", "\u2013", "\u2014", "n/a", "na", "null", "none", "nan", "0:-"})
_CLOCK = re.compile(r"(?:(?P<hours>\d+):)?(?P<minutes>\d{1,2}):(?P<seconds>\d{2}(?:\.\d+)?)")
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
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


def plain(text: str) -> str:
    """Return a field without spaces at its ends and without the apostrophe that spreadsheets put before text."""
    return text.strip().removeprefix("'").strip()


def number(text: str) -> float | None:
    """Return a number of 0 or more: `1200`, `1,200`, `3.5`.

    Raises:
        FieldError: it is none, or its comma or point may be of thousands or of decimals.
    """
    field = plain(text)
    if field.lower() in _NO_DATA:
        return None
    if not _NUMBER.fullmatch(field) or (value := float(field.replace(",", ""))) < 0:
        raise FieldError(f"{text!r} is not a number from 0, like 1200, 1,200 or 3.5")
    return value


def seconds(text: str) -> float | None:
    """Return a duration in seconds: `195`, `3:15`, `0:03:15`.

    Raises:
        FieldError: it is none.
    """
    clock = _CLOCK.fullmatch(plain(text))
    if clock is not None:
        return int(clock["hours"] or 0) * 3600 + int(clock["minutes"]) * 60 + float(clock["seconds"])
    try:
        return number(text)
    except FieldError:
        raise FieldError(f"{text!r} is not a duration: seconds, m:ss or h:mm:ss") from None


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
        raise FieldError(f"{example!r} and the other dates are not all of one form ({', '.join(DATES)})")
    raise FieldError(
        f"{example!r} may be {' or '.join(fitting)}: all dates of the file can be read in both ways"
    )


def moment(text: str, zone: ZoneInfo, form: str = "") -> datetime:
    """Return a date with time in one field, of `zone` where it has no offset.

    Args:
        text: ISO 8601, or a date of `form`, a space, and a time of day.
        zone: of times without an offset.
        form: name of the form of its date, if it is not ISO 8601.

    Raises:
        FieldError: it is none.
    """
    field = re.sub(r"\s*(?:UTC|GMT)$", "+00:00", plain(text))
    try:
        found = datetime.fromisoformat(field)
    except ValueError:
        day, _, time = field.partition(" ")
        return on(day, time or "0:00", zone, form or "yyyy-mm-dd")
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def on(day: str, time: str, zone: ZoneInfo, form: str) -> datetime:
    """Return the moment of a date and a time of day in two columns.

    Args:
        day: a date of the form.
        time: `9:30`, `09:30:00`, `9:30 AM`, `930`.
        zone: the zone of both.
        form: a name of `DATES`.

    Raises:
        FieldError: one of them is none.
    """
    found = _date(plain(day), form)
    if found is None:
        raise FieldError(f"{day!r} is not a date like {form}")
    return found.replace(tzinfo=zone, **_clock(time))


def _date(field: str, form: str) -> datetime | None:
    for one in DATES[form]:
        try:
            return datetime.strptime(field, one)
        except ValueError:
            continue
    return None


def _clock(text: str) -> dict[str, int]:
    field = plain(text)
    if field.isdecimal() and len(field) <= 4:
        field = f"{field[:-2] or '0'}:{field[-2:]:0>2}"
    for one in _TIMES:
        try:
            found = datetime.strptime(field, one)
        except ValueError:
            continue
        return {"hour": found.hour, "minute": found.minute, "second": found.second}
    raise FieldError(f"{text!r} is not a time of day, like 9:30 or 09:30:00")
