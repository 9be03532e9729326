"""Results of queues in the simulation: waits, abandonment and occupancy, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from busyhour.calls.acd import QueueStatistics
from busyhour.capacity.simulation import confidence_intervals
from busyhour.capacity.simulation.confidence_intervals import Interval
from busyhour.capacity.simulation.simulate import SimulationResult
from busyhour.capacity.simulation.slices import CLUMP, sliced


@dataclass(frozen=True, slots=True)
class QueueForecast:
    """Simulation results of one queue.

    `intervals` are 95 % intervals by field; a field without one could not be estimated.
    """

    name: str
    agents: int | None
    offered: float
    service_level: float | None
    abandoned_share: float | None
    blocked: float
    mean_wait: float
    longest_wait: float
    """Sum over all runs."""
    largest_size: int
    """Sum over all runs."""
    occupancy: float | None
    intervals: Mapping[str, Interval] = field(default_factory=dict)


def queue_forecast(name: str, runs: Sequence[SimulationResult], holding: float) -> QueueForecast:
    """Compute the results of one queue over replications.

    Args:
        name: of the queue; at least one run has it.
        runs: the replications.
        holding: mean seconds of a call, over which waits are correlated.
    """
    seen = [run.queues[name] for run in runs if name in run.queues]

    def of(
        part: Callable[[QueueStatistics], float], whole: Callable[[QueueStatistics], float]
    ) -> list[list[tuple[float, float]]]:
        def counts(run: SimulationResult) -> tuple[float, float]:
            queue = run.queues.get(name)
            return (part(queue), whole(queue)) if queue is not None else (0.0, 0.0)

        return sliced(runs, counts)

    def over(queue: QueueStatistics) -> float:
        return queue.answered + queue.abandoned

    found = {
        "service_level": confidence_intervals.of_share(of(lambda q: q.answered_in_time, over), CLUMP),
        "abandoned_share": confidence_intervals.of_share(of(lambda q: q.abandoned, over), CLUMP),
        "mean_wait": confidence_intervals.of_ratio(
            of(lambda q: q.mean_wait * q.answered, lambda q: q.answered), holding
        ),
        "occupancy": confidence_intervals.of_ratio(
            of(lambda q: q.busy_seconds, lambda q: (q.agents or 0) * q.observed_seconds)
        ),
    }
    values = {key: each.value for key, each in found.items() if each is not None}
    around = {key: each.interval for key, each in found.items() if each is not None and each.interval}
    for key, counted in (
        ("offered", [q.offered for q in seen]),
        ("blocked", [q.rejected for q in seen]),
    ):
        values[key] = sum(counted) / len(runs)
        around[key] = confidence_intervals.of_count(counted, len(runs))
    return QueueForecast(
        name=name,
        agents=seen[0].agents,
        offered=values["offered"],
        service_level=values.get("service_level"),
        abandoned_share=values.get("abandoned_share"),
        blocked=values["blocked"],
        mean_wait=values.get("mean_wait", 0.0),
        longest_wait=max(q.longest_wait for q in seen),
        largest_size=max(q.largest_size for q in seen),
        occupancy=values.get("occupancy"),
        intervals=around,
    )
