import json
import math
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from busyhour.capacity.demand.expected_demand import exact_demand
from busyhour.capacity.demand.per_call import demand_of_call
from busyhour.capacity.forecast.build import CALLS, TABLE_READ, TABLE_WRITE, forecast
from busyhour.capacity.forecast.limits import LAMBDA_429, REORDER, TOO_MANY
from busyhour.capacity.forecast.queues import staffed_of
from busyhour.capacity.forecast.resources import EXECUTIONS, INVOKE_RATE
from busyhour.capacity.render.bottleneck_plot import picture
from busyhour.capacity.render.text import text
from busyhour.capacity.simulation import replications
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.cli.forecast import command
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table import quota_table
from busyhour.scenarios.model import Distribution, Function, Queue
from busyhour.scenarios.traffic import ArrivalProcess, Direction, Traffic
from busyhour.scenarios.traffic_plan.arrivals import Schedule
from busyhour.scenarios.traffic_plan.plan import with_traffic
from busyhour.shipped import shipped_root

START_RATE = "connect.start-outbound-voice-contact.rate"
TABLE = quota_table.load()


def worked(small: Any, calls_per_hour: float = 60.0, **more: Any) -> Any:
    """Calls of exactly 180 s, placed by the API."""
    return small.scenario(
        calls_per_hour=calls_per_hour,
        duration=7200.0,
        direction=Direction.OUTBOUND,
        callers={"answer": Distribution("constant", 0.001)},
        **more,
    )


def value(key: str, number: float) -> QuotaValue:
    return QuotaValue(TABLE.by_key(key), number, Origin.APPLIED_RESOURCE, "2026-01-01")


def made(small: Any, scenario: Any, *actions: Any, values: tuple[QuotaValue, ...] = ()) -> Any:
    machine = small.machine(*(actions or (small.prompt(180),)))
    return forecast(scenario, values, table=TABLE, machine=machine, calls=400)


@pytest.fixture(scope="module")
def plain(small: Any) -> Any:
    """The forecast of the worked case, made once."""
    return made(small, worked(small))


def test_the_worked_case_ten_calls_at_once_of_180_seconds(plain: Any):
    found = plain
    first, second, *_ = [row for row in found.limits if row.kind == "quota"]
    assert (first.key, first.value) == (CALLS, 10.0)
    assert first.by_little == pytest.approx(200.0, abs=0.5)
    assert round(first.calls_per_hour) == 89
    assert first.symptom == REORDER
    assert (second.key, second.symptom) == (START_RATE, TOO_MANY)
    assert second.calls_per_hour > 10 * first.calls_per_hour


def test_with_a_thousand_calls_at_once_the_api_binds_first(small: Any):
    found = made(small, worked(small), values=(value(CALLS, 1000.0),))
    assert found.limits[0].key == START_RATE
    assert found.limits[0].by_little == 7200.0
    even = made(small, worked(small, arrivals=ArrivalProcess.EVEN), values=(value(CALLS, 1000.0),))
    # Even starts pass up to the rate; of more, 1 % is tolerated.
    assert even.limits[0].calls_per_hour == pytest.approx(7200.0 / 0.99)


def test_theory_and_simulation_stand_side_by_side_and_agree(small: Any):
    found = made(small, worked(small, 200.0))
    calls = next(quota for quota in found.quotas if quota.key == CALLS)
    assert calls.theory_mean == pytest.approx(10.0, abs=0.1)
    assert calls.simulated_low <= calls.simulated_peak <= calls.simulated_high
    assert calls.simulated_peak == pytest.approx(calls.theory_peak, rel=0.25)
    assert calls.rejected_theory == pytest.approx(0.2146, abs=0.01)
    assert calls.rejected_simulated == pytest.approx(calls.rejected_theory, abs=0.06)
    assert found.peaks[CALLS] == calls.peak


