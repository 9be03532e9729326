"""The scenario's plan simulated a few times: with no quota in the way for the demand, with them for what they refuse."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile, takewhile

from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.functions import Answers
from busyhour.capacity.outlook import QueueForecast
from busyhour.capacity.simulation import Limits, Simulation, SimulationResult
from busyhour.scenarios.arrivals import Arrival, Schedule
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.rate import rate_of

SIMULATED_CALLS = 6000
"""Calls of all runs together, with and without quotas counted once."""
_RUNS = 5
_LONGEST = 60_000
"""Calls of one run around the busiest moment at most."""


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
        expected = self._rate.total
        if expected > SIMULATED_CALLS:
            self.window = self._around_busiest(fill)
            expected = SIMULATED_CALLS
        count = 1 if expected <= 0 else max(1, min(_RUNS, int(SIMULATED_CALLS / expected)))
        self.free: list[SimulationResult] = []
        """Runs without quotas."""
        self.bound: list[SimulationResult] = []
        """The same runs with quotas."""
        for run in range(count):
            seeded = replace(scenario, seed=scenario.seed + run)
            self.free.append(self._one(seeded, None))
            self.bound.append(self._one(seeded, limits))

    def spread(
        self, peak: Callable[[SimulationResult], tuple[float, float | None]]
    ) -> dict[str, float | None]:
        """Mean and range of the peaks of the runs without quotas, and when the highest was."""
        found = [peak(run) for run in self.free]
        highest = max(found, key=lambda each: each[0])
        return {
            "simulated_peak": math.fsum(value for value, _ in found) / len(found),
            "simulated_low": min(value for value, _ in found),
            "simulated_high": highest[0],
            "simulated_half_width": half_width([value for value, _ in found]),
            "simulated_at": None
            if highest[1] is None
            else highest[1] + (self.window[0] - self._fill if self.window else 0.0),
        }

    def share(self, counts: Callable[[SimulationResult], tuple[float, float]]) -> float | None:
        """Part of a whole over the runs with quotas; None where there is no whole."""
        pairs = [counts(run) for run in self.bound]
        total = sum(whole for _, whole in pairs)
        return sum(part for part, _ in pairs) / total if total else None

    def half_width(self, counts: Callable[[SimulationResult], tuple[float, float]]) -> float | None:
        """Half width of the 95 % interval of such a share, from the spread between runs; None for one run."""
        pairs = [counts(run) for run in self.bound]
        return half_width([part / whole for part, whole in pairs if whole])

    def _one(self, scenario: Scenario, limits: Limits | None) -> SimulationResult:
        arrivals = hold = None
        if self.window is not None:
            start, end = self.window[0] - self._fill, self.window[1]
            hold = end - start
            schedule = iter(Schedule(scenario.traffic, scenario.seed))
            inside = takewhile(lambda a: a.at < end, dropwhile(lambda a: a.at < start, schedule))
            arrivals = (Arrival(call, at - start) for call, at in inside)
        simulation = Simulation(
            scenario,
            self._machine,
            limits,
            arrivals=arrivals,
            answers=self._answers,
            policy=self._policy,
            warm_up=self._fill,
        )
        # Around the busiest moment nothing is to be seen after the last arrival: the plan goes on there.
        return simulation.run(hold=hold, drain=None if self.window is None else 0.0)

    def _around_busiest(self, fill: float) -> tuple[float, float]:
        """Some thousand calls around the busiest moment, for at least as long as the centre takes to fill."""
        rate = max(self._rate.at(self._busiest * 0.999999), 1e-9)
        counted = max(SIMULATED_CALLS / rate, fill)
        self._fill = min(fill, _LONGEST / rate / 2)
        counted = min(counted, _LONGEST / rate - self._fill)
        end = min(self._scenario.traffic.duration, self._busiest + 0.25 * counted)
        start = max(0.0, end - counted)
        self._fill = min(self._fill, start)
        return start, end

    def queues(self) -> list[QueueForecast]:
        """What the runs without quotas saw of each queue."""
        rows = []
        for name in dict.fromkeys(name for run in self.free for name in run.queues):
            seen = [run.queues[name] for run in self.free if name in run.queues]
            total = sum(q.answered + q.abandoned for q in seen)
            answered = sum(q.answered for q in seen)
            staffed = sum((q.agents or 0) * q.observed_seconds for q in seen)
            rows.append(
                QueueForecast(
                    name=name,
                    agents=seen[0].agents,
                    offered=sum(q.offered for q in seen) / len(self.free),
                    service_level=sum(q.answered_in_time for q in seen) / total if total else None,
                    abandoned_share=sum(q.abandoned for q in seen) / total if total else None,
                    turned_away=sum(q.turned_away for q in seen) / len(self.free),
                    mean_wait=math.fsum(q.mean_wait * q.answered for q in seen) / answered
                    if answered
                    else 0.0,
                    longest_wait=max(q.longest_wait for q in seen),
                    largest_size=max(q.largest_size for q in seen),
                    occupancy=sum(q.busy_seconds for q in seen) / staffed if staffed else None,
                )
            )
        return rows


def half_width(values: Sequence[float], level: float = 0.95) -> float | None:
    """Half width of the interval of the mean of independent values (Student's t); None for fewer than two."""
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # scipy.stats has it too, and takes a second and a half to import

    error = statistics.stdev(values) / math.sqrt(len(values))
    return float(stdtrit(len(values) - 1, (1.0 + level) / 2.0)) * error


def table_peak(
    result: SimulationResult, table: str, units: Mapping[str, float]
) -> tuple[float, float | None]:
    """Most capacity units in one second of one table, and when. `units` are those of one operation."""
    seconds: dict[int, float] = {}
    for operation, rate in result.functions.units.items():
        name, _, verb = operation.rpartition(".")
        if name == table and verb in units:
            for second, count in rate.seconds.items():
                seconds[second] = seconds.get(second, 0.0) + count * units[verb]
    if not seconds:
        return 0.0, None
    at = max(seconds, key=seconds.__getitem__)
    return seconds[at], float(at)
