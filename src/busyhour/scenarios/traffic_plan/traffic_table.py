"""Read the [traffic] and [test] tables of a scenario file: arrivals of a run, plan and load profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from busyhour.project.violations import value_shown
from busyhour.scenarios.moved import OF_THE_TEST, is_day
from busyhour.scenarios.traffic import (
    ArrivalProcess,
    Direction,
    Layer,
    LoadProfile,
    Plan,
    ShapePoint,
    Traffic,
)
from busyhour.scenarios.traffic_plan.arrival_source import Source
from busyhour.scenarios.traffic_plan.contacts import INBOUND, OUTBOUND, Wanted, read_contacts
from busyhour.scenarios.traffic_plan.intervals import read_intervals
from busyhour.scenarios.traffic_plan.plan import driven, plan_of, ramps


def read_traffic(
    source: Source, data: Mapping[str, Any], test: Mapping[str, Any] | None
) -> tuple[Traffic, Plan, LoadProfile]:
    """Read the arrivals that a run drives, the plan and the load profile.

    Args:
        source: the scenario file.
        data: its [traffic] table.
        test: its [test] table; None: the durations in [traffic] are the test's.

    Raises:
        BusyhourError: a value is given twice or not at all, or the intervals cannot be read.
    """
    day = is_day(data)
    if test is not None:
        _only_planned(source, data, day)
    planned = _planned(source, data, day, test)
    plan = plan_of(_whole(source, planned), day=day)
    if plan.calls_per_hour <= 0:
        raise source.error(
            ("traffic",),
            "plans no calls: its busiest rate is 0 calls/h",
            "Give calls_per_hour, or intervals with calls.",
        )
    if test is None:
        up, down = (source.duration(("traffic", key), data.get(key, 0.0)) for key in ("ramp_up", "ramp_down"))
        hold = planned.duration - up - down
        return planned, plan, LoadProfile(hold, up, down, planned.drain)
    profile = LoadProfile(
        source.duration(("test", "hold"), test["hold"], positive=True),
        source.duration(("test", "ramp_up"), test.get("ramp_up", 0.0)),
        source.duration(("test", "ramp_down"), test.get("ramp_down", 0.0)),
        source.duration(("test", "drain"), test.get("drain", 30.0)),
        float(test.get("factor", 1.0)),
        bool(test.get("smoke", False)),
        stated=True,
    )
    return driven(planned, plan, profile), plan, profile


def _whole(source: Source, planned: Traffic) -> Traffic:
    """Return the planned day to its end.

    A duration that is set for one run, or given with intervals without a [test] table, shortens the run and
    not the plan.
    """
    of_the_run = planned.intervals and "test" not in source.file.data
    if not of_the_run and ("traffic", "duration") not in source.file.elsewhere:
        return planned
    # a second beyond the last point of a shape, since its factor lasts
    end = max(planned.interval_seconds * len(planned.intervals), *(p.at + 1.0 for p in planned.shape), 0.0)
    return replace(planned, duration=max(planned.duration, end))


def _only_planned(source: Source, data: Mapping[str, Any], day: bool) -> None:
    """Reject keys of the test in [traffic] beside a [test] table."""
    for key in (*OF_THE_TEST, *(() if day else ("duration",))):
        if key in data:
            there = "hold" if key == "duration" else key
            raise source.error(
                ("traffic", key),
                "belongs to the test, and there is a [test] table",
                f"Write it as test.{there}.",
            )


def _planned(source: Source, data: Mapping[str, Any], day: bool, test: Mapping[str, Any] | None) -> Traffic:
    intervals, width = _intervals(source, data)
    if "duration" in data:
        duration = source.duration(("traffic", "duration"), data["duration"], positive=True)
    elif intervals:
        duration = width * len(intervals)
    elif test is not None and not day:
        duration = 3600.0  # a held rate has no end of its own
    else:
        raise source.error(
            ("traffic",),
            "has no 'duration'",
            'Give the length of the day, as in duration = "10h".'
            if test is not None
            else 'Add a [test] table with hold = "100s", the time for which the run holds the rate.',
        )
    direction = Direction(data.get("direction", "inbound"))
    campaign = data.get("type", "general") == "campaign"
    if campaign and direction is not Direction.OUTBOUND:
        raise source.error(
            ("traffic", "type"),
            "is campaign, which is for outbound calls only",
            'Set direction = "outbound".',
        )
    return Traffic(
        direction=direction,
        campaign=campaign,
        duration=duration,
        arrivals=ArrivalProcess(data.get("arrivals", "poisson")),
        calls_per_hour=float(data.get("calls_per_hour", 0.0)),
        growth=float(data.get("growth", 1.0)),
        shape=_shape(source, data, duration),
        intervals=intervals,
        interval_seconds=width,
        drain=source.duration(("traffic", "drain"), data.get("drain", 30.0)),
        layers=tuple(
            _layer(source, index, layer, duration) for index, layer in enumerate(data.get("layers", ()))
        ),
    )


def _intervals(source: Source, data: Mapping[str, Any]) -> tuple[tuple[float, ...], float]:
    """Return the calls of each interval and its length in seconds.

    No calls if the traffic is given as a rate.
    """
    given = data.get("intervals")
    if "contacts" in data:
        return _contacts(source, data)
    if given is None:
        if "calls_per_hour" not in data and "layers" not in data:
            raise source.error(
                ("traffic",),
                "has neither calls_per_hour nor intervals nor contacts",
                'Give calls_per_hour = 9000, or intervals = { file = "monday.csv" }.',
            )
        return (), 1800.0
    for other in ("calls_per_hour", "shape", "ramp_up", "ramp_down"):
        if other in data:
            raise source.error(
                ("traffic", other), "does not go with intervals", "Keep one of the two; growth scales both."
            )
    keys = ("traffic", "intervals")
    width = source.duration((*keys, "interval"), given.get("interval", 1800.0), positive=True)
    file = source.path((*keys, "file"), given["file"], "a CSV file of intervals")
    return read_intervals(file, given.get("column")), width


def _contacts(source: Source, data: Mapping[str, Any]) -> tuple[tuple[float, ...], float]:
    """Return the calls of each interval counted in an export of real contacts, and the interval's length."""
    given = data["contacts"]
    keys = ("traffic", "contacts")
    for other in ("intervals", "calls_per_hour", "shape", "ramp_up", "ramp_down"):
        if other in data:
            raise source.error(
                ("traffic", other), "does not go with contacts", "Keep one of the two; growth scales both."
            )
    start = None
    if "start" in given:
        try:
            start = datetime.fromisoformat(given["start"])
        except ValueError:
            start = None
        if start is None or start.tzinfo is None:
            raise source.error(
                (*keys, "start"),
                f"is {value_shown(given['start'])}, not a date and time with an offset",
                "Write it like 2026-11-02T08:00:00+01:00.",
            )
    width = source.duration((*keys, "interval"), given.get("interval", 60.0), positive=True)
    outbound = data.get("direction") == Direction.OUTBOUND.value
    wanted = Wanted(
        given.get("channel", "VOICE"),
        tuple(given.get("methods", OUTBOUND if outbound else INBOUND)),
        start.timestamp() if start is not None else None,
    )
    file = source.path((*keys, "file"), given["file"], "an export of contacts")
    return read_contacts(file, width, wanted), width