def test_what_the_plan_meets_is_named_with_the_value_that_carries_it(small: Any):
    found = made(small, replace(worked(small, 200.0), headroom=0.2))
    assert [row.key for row in found.binding] == [CALLS]
    [increase] = found.increases
    # 10 erlang need 18 lines at 1 % blocking; that a fifth is to stay free is a second number.
    assert (increase.needed, increase.with_headroom) == (18, math.ceil(18 / 0.8))


def test_values_that_are_known_go_before_the_scenarios_and_these_before_the_documented(small: Any):
    usual = worked(small)
    raised = replace(usual, quotas={"L-12AB7C57": 50.0})

    def of(found: Any) -> Any:
        return next((quota.value, quota.origin) for quota in found.quotas if quota.key == CALLS)

    assert of(made(small, usual)) == (10.0, "documented default")
    assert of(made(small, raised)) == (50.0, "override")
    assert of(made(small, raised, values=(value(CALLS, 70.0),))) == (70.0, "applied (instance)")


def test_lambda_and_tables_are_in_the_list_of_limits(small: Any):
    function = Function(
        "lookup", latency=Distribution("constant", 2.0), operations={"t.GetItem": 3.0, "t.PutItem": 1.0}
    )
    scenario = small.scenario(calls_per_hour=3600.0, duration=600.0, functions=(function,))
    found = made(small, scenario, small.lookup, values=(value(EXECUTIONS, 20.0),))
    rows = {row.key: row for row in found.limits}
    assert rows[EXECUTIONS].symptom == LAMBDA_429
    # Erlang B: 20 executions carry 12.03 erlangs at 1 %, 2 s each; retries, which it leaves out, take up to a tenth.
    assert 0.88 * 12.03 * 1800 < rows[EXECUTIONS].calls_per_hour < 12.03 * 1800
    assert "by a Markov chain" in rows[EXECUTIONS].calculation
    # The request rate rises with the executions, which bind first.
    assert INVOKE_RATE not in rows
    assert next(quota.value for quota in found.quotas if quota.key == INVOKE_RATE) == 200.0
    # Three small items, read eventually consistent, are half a unit each; 1 % of the requests may be throttled.
    assert rows[TABLE_READ].calls_per_hour == pytest.approx(40_000 * 3600 / 1.5 / 0.99, rel=1e-4)
    assert rows[TABLE_WRITE].calls_per_hour == pytest.approx(40_000 * 3600 / 0.99, rel=1e-4)
    assert found.peaks[EXECUTIONS] >= 2.0


def test_reserved_concurrency_is_a_rung_of_its_own(small: Any):
    function = Function("lookup", latency=Distribution("constant", 2.0), reserved_concurrency=2)
    found = made(small, small.scenario(duration=600.0, functions=(function,)), small.lookup)
    [row] = [row for row in found.limits if row.key == "function.lookup.reserved"]
    assert (row.kind, row.value, row.code) == ("setting", 2.0, None)


def test_queues_and_agents_are_in_the_list_of_limits(small: Any):
    scenario = small.scenario(
        calls_per_hour=150.0,
        duration=7200.0,
        queues=(Queue("sales", 10, capacity=5),),
        patience=Distribution("exponential", 60.0),
    )
    found = made(small, scenario, *small.to_queue)
    kinds = {row.key: row.kind for row in found.limits}
    assert kinds["queue.sales.capacity"] == "setting"
    assert kinds["queue.sales.agents"] == "staffing"
    [queue] = found.queues
    assert (queue.name, queue.agents) == ("sales", 10)


def test_peaked_intervals_are_said_aloud(small: Any):
    scenario = small.scenario(duration=7200.0)
    traffic = replace(
        scenario.traffic, intervals=(20.0, 300.0) * 4, interval_seconds=900.0, calls_per_hour=0.0
    )
    found = made(small, with_traffic(scenario, traffic, day=True))
    assert any("peaked" in note for note in found.notes)


def test_a_quota_of_nought_binds_at_once(small: Any):
    found = made(small, worked(small), values=(value(CALLS, 0.0),))
    assert found.limits[0].calls_per_hour == 0.0
    calls = next(quota for quota in found.quotas if quota.key == CALLS)
    assert (calls.utilisation, calls.rejected_simulated) == (math.inf, 1.0)


