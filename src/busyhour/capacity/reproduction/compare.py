"""Compare recorded days with simulations of them: calls in progress, waits, service level, abandoned calls.

Calls arrive as often in each interval as recorded; everything else comes from the scenario. Several replications of each
day give the interval in which the recorded value of such a day would be: a prediction interval for one more observation
(Student's t).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from busyhour.calls.live import LiveCall
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.simulation.confidence_intervals import student
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.simulation.simulate import Simulation
from busyhour.learning.calls import in_progress
from busyhour.learning.learnt import Day, Learnt, RecordedDay
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.arrivals import Arrival

REPLICATIONS = 10
CONFIDENCE = 0.99
"""Of the interval: a fortnight has 70 quantities, of which few may be outside by chance."""
MOST_CALLS = 20_000
"""Calls of all days together that are simulated once; beyond them the busiest days are compared."""
TOLERATED = 0.10
"""Relative difference that matters, where a value is outside its interval."""
_SMALLEST = {"share": 0.02, "s": 2.0, "calls": 1.0}
"""Difference below which none matters, by unit."""
_FEWEST = 30
"""Queued calls of a day below which its waits are not compared."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One quantity of a day: recorded, simulated mean, and the interval of one more such day."""

    name: str
    unit: str
    recorded: float
    simulated: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether it is outside the interval, by more than what matters."""
        apart = abs(self.recorded - self.simulated)
        relative = 0.0 if self.unit == "share" else TOLERATED * max(self.recorded, self.simulated)
        matters = max(_SMALLEST[self.unit], relative)
        return not self.low <= self.recorded <= self.high and apart > matters


@dataclass(frozen=True, slots=True)
class ComparedDay:
    """One day: its quantities, and the mean number of calls in progress by interval."""

    date: date
    seconds: float
    """Length of an interval."""
    quantities: tuple[Compared, ...]
    recorded: tuple[float, ...]
    simulated: tuple[float, ...]


def compare(
    scenario: Scenario,
    learnt: Learnt,
    machine: FlowMachine,
    answers: Answers | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterator[ComparedDay]:
    """Simulate each recorded day with the scenario; yield the comparison by date.

    Args:
        scenario: with what was learnt.
        learnt: with recorded days; without any, nothing is yielded.
        machine: flow machine of the scenario.
        answers: of real handlers, if the scenario has some.
        progress: receives a line for each day.
    """
    recorded = {day.date: day for day in learnt.recorded}
    chosen: set[date] = set()
    calls = 0.0
    for day in sorted(learnt.arrivals.days, key=lambda day: -day.total):
        calls += day.total
        if calls <= MOST_CALLS or not chosen:
            chosen.add(day.date)
    for day in learnt.arrivals.days:
        if day.date in chosen and day.date in recorded:
            progress(f"simulating {day.date}: {day.total:,.0f} calls, {REPLICATIONS} times")
            runs = [
                _simulated(replace(scenario, seed=scenario.seed + number), day, learnt, machine, answers)
                for number in range(REPLICATIONS)
            ]
            yield _compared(recorded[day.date], runs, learnt.arrivals.seconds, scenario.service_level_seconds)


def left_out(learnt: Learnt, found: Sequence[ComparedDay]) -> int:
    """Return the number of recorded days that were not compared."""
    return len(learnt.recorded) - len(found)


def _simulated(
    scenario: Scenario, day: Day, learnt: Learnt, machine: FlowMachine, answers: Answers | None
) -> RecordedDay:
    begun: dict[int, float] = {}
    lives: list[tuple[float, float]] = []

    def listener(call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        if kind == "started":
            begun[id(call)] = at
        elif kind == "ended":
            lives.append((begun.pop(id(call)), at))

    arrivals = list(_arrivals(day, learnt.arrivals.seconds, scenario.seed))
    simulation = Simulation(scenario, machine, arrivals=iter(arrivals), answers=answers, listener=listener)
    result = simulation.run(drain=math.inf, hold=86_400.0)
    queues = result.queues.values()
    return RecordedDay(
        day.date,
        in_progress(lives, len(day.calls), learnt.arrivals.seconds),
        tuple(wait for queue in queues for wait in queue.waits),
        sum(queue.abandoned for queue in queues),
    )


def _arrivals(day: Day, seconds: float, seed: int) -> Iterator[Arrival]:
    chance = random.Random(f"{seed}/{day.date}")
    moments = sorted(
        (place + chance.random()) * seconds
        for place, calls in enumerate(day.calls)
        for _ in range(round(calls))
    )
    return (Arrival(number, at) for number, at in enumerate(moments))


def _compared(
    recorded: RecordedDay, runs: Sequence[RecordedDay], seconds: float, threshold: float
) -> ComparedDay:
    quantities = []
    for name, unit, of in _QUANTITIES:
        seen = of(recorded, threshold)
        simulated = [value for run in runs if (value := of(run, threshold)) is not None]
        if seen is None or len(simulated) < 2:
            continue
        mean, half = _prediction(simulated)
        quantities.append(Compared(name, unit, seen, mean, mean - half, mean + half))
    levels = tuple(math.fsum(one) / len(runs) for one in zip(*(run.in_progress for run in runs), strict=True))
    return ComparedDay(recorded.date, seconds, tuple(quantities), recorded.in_progress, levels)


def _prediction(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean of values and the half width in which one more lies."""
    count = len(values)
    mean = math.fsum(values) / count
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in values) / (count - 1))
    return mean, student(count - 1, CONFIDENCE) * spread * math.sqrt(1 + 1 / count)


def _queued(day: RecordedDay) -> int:
    return len(day.waits) + day.abandoned


def _mean_level(day: RecordedDay, _: float) -> float | None:
    """Mean of the intervals with calls: a centre that is closed at night has the mean of its day."""
    levels = [level for level in day.in_progress if level > 0]
    return math.fsum(levels) / len(levels) if levels else None


def _mean_wait(day: RecordedDay, _: float) -> float | None:
    return math.fsum(day.waits) / len(day.waits) if len(day.waits) >= _FEWEST else None


def _service_level(day: RecordedDay, threshold: float) -> float | None:
    in_time = sum(wait <= threshold for wait in day.waits)
    return in_time / _queued(day) if _queued(day) >= _FEWEST else None


def _abandoned(day: RecordedDay, _: float) -> float | None:
    return day.abandoned / _queued(day) if _queued(day) >= _FEWEST else None


_QUANTITIES: tuple[tuple[str, str, Callable[[RecordedDay, float], float | None]], ...] = (
    ("calls in progress, busiest interval", "calls", lambda day, _: max(day.in_progress)),
    ("calls in progress, mean", "calls", _mean_level),
    ("wait of answered calls", "s", _mean_wait),
    ("service level", "share", _service_level),
    ("abandoned share", "share", _abandoned),
)
