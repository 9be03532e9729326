"""A replayed schedule must come to what the simulation of every single call comes to."""

from dataclasses import replace
from typing import Any

import pytest
from support.replay import replay
from support.traces import traces_of

from busyhour.capacity.simulation.simulate import INFINITE, simulate
from busyhour.capacity.theory.erlang import waiting_with_abandonment
from busyhour.scenarios.model import Distribution, Function, Queue

HOURS = 15
LOOKUP = Function("lookup", latency=Distribution("constant", 0.5))


def impatient(small: Any, agents: int, hours: float = HOURS, **more: Any) -> Any:
    return small.scenario(
        calls_per_hour=200.0,
        duration=hours * 3600.0,
        queues=(Queue("sales", agents, capacity=more.pop("capacity", None)),),
        patience=Distribution("exponential", 60.0),
        **more,
    )


def test_a_replayed_queue_agrees_with_erlang_a(small: Any):
    result = replay(impatient(small, 9, 300), small.machine(*small.to_queue), sample=4000)
    expected = waiting_with_abandonment(10.0, 9, 180.0, 60.0)
    queue = result.queues["sales"]
    assert queue.abandoned / queue.offered == pytest.approx(expected.abandoned, abs=0.03)
    assert queue.answered_in_time / queue.offered == pytest.approx(expected.service_level, abs=0.04)


def test_a_replay_agrees_with_the_simulation_of_every_call(small: Any):
    made = impatient(small, 9, functions=(LOOKUP,))
    following = small.to_queue[0].identifier
    lookup = replace(small.lookup, next_action=following)
    machine = small.machine(lookup, *small.to_queue)
    every = simulate(made, machine, drain=INFINITE)
    result = replay(made, machine, sample=2000)
    assert result.calls == every.planned
    assert result.invocations == {"lookup": every.planned}
    assert result.mean_seconds == pytest.approx(
        every.calls.mean(every.duration) * every.duration / every.planned, rel=0.05
    )
    assert result.peak_calls == pytest.approx(every.calls.peak, rel=0.4)
    assert result.queues["sales"].offered == every.queues["sales"].offered
    assert sum(result.hours) == result.calls
    assert result.peak_executions >= 1


def test_a_full_queue_blocks_calls(small: Any):
    made = impatient(small, 5, capacity=2)
    machine = small.machine(*small.to_queue)
    queue = replay(made, machine, sample=1000).queues["sales"]
    every = simulate(made, machine, drain=INFINITE).queues["sales"]
    assert queue.rejected / queue.offered == pytest.approx(every.rejected / every.offered, abs=0.03)
    assert queue.offered == queue.answered + queue.abandoned + queue.rejected + queue.left_by_flow


def test_calls_without_queue_and_without_lambda(small: Any):
    result = replay(small.scenario(calls_per_hour=60.0), small.machine(small.prompt(10)), sample=50)
    assert (result.mean_seconds, result.queues, result.invocations, result.peak_executions) == (
        pytest.approx(10.0),
        {},
        {},
        0,
    )


def test_no_calls_at_all(small: Any):
    result = replay(small.scenario(calls_per_hour=0.0), small.machine(small.prompt(10)), sample=10)
    assert (result.calls, result.peak_calls, result.peak_starts) == (0, 0, 0)


def test_the_same_seed_replays_the_same(small: Any):
    made, machine = impatient(small, 9), small.machine(*small.to_queue)
    assert replay(made, machine, sample=300) == replay(made, machine, sample=300)


def test_a_trace_knows_what_the_caller_would_do_whatever_the_wait(small: Any):
    made = impatient(small, 9, talk=Distribution("constant", 100.0), wrap_up=Distribution("constant", 7.0))
    traces, _ = traces_of(made, small.machine(*small.to_queue), 100)
    assert {(t.queue, round(t.agent, 6), t.wrap_up) for t in traces} == {("sales", 100.0, 7.0)}
    assert len({t.gives_up for t in traces}) == 100
    assert all(t.abandons for t in traces)
