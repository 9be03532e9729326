"""The forecast's table says of each mean whether it is exact, and of all others why not."""

import io
from typing import Any

from rich.console import Console

from busyhour.capacity.forecast.build import forecast
from busyhour.capacity.render.text import text
from busyhour.flows.model import Action
from busyhour.scenarios.model import Distribution, Function, Queue


def printed(scenario: Any, machine: Any) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    text(forecast(scenario, machine=machine, calls=200), console)
    return console.export_text()


def row(page: str, quantity: str) -> str:
    return next(line for line in page.splitlines() if line.strip().startswith(quantity))


def test_all_means_are_exact_where_nobody_waits(small: Any):
    made = small.scenario(calls_per_hour=120.0, functions=(Function("lookup"),))
    page = printed(made, small.machine(small.lookup))
    assert "exact" in row(page, "Lambda invocations")
    assert "exact" in row(page, "at once (s)")
    assert "Exact means are solved for over" in page
    assert "the others are sampled" not in page


def test_means_that_depend_on_a_wait_are_sampled_with_the_reason(small: Any):
    made = small.scenario(calls_per_hour=120.0, queues=(Queue("sales", 8),))
    page = printed(made, small.machine(*small.to_queue))
    assert "±" in row(page, "with agent (s)")
    assert "the others are sampled (200 calls), since calls may wait in queue 'sales'" in page


def test_all_means_are_sampled_where_the_flow_is_no_finite_chain(small: Any):
    parameters = {"Text": "You are calling from $.CustomerEndpoint.Address"}
    said = Action("hello", "MessageParticipant", parameters, "bye")
    made = small.scenario(calls_per_hour=120.0, callers={"numbers": ("+1202555####",)})
    page = printed(made, small.machine(said))
    assert "exact" not in row(page, "at once (s)")
    assert "Means are sampled (200 calls): " in page


def test_reserved_concurrency_is_not_in_the_way_of_the_demand(small: Any):
    made = small.scenario(calls_per_hour=120.0, functions=(Function("lookup", reserved_concurrency=1),))
    assert "exact" in row(printed(made, small.machine(small.lookup)), "Lambda invocations")


def test_queues_and_sampled_quantiles_have_their_intervals(small: Any):
    made = small.scenario(
        calls_per_hour=120.0,
        queues=(Queue("sales", 6),),
        patience=Distribution("exponential", 60.0),
    )
    page = printed(made, small.machine(*small.to_queue))
    assert "with 95 % intervals; largest: of all runs" in page
    below = page.splitlines()[page.splitlines().index(row(page, "sales")) + 1]
    assert below.count(" to ") == 5
    assert "(" in row(page, "with agent (s)")
