"""Limits that AWS applies without publishing a value: named with the plan's demand, never as fine."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from rich.console import Console
from scipy.stats import poisson

from busyhour.capacity.forecast import unpublished
from busyhour.capacity.forecast.build import forecast
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.forecast.resources import EXECUTIONS
from busyhour.capacity.render.text import text
from busyhour.scenarios.model import Distribution, Function
from busyhour.scenarios.traffic import ArrivalProcess, Direction
from busyhour.scenarios.traffic_plan.plan import with_traffic

STARTS = "connect.new-calls-per-second"
AT_ONCE = "connect.lambda-invocations-at-once"


def found(made: Forecast) -> dict[str, unpublished.Unpublished]:
    return {one.key: one for one in made.unpublished}


def made(small: Any, scenario: Any, *actions: Any) -> Forecast:
    return forecast(scenario, machine=small.machine(*(actions or (small.prompt(60),))), calls=200)


@pytest.mark.parametrize("direction", [Direction.INBOUND, Direction.OUTBOUND])
def test_new_calls_per_second_are_named_with_mean_and_99th_percentile(small: Any, direction: Direction):
    one = found(made(small, small.scenario(calls_per_hour=14_000.0, direction=direction)))[STARTS]
    assert one.mean == pytest.approx(14_000 / 3600)
    assert one.peak == poisson.ppf(0.99, 14_000 / 3600) == 9
    assert "ThrottledCalls" in one.shows_as
    assert "confirm with AWS Support that 9 new calls per second are allowed (mean 3.89)" in one.ask
    assert "concurrent active calls" in one.ask


def test_the_length_of_the_test_changes_nothing(small: Any):
    short, long = (small.scenario(calls_per_hour=3600.0, duration=seconds) for seconds in (40.0, 7200.0))
    assert made(small, short).unpublished == made(small, long).unpublished


def test_a_day_asks_what_its_busiest_moment_asks(small: Any):
    plain = small.scenario(calls_per_hour=720.0)
    day = with_traffic(plain, replace(plain.traffic, layers=(), growth=2.0), day=True)
    assert found(made(small, day))[STARTS].mean == pytest.approx(day.plan.calls_per_hour / 3600)
    assert day.plan.calls_per_hour == pytest.approx(1440.0)


def test_even_arrivals_have_no_second_above_the_mean_rounded_up(small: Any):
    even = small.scenario(calls_per_hour=9000.0, arrivals=ArrivalProcess.EVEN)
    assert found(made(small, even))[STARTS].peak == 3


def test_lambda_invocations_of_an_instance_at_once_are_those_of_the_executions_row(small: Any):
    function = Function("lookup", latency=Distribution("constant", 2.0))
    scenario = small.scenario(calls_per_hour=36_000.0, functions=(function,))
    result = made(small, scenario, small.lookup)
    one = found(result)[AT_ONCE]
    assert one.mean == next(row.load for row in result.limits if row.key == EXECUTIONS) == pytest.approx(20.0)
    assert one.peak == poisson.ppf(0.99, one.mean)
    assert AT_ONCE not in found(made(small, small.scenario()))


def test_a_run_of_functions_alone_starts_no_calls(small: Any):
    function = Function("lookup", latency=Distribution("constant", 2.0))
    scenario = small.scenario(calls_per_hour=3600.0, functions=(function,))
    narrowed = made(small, scenario, small.lookup).narrowed({"lambda"})
    assert narrowed.unpublished == []


def test_the_forecast_prints_each_as_not_known_to_be_within_the_limit(small: Any):
    result = made(small, small.scenario(calls_per_hour=14_000.0))
    console = Console(width=400, record=True, file=io.StringIO())
    text(result, console)
    line = next(row for row in console.export_text().splitlines() if "ThrottledCalls" in row)
    assert line.startswith("Not known to be within the limit: New calls per second of the instance")
    assert "14,000 calls/h / 3600 = 3.889 in the mean at the busiest held rate" in line


def test_a_record_has_them_as_plain_json(small: Any):
    rows = json.loads(json.dumps(made(small, small.scenario(calls_per_hour=14_000.0)).as_json))["unpublished"]
    assert [(row["key"], row["peak"]) for row in rows] == [(STARTS, 9.0)]
    assert rows[0]["ask"].startswith("AWS publishes no value")


def test_every_row_has_a_source_with_its_date():
    for row in unpublished.load():
        assert row.source
        assert date.fromisoformat(row.date)
