"""The scenario's plan simulated a few times: with no quota in the way for the demand, with them for what they refuse."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import dropwhile, takewhile

from busyhour.calls.acd import QueueStatistics
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.simulation import confidence_intervals
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.simulation.queue_results import QueueForecast
from busyhour.capacity.simulation.simulate import Limits, Simulation, SimulationResult
from busyhour.capacity.theory import clumps
from busyhour.scenarios.model import Direction, Scenario
from busyhour.scenarios.traffic_plan.arrivals import Arrival, Schedule
from busyhour.scenarios.traffic_plan.rate import rate_of

SIMULATED_CALLS = 6000
"""Calls of all runs together, with and without quotas counted once; more where two runs have more."""
_RUNS = (2, 10)
"""Runs, at least and at most: one alone shows no spread."""
_AROUND = 8000
"""Calls of all runs around the busiest moment together, those that fill the centre included; more where two have more."""
_WINDOW = 1200
"""Calls that are counted in one run around the busiest moment, at least."""
_SETTLING = 30.0
"""Seconds that one run counts at least, where these are not too many calls: buckets of quick calls take time to empty."""
_LONGEST = 24_000
"""Calls of one run around the busiest moment at most. Where more than half of them only fill the centre, none is made."""
_DRAWN = 100_000
"""Calls before the window up to which its arrivals are those of the run's own schedule."""
_APART = 1_000_003
"""Between the seeds of runs, so that plans with neighbouring seeds share none."""
_SLICES = 20
_SLICE = 2.0
"""Mean holding times that a slice of a run is long at least: neighbouring slices are then alike, others hardly."""


_CLUMP = 2.0
"""Variance of rare events as a multiple of independent ones, at least: calls that meet a limit meet it together."""
Counted = Callable[[SimulationResult], tuple[float, float]]
"""Part and whole of what a run has counted; both grow with time."""


def steady_seconds(per_hour: float, fill: float) -> float:
    """How long a rate must be held for a run of `Rehearsal`: until the centre is full, and then as long as is counted."""
    return fill + _counted_seconds(per_hour / 3600.0, fill) if per_hour else fill


def _counted_seconds(rate: float, fill: float) -> float:
    """How long a run around the busiest moment counts, at so many calls a second."""
    return max(_WINDOW / rate, fill, min(_SETTLING, SIMULATED_CALLS / rate))


