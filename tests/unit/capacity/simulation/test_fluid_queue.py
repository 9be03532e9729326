"""Queues with very many agents: the limit against arithmetic, and against a simulation that is large enough."""

from __future__ import annotations

import random

import pytest

from busyhour.capacity.simulation.agent_queue import QueueSample
from busyhour.capacity.simulation.fluid_queue import FluidQueue


def constant(seconds: float) -> object:
    return lambda source: seconds


def exponential(mean: float) -> object:
    return lambda source: source.expovariate(1.0 / mean)


def test_below_the_agents_all_are_answered_at_once() -> None:
    served = FluidQueue(180.0, constant(60.0), 1).serve(40.0, 10_000)  # type: ignore[arg-type]  # a sampler
    assert (served.service_level, served.abandoned, served.blocked) == (1.0, 0.0, 0.0)
    assert served.late_ratio.high == 0.0


def test_with_the_same_patience_all_wait_that_long_above_it() -> None:
    served = FluidQueue(180.0, constant(60.0), 1).serve(12_500 / 180, 10_000)  # type: ignore[arg-type]  # a sampler
    assert served.service_level == 0.0
    assert served.abandoned == pytest.approx(0.2, abs=1e-4)


def test_as_many_give_up_as_agents_cannot_serve() -> None:
    served = FluidQueue(180.0, exponential(60.0), 1).serve(11_000 / 180, 10_000)  # type: ignore[arg-type]  # a sampler
    # 1 - exp(-w / 60) = 1/11 at w = 5.7 s: below 20 s, and all others are in time.
    assert served.abandoned == pytest.approx(1 / 11, abs=0.002)
    assert served.service_level == pytest.approx(10 / 11, abs=0.002)


def test_a_queue_of_few_places_blocks_what_neither_is_served_nor_gives_up() -> None:
    crowd = FluidQueue(180.0, constant(600.0), 1)
    served = crowd.serve(12_500 / 180, 10_000, capacity=1000)  # type: ignore[arg-type]  # a sampler
    assert served.blocked == pytest.approx(0.2, abs=1e-3)
    assert served.abandoned == pytest.approx(0.0, abs=1e-3)


def test_near_the_agents_nothing_is_certain() -> None:
    served = FluidQueue(180.0, constant(60.0), 1).serve(10_000 / 180, 10_000)  # type: ignore[arg-type]  # a sampler
    assert (served.late_ratio.low, served.late_ratio.high) == (0.0, 1.0)


@pytest.mark.parametrize("load", [1600, 2000, 2600, 4000])
@pytest.mark.parametrize("capacity", [None, 300])
def test_a_simulation_of_two_thousand_agents_lies_within(load: int, capacity: int | None) -> None:
    patience = exponential(90.0)
    crowd = FluidQueue(60.0, patience, 1).serve(load / 60, 2000, capacity)  # type: ignore[arg-type]  # a sampler
    sample = QueueSample(60_000, exponential(60.0), patience, random.Random(3).randrange(100))  # type: ignore[arg-type]  # a sampler
    seen = sample.serve(load / 60, 2000, capacity)
    for name in ("late_ratio", "blocked_ratio", "abandoned_ratio"):
        limit, found = getattr(crowd, name), getattr(seen, name)
        assert limit.low - 0.02 <= found.value <= limit.high + 0.02, name
