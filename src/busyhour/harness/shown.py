"""What a run can show of its plan, by calculation before the start, and what it did show, by measurement. Pure.

The load of a plan is its stationary number of calls in progress: rate times mean duration (Little). A test that starts
empty has E[L(t) - L(t - S)] at time t, with L the expected arrivals and S the duration of a call (Eick, Massey and Whitt,
"The physics of the Mt/G/infinity queue", Operations Research 41(4), 1993).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from busyhour.results.record import Arrivals, Series, Shown
from busyhour.scenarios.model import LoadProfile, Plan, Scenario
from busyhour.scenarios.plan import busiest_rate, driven
from busyhour.scenarios.rate import Rate, rate_of

CALLS = "calls in progress"
RATE = "calls/h"
REACHED = 0.99
"""Share of the plan's load from which on it counts as reached. The last per cent takes a third of the time again that all
others took (exponential durations), and is less than chance moves the load of any plan below 10,000 erlang."""
MOST_CUT_OFF = 0.5
"""Largest share of the calls that the end of the test may end: more calls must live their whole life than are cut off."""
_PLANNED_CUT_OFF = 0.4
"""The same by calculation, before the start: below the bound, so that chance does not decide."""
_AGREES = 0.05
"""Share by which the measured load may be below the calculated one: calls are as long as they are in the run."""
_DEVIATIONS = 3.0
_SHORTEST = 10.0
"""Seconds for which a rate must be held where the drive runs no calls: a rate is a mean over seconds."""
_SAMPLE = 400
_POINTS = 240
_LONGEST = 30 * 86400.0


@dataclass(frozen=True, slots=True)
class Reach:
    """What a test reaches of its plan, by calculation. Loads are in `unit`, times are seconds."""

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
        return self.window is not None and self.cut_off <= _PLANNED_CUT_OFF

    @property
    def why(self) -> list[str]:
        """Reasons for which the test cannot show the plan, whatever is measured."""
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
            return f"The plan's {self.planned:,.0f} {self.unit} are not held for {_SHORTEST:g} s.{way_out}"
        if self.window is None:
            reached = f"The test reaches {self.reachable:,.4g} of the plan's {self.planned:,.4g} {self.unit}, by calculation"
        else:
            reached = f"The end of the test cuts off {self.cut_off:.0%} of the calls, by calculation"
        return f"{reached}.{self._way_out}"

    @property
    def _way_out(self) -> str:
        if self.sufficient_hold is None:
            return ""
        return f" A hold of at least {in_words(self.sufficient_hold)} suffices: --set {self.setting}."


def reach(scenario: Scenario, seconds: float, holding: Sequence[float]) -> Reach:
    """What the scenario's test reaches of its plan.

    Args:
        scenario: plan, test and the arrivals that are driven.
        seconds: mean duration of a call.
        holding: sampled durations of calls.
    """
    rate = rate_of(scenario.traffic)
    if not scenario.drive.has_calls:
        return _of_rate(scenario, rate)
    ordered = sorted(holding)
    step = max(1, len(ordered) // _SAMPLE)
    sample = ordered[step // 2 :: step] or [0.0]
    mean = math.fsum(sample) / len(sample)
    scale = seconds / mean if mean else 0.0
    planned = scenario.plan.calls_per_hour / 3600.0 * seconds

    def load(t: float) -> float:
        return scale * _in_progress(rate, sample, t)

    times = _moments(rate)
    loads = [load(t) for t in times]
    reachable, busiest = max(zip(loads, times, strict=True), default=(0.0, 0.0))
    if _replayed(scenario):
        planned = min(planned, reachable)
    test = scenario.test
    left = load(rate.end + test.drain)
    cut_off = left / rate.total if rate.total else 0.0
    enough = [t for t, at in zip(times, loads, strict=True) if at >= REACHED * planned]
    window = (enough[0], enough[-1]) if enough and planned else None
    memory = math.fsum(s * s for s in sample) / (2.0 * math.fsum(sample)) if mean else 0.0
    hold = None
    if window is None or cut_off > _PLANNED_CUT_OFF:
        hold = _sufficient(sample, scenario)
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
        _setting(test, hold),
        scenario.traffic.arrivals.value == "even",
    )


def shown(
    found: Reach, arrivals: Arrivals, in_progress: Series | None, started: Series | None, *, smoke: bool
) -> Shown:
    """What the run showed.

    Args:
        found: by calculation, before the start.
        arrivals: counts of the run.
        in_progress: measured calls in progress.
        started: measured calls started, per second.
        smoke: the run was one that shows no capacity.
    """
    series = started if found.unit == RATE else in_progress
    values = _within(series, found.window or (found.busiest, found.busiest))
    per = 3600.0 if found.unit == RATE else 1.0
    reached = math.fsum(values) / len(values) * per if values else None
    why = ["A smoke run shows nothing of the capacity."] if smoke else []
    why += found.why
    if not why:
        why += _not_measured(found, arrivals, reached)
    measured = reached is not None and reached >= _least(found, arrivals)
    return Shown(
        unit=found.unit,
        planned=found.planned,
        reachable=found.reachable,
        factor=found.factor,
        reached=reached,
        peak=max(values) * per if values else None,
        ended=arrivals.completed,
        cut_off=arrivals.cut_off,
        stationary=found.window is not None
        and found.reachable >= REACHED * found.factor * found.planned
        and measured,
        sufficient_hold=found.sufficient_hold,
        why=why,
    )


def beyond(found: Reach, shown: Shown) -> float:
    """Multiple of the plan that the measured load shows; 1 where it differs from the plan by no more than chance."""
    if shown.reached is None or not found.planned or found.factor != 1.0:
        return 1.0
    most = found.planned + _DEVIATIONS * _deviation(found) + math.sqrt(found.planned)
    return shown.reached / found.planned if shown.reached > most else 1.0


def in_words(seconds: float) -> str:
    """A duration as scenarios write it, rounded up: to 10 s from a minute on."""
    whole = math.ceil(seconds / 10.0 - 1e-9) * 10 if seconds > 60 else max(1, math.ceil(seconds - 1e-9))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def _not_measured(found: Reach, arrivals: Arrivals, reached: float | None) -> list[str]:
    """Reasons for which the measured run did not get to where the calculation has it."""
    reasons = []
    if reached is None:
        reasons.append(f"The {found.unit} were not measured while the plan's load was to be reached.")
    elif reached < _least(found, arrivals):
        reasons.append(
            f"{reached:,.4g} {found.unit} were reached in the mean, the plan has {found.planned:,.4g}."
        )
    if found.unit == CALLS and arrivals.cut_off > MOST_CUT_OFF * arrivals.started:
        reasons.append(
            f"The end of the test cut off {arrivals.cut_off:,} of {arrivals.started:,} calls; "
            f"{arrivals.completed:,} ended by themselves."
        )
    return reasons


def _least(found: Reach, arrivals: Arrivals) -> float:
    """Lowest measured mean that differs from the plan's load by no more than chance."""
    accepted = 1.0 - arrivals.blocked / arrivals.started if arrivals.started else 1.0
    below = max(_DEVIATIONS * _deviation(found), _AGREES * found.planned)
    return (found.planned - below) * (accepted if found.unit == CALLS else 1.0)


