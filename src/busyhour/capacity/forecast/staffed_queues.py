"""Offered load, AHT and patience per queue."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.limits import Staffed
from busyhour.capacity.simulation.agent_queue import Queueing, QueueSample
from busyhour.capacity.simulation.fluid_queue import MANY, FluidQueue
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.draw import Chance, sampler

_CONTACTS = 20_000
"""Fewest contacts with which a queue is simulated."""


def staffed_of(scenario: Scenario, demand: CallDemand) -> Iterator[Staffed]:
    """Return the queues that calls enter, with the demand of one call."""
    callers = scenario.callers
    patience, talk, wrap_up = map(sampler, (callers.patience, callers.talk, callers.wrap_up))
    mean_patience = ProbabilityDistribution(callers.patience).mean()
    mean_drawn = (
        ProbabilityDistribution(callers.talk).mean() + ProbabilityDistribution(callers.wrap_up).mean()
    )
    for name, queue in scenario.queues.items():
        asked = demand.queues.get(name)
        if asked is None or asked.contacts <= 0.0:
            continue
        aht = asked.handling
        # Whispers, hang-ups and other parts of the flow stretch the declared handling times.
        stretch = aht / mean_drawn if mean_drawn else 0.0

        def handling(source: Chance, stretch: float = stretch) -> float:
            return (talk(source) + wrap_up(source)) * stretch

        sample: Queueing
        if queue.agents >= MANY:
            sample = FluidQueue(aht, patience, scenario.seed)
        else:
            sample = QueueSample(max(_CONTACTS, 20 * queue.agents), handling, patience, scenario.seed)
        yield Staffed(
            name, queue.agents, queue.capacity, asked.contacts, aht, mean_patience, sample, asked.spread
        )
