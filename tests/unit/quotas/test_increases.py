"""The value asked for: what is expected, without padding, with its calculation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.errors import BusyhourError
from busyhour.quotas.increases import Needs, needs
from busyhour.quotas.table import load

TABLE = load()
ARN = "arn:aws:connect:us-east-1:123456789012:instance/1"
STARTS = "connect.start-outbound-voice-contact"


@pytest.fixture
def of(quota_record: Any, run_record: Any) -> Any:
    """Needs of a run with one quota."""

    def make(
        name: str,
        value: float,
        peak: float | None,
        headroom: float = 0.0,
        mean: float | None = None,
        **more: Any,
    ) -> Needs:
        record = quota_record(name, value, peak, **more)
        run = run_record(record, headroom=0.2, instance=ARN)
        if mean is not None:
            row = {"key": record.key, "theory_mean": mean, "theory_peak": 9, "calculation": "3 x 1"}
            run.forecast = {"quotas": [row]}
        return needs(run, TABLE, headroom)

    return make


def test_the_calculation_is_shown_step_by_step(of: Any) -> None:
    [increase] = of("L-12AB7C57", 10, 400, forecast=420.0).increases
    assert increase.arguments == {
        "ServiceCode": "connect",
        "QuotaCode": "L-12AB7C57",
        "DesiredValue": 420.0,
        "ContextId": ARN,
    }
    assert increase.steps == (
        "Expected peak in count: measured 400 (measured by the emulator, run helpdesk-1, at 120 s); forecast 420.",
        "Rounded up to a whole number: 420. No padding.",
        "Present value: 10 (applied (instance), read 2026-11-22T08:00:00+00:00).",
    )


def test_headroom_is_added_when_it_is_asked_for_and_said_so(of: Any) -> None:
    [increase] = of("L-12AB7C57", 10, 400, headroom=0.2, forecast=420.0).increases
    assert increase.asked == 525
    assert increase.steps[1:3] == (
        "Headroom that was asked for: 20%: 420 / (1 - 0.2) = 525.",
        "Rounded up to a whole number: 525. No further padding.",
    )


def test_the_forecasts_own_calculation_comes_first(of: Any) -> None:
    [increase] = of("L-12AB7C57", 1, 2, forecast=3.0, mean=3.0).increases
    assert increase.steps[0] == "Calculation: 3 x 1."


@pytest.mark.parametrize(
    ("value", "peak", "headroom", "asked"),
    [(10, 10, 0, None), (10, 10.2, 0, 11), (10, 8, 0.2, None), (10, 9, 0.2, 12), (499, 400, 0.2, 500)],
)
def test_what_suffices_is_not_asked_for(
    of: Any, value: float, peak: float, headroom: float, asked: float | None
) -> None:
    assert [increase.asked for increase in of("L-12AB7C57", value, peak, headroom=headroom).increases] == (
        [asked] if asked else []
    )


def test_account_quotas_have_no_context(of: Any) -> None:
    [increase] = of("L-B99A9384", 1000, 1500).increases
    assert "ContextId" not in increase.arguments


def test_a_peak_that_the_quota_cut_off_is_not_extrapolated(of: Any) -> None:
    found = of("L-12AB7C57", 10, 11, rejected=90)
    assert found.increases == ()
    [other] = found.unrequestable
    assert "90 were turned away at 10" in other.reason
    assert "[quotas]" in other.way_out


def test_with_a_forecast_a_cut_off_peak_does_not_matter(of: Any) -> None:
    [increase] = of("L-12AB7C57", 10, 11, rejected=90, forecast=80.0).increases
    assert increase.asked == 80


def test_rejections_without_any_peak_are_said(of: Any) -> None:
    assert "the peak was not measured" in of("L-12AB7C57", 10, None, rejected=3).unrequestable[0].reason
    assert of("L-12AB7C57", 10, None) == Needs((), ())


def test_of_a_rate_the_mean_is_asked_for_not_its_busiest_second(of: Any) -> None:
    [increase] = of(f"{STARTS}.rate", 2, 5, forecast=8.0, mean=2.4, rejected=40).increases
    assert increase.asked == 3
    assert increase.steps[1] == (
        "Expected rate at the busiest moment, in requests/second: 2.4, the mean. "
        "Single seconds reach 9; that is what the burst is for."
    )


def test_one_busy_second_of_a_rate_that_turned_nothing_away_is_the_burst_doing_its_work(of: Any) -> None:
    assert of(f"{STARTS}.rate", 2, 5) == Needs((), ())
    assert of(f"{STARTS}.rate", 2, 5, forecast=8.0, mean=1.9) == Needs((), ())


def test_a_rate_that_suffices_in_the_mean_and_still_turned_away_is_a_matter_of_pacing(of: Any) -> None:
    found = of(f"{STARTS}.rate", 2, 5, forecast=8.0, mean=1.9, rejected=7)
    assert found.increases == ()
    [other] = found.unrequestable
    assert other.reason.startswith("7 were turned away although the expected 1.9 are within 2")
    assert "backoff" in other.way_out


def test_a_rate_without_a_forecast_is_asked_for_as_measured(of: Any) -> None:
    [increase] = of(f"{STARTS}.rate", 2, 6, rejected=40).increases
    assert increase.asked == 6


def test_table_throughput_is_a_rate_too(of: Any) -> None:
    key = "dynamodb.table-level-read-throughput-limit"
    assert of(key, 40_000, None, forecast=41_000.0, mean=39_000.0) == Needs((), ())


def test_a_burst_can_be_asked_of_support_only(of: Any) -> None:
    [other] = of(f"{STARTS}.burst", 5, 12, rejected=7).unrequestable
    assert other.asked == 12
    assert "no code in Service Quotas" in other.reason
    assert other.way_out == "Ask Support for 12 in the case."


def test_what_is_not_adjustable_is_said(of: Any) -> None:
    [other] = of("dynamodb.partition-write-throughput", 1000, 1200).unrequestable
    assert other.way_out == "Plan below it."


def test_the_invocation_rate_is_raised_by_concurrency_once(quota_record: Any, run_record: Any) -> None:
    run = run_record(
        quota_record("lambda.invoke.rate", 10_000, 24_000, rejected=1),
        quota_record("L-B99A9384", 1000, 1600),
    )
    [increase] = needs(run, TABLE).increases
    assert (increase.quota.code, increase.present, increase.asked) == ("L-B99A9384", 1000, 2400)
    assert increase.steps[-1].endswith("24,000 / 10 = 2,400.")


def test_the_scenarios_headroom_is_no_padding_of_what_aws_is_asked(
    quota_record: Any, run_record: Any
) -> None:
    run = run_record(quota_record("L-12AB7C57", 10, 100), headroom=0.2)
    assert needs(run, TABLE).increases[0].asked == 100
    assert needs(run, TABLE, 0.5).increases[0].asked == 200
    for wrong in (1.0, -0.1, 20):
        with pytest.raises(BusyhourError, match="not a share"):
            needs(run, TABLE, wrong)


@given(
    value=st.floats(min_value=0, max_value=1e6),
    peak=st.floats(min_value=0, max_value=1e6),
    headroom=st.floats(min_value=0, max_value=0.9),
)
def test_what_is_asked_for_suffices_and_is_the_smallest_whole_number(
    quota_record: Any, run_record: Any, value: float, peak: float, headroom: float
) -> None:
    run = run_record(quota_record("L-12AB7C57", value, peak))
    wanted = peak / (1 - headroom)
    found = needs(run, TABLE, headroom).increases
    if not found:
        assert wanted <= value * (1 + 1e-6) + 1
        return
    [increase] = found
    assert increase.asked > value
    assert increase.asked == int(increase.asked)
    assert wanted * (1 - 1e-6) <= increase.asked <= wanted + 1
