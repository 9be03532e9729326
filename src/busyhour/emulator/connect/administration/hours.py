"""Overrides of hours of operation, and the hours of a date with them."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.hours_of_operation import OVERRIDES, check_config
from busyhour.emulator.connect.resources.hours_overrides import Override, applying, is_closed, ranges
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_QUOTA = "connect.hours-of-operation-overrides-per-instance"
_KEPT = (
    *("Name", "Description", "Config", "EffectiveFrom", "EffectiveTill", "RecurrenceConfig"),
    "OverrideType",
)
_LONGEST = 366
"""Days of GetEffectiveHoursOfOperations that the emulator answers at most."""


@operation("CreateHoursOfOperationOverride")
def create(site: InstanceRuntime, params: Params) -> Params:
    """CreateHoursOfOperationOverride: at most 50 of one resource."""
    hours = _hours(site, params)
    overrides = _overrides(hours)
    _free(overrides, params["Name"])
    made = {name: params[name] for name in _KEPT if params.get(name) is not None}
    _check(made)
    site.within(_QUOTA, len(overrides) + 1)
    identity = str(uuid.uuid5(uuid.UUID(hours.id), f"override/{params['Name']}/{site.state.time()}"))
    overrides[identity] = {"OverrideType": "STANDARD", **made, "at": site.state.time()}
    hours.modified = site.state.time()
    return {"HoursOfOperationOverrideId": identity}


@operation("DescribeHoursOfOperationOverride")
def describe(site: InstanceRuntime, params: Params) -> Params:
    """DescribeHoursOfOperationOverride."""
    hours = _hours(site, params)
    identity = _known(hours, params)
    return {"HoursOfOperationOverride": _about(hours, identity)}


@operation("ListHoursOfOperationOverrides")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListHoursOfOperationOverrides."""
    hours = _hours(site, params)
    chosen, token = page(_overrides(hours), params)
    return {
        "HoursOfOperationOverrideList": [_about(hours, one) for one in chosen],
        "LastModifiedTime": hours.modified,
        "LastModifiedRegion": site.state.account.region,
        **token,
    }


@operation("UpdateHoursOfOperationOverride")
def update(site: InstanceRuntime, params: Params) -> Params:
    """UpdateHoursOfOperationOverride."""
    hours = _hours(site, params)
    overrides, identity = _overrides(hours), _known(hours, params)
    if params.get("Name") not in (None, overrides[identity]["Name"]):
        _free(overrides, params["Name"])
    changed = {
        **overrides[identity],
        **{name: params[name] for name in _KEPT if params.get(name) is not None},
    }
    _check(changed)
    overrides[identity] = {**changed, "at": site.state.time()}
    hours.modified = site.state.time()
    return {}


@operation("DeleteHoursOfOperationOverride")
def delete(site: InstanceRuntime, params: Params) -> Params:
    """DeleteHoursOfOperationOverride."""
    hours = _hours(site, params)
    del _overrides(hours)[_known(hours, params)]
    return {}


@operation("GetEffectiveHoursOfOperations")
def effective(site: InstanceRuntime, params: Params) -> Params:
    """GetEffectiveHoursOfOperations: for each date the hours of the weekly plan, and those of the override that applies."""
    hours = _hours(site, params)
    start, end = _date("FromDate", params["FromDate"]), _date("ToDate", params["ToDate"])
    if not start <= end:
        raise ApiError("InvalidParameterException", "FromDate must not be after ToDate.")
    if (end - start).days >= _LONGEST:
        raise ApiError("InvalidParameterException", f"The emulator answers at most {_LONGEST} days.")
    dates = [start + datetime.timedelta(days=number) for number in range((end - start).days + 1)]
    plan, overridden = [], []
    for date in dates:
        slices = [_slice(entry) for entry in ranges(hours.members["Config"], date)]
        plan.append({"Date": date.isoformat(), "OperationalHours": slices})
        override = applying(_overrides(hours).values(), date)
        if override is not None:
            overridden.append({"Date": date.isoformat(), "OverrideHours": _override_hours(override, date)})
    return {
        "EffectiveHoursOfOperationList": plan,
        "EffectiveOverrideHoursList": overridden,
        "TimeZone": hours.members["TimeZone"],
    }


def _override_hours(override: Override, date: datetime.date) -> list[Params]:
    status = "CLOSED" if is_closed(override) else "OPEN"
    about = {"OverrideName": override["Name"], "OperationalStatus": status}
    return [{**_slice(entry), **about} for entry in ranges(override["Config"], date)]


def _slice(entry: Mapping[str, Any]) -> Params:
    return {"Start": entry["StartTime"], "End": entry["EndTime"]}


def _hours(site: InstanceRuntime, params: Params) -> Resource:
    found: Resource = site.find(kinds.HOURS, params["HoursOfOperationId"])
    return found


def _overrides(hours: Resource) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = hours.parts.setdefault(OVERRIDES, {})
    return found


def _known(hours: Resource, params: Params) -> str:
    identity: str = params["HoursOfOperationOverrideId"]
    if identity not in _overrides(hours):
        raise not_found("HoursOfOperationOverrideId")
    return identity


def _about(hours: Resource, identity: str) -> Params:
    override = _overrides(hours)[identity]
    return {
        "HoursOfOperationOverrideId": identity,
        "HoursOfOperationId": hours.id,
        "HoursOfOperationArn": hours.arn,
        **{name: override[name] for name in _KEPT if name in override},
    }


def _free(overrides: Params, name: str) -> None:
    if any(one["Name"] == name for one in overrides.values()):
        raise ApiError("DuplicateResourceException", f"An override named {name!r} exists.", 409)


def _check(override: Params) -> None:
    for number, entry in enumerate(override["Config"]):
        for member in ("Day", "StartTime", "EndTime"):
            if entry.get(member) is None:
                raise ApiError("InvalidParameterException", f"Config[{number}].{member} is required.")
    check_config(override["Config"])
    _check_pattern((override.get("RecurrenceConfig") or {}).get("RecurrencePattern"))
    start, end = (_date(edge, override[edge]) for edge in ("EffectiveFrom", "EffectiveTill"))
    if not start <= end:
        raise ApiError("InvalidParameterException", "EffectiveFrom must not be after EffectiveTill.")


def _check_pattern(pattern: Params | None) -> None:
    """Check how an override recurs (API reference, RecurrencePattern)."""
    if pattern is None:
        return
    if (pattern.get("Interval") or 0) < 1:
        raise ApiError("InvalidParameterException", "Interval must be a positive whole number.")
    if pattern.get("ByWeekdayOccurrence"):
        if pattern.get("ByMonthDay"):
            raise ApiError(
                "InvalidParameterException", "ByMonthDay and ByWeekdayOccurrence cannot be used together."
            )
        if pattern["Frequency"] == "WEEKLY":
            raise ApiError(
                "InvalidParameterException", "ByWeekdayOccurrence needs a frequency of MONTHLY or YEARLY."
            )


def _date(member: str, text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ApiError(
            "InvalidParameterException", f"{member} {text!r} is not a date of the form YYYY-MM-DD."
        ) from None
