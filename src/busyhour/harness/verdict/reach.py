"""Share of its plan that a test can reach, by calculation before the start. Pure.

The load of a plan is its stationary number of calls in progress: rate times mean duration (Little). A test that starts
empty has E[L(t) - L(t - S)] at time t, with L the expected arrivals and S the duration of a call (Eick, Massey and Whitt,
"The physics of the Mt/G/infinity queue", Operations Research 41(4), 1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import ArrivalProcess, Plan
from busyhour.scenarios.traffic_plan.plan import busiest_rate, driven
from busyhour.scenarios.traffic_plan.rate import Rate, rate_of

if TYPE_CHECKING:
    from busyhour.capacity.forecast.model import Forecast

CALLS = "calls in progress"
RATE = "calls/h"
REACHED = 0.99
"""Share of the plan's load from which on it counts as reached. With exponential durations that takes 4.6 mean durations,
and 99.9 % half as long again; one per cent is less than chance moves any load below 10,000 erlang (its square root)."""
PLANNED_CUT_OFF = 0.4
"""Largest share of the calls that the end of the test may end by calculation: below `shown.MOST_CUT_OFF`, so that chance
does not decide."""
_SHORTEST = 3.0
_DURATIONS = 4.0
"""A rate must be held for 3 s and for 4 mean durations of an invocation where the drive runs no calls: after so long 98 %
of the executions at once are there (exponential durations)."""
_POINTS = 240
_LONGEST = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Reach:
    """Load of its plan that a test reaches, by calculation. Loads are in `unit`, times are seconds."""

    unit: str
    planned: float
    reachable: float
    factor: float
    window: tuple[float, float] | None
    """From when to when the plan's load is reached; None: never."""
    busiest: float
    """When the test's load is highest."""
    cut_off: float
    """Expected share of the calls that the end of the test ends."""
    memory: float
    """Mean time for which a call in progress goes on: E[S^2] / 2 E[S]."""
    sufficient_hold: float | None
    """Shortest hold that suffices; None where the test's own does, or where no hold does."""
    setting: str = ""
    """The way out: what to pass to --set."""
    even: bool = False

    @property
    def reached(self) -> bool:
        """Whether the test reaches the plan's load, by calls of which most live their whole life."""
        return self.window is not None and self.cut_off <= PLANNED_CUT_OFF

    @property
    def why(self) -> list[str]:
        """Reasons for which the test cannot show the plan, regardless of the measurements."""
        reasons = []
        if self.factor < REACHED:
            reasons.append(f"The test drives {self.factor:g} x the plan (test.factor), less than the plan.")
        elif not self.reached:
            reasons.append(self._too_short)
        return reasons

    @property
    def _too_short(self) -> str:
        if self.unit == RATE:
            way_out = self._way_out
            return f"The plan's {self.planned:,.0f} {self.unit} are not held for {in_words(self.sufficient_hold or _SHORTEST)}.{way_out}"
        if self.window is None:
            reached = f"The test reaches {figure(self.reachable)} of the plan's {figure(self.planned)} {self.unit}, by calculation"
        else:
            reached = f"The end of the test cuts off {self.cut_off:.0%} of the calls, by calculation"
        return f"{reached}.{self._way_out}"

    @property
    def _way_out(self) -> str:
        if self.sufficient_hold is None:
            return ""
        return f" A hold of at least {in_words(self.sufficient_hold)} suffices: --set {self.setting}."


def announcements(found: Reach | None, *, smoke: bool) -> list[str]:
    """Return lines for the start of the load: what the test cannot show, and what it drives beside the plan."""
    if smoke:
        return ["A smoke run: errors and throttles are judged, the capacity is not shown."]
    if found is None:
        return []
    raised = f"Arrivals are raised to {found.factor:g} x the plan (test.factor)."
    return [
        *(f"Not shown by this test: {reason}" for reason in found.why),
        *([raised] if found.factor > 1.0 else []),
    ]


