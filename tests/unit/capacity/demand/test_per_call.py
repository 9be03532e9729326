from dataclasses import replace
from typing import Any

import pytest

from busyhour.capacity.demand.per_call import Quantity, demand_of_call
from busyhour.scenarios.model import Distribution, Function, Queue
from busyhour.scenarios.traffic import Direction, ShapePoint
from busyhour.scenarios.traffic_plan.plan import busiest_rate


def test_the_demand_of_a_call_that_looks_up_and_ends(small: Any):
    function = Function(
        "lookup", latency=Distribution("constant", 0.4), operations={"t.GetItem": 1.0, "t.PutItem": 0.5}
    )
    demand = demand_of_call(small.scenario(functions=(function,)), small.machine(small.lookup), calls=200)
    assert demand.calls == 200
    assert demand.mean("at once") == pytest.approx(0.4)
    assert demand.mean("Lambda invocations") == 1.0
    assert (demand.mean("DynamoDB:t.GetItem"), demand.mean("DynamoDB:t.PutItem")) == (1.0, 0.5)
    assert demand.lambda_seconds == {"lookup": pytest.approx(0.4)}
    assert demand.mean("in queue") == demand.mean("nothing of the kind") == 0.0


def test_seconds_with_the_agent_and_after(small: Any):
    made = small.scenario(
        queues=(Queue("sales", 1000),),
        talk=Distribution("constant", 90.0),
        wrap_up=Distribution("constant", 15.0),
    )
    demand = demand_of_call(made, small.machine(*small.to_queue), calls=100)
    assert demand.mean("with agent") == pytest.approx(90.0)
    assert demand.mean("wrap-up") == 15.0
    assert demand.mean("at once") == pytest.approx(90.0)


def test_the_interval_covers_the_mean_of_the_distribution(small: Any):
    made = small.scenario(queues=(Queue("sales", 10_000),))
    talk = demand_of_call(made, small.machine(*small.to_queue), calls=4000, exact=False).quantities[
        "with agent"
    ]
    assert abs(talk.mean - 180.0) < 2 * talk.half_width
    assert 3.0 < talk.half_width < 15.0
    assert talk.p50 < talk.mean < talk.p95 < talk.p99 <= talk.max


def test_means_are_exact_where_possible_and_others_give_the_reason(small: Any):
    made = small.scenario(queues=(Queue("sales", 300),), functions=(Function("lookup"),))
    demand = demand_of_call(
        made, small.machine(replace(small.lookup, next_action="set"), *small.to_queue), calls=100
    )
    assert demand.quantities["invocations:lookup"].exact
    assert demand.quantities["invocations:lookup"].half_width == 0.0
    assert demand.quantities["invocations:lookup"].as_json()["exact"] is True
    assert demand.states > 0
    few = replace(made, queues={"sales": Queue("sales", 5)})
    waits = demand_of_call(few, small.machine(*small.to_queue), calls=100)
    assert not waits.quantities["in queue"].exact
    assert waits.sampled_because == ("calls may wait in queue 'sales'",)


def test_outbound_calls_ring_and_ask_the_api(small: Any):
    made = small.scenario(
        direction=Direction.OUTBOUND, callers={"answered": 0.5, "answer": Distribution("constant", 6.0)}
    )
    demand = demand_of_call(made, small.machine(small.prompt(10)), calls=1000)
    assert demand.mean("Connect:StartOutboundVoiceContact") == 1.0
    # Half ring for 6 s, half without an answer for 60 s.
    assert demand.mean("ringing") == pytest.approx(33.0, abs=3.0)
    assert demand.mean("at once") == pytest.approx(0.5 * 16.0 + 0.5 * 60.0, abs=3.0)


def test_the_busiest_rate_is_that_of_the_highest_point(small: Any):
    made = small.scenario(calls_per_hour=100.0)
    shape = (ShapePoint(0, 0.0), ShapePoint(600, 3.0))
    assert busiest_rate(replace(made.traffic, shape=shape, growth=2.0)) == pytest.approx(600.0)


def test_no_traffic_has_no_demand(small: Any):
    demand = demand_of_call(small.scenario(calls_per_hour=0.0), small.machine(small.prompt(10)))
    assert (demand.calls, demand.mean("at once")) == (0, 0.0)


@pytest.mark.parametrize(
    ("values", "mean", "p50"), [([], 0.0, 0.0), ([4.0], 4.0, 4.0), ([1.0, 2.0, 3.0, 10.0], 4.0, 2.0)]
)
def test_quantities_of_few_values(values: list[float], mean: float, p50: float):
    quantity = Quantity.of(values)
    assert (quantity.mean, quantity.p50) == (mean, p50)
