"""Whether hours of operation are open: days and times in a time zone, as in the API."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.hours_overrides import DAYS, Override, applying, is_closed, ranges
from busyhour.emulator.connect.resources.instance import Instance
from busyhour.emulator.messages import ApiError

OVERRIDES = "overrides"
"""Part of a resource of hours with its overrides by id."""
_ONE_DAY = 24 * 60


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of the tz database, None without one of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def check_config(config: Iterable[Mapping[str, Any]]) -> None:
    """Check that no range of CreateHoursOfOperation or UpdateHoursOfOperation goes over midnight.

    Text and code are those of the service (a live refusal of 16:00 to 06:00, September 2026); 00:00 to 00:00 is accepted
    there. A day that goes on after midnight is two entries.

    Raises:
        ApiError: InvalidRequestException.
    """
    for entry in config:
        start, end = entry["StartTime"], entry["EndTime"]
        if _minute(start) > _minute(end) and _minute(end) > 0:
            raise ApiError(
                "InvalidRequestException",
                f"Start time: {start['Hours']}:{start['Minutes']} cannot be greater than end time: "
                f"{end['Hours']}:{end['Minutes']}",
            )


def is_open(hours: Mapping[str, Any], at: float, overrides: Iterable[Override] = ()) -> bool:
    """Whether `hours` (TimeZone and Config as CreateHoursOfOperation takes them) are open at epoch seconds `at`.

    On a date with an override its hours are those of the override: none if it closes or names none for the weekday.
    A day that ends when it starts is open around the clock; an end before the start is on the next day.
    """
    when = datetime.datetime.fromtimestamp(at, zone(hours["TimeZone"]) or datetime.UTC)
    minute = when.hour * 60 + when.minute
    override = applying(overrides, when.date())
    if override is not None:
        times = [] if is_closed(override) else ranges(override["Config"], when.date())
        return any(
            _minute(one["StartTime"]) <= minute < (_minute(one["EndTime"]) or _ONE_DAY) for one in times
        )
    today = when.weekday()
    for config in hours["Config"]:
        day = DAYS.index(config["Day"])
        start, end = (_minute(config[edge]) for edge in ("StartTime", "EndTime"))
        if start < end:
            if day == today and start <= minute < end:
                return True
        elif (day == today and minute >= start) or ((day + 1) % 7 == today and minute < end):
            return True
    return False


def known_open(
    instance: Instance, time: Callable[[], float], hours: str | None, queue: str | None
) -> bool | None:
    """Whether hours that a flow refers to, or those of its queue, are open now; None if the instance has none."""
    found = instance.get(kinds.HOURS, hours) if hours else None
    if found is None and not hours and queue:
        resource = instance.queue(queue)
        reference = resource.members.get("HoursOfOperationId") if resource is not None else None
        found = instance.get(kinds.HOURS, reference) if reference else None
    return None if found is None else is_open(found.members, time(), found.parts.get(OVERRIDES, {}).values())


def _minute(time: Mapping[str, int]) -> int:
    return time["Hours"] * 60 + time["Minutes"]
