"""Traffic of a scenario as its file states it: arrivals, shapes, layers, the plan, a test's profile, waves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Direction(StrEnum):
    """Direction of the calls."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class ArrivalProcess(StrEnum):
    """Distribution of call starts around the planned rate."""

    POISSON = "poisson"
    EVEN = "even"


@dataclass(frozen=True, slots=True)
class ShapePoint:
    """At `at` seconds the planned rate is `factor` times the busy-hour rate; linear between points."""

    at: float
    factor: float


@dataclass(frozen=True, slots=True)
class Layer:
    """Arrivals on top of the base: a campaign, a spike after an outage.

    From `start`, for `duration` seconds, at `calls_per_hour` times `shape`; `at` counts from the layer's
    start. `growth` does not apply to it.
    """

    name: str
    start: float
    duration: float
    calls_per_hour: float
    shape: tuple[ShapePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Traffic:
    """Arrivals: of a planned day, or of a run.

    Either `calls_per_hour` (with `shape`) or `intervals` (calls per interval of `interval_seconds`), and
    `layers` on top. Two points of a shape at the same time make a step. `growth` multiplies the base.
    """

    direction: Direction
    duration: float
    arrivals: ArrivalProcess = ArrivalProcess.POISSON
    calls_per_hour: float = 0.0
    growth: float = 1.0
    shape: tuple[ShapePoint, ...] = ()
    intervals: tuple[float, ...] = ()
    interval_seconds: float = 1800.0
    drain: float = 30.0
    """Seconds after the last arrival until calls in progress are hung up."""
    layers: tuple[Layer, ...] = ()
    campaign: bool = False
    """Outbound with TrafficType CAMPAIGN.

    Counted against *Concurrent campaign active calls*, apart from other calls.
    """


@dataclass(frozen=True, slots=True)
class Plan:
    """The planned traffic that needs are computed from, independent of how it is tested.

    `calls_per_hour` is the busiest planned rate, growth, shape and layers included, taken as a held rate.
    `day` is the planned course of a day (intervals, contacts, a shape or layers); None for a plain rate.
    `basis` states the stretch of counted calls that the rate is from; empty if the file gives the rate.
    """

    calls_per_hour: float
    day: Traffic | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class LoadProfile:
    """How a run tests the plan: ramp, hold, drain; times in seconds.

    `factor` multiplies the planned rate while the run drives it. `smoke` runs check errors and throttles and show no
    capacity. `stated` is whether the file has a [test] table.
    """

    hold: float
    ramp_up: float = 0.0
    ramp_down: float = 0.0
    drain: float = 30.0
    factor: float = 1.0
    smoke: bool = False
    stated: bool = False


@dataclass(frozen=True, slots=True)
class Wave:
    """A step of a migration: the traffic that moves to Connect on `date`, on top of the waves before it.

    Either `share` of the planned volume, or `queues` (their part of the volume), or `calls_per_hour` in the
    busy hour; with `queues`, `calls_per_hour` is the volume of those queues.
    """

    name: str
    date: date
    share: float | None = None
    queues: tuple[str, ...] = ()
    calls_per_hour: float | None = None
