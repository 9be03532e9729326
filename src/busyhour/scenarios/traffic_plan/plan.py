"""The plan of a scenario's traffic, and the arrivals that a load profile drives for it."""

from __future__ import annotations

from dataclasses import replace

from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import LoadProfile, Plan, ShapePoint, Traffic
from busyhour.scenarios.traffic_plan.busy_interval import QUARTER, Busy, busy
from busyhour.scenarios.traffic_plan.rate import rate_of
from busyhour.scenarios.units import written


def busiest_rate(traffic: Traffic) -> float:
    """Return the highest rate of `traffic`, calls per hour."""
    segments = rate_of(traffic).segments
    return max((max(segment.first, segment.last) for segment in segments), default=0.0) * 3600.0


def plan_of(traffic: Traffic, *, day: bool) -> Plan:
    """Return the plan whose course is `traffic`.

    `day`: the course itself is planned, not only its busiest rate. Calls counted in intervals of less than a
    quarter of an hour are held at the rate of their `busy` stretch.
    """
    width, counts = traffic.interval_seconds, traffic.intervals
    if not counts or width >= QUARTER or sum(counts) <= 0:
        return Plan(busiest_rate(traffic), traffic if day else None)
    found = busy(counts, width)
    # Single intervals above it are random variation.
    level = replace(traffic, intervals=tuple(min(count, found.stretch.each) for count in counts))
    return Plan(busiest_rate(level), traffic if day else None, _basis(found, traffic))


def _basis(found: Busy, traffic: Traffic) -> str:
    """Return one sentence on the stretch of the counted calls that the held rate is from, and why."""
    width = traffic.interval_seconds

    def rate(calls: float) -> str:
        return f"{calls * traffic.growth * 3600.0 / width:,.0f} calls/h"

    stretch, first = found.stretch, found.stretch.first * width
    text = (
        f"held rate: {rate(stretch.each)}, that of the busiest {written(stretch.count * width)} of the counted calls, "
        f"{first:,.0f} s after the first interval began"
    )
    if found.longer is not None:
        return (
            f"{text}; calls vary more than randomly (dispersion test), so not the busiest "
            f"{written(found.longer.count * width)} with {rate(found.longer.each)}"
        )
    alone = max(traffic.intervals)
    if stretch.count == 1 or alone <= stretch.each:
        return text
    return f"{text}; the {rate(alone)} of the busiest {written(width)} alone are random variation"


def driven(planned: Traffic, plan: Plan, profile: LoadProfile) -> Traffic:
    """Return the arrivals of a run.

    The busiest planned rate times the profile's factor, ramped up, held, ramped down.
    """
    up, down = profile.ramp_up, profile.ramp_down
    duration = up + profile.hold + down
    return replace(
        planned,
        calls_per_hour=plan.calls_per_hour * profile.factor / planned.growth,
        duration=duration,
        drain=profile.drain,
        shape=ramps(up, down, duration),
        intervals=(),
        layers=(),
    )


def ramps(up: float, down: float, duration: float) -> tuple[ShapePoint, ...]:
    """Return the shape of a rate that grows for `up` s and falls in the last `down` of `duration` s."""
    points: list[ShapePoint] = []
    if up:
        points += [ShapePoint(0.0, 0.0), ShapePoint(up, 1.0)]
    if down:
        points += [ShapePoint(duration - down, 1.0), ShapePoint(duration, 0.0)]
    return tuple(points)


def with_traffic(scenario: Scenario, traffic: Traffic, *, day: bool = False) -> Scenario:
    """Return the scenario with other arrivals, for plan and test alike."""
    profile = LoadProfile(traffic.duration, drain=traffic.drain)
    return replace(scenario, traffic=traffic, plan=plan_of(traffic, day=day), test=profile)


def held(scenario: Scenario, seconds: float) -> Scenario:
    """Return the scenario with the plan's rate held for `seconds` as its arrivals."""
    traffic = replace(
        scenario.traffic,
        calls_per_hour=scenario.plan.calls_per_hour,
        growth=1.0,
        shape=(),
        intervals=(),
        layers=(),
        duration=seconds,
    )
    return replace(scenario, traffic=traffic)


def as_smoke(scenario: Scenario) -> Scenario:
    """Return the scenario with a test that checks errors and throttles and shows no capacity."""
    return replace(scenario, test=replace(scenario.test, smoke=True))
