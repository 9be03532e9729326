"""Replications of the scenario's plan: without quotas for the demand, with quotas for the rejections."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import dropwhile, takewhile

from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.simulation import confidence_intervals
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.simulation.queue_results import QueueForecast, queue_forecast
from busyhour.capacity.simulation.simulate import Limits, Simulation, SimulationResult
from busyhour.capacity.simulation.slices import CLUMP, Counted, sliced
from busyhour.capacity.theory import clumps
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import Direction
from busyhour.scenarios.traffic_plan.arrivals import Arrival, Schedule
from busyhour.scenarios.traffic_plan.rate import rate_of

SIMULATED_CALLS = 6000
"""Calls of all replications together (with and without quotas counted once).

Exceeded if two replications need more.
"""
_RUNS = (2, 10)
"""Fewest and most replications: a single one gives no estimate of the spread."""
_AROUND = 8000
"""Calls of all replications of the busiest window together, warm-up included; exceeded if two need more."""
_WINDOW = 1200
"""Fewest calls counted in one replication of the busiest window."""
_SETTLING = 30.0
"""Shortest counted time of a replication in seconds, unless that is too many calls.

Token buckets of short calls empty slowly.
"""
_LONGEST = 24_000
"""Most calls of one replication of the busiest window.

If more than half of them are warm-up, none is made.
"""
_DRAWN = 100_000
"""Calls before the window up to which the arrivals are those of the run's own schedule."""
_APART = 1_000_003
"""Distance between the seeds of replications, so that plans with neighbouring seeds share none."""
_SLICES = 20
_SLICE = 2.0
"""Shortest slice of a run, in mean holding times: neighbouring slices are then correlated, others hardly."""


def steady_seconds(per_hour: float, fill: float) -> float:
    """Return the seconds for which a rate is held in a replication: warm-up, then the counted time."""
    return fill + _counted_seconds(per_hour / 3600.0, fill) if per_hour else fill


def _counted_seconds(rate: float, fill: float) -> float:
    """Return the counted seconds of a replication of the busiest window at `rate` calls/s."""
    return max(_WINDOW / rate, fill, min(_SETTLING, SIMULATED_CALLS / rate))


