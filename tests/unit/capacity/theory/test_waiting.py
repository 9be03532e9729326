"""Waiting in every figure, against the birth-and-death chain solved state by state; and what the corners come to."""

from __future__ import annotations

import math

import pytest

from busyhour.capacity.theory import erlang
from busyhour.capacity.theory.erlang import (
    Waiting,
    load_for_blocking,
    waiting_with_abandonment,
    waiting_without_abandonment,
)
from busyhour.capacity.theory.finite_buffer import queue_full_share, volume_at


def chain(load, agents, aht, patience, places=4_000):
    """Probabilities of the states of M/M/n/n+K+M, from the ratios of neighbours."""
    leave = 0.0 if math.isinf(patience) else 1.0 / patience
    weights = [1.0]
    for state in range(1, agents + places + 1):
        out = min(state, agents) / aht + max(0, state - agents) * leave
        weights.append(weights[-1] * load / aht / out if out else math.inf)
        if weights[-1] > 1e250:
            weights = [weight * 1e-250 for weight in weights]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


@pytest.mark.parametrize(
    ("load", "agents", "aht", "patience"),
    [(3.0, 4, 60.0, 90.0), (40.0, 42, 180.0, 120.0), (60.0, 42, 180.0, 120.0), (0.5, 1, 30.0, 20.0)],
)
def test_every_figure_of_a_queue_with_impatient_callers(load, agents, aht, patience):
    states = chain(load, agents, aht, patience)
    found = waiting_with_abandonment(load, agents, aht, patience)
    queue = math.fsum((n - agents) * p for n, p in enumerate(states) if n > agents)
    busy = math.fsum(min(n, agents) * p for n, p in enumerate(states))
    assert found.mean_queue == pytest.approx(queue, rel=1e-9)
    assert found.waits == pytest.approx(math.fsum(states[agents:]), rel=1e-9)
    assert found.mean_wait == pytest.approx(queue / (load / aht), rel=1e-9)
    assert found.abandoned == pytest.approx(queue / patience / (load / aht), rel=1e-9)
    assert found.occupancy == pytest.approx(busy / agents, rel=1e-9)


def test_answered_in_time_means_within_20_seconds_where_nothing_else_is_given():
    given = waiting_with_abandonment(40.0, 42, 180.0, 120.0, threshold=20.0)
    assert waiting_with_abandonment(40.0, 42, 180.0, 120.0) == given
    patient = waiting_without_abandonment(40.0, 42, 180.0, threshold=20.0)
    assert waiting_without_abandonment(40.0, 42, 180.0) == patient
    assert given.service_level > patient.service_level


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            waiting_without_abandonment(0.0, 0, 60.0), Waiting(0.0, 0.0, 0.0, 1.0, 0.0, 0.0), id="no load"
        ),
        pytest.param(
            waiting_without_abandonment(5.0, 5, 60.0),
            Waiting(1.0, math.inf, 0.0, 0.0, 1.0, math.inf),
            id="as many agents as erlangs, and no caller abandons",
        ),
        pytest.param(
            waiting_with_abandonment(0.0, 3, 60.0, 30.0), Waiting(0.0, 0.0, 0.0, 1.0, 0.0, 0.0), id="no calls"
        ),
        pytest.param(
            waiting_with_abandonment(2.0, 0, 60.0, 0.0), Waiting(1.0, 0.0, 1.0, 0.0, 0.0, 0.0), id="no agents"
        ),
    ],
)
def test_corners(found, expected):
    assert found == expected


def test_callers_without_any_patience_meet_erlang_b():
    found = waiting_with_abandonment(4.0, 5, 60.0, 0.0)
    lost = erlang.erlang_b(4.0, 5)
    assert found == Waiting(lost, 0.0, lost, 1.0 - lost, 4.0 * (1.0 - lost) / 5, 0.0)


def test_endless_patience_is_erlang_c():
    assert waiting_with_abandonment(4.0, 5, 60.0, math.inf, 10.0) == waiting_without_abandonment(
        4.0, 5, 60.0, 10.0
    )


