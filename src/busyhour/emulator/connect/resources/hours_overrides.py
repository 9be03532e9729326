"""Overrides of hours of operation: which one applies on a date, and the hours of that date.

Order: recurring closed, recurring open, temporary (a date range of any type), weekly plan (Administrator Guide, "Set overrides
for hours of operation"). Of two of the same rank the newer applies, which the guide leaves open.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_RANKS = {"CLOSED": 3, "OPEN": 2}
_LAST = -1
Override = Mapping[str, Any]


def applying(overrides: Iterable[Override], date: datetime.date) -> Override | None:
    """Return the override of a date; None: the weekly plan applies."""
    fitting = [one for one in overrides if _applies(one, date)]
    return max(fitting, key=_rank, default=None) if fitting else None


def ranges(config: Iterable[Mapping[str, Any]], date: datetime.date) -> list[Mapping[str, Any]]:
    """Return the entries of a configuration for the weekday of a date."""
    day = DAYS[date.weekday()]
    return [entry for entry in config if entry["Day"] == day]


def is_closed(override: Override) -> bool:
    """Whether the override closes its days, regardless of the times it names."""
    return override.get("OverrideType") == "CLOSED"


def _rank(override: Override) -> tuple[int, float]:
    recurring = override.get("RecurrenceConfig") is not None
    rank = _RANKS.get(override.get("OverrideType") or "STANDARD", 1) if recurring else 1
    return rank, override.get("at", 0.0)


def _applies(override: Override, date: datetime.date) -> bool:
    start, end = (datetime.date.fromisoformat(override[edge]) for edge in ("EffectiveFrom", "EffectiveTill"))
    if not start <= date <= end:
        return False
    pattern = (override.get("RecurrenceConfig") or {}).get("RecurrencePattern")
    return pattern is None or _recurs(pattern, override["Config"], start, date)


def _recurs(
    pattern: Mapping[str, Any],
    config: Iterable[Mapping[str, Any]],
    start: datetime.date,
    date: datetime.date,
) -> bool:
    interval = pattern["Interval"]
    on_day = bool(ranges(config, date))
    if pattern["Frequency"] == "WEEKLY":
        weeks = (_monday(date) - _monday(start)).days // 7
        return weeks % interval == 0 and on_day
    months = (date.year - start.year) * 12 + date.month - start.month
    if pattern["Frequency"] == "MONTHLY":
        return months % interval == 0 and _in_month(pattern, start, date, on_day)
    if (date.year - start.year) % interval:
        return False
    return date.month in (pattern.get("ByMonth") or (start.month,)) and _in_month(
        pattern, start, date, on_day
    )


def _in_month(pattern: Mapping[str, Any], start: datetime.date, date: datetime.date, on_day: bool) -> bool:
    last = (date + datetime.timedelta(days=1)).day == 1
    occurrences = pattern.get("ByWeekdayOccurrence")
    if occurrences:
        final = (date + datetime.timedelta(days=7)).month != date.month
        return on_day and ((date.day - 1) // 7 + 1 in occurrences or (final and _LAST in occurrences))
    days = pattern.get("ByMonthDay") or (start.day,)
    return date.day in days or (last and _LAST in days)


def _monday(date: datetime.date) -> datetime.date:
    return date - datetime.timedelta(days=date.weekday())