def reach(scenario: Scenario, seconds: float, holding: HoldingTime, invocation: float = 0.0) -> Reach:
    """Compute what the scenario's test reaches of its plan.

    Args:
        scenario: plan, test and the arrivals that are driven.
        seconds: mean duration of a call.
        holding: distribution of the durations of calls.
        invocation: mean seconds of the longest function's invocation.
    """
    rate = rate_of(scenario.traffic)
    if not scenario.drive.has_calls:
        return _of_rate(scenario, rate, max(_SHORTEST, _DURATIONS * invocation))
    scale = seconds / holding.mean if holding.mean else 0.0
    planned = scenario.plan.calls_per_hour / 3600.0 * seconds

    def load(t: float) -> float:
        return scale * holding.in_progress(rate.cumulative, t)

    times = _moments(rate)
    loads = [load(t) for t in times]
    reachable, busiest = max(zip(loads, times, strict=True), default=(0.0, 0.0))
    if _replayed(scenario):
        planned = min(planned, reachable)
    test = scenario.test
    left = load(rate.end + test.drain)
    cut_off = left / rate.total if rate.total else 0.0
    enough = [t for t, at in zip(times, loads, strict=True) if at >= REACHED * planned]
    window = (enough[0], enough[-1]) if enough else None
    square = math.fsum(s * s * share for s, share in zip(holding.seconds, holding.shares, strict=True))
    memory = square / (2.0 * holding.mean) if holding.mean else 0.0
    hold = None
    if window is None or cut_off > PLANNED_CUT_OFF:
        hold = _sufficient(holding, scenario)
    return Reach(
        CALLS,
        planned,
        reachable,
        test.factor,
        window,
        busiest,
        cut_off,
        memory,
        hold,
        _setting(scenario, hold),
        scenario.traffic.arrivals is ArrivalProcess.EVEN,
    )


def figure(load: float) -> str:
    """A load with four significant digits, or to the whole number."""
    return f"{load:,.0f}" if load >= 1000.0 else f"{load:.4g}"


def in_words(seconds: float) -> str:
    """A duration as scenarios write it, rounded up: to 10 s from a minute on."""
    whole = math.ceil(seconds / 10.0 - 1e-9) * 10 if seconds > 60 else max(1, math.ceil(seconds - 1e-9))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def _of_rate(scenario: Scenario, rate: Rate, shortest: float) -> Reach:
    """The rate that is driven, where there are no calls that go on."""
    planned, test = scenario.plan.calls_per_hour, scenario.test
    times = _moments(rate)
    enough = [t for t in times if max(rate.at(t), rate.at(t - 1e-6)) * 3600.0 >= REACHED * planned]
    window = (enough[0], enough[-1]) if enough else None
    if window is not None and window[1] - window[0] < shortest * REACHED and not _replayed(scenario):
        window = None
    hold = shortest if window is None and test.factor >= REACHED else None
    return Reach(
        RATE,
        planned,
        busiest_rate(scenario.traffic),
        test.factor,
        window,
        rate.end,
        0.0,
        0.0,
        hold,
        _setting(scenario, hold),
        scenario.traffic.arrivals is ArrivalProcess.EVEN,
    )


def _replayed(scenario: Scenario) -> bool:
    """Whether the run replays a whole planned day: then its own busiest moment is what is planned."""
    traffic = scenario.traffic
    whole = traffic.interval_seconds * len(traffic.intervals)
    return bool(traffic.intervals) and traffic.duration >= whole and scenario.test.factor == 1.0


def _moments(rate: Rate) -> list[float]:
    """Moments at which the load is evaluated: evenly spaced ones, and where the rate changes."""
    end = rate.end
    edges = {edge for segment in rate.segments for edge in (segment.start, segment.end)}
    return sorted({end * i / _POINTS for i in range(_POINTS + 1)} | edges)


def _sufficient(holding: HoldingTime, scenario: Scenario) -> float | None:
    """Shortest hold that reaches the plan's load with few calls cut off, seconds; None where there is none."""
    test = scenario.test
    if test.factor < REACHED:
        return None
    one_a_second = Plan(3600.0)

    def suffices(hold: float) -> bool:
        rate = rate_of(driven(scenario.traffic, one_a_second, replace(test, hold=hold)))
        load = holding.in_progress(rate.cumulative, test.ramp_up + hold)
        left = holding.in_progress(rate.cumulative, rate.end + test.drain)
        return load >= REACHED * holding.mean and left <= PLANNED_CUT_OFF * rate.total

    return _first(suffices, max(1.0, holding.mean))


def _first(suffices: Callable[[float], bool], start: float) -> float | None:
    """Smallest argument for which a monotone predicate is true, to a thousandth."""
    low, high = 0.0, start
    while not suffices(high):
        low, high = high, high * 2.0
        if high > _LONGEST:
            return None
    while high - low > 1e-3 * high:
        middle = (low + high) / 2.0
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def _setting(scenario: Scenario, hold: float | None) -> str:
    """Return the setting for --set. A longer duration of a planned day is not its busiest interval: a test holds that."""
    if hold is None:
        return ""
    test = scenario.test
    if test.stated or scenario.plan.day is not None:
        return f"test.hold={in_words(hold)}"
    return f"traffic.duration={in_words(test.ramp_up + hold + test.ramp_down)}"


def reach_of(scenario: Scenario, made: Forecast) -> Reach:
    """Compute what the scenario's test reaches of its plan, from its forecast."""
    longest = max(made.demand.lambda_seconds.values(), default=0.0)
    return reach(scenario, made.demand.mean("at once"), made.demand.holding, longest)