class Rehearsal:
    """Runs of one plan with successive seeds.

    Args:
        scenario: the plan.
        machine: of its flows.
        limits: quotas that are enforced in every second run.
        busiest: when most calls are in progress, seconds; a plan of very many calls is simulated around it.
        fill: seconds until a centre that begins empty is as full as it should be.
        answers: what real handlers answer.
        policy: what the scenario has no key for.
        holding: mean seconds of a call, over which counts are alike.
        steady: the rate is held, and only a centre that is full is of interest.
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
        """What is counted where it is not the whole plan, seconds."""
        self._holding = holding
        expected = self._rate.total
        least, most = _RUNS
        if expected > SIMULATED_CALLS or (steady and expected > 0):
            count = self._around_busiest(fill)
        else:
            count = 1 if expected <= 0 else max(least, min(most, int(SIMULATED_CALLS / expected)))
        self.free: list[SimulationResult] = []
        """Runs without quotas."""
        self.bound: list[SimulationResult] = []
        """The same runs with quotas."""
        for run in range(count):
            seeded = replace(scenario, seed=scenario.seed + run * _APART)
            arrivals = self._arrivals(seeded)
            free = self._one(seeded, None, arrivals)
            self.free.append(free)
            self.bound.append(self._one(seeded, limits, arrivals) if self._may_meet(free, limits) else free)

    def spread(
        self, peak: Callable[[SimulationResult], tuple[float, float | None]], mean: float = 0.0
    ) -> dict[str, float | None]:
        """Mean and range of the peaks of the runs without quotas, and when the highest was.

        Args:
            peak: of one run, and when.
            mean: of what this is the peak of, where it is a number at once or in a second; 0: not known.
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
        """Part of a whole over the runs with quotas; None where there is no whole."""
        found = confidence_intervals.of_share(self._sliced(self.bound, counts))
        return None if found is None else found.value

    def half_width(self, counts: Counted, clump: float | None = None) -> float | None:
        """Half width of the 95 % interval of such a share; None where the runs do not show it.

        Args:
            counts: part and whole of a run so far.
            clump: where theory knows it, see `intervals.of_share`.
        """
        sliced = self._sliced(self.bound, counts)
        found = (
            confidence_intervals.of_share(sliced, _CLUMP)
            if clump is None
            else confidence_intervals.of_share(sliced, clump, known=True)
        )
        if found is None or found.interval is None:
            return None
        return max(found.value - found.interval.low, found.interval.high - found.value)

    def printed(self, counts: Counted) -> str:
        """Such a share in per cent with its interval, for a note; empty where nothing was simulated."""
        if not self.bound:
            return ""
        half = self.half_width(counts)
        around = "(no interval)" if half is None else f"± {half:.1%}"
        return f", {self.share(counts) or 0.0:.1%} {around} over the plan in the simulation"

    def clump(self, lines: float) -> float:
        """How many calls are blocked together at the busiest moment, see `clumps.of_blocked`."""
        load = self._rate.at(self._busiest * 0.999999) * self._holding
        return clumps.of_blocked(load, min(lines, 10.0 * load + 100.0))

    def _sliced(self, runs: Sequence[SimulationResult], counts: Counted) -> list[list[tuple[float, float]]]:
        """Parts and wholes of each slice of each run."""
        sliced = []
        for run in runs:
            until = [counts(each) for each in (*run.so_far, run)]
            before = [(0.0, 0.0), *until[:-1]]
            sliced.append([(p - q, w - v) for (p, w), (q, v) in zip(until, before, strict=True)])
        return sliced

    def _may_meet(self, free: SimulationResult, limits: Limits) -> bool:
        """Whether a run without quotas would have met one."""
        return (
            self._scenario.traffic.direction is Direction.OUTBOUND
            or bool(free.tables)
            or bool(free.external)
            or free.calls.peak > limits.concurrent_calls
            or free.functions.level.peak > limits.lambda_concurrency
        )

    def _arrivals(self, scenario: Scenario) -> list[Arrival] | None:
        """Those of the window, from the start of filling; None where the whole plan is simulated."""
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
        # Around the busiest moment nothing is to be seen after the last arrival: the plan goes on there.
        return simulation.run(hold=hold, drain=None if self.window is None else 0.0, marks=marks)

    def _around_busiest(self, fill: float) -> int:
        """Some thousand calls around the busiest moment, for at least as long as the centre takes to fill.

        Sets the window, and returns how many runs of it there are: none where a run would be too long.
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
        """What the runs without quotas saw of each queue."""
        names = dict.fromkeys(name for run in self.free for name in run.queues)
        return [self._queue(name) for name in names]

    def _queue(self, name: str) -> QueueForecast:
        seen = [run.queues[name] for run in self.free if name in run.queues]

        def of(
            part: Callable[[QueueStatistics], float], whole: Callable[[QueueStatistics], float]
        ) -> list[list[tuple[float, float]]]:
            def counts(run: SimulationResult) -> tuple[float, float]:
                queue = run.queues.get(name)
                return (part(queue), whole(queue)) if queue is not None else (0.0, 0.0)

            return self._sliced(self.free, counts)

        def over(queue: QueueStatistics) -> float:
            return queue.answered + queue.abandoned

        runs = len(self.free)
        found = {
            "service_level": confidence_intervals.of_share(of(lambda q: q.answered_in_time, over), _CLUMP),
            "abandoned_share": confidence_intervals.of_share(of(lambda q: q.abandoned, over), _CLUMP),
            "mean_wait": confidence_intervals.of_ratio(
                of(lambda q: q.mean_wait * q.answered, lambda q: q.answered), self._holding
            ),
            "occupancy": confidence_intervals.of_ratio(
                of(lambda q: q.busy_seconds, lambda q: (q.agents or 0) * q.observed_seconds)
            ),
        }
        values = {key: each.value for key, each in found.items() if each is not None}
        around = {key: each.interval for key, each in found.items() if each is not None and each.interval}
        for key, counted in (
            ("offered", [q.offered for q in seen]),
            ("turned_away", [q.turned_away for q in seen]),
        ):
            values[key] = sum(counted) / runs
            around[key] = confidence_intervals.of_count(counted, runs)
        return QueueForecast(
            name=name,
            agents=seen[0].agents,
            offered=values["offered"],
            service_level=values.get("service_level"),
            abandoned_share=values.get("abandoned_share"),
            turned_away=values["turned_away"],
            mean_wait=values.get("mean_wait", 0.0),
            longest_wait=max(q.longest_wait for q in seen),
            largest_size=max(q.largest_size for q in seen),
            occupancy=values.get("occupancy"),
            intervals=around,
        )