def test_no_traffic_touches_no_rate(small: Any):
    found = made(small, small.scenario(calls_per_hour=0.0))
    assert (found.limits, found.calls_per_hour) == ([], 0.0)


def test_a_long_plan_is_simulated_around_its_busiest_moment(small: Any):
    scenario = small.scenario()
    traffic = replace(scenario.traffic, intervals=(9000.0, 18_000.0), calls_per_hour=0.0, duration=3600.0)
    found = made(small, with_traffic(scenario, traffic, day=True), small.prompt(5))
    assert any("around the busiest moment" in note for note in found.notes)
    calls = next(quota for quota in found.quotas if quota.key == CALLS)
    assert calls.simulated_peak == pytest.approx(calls.theory_peak, rel=0.3)


def test_the_record_is_plain_json_and_the_same_for_the_same_seed(plain: Any, small: Any):
    first, again = plain, made(small, worked(small))
    assert json.dumps(first.as_json, allow_nan=False) == json.dumps(again.as_json, allow_nan=False)


def test_the_table_names_quota_code_and_volume(plain: Any, capsys: pytest.CaptureFixture[str]):
    from rich.console import Console

    text(plain, Console(width=200))
    shown = capsys.readouterr().out
    assert "L-12AB7C57" in shown
    assert "89" in shown
    assert "The plan needs" not in shown


def test_the_plot_has_the_schedule_and_every_limit(plain: Any):
    schedule = Schedule(Traffic(Direction.INBOUND, 60.0, calls_per_hour=3600.0), 1)
    svg = picture(plain, schedule).decode()
    assert svg.lstrip().startswith("<?xml")
    assert "</svg>" in svg
    assert "<!-- Schedule: 60 calls expected" in svg
    for row in plain.limits:
        if 0 < row.calls_per_hour < math.inf:
            assert f"<!-- {row.name} = {row.value:g} -->" in svg
    assert picture(plain, schedule, "png").startswith(b"\x89PNG")


def test_the_command_prints_the_helpdesks_forecast_as_json():
    scenario = str(shipped_root() / "scenarios" / "peak.toml")
    result = CliRunner().invoke(
        command, [scenario, "--format", "json", "--calls", "200", "--set", "traffic.calls_per_hour=9000"]
    )
    assert result.exit_code == 1, result.output
    found = json.loads(result.stdout)
    assert found["calls_per_hour"] == 9000
    assert found["limits"][0]["key"] == CALLS
    assert found["demand_per_call"]["quantities"]["Lambda invocations"]["mean"] > 1


def test_the_command_names_a_plot_that_cannot_be_written(tmp_path: Any):
    from busyhour.errors import BusyhourError

    scenario = str(shipped_root() / "scenarios" / "helpdesk.toml")
    arguments = [scenario, "--calls", "100", "--plot", str(tmp_path / "nowhere" / "x.svg")]
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, BusyhourError)
    assert "no such folder" in result.exception.message
    arguments[-1] = str(tmp_path / "x.jpeg")
    result = CliRunner().invoke(command, arguments)
    assert isinstance(result.exception, BusyhourError)
    assert result.exception.hint == "Let it end in .svg or .png, or give - for a drawing in the terminal."


def test_the_command_draws_the_schedule_beside_the_forecast(tmp_path: Any):
    scenario = str(shipped_root() / "scenarios" / "peak.toml")
    result = CliRunner().invoke(command, [scenario, "--calls", "100", "--plot", "-"])
    assert "calls expected, seed 2026 gives" in result.stdout
    assert "First bottleneck" in result.stdout


