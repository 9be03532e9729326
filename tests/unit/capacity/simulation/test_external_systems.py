"""Systems behind the functions: their row in the list of limits, by closed form and in the simulation."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from busyhour.capacity.forecast.build import forecast
from busyhour.capacity.forecast.limits import NO_LINE, SYSTEM_FULL
from busyhour.capacity.requirement import needed
from busyhour.capacity.requirement_kinds import Bucket, Executions
from busyhour.capacity.simulation.simulate import Limits, simulate
from busyhour.capacity.theory.erlang import erlang_b
from busyhour.capacity.theory.finite_buffer import token_bucket_loss
from busyhour.capacity.theory.lambda_retries import PAUSES
from busyhour.scenarios.model import Distribution, DriveKind, ExternalLimit, Function

FUNCTION = Function("lookup", latency=Distribution("constant", 0.5))
ENFORCED = Limits(external=True)


@pytest.fixture
def made(small: Any) -> Any:
    """A scenario whose calls invoke `lookup` once each, 10 a second."""

    def make(limit: ExternalLimit, drive: DriveKind = DriveKind.BACKEND) -> Any:
        scenario = small.scenario(calls_per_hour=36_000.0, duration=600.0, functions=(FUNCTION,))
        return replace(scenario, limits={limit.name: limit}, drive=drive)

    return make


def row(found: Any, key: str) -> Any:
    return next(row for row in found.limits if row.key == key)


def rejected(result: Any, name: str) -> float:
    use = result.external[name]
    return use.rejected.count / use.counted


def pool(concurrency: int, **more: Any) -> ExternalLimit:
    given = {"functions": ("lookup",), "takes": Distribution("exponential", 0.8)} | more
    return ExternalLimit("pool", concurrency=concurrency, **given)


def test_a_concurrency_rejects_by_erlang_b(made: Any, small: Any) -> None:
    scenario = made(pool(8), DriveKind.LAMBDA)  # no retries there
    result = simulate(scenario, small.machine(small.lookup), ENFORCED, drain=math.inf)
    assert rejected(result, "pool") == pytest.approx(erlang_b(8.0, 8), abs=0.03)
    found = row(forecast(scenario, machine=small.machine(small.lookup)), "limits.pool")
    assert found.load == pytest.approx(8.0, rel=0.03)
    assert found.rejected_at_plan == pytest.approx(erlang_b(found.load, 8))
    assert (found.kind, found.binds_at_plan) == ("external", True)


def test_a_rate_rejects_by_its_token_bucket(made: Any, small: Any) -> None:
    crm = ExternalLimit("crm", functions=("lookup",), rate=11.0, burst=3.0)
    scenario = made(crm, DriveKind.LAMBDA)
    result = simulate(scenario, small.machine(small.lookup), ENFORCED, drain=math.inf)
    by_formula = token_bucket_loss(10.0, 11.0, 3.0)
    assert by_formula > 0.08
    assert rejected(result, "crm") == pytest.approx(by_formula, abs=0.02)
    found = row(forecast(scenario, machine=small.machine(small.lookup)), "limits.crm")
    assert found.rejected_at_plan == pytest.approx(by_formula, abs=0.005)


def test_connect_invokes_again_what_a_system_failed(made: Any, small: Any) -> None:
    crm = ExternalLimit("crm", functions=("lookup",), rate=5.0, burst=5.0)
    scenario = made(crm)
    machine = small.machine(small.lookup)
    free = simulate(scenario, machine, drain=math.inf)
    bound = simulate(scenario, machine, ENFORCED, drain=math.inf)
    assert rejected(free, "crm") == 0
    assert bound.invocations["lookup"].attempts > 1.5 * free.invocations["lookup"].attempts
    assert bound.invocations["lookup"].failed > 0


def test_the_row_has_the_need_of_its_requirement_and_what_is_tolerated(made: Any, small: Any) -> None:
    found = row(forecast(made(pool(40, tolerated=0.05)), machine=small.machine(small.lookup)), "limits.pool")
    assert not found.binds_at_plan
    assert found.tolerated == 0.05
    assert found.symptom == SYSTEM_FULL
    assert isinstance(found.requirement, Executions)
    assert found.needed == needed(found.requirement) < 20
    assert erlang_b(found.load, int(found.needed) - 2) > 0.05


def test_requests_of_one_invocation_hold_one_place_one_after_the_other(made: Any, small: Any) -> None:
    found = row(
        forecast(made(pool(100, per_invocation=2.5)), machine=small.machine(small.lookup)), "limits.pool"
    )
    assert found.load == pytest.approx(10 * 2.5 * 0.8, rel=0.03)


def test_a_carriers_lines_are_taken_for_whole_calls(made: Any, small: Any) -> None:
    carrier = ExternalLimit("carrier", calls=True, concurrency=30)
    found = forecast(made(carrier), machine=small.machine(small.lookup))
    line = row(found, "limits.carrier")
    assert line.load == pytest.approx(10 * found.demand.mean("at once"))
    assert line.symptom == NO_LINE
    scenario = made(replace(carrier, concurrency=max(1, int(line.load))))
    result = simulate(scenario, small.machine(small.lookup), ENFORCED, drain=math.inf)
    assert rejected(result, "carrier") == pytest.approx(erlang_b(line.load, int(line.load)), abs=0.05)
    assert result.lost == result.external["carrier"].rejected.count


def test_a_limit_that_the_drive_does_not_reach_is_no_row_and_is_named(made: Any, small: Any) -> None:
    other = ExternalLimit("other", functions=("never-invoked",), rate=1.0)
    found = forecast(made(other), machine=small.machine(small.lookup))
    assert not [row for row in found.limits if row.kind == "external"]
    assert "limit other is not used: no call invokes them" in found.notes


@pytest.mark.parametrize(("rate", "burst"), [(5.0, 5.0), (11.0, 5.0), (15.0, 5.0), (12.0, 1.0)])
def test_a_rate_counts_connects_retries_in_the_share_of_first_attempts(
    made: Any, small: Any, rate: float, burst: float
) -> None:
    scenario = made(ExternalLimit("crm", functions=("lookup",), rate=rate, burst=burst))
    machine = small.machine(small.lookup)
    use = simulate(scenario, machine, ENFORCED, drain=math.inf).external["crm"]
    found = row(forecast(scenario, machine=machine), "limits.crm")
    share = use.first_rejected / use.first_attempts
    assert found.rejected_at_plan == pytest.approx(share, rel=0.2, abs=0.01)
    assert found.rejected_at_plan > 1.1 * token_bucket_loss(10.0, rate, burst)


def test_at_the_need_of_a_rate_the_simulation_rejects_what_is_tolerated(made: Any, small: Any) -> None:
    crm = ExternalLimit("crm", functions=("lookup",), rate=11.0, burst=5.0)
    machine = small.machine(small.lookup)
    need = row(forecast(made(crm), machine=machine), "limits.crm").needed

    def rejected_first(rate: float) -> float:
        scenario = made(replace(crm, rate=rate, burst=crm.burst + rate - 11.0))
        use = simulate(scenario, machine, ENFORCED, drain=math.inf).external["crm"]
        return float(use.first_rejected / use.first_attempts)

    assert rejected_first(need) < 0.011
    assert rejected_first(need - 2) > 0.01


def test_requests_of_one_invocation_take_their_tokens_together() -> None:
    together = Bucket(30.0, 45.0, 15.0, pauses=PAUSES, at_once=3.0)
    assert together.rejected(45.0) == Bucket(10.0, 15.0, 5.0, pauses=PAUSES).rejected(15.0)
    assert Bucket(30.0, 45.0, 2.0, at_once=3.0).rejected(45.0) == 1.0, "three never fit into two"


@pytest.mark.parametrize("concurrency", [6, 12, 15])
def test_a_concurrency_counts_connects_retries_in_the_share_of_first_attempts(
    made: Any, small: Any, concurrency: int
) -> None:
    scenario, machine = made(pool(concurrency)), small.machine(small.lookup)
    use = simulate(scenario, machine, ENFORCED, drain=math.inf).external["pool"]
    found = row(forecast(scenario, machine=machine), "limits.pool")
    share = use.first_rejected / use.first_attempts
    assert found.rejected_at_plan == pytest.approx(share, rel=0.2, abs=0.01)