def _deviation(found: Reach) -> float:
    """Standard deviation of the mean over the window of a Poisson number with exponential memory."""
    start, end = found.window or (0.0, 0.0)
    length = max(1.0, end - start)
    if found.unit == RATE:
        return 0.0 if found.even else math.sqrt(found.planned / 3600.0 / length) * 3600.0
    return math.sqrt(found.planned * min(1.0, 2.0 * found.memory / length))


def _of_rate(scenario: Scenario, rate: Rate) -> Reach:
    """The rate that is driven, where there are no calls that go on."""
    planned, test = scenario.plan.calls_per_hour, scenario.test
    times = _moments(rate)
    enough = [t for t in times if max(rate.at(t), rate.at(t - 1e-6)) * 3600.0 >= REACHED * planned]
    window = (enough[0], enough[-1]) if enough else None
    if window is not None and window[1] - window[0] < _SHORTEST * REACHED and not _replayed(scenario):
        window = None
    hold = _SHORTEST if window is None and test.factor >= REACHED else None
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
        _setting(test, hold),
        scenario.traffic.arrivals.value == "even",
    )


def _replayed(scenario: Scenario) -> bool:
    """Whether the run replays a whole planned day: then its own busiest moment is what is planned."""
    traffic = scenario.traffic
    whole = traffic.interval_seconds * len(traffic.intervals)
    return bool(traffic.intervals) and traffic.duration >= whole and scenario.test.factor == 1.0


def _in_progress(rate: Rate, sample: Sequence[float], t: float) -> float:
    until = rate.cumulative(t)
    return math.fsum(until - rate.cumulative(t - s) for s in sample) / len(sample)


def _moments(rate: Rate) -> list[float]:
    """Moments at which the load is looked at: evenly spaced ones, and where the rate changes."""
    end = rate.end
    edges = {edge for segment in rate.segments for edge in (segment.start, segment.end)}
    return sorted({end * i / _POINTS for i in range(_POINTS + 1)} | edges)


def _sufficient(sample: Sequence[float], scenario: Scenario) -> float | None:
    """Shortest hold that reaches the plan's load with few calls cut off, seconds; None where there is none."""
    test = scenario.test
    if test.factor < REACHED:
        return None
    mean = math.fsum(sample) / len(sample)
    one_a_second = Plan(3600.0)

    def suffices(hold: float) -> bool:
        rate = rate_of(driven(scenario.traffic, one_a_second, replace(test, hold=hold)))
        load = _in_progress(rate, sample, test.ramp_up + hold)
        left = _in_progress(rate, sample, rate.end + test.drain)
        return load >= REACHED * mean and left <= _PLANNED_CUT_OFF * rate.total

    return _first(suffices, max(1.0, mean))


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


def _setting(test: LoadProfile, hold: float | None) -> str:
    if hold is None:
        return ""
    if test.stated:
        return f"test.hold={in_words(hold)}"
    return f"traffic.duration={in_words(test.ramp_up + hold + test.ramp_down)}"


def _within(series: Series | None, window: tuple[float, float] | None) -> list[float]:
    """Values of a series within a window; of a short window the nearest second's."""
    if series is None or window is None:
        return []
    start, end = window
    if end - start < 1.0:
        start = end - 1.0
    return [
        v for t, v in zip(series.t, series.v, strict=True) if v is not None and start - 0.5 <= t <= end - 0.5
    ]
