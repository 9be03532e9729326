"""Erlang's sums for very many servers give what the sums over every state give."""

from __future__ import annotations

import math
import time

import pytest

from busyhour.capacity.requirement import carried, needed
from busyhour.capacity.requirement_kinds import Executions, Lines
from busyhour.capacity.staffing_requirements import Agents, Waiting
from busyhour.capacity.theory import erlang, large_systems
from busyhour.capacity.theory.clumps import of_blocked
from busyhour.capacity.theory.erlang import (
    erlang_b,
    load_for_blocking,
    servers_for_blocking,
    waiting_with_abandonment,
)
from busyhour.capacity.theory.finite_buffer import queue_full_share

ALL = 10**12
"""A bound on the number of servers that nothing reaches: every state is summed."""


@pytest.mark.parametrize("load", [4000.0, 20_000.0, 300_000.0])
@pytest.mark.parametrize("share", [0.4, 0.01, 1e-7])
def test_erlang_b_and_its_inverse(monkeypatch: pytest.MonkeyPatch, load: float, share: float) -> None:
    found = servers_for_blocking(load, share)
    blocking = large_systems.erlang_b(load, found)
    assert load_for_blocking(found, blocking) == pytest.approx(load, rel=1e-9)
    monkeypatch.setattr(erlang, "MANY", ALL)
    assert found == servers_for_blocking(load, share)
    assert blocking == pytest.approx(erlang_b(load, found), rel=1e-12)


def test_servers_far_beyond_the_load_block_none() -> None:
    assert large_systems.erlang_b(3000.0, 200_000) == 0.0


def test_fractions_of_servers_follow_each_other() -> None:
    below, between, above = (large_systems.erlang_b(9000.0, servers) for servers in (9000, 9000.5, 9001))
    assert below > between > above
    assert between == pytest.approx(math.sqrt(below * above), rel=1e-4)


@pytest.mark.parametrize(
    ("load", "agents", "aht", "patience"),
    [
        (1000.0, 900, 180.0, 28_800.0),
        (6000.0, 5000, 180.0, 3600.0),
        (6000.0, 6500, 180.0, 7200.0),
        (6000.0, 6010, 10.0, 60.0),
        (6000.0, 100, 18.0, 7200.0),
        (20_000.0, 20_000, 60.0, 20.0),
    ],
)
def test_erlang_a(
    monkeypatch: pytest.MonkeyPatch, load: float, agents: int, aht: float, patience: float
) -> None:
    found = waiting_with_abandonment(load, agents, aht, patience)
    monkeypatch.setattr(erlang, "MANY", ALL)
    every = waiting_with_abandonment(load, agents, aht, patience)
    for name in ("waits", "mean_wait", "abandoned", "service_level", "occupancy", "mean_queue"):
        assert getattr(found, name) == pytest.approx(getattr(every, name), rel=1e-6, abs=1e-8), name


@pytest.mark.parametrize(
    ("load", "agents", "patience"),
    [(900.0, 800, 36_000.0), (900.0, 899, math.inf), (1100.0, 1000, 36_000.0), (1100.0, 0, 3600.0)],
)
def test_the_last_of_many_places(
    monkeypatch: pytest.MonkeyPatch, load: float, agents: int, patience: float
) -> None:
    found = queue_full_share(load, agents, 6000, 180.0, patience)
    assert found > 1e-4
    monkeypatch.setattr("busyhour.capacity.theory.finite_buffer.MANY", ALL)
    assert found == pytest.approx(queue_full_share(load, agents, 6000, 180.0, patience), rel=1e-9)


@pytest.mark.parametrize("lines", [4900, 5000, 5100])
def test_clumps_of_blocked_calls_need_the_states_near_the_load_alone(
    monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    found = of_blocked(5000.0, lines)
    monkeypatch.setattr("busyhour.capacity.theory.clumps._FAR", 1e6)
    assert found == pytest.approx(of_blocked(5000.0, lines), rel=1e-12)


@pytest.mark.parametrize(
    "requirement",
    [
        Lines(1e7, redial_share=0.5, redial_attempts=3),
        Lines(3e6, share=1e-6, peakedness=1.7),
        Executions(2e6, 1e5),
        Agents(9e4, 3600.0, 7200.0, 20.0, 0.2),
        Waiting(9e4, 80_000, 3600.0, 7200.0),
    ],
    ids=lambda one: one.model,
)
def test_needs_of_the_largest_plans_take_no_time(requirement: Lines | Executions | Agents | Waiting) -> None:
    begun = time.process_time()
    need = needed(requirement)
    assert requirement.rejected(need) <= requirement.share < requirement.rejected(need - 1)
    assert 1.0 <= carried(requirement, need) <= 1.001
    assert time.process_time() - begun < 5.0
