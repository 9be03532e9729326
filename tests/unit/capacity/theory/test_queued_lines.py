"""Lines that waiting callers keep: exact chains, limits of the formula, and a simulation."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable

import pytest

from busyhour.capacity.theory.erlang import erlang_b, waiting_with_abandonment
from busyhour.capacity.theory.queued_lines import AgentQueue, blocked, mean_calls


def chain(flow: float, queue: AgentQueue, lines: int) -> float:
    """Share blocked by the chain of (calls in the flow, calls at the agents), solved state by state."""
    weights = {}
    station = 1.0
    for there in range(lines + 1):
        if there:
            waiting = max(0, there - queue.agents)
            leaving = min(there, queue.agents) / queue.aht + waiting / queue.patience
            full = 0 <= queue.capacity < waiting
            station *= 0.0 if full else queue.load / queue.aht / leaving
        for here in range(lines - there + 1):
            weights[here, there] = station * flow**here / math.factorial(here)
    full_share = math.fsum(weight for (here, there), weight in weights.items() if here + there == lines)
    return full_share / math.fsum(weights.values())


@pytest.mark.parametrize(
    ("flow", "queue", "lines"),
    [
        (1.7, AgentQueue(30.0, 34, 90.0, 1.0, 1.0, 60.0, 1.0), 43),
        (5.5, AgentQueue(33.0, 34, 30.0, 1.0, 1.0, 300.0, 1.0), 58),
        (0.2, AgentQueue(1.8, 2, 100.0, 1.0, 1.0, 3000.0, 1.0), 11),
        (1.0, AgentQueue(6.0, 4, 60.0, 1.0, 1.0, 100.0, 1.0), 12),
        (2.0, AgentQueue(9.0, 10, 60.0, 1.0, 1.0, 100.0, 1.0, 3), 14),
        (2.0, AgentQueue(9.0, 10, 60.0, 1.0, 1.0, 100.0, 1.0, 0), 11),
    ],
)
def test_exponential_times_are_the_chain_itself(flow: float, queue: AgentQueue, lines: int) -> None:
    assert blocked(flow, [queue], lines) == pytest.approx(chain(flow, queue, lines), rel=1e-9)


def test_patient_callers_need_more_lines_than_erlang_b_of_their_mean() -> None:
    queue = AgentQueue(1.8, 2, 100.0, 1.0, 1.0, 3000.0, 1.0)
    load = 0.2 + mean_calls(queue)
    assert erlang_b(load, 11) < 0.01
    assert blocked(0.2, [queue], 11) > 0.025


@pytest.mark.parametrize("talking", [1.0, 0.7])
def test_agents_for_every_call_are_erlang_b_of_the_talks(talking: float) -> None:
    queue = AgentQueue(20.0, 60, 90.0, 0.4, talking, 60.0, 0.0)
    assert blocked(3.0, [queue], 30) == pytest.approx(erlang_b(3.0 + 20.0 * talking, 30), rel=1e-6)


def test_several_queues_and_no_queue() -> None:
    one = AgentQueue(20.0, 80, 90.0, 1.0, 1.0, 60.0, 1.0)
    assert blocked(7.0, [], 12) == pytest.approx(erlang_b(7.0, 12), rel=1e-12)
    assert blocked(7.0, [one, one], 55) == pytest.approx(erlang_b(47.0, 55), rel=1e-9)


@pytest.mark.parametrize("lines", [5000, 30_000])
def test_thousands_of_lines(lines: int) -> None:
    """Beyond 4,096 states by Fourier transforms, with the same result."""
    queue = AgentQueue(0.9 * lines, 2 * lines, 90.0, 1.0, 1.0, 60.0, 1.0)
    assert blocked(0.1 * lines, [queue], lines) == pytest.approx(erlang_b(float(lines), lines), rel=1e-6)


def test_more_lines_block_less_and_more_volume_blocks_more() -> None:
    queue = AgentQueue(9.0, 10, 60.0, 0.5, 0.8, 90.0, 0.0)
    shares = [blocked(2.0, [queue], lines) for lines in range(40)]
    assert shares[0] == 1.0
    assert shares == sorted(shares, reverse=True)
    grown = [blocked(2.0, [queue], 14, volume, max(1.0, volume)) for volume in (0.5, 0.9, 1.0, 1.3, 2.0, 4.0)]
    assert grown == sorted(grown)


def test_nothing_is_offered() -> None:
    assert blocked(0.0, [AgentQueue(0.0, 3, 60.0, 1.0, 1.0, 60.0, 1.0)], 0) == 1.0
    assert blocked(0.0, [AgentQueue(0.0, 3, 60.0, 1.0, 1.0, 60.0, 1.0)], 1) == 0.0
    assert blocked(1.0, [], -1) == 1.0


def test_impatient_callers_at_once_are_those_that_find_no_agent() -> None:
    queue = AgentQueue(9.0, 10, 60.0, 1.0, 1.0, 0.0, 1.0)
    assert blocked(0.0, [queue], 10) == pytest.approx(erlang_b(9.0, 10), rel=1e-9)
    assert blocked(0.0, [queue], 11) == pytest.approx(0.0, abs=1e-12)


def test_the_mean_is_erlang_a_and_of_a_short_queue_that_of_its_states() -> None:
    queue = AgentQueue(9.0, 10, 60.0, 1.0, 0.75, 90.0, 1.0)
    waiting = waiting_with_abandonment(9.0, 10, 60.0, 90.0)
    assert mean_calls(queue) == pytest.approx(waiting.mean_queue + 9.0 * (1.0 - waiting.abandoned) * 0.75)
    none_waits = AgentQueue(9.0, 10, 60.0, 1.0, 1.0, 90.0, 1.0, 0)
    assert mean_calls(none_waits) == pytest.approx(9.0 * (1.0 - erlang_b(9.0, 10)), rel=1e-9)


def test_handling_without_a_caller_keeps_no_line() -> None:
    """1.8 erlang at 2 agents: none waits in 1 + 1.8 + 1.62 states, one in 1.62 x 0.03 / (2/60 + 1/60)."""
    queue = AgentQueue(1.8, 2, 60.0, 1.0, 0.0, 60.0, 1.0)
    assert blocked(0.0, [queue], 1) == pytest.approx(0.972 / (4.42 + 0.972), rel=1e-12)


def simulated(flow: float, queue: AgentQueue, lines: int, calls: int) -> float:
    """Share of calls blocked, in a simulation of constant or exponential times."""
    chance, rate = random.Random(5), queue.load / queue.aht
    talk = queue.aht * queue.talking
    events = [(chance.expovariate(rate), 0, "call")]
    busy = waiting = held = offered = lost = number = 0
    queued: list[int] = []
    while offered < calls:
        now, number_here, what = heapq.heappop(events)

        def later(seconds: float, what: str, which: int | None = None, now: float = now) -> None:
            nonlocal number
            number += 1
            heapq.heappush(events, (now + seconds, number if which is None else which, what))

        def served(later: Callable[[float, str], None] = later) -> None:
            later(talk if queue.aht_cv == 0.0 else chance.expovariate(1.0 / talk), "hang up")

        if what == "call":
            later(chance.expovariate(rate), "call")
            offered += 1
            if held >= lines:
                lost += 1
            else:
                held += 1
                later(flow / rate, "queue")
        elif what == "queue" and busy < queue.agents:
            busy += 1
            served()
        elif what == "queue":
            number += 1
            queued.append(number)
            waiting += 1
            patience = (
                queue.patience if queue.patience_cv == 0.0 else chance.expovariate(1.0 / queue.patience)
            )
            later(patience, "give up", number)
        elif what == "give up" and number_here in queued:
            queued.remove(number_here)
            held -= 1
        elif what == "hang up":
            held -= 1
            later(queue.aht - talk if queue.aht_cv == 0.0 else 0.0, "free")
        elif what == "free" and queued:
            queued.pop(0)
            served()
        elif what == "free":
            busy -= 1
    return lost / offered


@pytest.mark.parametrize(
    ("flow", "queue", "lines"),
    [
        pytest.param(
            1.5, AgentQueue(9.0, 10, 40.0, 0.0, 0.75, 200.0, 1.0), 16, id="constant handling, wrap-up"
        ),
        pytest.param(
            0.9, AgentQueue(11.0, 10, 60.0, 0.0, 1.0, 100.0, 0.0), 30, id="constant patience, overload"
        ),
        pytest.param(1.0, AgentQueue(9.5, 10, 60.0, 1.0, 1.0, 300.0, 0.0), 24, id="constant patience"),
    ],
)
def test_other_times_are_near_a_simulation(flow: float, queue: AgentQueue, lines: int) -> None:
    """The share lies between those of two lines fewer and two more."""
    share = simulated(flow, queue, lines, 25_000)
    assert blocked(flow, [queue], lines + 2) < share < blocked(flow, [queue], lines - 2)
