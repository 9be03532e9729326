"""The queues of a scenario as the ladder needs them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from busyhour.capacity.demand import CallDemand
from busyhour.capacity.rungs import Staffed
from busyhour.capacity.staffing import QueueSample
from busyhour.scenarios.draw import Chance, rng_for, sampler
from busyhour.scenarios.model import Scenario

_CONTACTS = (20_000, 200_000)
"""Contacts that a queue is simulated with: at least, at most."""


def staffed_of(scenario: Scenario, demand: CallDemand) -> Iterator[Staffed]:
    """The scenario's queues with what one call asks of them; those that no call came to are left out."""
    callers = scenario.callers
    patience, talk, wrap_up = map(sampler, (callers.patience, callers.talk, callers.wrap_up))
    chance = rng_for(scenario.seed, 0, "staffing means")
    mean_patience = math.fsum(patience(chance) for _ in range(2000)) / 2000
    mean_drawn = math.fsum(talk(chance) + wrap_up(chance) for _ in range(2000)) / 2000
    statistics = demand.result.queues
    planned = demand.result.planned
    for name, queue in scenario.queues.items():
        seen = statistics.get(name)
        if seen is None or not seen.offered or not seen.answered or not planned:
            continue
        aht = seen.busy_seconds / seen.answered
        # Whispers, hang-ups and what else the flow adds stretch what the scenario draws.
        stretch = aht / mean_drawn if mean_drawn else 0.0

        def handling(source: Chance, stretch: float = stretch) -> float:
            return (talk(source) + wrap_up(source)) * stretch

        contacts = min(_CONTACTS[1], max(_CONTACTS[0], 20 * queue.agents))
        sample = QueueSample(contacts, handling, patience, scenario.seed)
        yield Staffed(name, queue.agents, queue.capacity, seen.offered / planned, aht, mean_patience, sample)
