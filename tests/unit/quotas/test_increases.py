"""The value requested for: what the plan needs, without padding, with its calculation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.errors import BusyhourError
from busyhour.quotas.increases import Needs, needs
from busyhour.quotas.table.quota_table import load

TABLE = load()
ARN = "arn:aws:connect:us-east-1:123456789012:instance/1"
STARTS = "connect.start-outbound-voice-contact"


CALLS = "L-12AB7C57"


@pytest.fixture
def of(quota_record: Any, run_record: Any, limit_row: Any) -> Any:
    """Needs of a run with one quota; `needed` is what its list of limits says, None for a quota that is not in it."""

    def make(
        name: str,
        value: float,
        peak: float | None,
        needed: float | None = None,
        headroom: float = 0.0,
        valid: bool = True,
        factor: float = 1.0,
        **more: Any,
    ) -> Needs:
        limits = [] if needed is None else [limit_row(name, value, needed)]
        run = run_record(quota_record(name, value, peak, **more), instance=ARN, limits=limits)
        run.generator["valid"] = valid
        run.scenario["test"] = {"factor": factor}
        return needs(run, TABLE, headroom)

    return make


def test_the_need_is_requested_and_the_calculation_is_shown_step_by_step(of: Any) -> None:
    [increase] = of(CALLS, 10, 400, needed=420).increases
    assert increase.arguments == {
        "ServiceCode": "connect",
        "QuotaCode": "L-12AB7C57",
        "DesiredValue": 420.0,
        "ContextId": ARN,
    }
    assert (increase.needed, increase.peak, increase.requested) == (420, 400, 420)
    assert increase.steps == (
        "Calculation: 3 x 1.",
        "Needed by the plan, in count: 420. No padding.",
        "Measured peak: 400 (measured by the emulator, run helpdesk-1, at 120 s), not above the need.",
        "Present value: 10 (applied (instance), read 2026-11-22T08:00:00+00:00).",
    )


def test_headroom_is_added_on_demand_and_named(of: Any) -> None:
    [increase] = of(CALLS, 10, None, needed=420, headroom=0.2).increases
    assert (increase.needed, increase.requested) == (420, 525)
    assert increase.steps[2] == "With headroom of 20%, as requested: 420 / (1 - 0.2) = 525."


def test_a_larger_measured_peak_is_requested_where_the_generator_was_healthy(of: Any) -> None:
    [increase] = of(CALLS, 10, 433.2, needed=420).increases
    assert (increase.needed, increase.peak, increase.requested) == (420, 433.2, 434)
    assert increase.steps[2].endswith(
        "larger than the need, so it is requested; the load generator kept its schedule."
    )


def test_a_peak_of_a_generator_that_was_off_is_left_out_and_named(of: Any) -> None:
    [increase] = of(CALLS, 10, 433, needed=420, valid=False).increases
    assert increase.requested == 420
    assert increase.steps[2].endswith("left out, since the load generator did not keep its schedule.")


def test_a_peak_of_more_than_the_plan_is_left_out_and_named(of: Any) -> None:
    [increase] = of(CALLS, 10, 840, needed=420, factor=2.0).increases
    assert increase.requested == 420
    assert increase.steps[2].endswith("of a run at 2 x the plan; left out.")


def test_of_a_rate_the_need_is_requested_not_its_busiest_second(of: Any) -> None:
    [increase] = of(f"{STARTS}.rate", 2, 9, needed=3, rejected=40).increases
    assert increase.requested == 3
    assert increase.steps[2].endswith("of a single second; that is what the burst is for.")


@pytest.mark.parametrize(
    ("value", "needed", "headroom", "requested"),
    [(10, 10, 0, None), (10, 11, 0, 11), (10, 8, 0.2, None), (10, 9, 0.2, 12), (499, 400, 0.2, 500)],
)
def test_a_sufficient_value_is_not_requested(
    of: Any, value: float, needed: float, headroom: float, requested: float | None
) -> None:
    found = of(CALLS, value, None, needed=needed, headroom=headroom).increases
    assert [increase.requested for increase in found] == ([requested] if requested else [])


def test_a_limit_that_no_value_carries_is_named(run_record: Any, limit_row: Any) -> None:
    run = run_record(limits=[limit_row(CALLS, 10, None)])
    [other] = needs(run, TABLE).unrequestable
    assert "no value carries the plan" in other.reason


def test_a_need_without_a_reading_is_requested_with_the_value_of_the_list(
    run_record: Any, limit_row: Any
) -> None:
    run = run_record(limits=[limit_row("L-9A46857E", 500, 900)])
    [increase] = needs(run, TABLE).increases
    assert (increase.present, increase.requested, increase.peak) == (500, 900, None)


def test_a_run_of_an_older_version_is_refused_with_the_way_out(run_record: Any, limit_row: Any) -> None:
    row = limit_row(CALLS, 10, 653)
    del row["requirement"]
    with pytest.raises(BusyhourError, match="needs were computed differently") as caught:
        needs(run_record(limits=[row]), TABLE)
    assert "Run the scenario again" in str(caught.value.hint)


def test_account_quotas_have_no_context(of: Any) -> None:
    [increase] = of("L-B99A9384", 1000, None, needed=1500).increases
    assert "ContextId" not in increase.arguments


def test_a_peak_that_the_quota_cut_off_is_not_extrapolated(of: Any) -> None:
    found = of(CALLS, 10, 11, rejected=90)
    assert found.increases == ()
    [other] = found.unrequestable
    assert "90 were rejected at 10" in other.reason
    assert "[quotas]" in other.way_out


def test_rejections_without_any_peak_are_named(of: Any) -> None:
    assert "the peak was not measured" in of(CALLS, 10, None, rejected=3).unrequestable[0].reason
    assert of(CALLS, 10, None) == Needs((), ())
    assert "did not keep its schedule" in of(CALLS, 10, 40, rejected=3, valid=False).unrequestable[0].reason


def test_one_busy_second_of_a_rate_that_rejected_nothing_is_the_burst_doing_its_work(of: Any) -> None:
    assert of(f"{STARTS}.rate", 2, 5) == Needs((), ())
    assert of(f"{STARTS}.rate", 2, 5, needed=2) == Needs((), ())


def test_a_rate_that_suffices_and_still_rejected_is_a_matter_of_pacing(of: Any) -> None:
    found = of(f"{STARTS}.rate", 2, 5, needed=2, rejected=7)
    assert found.increases == ()
    [other] = found.unrequestable
    assert other.reason.startswith("7 were rejected although the needed 2 are within 2")
    assert "backoff" in other.way_out


def test_a_quota_that_is_not_in_the_list_is_requested_as_measured(of: Any) -> None:
    [increase] = of(f"{STARTS}.rate", 2, 6, rejected=40).increases
    assert (increase.needed, increase.requested) == (None, 6)
    assert "the forecast has no need of this quota" in increase.steps[0]


def test_a_burst_can_be_requested_from_support_only(of: Any) -> None:
    [other] = of(f"{STARTS}.burst", 5, 12, rejected=7).unrequestable
    assert other.increase is not None
    assert other.increase.requested == 12
    assert "no code in Service Quotas" in other.reason
    assert other.way_out == "Ask Support for 12 in the case."


def test_what_is_not_adjustable_is_named(of: Any) -> None:
    [other] = of("dynamodb.partition-write-throughput", 1000, None, needed=1200).unrequestable
    assert other.way_out == "Plan below it."


def test_the_invocation_rate_is_raised_by_concurrency_once(quota_record: Any, run_record: Any) -> None:
    run = run_record(
        quota_record("lambda.invoke.rate", 10_000, 24_000, rejected=1),
        quota_record("L-B99A9384", 1000, 1600),
    )
    [increase] = needs(run, TABLE).increases
    assert (increase.quota.code, increase.present, increase.requested) == ("L-B99A9384", 1000, 2400)
    assert increase.steps[-1].endswith("24,000 / 10 = 2,400.")


def test_the_need_of_executions_contains_the_invocation_rate(run_record: Any, limit_row: Any) -> None:
    limits = [limit_row("L-B99A9384", 1000, 2376), limit_row("lambda.invoke.rate", 10_000, 24_000)]
    [increase] = needs(run_record(limits=limits), TABLE).increases
    assert (increase.quota.code, increase.requested) == ("L-B99A9384", 2376)


def test_the_scenarios_headroom_is_not_added_to_requests(run_record: Any, limit_row: Any) -> None:
    run = run_record(limits=[limit_row(CALLS, 10, 100)], headroom=0.2)
    assert needs(run, TABLE).increases[0].requested == 100
    assert needs(run, TABLE, 0.5).increases[0].requested == 200
    for wrong in (1.0, -0.1, 20):
        with pytest.raises(BusyhourError, match="not a share"):
            needs(run, TABLE, wrong)


@given(
    value=st.floats(min_value=0, max_value=1e6),
    needed=st.integers(min_value=1, max_value=10**6),
    headroom=st.floats(min_value=0, max_value=0.9),
)
def test_the_requested_value_suffices_and_is_the_smallest_whole_number(
    run_record: Any, limit_row: Any, value: float, needed: int, headroom: float
) -> None:
    run = run_record(limits=[limit_row(CALLS, value, float(needed))])
    wanted = needed / (1 - headroom)
    found = needs(run, TABLE, headroom).increases
    if not found:
        assert wanted <= value * (1 + 1e-6) + 1
        return
    [increase] = found
    assert increase.requested > value
    assert increase.requested == int(increase.requested)
    assert wanted * (1 - 1e-6) <= increase.requested <= wanted + 1