def _shape(source: Source, data: Mapping[str, Any], duration: float) -> tuple[ShapePoint, ...]:
    if "shape" in data:
        for other in ("ramp_up", "ramp_down"):
            if other in data:
                raise source.error(("traffic", other), "does not go with shape", "Keep one of the two.")
        return source.shape(("traffic", "shape"), data["shape"])
    up = source.duration(("traffic", "ramp_up"), data.get("ramp_up", 0.0))
    down = source.duration(("traffic", "ramp_down"), data.get("ramp_down", 0.0))
    if up + down > duration:
        key = "ramp_up" if up > duration else "ramp_down"
        raise source.error(
            ("traffic", key),
            f"ends after the traffic: the ramps take {up + down:g} s, the duration is {duration:g} s",
            "Shorten the ramps or lengthen the duration.",
        )
    return ramps(up, down, duration)


def _layer(source: Source, index: int, data: Mapping[str, Any], duration: float) -> Layer:
    keys = ("traffic", "layers", index)
    start = source.duration((*keys, "start"), data.get("start", 0.0))
    if start >= duration:
        raise source.error(
            (*keys, "start"),
            f"is {start:g} s, after the end of the traffic: its duration is {duration:g} s",
            "Begin the layer earlier, or lengthen the duration.",
        )
    length = (
        source.duration((*keys, "duration"), data["duration"], positive=True)
        if "duration" in data
        else duration - start
    )
    return Layer(
        data["name"],
        start,
        length,
        float(data["calls_per_hour"]),
        source.shape((*keys, "shape"), data.get("shape", ())),
    )
