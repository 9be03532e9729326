"""The forecast's table says of each mean whether it is exact, and of all others why not."""

import io
from typing import Any

from rich.console import Console

from busyhour.capacity.forecast import forecast
from busyhour.capacity.rendering import text
from busyhour.scenarios.model import Function, Queue


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
    made = small.scenario(calls_per_hour=120.0, functions=(Function("lookup", reserved_concurrency=1),))
    page = printed(made, small.machine(small.lookup))
    assert "exact" not in row(page, "Lambda invocations")
    assert "Means are sampled (200 calls): function 'lookup' may be throttled" in page