def test_agents_in_plenty_leave_nobody_waiting():
    found = waiting_with_abandonment(1.0, 400, 60.0, 60.0)
    assert (found.waits, found.abandoned, found.service_level) == (0.0, 0.0, 1.0)
    assert found.occupancy == 1 / 400


@pytest.mark.parametrize(("servers", "blocking"), [(1, 0.01), (30, 0.001), (2_000, 0.01), (50_000, 0.1)])
def test_the_load_for_a_blocking_takes_few_evaluations(monkeypatch, servers, blocking):
    """Newton's method doubles the digits with every step; without its own end it would go on 200 times."""
    asked = []
    real = erlang.erlang_b

    def counted(load, lines):
        asked.append(load)
        return real(load, lines)

    monkeypatch.setattr(erlang, "erlang_b", counted)
    load = load_for_blocking(servers, blocking)
    assert len(asked) <= 60
    assert real(load, servers) == pytest.approx(blocking, rel=1e-9)


# ------------------------------------------------------------------------------------------ full queues


@pytest.mark.parametrize("patience", [0.4, 15.0, 90.0, math.inf])
@pytest.mark.parametrize(("load", "agents"), [(3.0, 4), (9.0, 4), (0.7, 1), (25.0, 30)])
@pytest.mark.parametrize("places", [0, 1, 2, 7])
def test_how_often_a_queue_is_full(load, agents, patience, places):
    states = chain(load, agents, 60.0, patience, places)
    assert queue_full_share(load, agents, places, 60.0, patience) == pytest.approx(states[-1], rel=1e-9)


def test_a_very_long_queue_under_overload_loses_what_exceeds_the_agents():
    """20 erlang on 10 agents: half of the callers find the last of 3,000 places taken."""
    assert queue_full_share(20.0, 10, 3_000, 60.0, math.inf) == pytest.approx(0.5, rel=1e-9)


def test_a_very_long_queue_with_some_who_leave():
    states = chain(20.0, 10, 60.0, 1e5, 3_000)
    assert queue_full_share(20.0, 10, 3_000, 60.0, 1e5) == pytest.approx(states[-1], rel=1e-6)


def test_corners_of_a_full_queue():
    assert queue_full_share(0.0, 5, 3, 60.0, 60.0) == 0.0
    assert queue_full_share(5.0, 5, 3, 0.0, 60.0) == 0.0
    assert queue_full_share(1.0, 400, 3, 60.0, 60.0) == 0.0
    assert queue_full_share(2.0, 0, 3, 60.0, math.inf) == 1.0
    assert queue_full_share(2.0, 0, 0, 60.0, math.inf) == 1.0


def test_without_agents_those_who_wait_are_as_on_lines():
    """Places where one waits out one's patience are lines held that long: Erlang B at lambda x patience."""
    assert queue_full_share(6.0, 0, 3, 60.0, 30.0) == pytest.approx(erlang.erlang_b(3.0, 3), rel=1e-9)


def test_the_volume_for_a_share_takes_few_evaluations():
    asked = []

    def share(volume):
        asked.append(volume)
        return volume / 1_000.0

    assert volume_at(share, 0.37, 1.0) == pytest.approx(370.0, rel=1e-8)
    assert len(asked) < 60
    assert volume_at(lambda volume: 0.0, 0.1, 1.0) == math.inf


def test_deep_overload_is_the_fluid_limit():
    """30 calls/s at 1,000 agents with 100 s each: two thirds give up, and the others wait 150 s x ln 3 = 165 s."""
    at = {s: waiting_with_abandonment(3000.0, 1000, 100.0, 150.0, s) for s in (100.0, 165.0, 300.0)}
    assert at[100.0].service_level == pytest.approx(0.0, abs=1e-9)
    assert 0.15 < at[165.0].service_level < 0.2
    assert at[300.0].service_level == pytest.approx(1 / 3, rel=1e-9)
    assert at[300.0].abandoned == pytest.approx(2 / 3, rel=1e-9)
