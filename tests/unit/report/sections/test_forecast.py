"""The forecast of a record as people read it: the limits in order, and forecast against measurement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from busyhour.report.plots.bottlenecks import bottleneck_plot
from busyhour.report.sections import forecast, limits
from busyhour.results.record import RunRecord


def test_rungs_stand_in_the_order_in_which_volume_meets_them(record: RunRecord) -> None:
    lines = limits.limit_lines(record)
    assert [line.volume_text for line in lines] == ["460", "4,620", "15,036", "416,923", "never"]
    assert [line.binds for line in lines] == [True, False, False, False, False]
    first = lines[0]
    assert (first.value, first.needed, first.with_headroom, first.code) == ("10", "47", "59", "L-12AB7C57")
    assert (first.of_plan, first.rejected, first.tolerated) == ("0.13 x", "72%", "1 %")
    assert first.calculation.endswith("34.9 erlang at most 1 % blocked, by Erlang B: 47")


def test_present_values_that_are_not_current_are_marked(record: RunRecord) -> None:
    marks = {line.name: line.mark for line in limits.limit_lines(record)}
    assert marks["Concurrent active calls per instance"] == "emulator value, not read from the account"
    assert marks["Contact flows per instance"] == "documented default, not read from the account"
    assert marks["Agents of queue Support"] == "", "what the team decides is not read from an account"
    record.target = {"kind": "aws"}
    assert {line.mark for line in limits.limit_lines(record) if line.origin != "documented default"} == {""}


def test_each_limit_that_the_plan_exceeds_is_said_with_its_calculation(record: RunRecord) -> None:
    assert limits.exceeded(record) == [
        "The plan exceeds Concurrent active calls per instance: present value 10 (emulator value, not read from the "
        "account), needed 47, with 20% headroom 59. 3,600 calls/h x 34.9 s / 3600 = 34.9 erlang; 34.9 erlang at most "
        "1 % blocked, by Erlang B: 47."
    ]


def test_a_list_of_an_older_version_has_no_needs(record: RunRecord) -> None:
    for row in record.forecast["limits"]:
        del row["requirement"]
    assert {line.needed for line in limits.limit_lines(record)} == {""}


def test_the_first_words_name_what_binds_with_its_symptom_and_what_comes_next(record: RunRecord) -> None:
    assert limits.first_words(record) == (
        "Concurrent active calls per instance (10) binds first, at 460 calls/h of 3,600 planned: the plan exceeds "
        "it. It shows as: new calls meet the reorder tone. Next, with that raised: Rate of "
        "StartOutboundVoiceContact API requests at 4,620 calls/h."
    )


def test_what_binds_above_the_plan_is_said_so(record: RunRecord) -> None:
    higher = replace(record, forecast={**record.forecast, "limits": record.forecast["limits"][1:]})
    assert "of 3,600 planned: above the plan" in limits.first_words(higher)


def test_forecast_and_measurement_side_by_side(record: RunRecord) -> None:
    calls, executions, unmeasured, off = forecast.compared(record)
    assert (calls.mean, calls.theory, calls.simulated, calls.measured) == (
        "34.9",
        "49",
        "47 (41 to 52)",
        "10",
    )
    assert calls.rejected == "71% / 70% / 1.75%"
    assert calls.agrees is None
    assert "cut the measured peak off" in calls.result
    assert (executions.agrees, executions.result) == (True, "measured within the forecast")
    assert (unmeasured.measured, unmeasured.agrees) == ("not measured", None)
    assert (off.agrees, off.result) == (False, "measured 3 x the forecast peak")


def test_a_measurement_far_below_the_mean_does_not_agree(record: RunRecord) -> None:
    record.quotas[0].peak = 1.0
    assert forecast.compared(record)[1].result == "measured below even the forecast mean"


def test_calls_that_were_blocked_early_explain_a_low_measurement(record: RunRecord) -> None:
    record.quotas[0].peak = 1.0
    record.arrivals.blocked = 200
    line = forecast.compared(record)[1]
    assert line.result == "lower: 50% of the calls were blocked before they could reach it"
    assert line.agrees is None


def test_a_record_without_a_forecast_says_nothing(record: RunRecord) -> None:
    bare = replace(record, forecast={})
    assert limits.limit_lines(bare) == []
    assert forecast.compared(bare) == []
    assert limits.first_words(bare) == ""
    assert bottleneck_plot(bare) == []
    assert limits.planned_volume(bare) == 3600


def test_the_plot_of_limits_has_a_text_alternative(record: RunRecord) -> None:
    [plot] = bottleneck_plot(record)
    assert (
        "Concurrent active calls per instance 460; Rate of StartOutboundVoiceContact API requests 4,620"
        in (plot.description)
    )
    assert "Plan: 3,600." in plot.description
    assert "never" not in plot.svg
    ids = [part.split('"')[0] for part in plot.svg.split(' id="')[1:]]
    assert ids
    assert all(name.startswith("limits-in-the-order-") for name in ids)


@pytest.mark.parametrize(("used", "words"), [(None, ""), (0.5, "50%")])
def test_shares_that_no_way_tells_are_left_open(record: RunRecord, used: float | None, words: str) -> None:
    record.forecast["quotas"][1]["rejected_theory"] = used
    record.forecast["quotas"][1]["rejected_simulated"] = None
    assert forecast.compared(record)[1].rejected.split(" / ")[0] == words