class Replications:
    """Replications of one plan with successive seeds.

    Args:
        scenario: the plan. machine: flow machine of its flows. limits: quotas that are enforced in every
            second replication. busiest: time of most calls in progress, seconds; of a plan of very many calls
            only the window around it is simulated. fill: warm-up in seconds. answers: answers of real
            handlers. policy: caller behaviour that the scenario has no key for. holding: mean seconds of a
            call, over which counts are correlated. steady: the rate is held, and only the time after warm-up
            counts.
    """

    def __init__(
        self,
        scenario: Scenario,
        machine: FlowMachine,
        limits: Limits,
        busiest: float,
        fill: float,
        answers: Answers | None = None,
        policy: CallPolicy | None = None,
        *,
        holding: float = 0.0,
        steady: bool = False,
    ) -> None:
        self._scenario = scenario
        self._machine = machine
        self._busiest = busiest
        self._fill = 0.0
        self._answers = answers
        self._policy = policy
        self._rate = rate_of(scenario.traffic)
        self.window: tuple[float, float] | None = None
        """The counted window in seconds, unless the whole plan is simulated."""
        self._holding = holding
        expected = self._rate.total
        least, most = _RUNS
        if expected > SIMULATED_CALLS or (steady and expected > 0):
            count = self._around_busiest(fill)
        else:
            count = 1 if expected <= 0 else max(least, min(most, int(SIMULATED_CALLS / expected)))
        self.free: list[SimulationResult] = []
        """Replications without quotas."""
        self.bound: list[SimulationResult] = []
        """The same replications with quotas."""
        for run in range(count):
            seeded = replace(scenario, seed=scenario.seed + run * _APART)
            arrivals = self._arrivals(seeded)
            free = self._one(seeded, None, arrivals)
            self.free.append(free)
            self.bound.append(self._one(seeded, limits, arrivals) if self._may_meet(free, limits) else free)

    def spread(
        self, peak: Callable[[SimulationResult], tuple[float, float | None]], mean: float = 0.0
    ) -> dict[str, float | None]:
        """Compute the mean and range of the peaks without quotas, and the time of the highest.

        Args:
            peak: returns a run's peak and its time.
            mean: mean of the number of which this is the peak; 0: unknown.
        """
        if not self.free:
            return {}
        found = [peak(run) for run in self.free]
        highest = max(found, key=lambda each: each[0])
        return {
            "simulated_peak": math.fsum(value for value, _ in found) / len(found),
            "simulated_low": min(value for value, _ in found),
            "simulated_high": highest[0],
            "simulated_half_width": confidence_intervals.of_peaks([value for value, _ in found], mean),
            "simulated_at": None
            if highest[1] is None
            else highest[1] + (self.window[0] - self._fill if self.window else 0.0),
        }

    def share(self, counts: Counted) -> float | None:
        """Compute a part of a whole over the replications with quotas; None if the whole is 0."""
        found = confidence_intervals.of_share(sliced(self.bound, counts))
        return None if found is None else found.value

    def half_width(self, counts: Counted, clump: float | None = None) -> float | None:
        """Compute the half-width of the 95 % interval of such a share; None if it cannot be estimated.

        Args:
            counts: part and whole of a run so far.
            clump: from theory, see `confidence_intervals.of_share`.
        """
        slices = sliced(self.bound, counts)
        found = (
            confidence_intervals.of_share(slices, CLUMP)
            if clump is None
            else confidence_intervals.of_share(slices, clump, known=True)
        )
        if found is None or found.interval is None:
            return None
        return max(found.value - found.interval.low, found.interval.high - found.value)

    def printed(self, counts: Counted) -> str:
        """Format such a share in per cent with its interval, for a note; empty if nothing was simulated."""
        if not self.bound:
            return ""
        half = self.half_width(counts)
        around = "(no interval)" if half is None else f"± {half:.1%}"
        return f", {self.share(counts) or 0.0:.1%} {around} over the plan in the simulation"

    def clump(self, lines: float) -> float:
        """Compute the index of dispersion of blocked calls at the busiest moment, see `clumps.of_blocked`."""
        load = self._rate.at(self._busiest * 0.999999) * self._holding
        return clumps.of_blocked(load, min(lines, 10.0 * load + 100.0))

    def _may_meet(self, free: SimulationResult, limits: Limits) -> bool:
        """Whether a run without quotas would have reached one."""
        return (
            self._scenario.traffic.direction is Direction.OUTBOUND
            or bool(free.tables)
            or bool(free.external)
            or free.calls.peak > limits.concurrent_calls
            or free.functions.level.peak > limits.lambda_concurrency
        )

    def _arrivals(self, scenario: Scenario) -> list[Arrival] | None:
        """Return the arrivals of the window, from the start of warm-up.

        None if the whole plan is simulated.
        """
        if self.window is None:
            return None
        start, end = self.window[0] - self._fill, self.window[1]
        if self._rate.cumulative(start) > _DRAWN:
            return [
                Arrival(call, at - start)
                for call, at in Schedule(scenario.traffic, scenario.seed).window(start, end)
            ]
        schedule = iter(Schedule(scenario.traffic, scenario.seed))
        inside = takewhile(lambda a: a.at < end, dropwhile(lambda a: a.at < start, schedule))
        return [Arrival(call, at - start) for call, at in inside]

    def _one(
        self, scenario: Scenario, limits: Limits | None, arrivals: list[Arrival] | None
    ) -> SimulationResult:
        hold = None if self.window is None else self.window[1] - self.window[0] + self._fill
        simulation = Simulation(
            scenario,
            self._machine,
            limits,
            arrivals=None if arrivals is None else iter(arrivals),
            answers=self._answers,
            policy=self._policy,
            warm_up=self._fill,
        )
        length = (self._scenario.traffic.duration if hold is None else hold) - self._fill
        slices = max(1, min(_SLICES, int(length / (_SLICE * self._holding)) if self._holding else _SLICES))
        marks = [self._fill + length * part / slices for part in range(1, slices)]
        # The plan goes on after the window: nothing after its last arrival is counted.
        return simulation.run(hold=hold, drain=None if self.window is None else 0.0, marks=marks)

    def _around_busiest(self, fill: float) -> int:
        """Set the window of some thousand calls around the busiest moment, at least as long as the warm-up.

        Returns:
            the number of replications; 0 if one would be too long.
        """
        rate = max(self._rate.at(self._busiest * 0.999999), 1e-9)
        if rate * fill > _LONGEST / 2:
            return 0
        least, most = _RUNS
        counted = _counted_seconds(rate, fill)
        self._fill = fill
        counted = min(counted, _LONGEST / rate - self._fill)
        end = min(self._scenario.traffic.duration, self._busiest + 0.25 * counted)
        start = max(0.0, end - counted)
        self._fill = min(self._fill, start)
        self.window = start, end
        return max(least, min(most, int(_AROUND / (rate * (end - start + self._fill)))))

    def queues(self) -> list[QueueForecast]:
        """Return the results of each queue in the replications without quotas."""
        names = dict.fromkeys(name for run in self.free for name in run.queues)
        return [queue_forecast(name, self.free, self._holding) for name in names]
