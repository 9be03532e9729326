"""Overrides of hours of operation: which applies, what the hours of a date are, and what a flow's check sees."""

from __future__ import annotations

import datetime

import pytest

from busyhour.emulator.connect.resources.hours_of_operation import is_open
from busyhour.emulator.connect.resources.hours_overrides import applying

WEEK = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def times(start, end, days=WEEK):
    return [
        {
            "Day": day,
            "StartTime": {"Hours": start, "Minutes": 0},
            "EndTime": {"Hours": end, "Minutes": 0},
        }
        for day in days
    ]


def override(
    name="o", type="STANDARD", start="2026-12-24", end="2026-12-26", config=None, pattern=None, at=0.0
):
    made = {
        "Name": name,
        "OverrideType": type,
        "EffectiveFrom": start,
        "EffectiveTill": end,
        "Config": times(10, 12) if config is None else config,
        "at": at,
    }
    return made | ({"RecurrenceConfig": {"RecurrencePattern": pattern}} if pattern else {})


def every(frequency, interval=1, **more):
    return {"Frequency": frequency, "Interval": interval, **more}


@pytest.mark.parametrize(
    ("pattern", "config", "dates"),
    [
        (None, None, ["2026-01-01", "2026-01-02", "2026-01-03"]),
        (every("WEEKLY"), times(0, 0, ["THURSDAY"]), ["2026-01-01", "2026-01-08", "2026-01-15"]),
        (every("WEEKLY", 2), times(0, 0, ["THURSDAY"]), ["2026-01-01", "2026-01-15", "2026-01-29"]),
        (every("MONTHLY", ByMonthDay=[-1]), None, ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (every("MONTHLY", 2, ByMonthDay=[5]), None, ["2026-01-05", "2026-03-05", "2026-05-05"]),
        (
            every("MONTHLY", ByWeekdayOccurrence=[1]),
            times(0, 0, ["MONDAY"]),
            ["2026-01-05", "2026-02-02", "2026-03-02"],
        ),
        (
            every("MONTHLY", ByWeekdayOccurrence=[-1]),
            times(0, 0, ["FRIDAY"]),
            ["2026-01-30", "2026-02-27", "2026-03-27"],
        ),
        (every("YEARLY", ByMonth=[12], ByMonthDay=[25]), None, ["2026-12-25", "2027-12-25", "2028-12-25"]),
        (every("YEARLY", 2), None, ["2026-01-01", "2028-01-01", "2030-01-01"]),
    ],
)
def test_an_override_recurs_as_its_pattern_says(pattern, config, dates):
    end = "2040-01-01" if pattern else "2026-01-03"
    one = override(start="2026-01-01", end=end, config=config, pattern=pattern)
    day, found = datetime.date(2025, 12, 20), []
    while len(found) < 3:
        if applying([one], day) is not None:
            found.append(day.isoformat())
        day += datetime.timedelta(days=1)
    assert found == dates


def test_closed_comes_before_open_before_temporary():
    daily = every("WEEKLY")
    closed = override("closed", "CLOSED", pattern=daily)
    opened = override("open", "OPEN", pattern=daily)
    temporary = override("temporary", at=9.0)
    day = datetime.date(2026, 12, 24)
    assert applying([temporary, opened, closed], day)["Name"] == "closed"
    assert applying([temporary, opened], day)["Name"] == "open"
    assert applying([override("older", at=1.0), temporary], day)["Name"] == "temporary"
    assert applying([temporary], datetime.date(2026, 12, 27)) is None


@pytest.mark.parametrize(
    ("overrides", "opens"),
    [
        ([], [False, True, True, False]),
        ([override()], [False, False, True, False]),
        ([override(type="CLOSED")], [False, False, False, False]),
        ([override(config=[])], [False, False, False, False]),
        ([override(config=times(0, 0))], [True, True, True, True]),
        ([override(start="2027-01-01", end="2027-01-02")], [False, True, True, False]),
    ],
)
def test_hours_are_those_of_the_override_on_its_dates(overrides, opens):
    hours = {"TimeZone": "UTC", "Config": times(9, 17)}
    midnight = datetime.datetime(2026, 12, 24, tzinfo=datetime.UTC).timestamp()
    assert [is_open(hours, midnight + hour * 3600, overrides) for hour in (8, 9, 11, 20)] == opens


def test_the_effective_hours_of_a_date_are_plan_and_override(connect):
    hours = connect(
        "CreateHoursOfOperation", Name="Office", TimeZone="Europe/Berlin", Config=times(9, 17, WEEK[:5])
    )
    here = {"HoursOfOperationId": hours["HoursOfOperationId"]}
    new = {key: value for key, value in override("Holidays", "CLOSED").items() if key != "at"}
    made = connect("CreateHoursOfOperationOverride", **here, **new)["HoursOfOperationOverrideId"]
    answer = connect("GetEffectiveHoursOfOperations", **here, FromDate="2026-12-25", ToDate="2026-12-27")
    assert answer["TimeZone"] == "Europe/Berlin"
    assert [
        (one["Date"], len(one["OperationalHours"])) for one in answer["EffectiveHoursOfOperationList"]
    ] == [
        ("2026-12-25", 1),
        ("2026-12-26", 0),
        ("2026-12-27", 0),
    ]
    overridden = answer["EffectiveOverrideHoursList"]
    assert [one["Date"] for one in overridden] == ["2026-12-25", "2026-12-26"]
    assert overridden[0]["OverrideHours"] == [
        {
            "Start": {"Hours": 10, "Minutes": 0},
            "End": {"Hours": 12, "Minutes": 0},
            "OverrideName": "Holidays",
            "OperationalStatus": "CLOSED",
        }
    ]
    described = connect("DescribeHoursOfOperationOverride", **here, HoursOfOperationOverrideId=made)
    assert described["HoursOfOperationOverride"]["EffectiveTill"] == "2026-12-26"
    connect("DeleteHoursOfOperationOverride", **here, HoursOfOperationOverrideId=made)
    assert connect("ListHoursOfOperationOverrides", **here)["HoursOfOperationOverrideList"] == []


def test_an_override_keeps_dates_times_name_and_number(make, fast, code_of):
    client = make(quotas={**fast, "connect.hours-of-operation-overrides-per-instance": 2})
    hours = client("ListHoursOfOperations")["HoursOfOperationSummaryList"][0]["Id"]
    new = {"HoursOfOperationId": hours} | {k: v for k, v in override("a").items() if k != "at"}
    first = client("CreateHoursOfOperationOverride", **new)["HoursOfOperationOverrideId"]
    for change, code in [
        ({}, "DuplicateResourceException"),
        ({"Name": "b", "EffectiveFrom": "2026-12-27"}, "InvalidParameterException"),
        ({"Name": "b", "EffectiveTill": "2026-02-30"}, "InvalidParameterException"),
        ({"Name": "b", "Config": times(16, 6)}, "InvalidRequestException"),
        (
            {"Name": "b", "Config": [{"Day": "MONDAY", "StartTime": {"Hours": 1, "Minutes": 0}}]},
            "InvalidParameterException",
        ),
        ({"Name": "b", "HoursOfOperationId": "nowhere"}, "ResourceNotFoundException"),
    ]:
        assert code_of(client, "CreateHoursOfOperationOverride", **{**new, **change}) == code
    client("CreateHoursOfOperationOverride", **{**new, "Name": "b"})
    assert code_of(client, "CreateHoursOfOperationOverride", **{**new, "Name": "c"}) == (
        "LimitExceededException"
    )
    one = {"HoursOfOperationId": hours, "HoursOfOperationOverrideId": first}
    assert code_of(client, "UpdateHoursOfOperationOverride", **one, Name="b") == "DuplicateResourceException"
    client("UpdateHoursOfOperationOverride", **one, OverrideType="OPEN")
    about = client("DescribeHoursOfOperationOverride", **one)["HoursOfOperationOverride"]
    assert about["OverrideType"] == "OPEN"