def test_around_the_busiest_moment_theory_and_simulation_agree_on_what_is_blocked(small: Any):
    scenario = small.scenario(calls_per_hour=36_000.0, duration=7200.0)
    found = made(small, scenario, small.prompt(10), values=(value(CALLS, 100.0),))
    calls = next(quota for quota in found.quotas if quota.key == CALLS)
    # 100 erlangs on 100 lines; the centre is full when counting begins.
    assert calls.rejected_theory == pytest.approx(0.0757, abs=0.001)
    assert calls.rejected_simulated == pytest.approx(calls.rejected_theory, abs=0.02)
    assert not any("part" in note for note in found.notes)


def test_what_is_exact_is_the_same_whatever_the_seed(small: Any, monkeypatch: pytest.MonkeyPatch):
    """100 calls/h of 5 s and a conversation of 180 s: 5.139 erlang, of which 10 lines block 2.11 %, and 11 are needed."""
    monkeypatch.setattr(replications, "_AROUND", 1200)
    monkeypatch.setattr(replications, "_WINDOW", 400)
    first, transfer = small.to_queue
    flow = (replace(small.prompt(5), next_action="set"), first, transfer)
    seen = set()
    for seed in range(1, 7):
        made_ = small.scenario(calls_per_hour=100.0, queues=(Queue("sales", 30),), seed=seed)
        found = forecast(made_, (value(CALLS, 10.0),), table=TABLE, machine=small.machine(*flow), calls=100)
        calls, row = found.quotas[0], next(row for row in found.limits if row.key == CALLS)
        assert calls.theory_half_width == 0.0
        assert abs(calls.rejected_simulated - calls.rejected_theory) < 3.0 * calls.rejected_half_width
        seen.add(
            (calls.theory_mean, calls.theory_peak, calls.rejected_theory, row.needed, row.calls_per_hour)
        )
    ((load, _, blocked, needed, _),) = seen
    assert load == pytest.approx(100 / 3600 * 185.0)
    assert blocked == pytest.approx(0.0211, abs=0.00005)
    assert needed == 11


def test_a_wait_that_hardly_occurs_is_left_out_and_one_that_does_is_sampled(small: Any):
    """700 erlang for 900 agents: by Erlang C one call in 10^12 waits. 720 agents: one in three."""
    talk, wrap_up = Distribution("exponential", 150.0), Distribution("exponential", 30.0)
    for agents, exact in ((900, True), (720, False)):
        made_ = small.scenario(
            calls_per_hour=14_000.0, queues=(Queue("sales", agents),), talk=talk, wrap_up=wrap_up
        )
        solved = exact_demand(made_, small.machine(*small.to_queue), calls_per_hour=14_000.0)
        assert (solved.mean("at once") == pytest.approx(150.0)) is exact
        assert bool(solved.waiting) is not exact
        # What an agent does with a contact does not depend on the wait.
        assert solved.queues["sales"] == pytest.approx((1.0, 180.0))


def test_patience_and_handling_of_queues_are_means_of_what_is_drawn(small: Any):
    made_ = small.scenario(
        queues=(Queue("sales", 40),),
        talk=Distribution("lognormal", 100.0, 1.0, high=150.0),
        patience=Distribution("exponential", 60.0, high=90.0),
    )
    demand = demand_of_call(made_, small.machine(*small.to_queue), calls=100)
    (staffed,) = staffed_of(made_, demand)
    assert staffed.patience == pytest.approx(60.0 - 90.0 / math.expm1(1.5))
    assert staffed.aht == pytest.approx(ProbabilityDistribution(made_.callers.talk).mean())
    assert staffed.spread == 0.0


@pytest.mark.parametrize("per_hour", [1e6, 1.5e6])
def test_the_largest_plans_are_calculated_and_not_simulated(small: Any, per_hour: float):
    scenario = small.scenario(calls_per_hour=per_hour, queues=(Queue("sales", 90_000),))
    found = made(small, scenario, *small.to_queue)
    assert (found.runs, found.queues) == (0, [])
    assert any(note.startswith("not simulated: ") for note in found.notes)
    row = next(row for row in found.limits if row.key == CALLS)
    assert row.load == pytest.approx(per_hour / 3600 * found.demand.mean("at once"), rel=0.2)
    assert row.needed == pytest.approx(row.load, rel=0.02)
