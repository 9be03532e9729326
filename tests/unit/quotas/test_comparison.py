"""Verdicts of demand against quota."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.quotas.comparison import (
    FORECAST,
    Demand,
    binding,
    compare,
    compare_all,
    record,
)
from busyhour.quotas.model import Kind, Origin, QuotaValue, Verdict
from busyhour.quotas.table.quota_table import load

TABLE = load()
CALLS = TABLE.by_code("L-12AB7C57")
STARTS = TABLE.by_code("L-4E9BCC96")
LAMBDA = TABLE.by_code("L-B99A9384")
MEASURED = "measured by the generator"


def value(of: Any = CALLS, applied: float = 100) -> QuotaValue:
    return QuotaValue(of, applied, Origin.APPLIED_RESOURCE, "2026-11-22T00:00:00+00:00")


def demand(peak: float | None, of: Any = CALLS, **more: Any) -> Demand:
    return Demand(of.key, peak, **{"source": MEASURED, **more})


@pytest.mark.parametrize(
    ("peak", "headroom", "verdict"),
    [
        (79, 0.2, Verdict.HOLDS),
        (80, 0.2, Verdict.HOLDS),
        (81, 0.2, Verdict.TIGHT),
        (81, 0.0, Verdict.HOLDS),
        (99, 0.2, Verdict.TIGHT),
        (100, 0.0, Verdict.TIGHT),
        (101, 0.0, Verdict.BINDS),
        (0, 0.9, Verdict.HOLDS),
        (None, 0.2, Verdict.UNKNOWN),
    ],
)
def test_verdict_by_headroom(peak: float | None, headroom: float, verdict: Verdict) -> None:
    assert compare(value(), demand(peak), headroom).verdict is verdict


@pytest.mark.parametrize(
    ("need", "headroom", "verdict"),
    [
        (100, 0.0, Verdict.HOLDS),
        (101, 0.0, Verdict.BINDS),
        (100, 0.2, Verdict.TIGHT),
        (80, 0.2, Verdict.HOLDS),
        (0, 0.2, Verdict.HOLDS),
    ],
)
def test_where_nothing_was_measured_the_need_is_compared_and_one_that_is_just_covered_holds(
    need: float, headroom: float, verdict: Verdict
) -> None:
    assert compare(value(), demand(None, forecast=float(need)), headroom).verdict is verdict


def test_figures() -> None:
    found = compare(value(), demand(25, peak_at=90.0, forecast=30.0))
    assert (found.utilisation, found.headroom) == (0.25, 0.75)
    assert (found.peak, found.peak_at, found.peak_source, found.forecast) == (25, 90, MEASURED, 30)


def test_a_rejection_binds_however_low_the_peak() -> None:
    found = compare(value(), demand(1, rejected=1, first_rejected_at=12.5))
    assert (found.verdict, found.rejected, found.first_rejected_at) == (Verdict.BINDS, 1, 12.5)


def test_a_rejection_without_a_peak_binds() -> None:
    assert compare(value(), demand(None, rejected=3)).verdict is Verdict.BINDS


@pytest.mark.parametrize("kind", [Kind.RATE, Kind.BURST])
def test_a_second_that_the_bucket_carried_is_tight_and_does_not_bind(kind: Kind) -> None:
    quota = replace(STARTS, kind=kind)
    assert compare(value(quota, 2), demand(4, quota)).verdict is Verdict.TIGHT
    assert compare(value(quota, 2), demand(4, quota, rejected=1)).verdict is Verdict.BINDS
    assert compare(value(quota, 2), demand(4, quota, source=FORECAST)).verdict is Verdict.BINDS


def test_without_a_measurement_the_forecast_counts() -> None:
    found = compare(value(), demand(None, forecast=90), 0.2)
    assert (found.peak, found.utilisation, found.peak_source) == (None, 0.9, FORECAST)
    assert found.verdict is Verdict.TIGHT


def test_a_quota_of_zero() -> None:
    found = compare(value(applied=0), demand(1))
    assert (found.verdict, found.utilisation, found.headroom) == (Verdict.BINDS, None, None)
    assert compare(value(applied=0), demand(0)).verdict is Verdict.HOLDS


def test_no_demand_is_unknown() -> None:
    found = compare(value(), None)
    assert (found.verdict, found.peak, found.utilisation) == (Verdict.UNKNOWN, None, None)


@pytest.mark.parametrize("headroom", [-0.1, 1.0, 20, float("nan")])
def test_headroom_is_a_share(headroom: float) -> None:
    with pytest.raises(ValueError, match="headroom"):
        compare(value(), demand(1), headroom)


def test_demand_of_another_quota_is_refused() -> None:
    with pytest.raises(ValueError, match="compared with"):
        compare(value(), demand(1, LAMBDA))


AMOUNT = st.floats(min_value=0, max_value=1e9)
SHARE = st.floats(min_value=0, max_value=0.99)
GRAVITY = [Verdict.HOLDS, Verdict.TIGHT, Verdict.BINDS]


@given(applied=AMOUNT, low=AMOUNT, high=AMOUNT, headroom=SHARE)
def test_more_demand_is_never_better(applied: float, low: float, high: float, headroom: float) -> None:
    low, high = sorted((low, high))
    of_low = compare(value(applied=applied), demand(low), headroom).verdict
    of_high = compare(value(applied=applied), demand(high), headroom).verdict
    assert GRAVITY.index(of_low) <= GRAVITY.index(of_high)


@given(low=AMOUNT, high=AMOUNT, peak=AMOUNT, headroom=SHARE)
def test_a_higher_quota_is_never_worse(low: float, high: float, peak: float, headroom: float) -> None:
    low, high = sorted((low, high))
    of_low = compare(value(applied=low), demand(peak), headroom).verdict
    of_high = compare(value(applied=high), demand(peak), headroom).verdict
    assert GRAVITY.index(of_high) <= GRAVITY.index(of_low)


@given(applied=st.floats(min_value=1e-3, max_value=1e9), peak=AMOUNT, headroom=SHARE)
def test_utilisation_and_headroom_are_shares_of_one_whole(
    applied: float, peak: float, headroom: float
) -> None:
    found = compare(value(applied=applied), demand(peak), headroom)
    assert found.utilisation is not None
    assert found.headroom is not None
    assert found.utilisation + found.headroom == pytest.approx(1)
    assert found.utilisation * applied == pytest.approx(peak)


def test_what_bound_first_comes_first() -> None:
    values = [value(CALLS), value(STARTS, 2), value(LAMBDA, 1000), value(TABLE.by_code("L-CF0CBE56"), 40_000)]
    demands = [
        demand(100, CALLS, rejected=5, first_rejected_at=60.0),
        demand(9, STARTS, rejected=1, first_rejected_at=30.0),
        demand(950, LAMBDA),
    ]
    found = compare_all(values, demands, 0.2, every=True)
    assert [c.value.quota.code for c in found] == ["L-4E9BCC96", "L-12AB7C57", "L-B99A9384", "L-CF0CBE56"]
    assert [c.verdict for c in found] == [Verdict.BINDS, Verdict.BINDS, Verdict.TIGHT, Verdict.UNKNOWN]
    first = binding(found)
    assert first is not None
    assert first.value.quota is STARTS
    assert binding(found[2:]) is None
    assert len(compare_all(values, demands)) == 3, "quotas without demand are left out unless asked for"


def test_demand_without_a_value_and_demand_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="no value of"):
        compare_all([value()], [demand(1, LAMBDA)])
    with pytest.raises(ValueError, match="two demands"):
        compare_all([value()], [demand(1), demand(2)])


def test_the_record_holds_all_of_it() -> None:
    found = record(
        compare(value(), demand(25, peak_at=9.0, rejected=2, first_rejected_at=8.0, forecast=30.0))
    )
    assert (found.key, found.code, found.scope) == (CALLS.key, "L-12AB7C57", "instance")
    assert (found.value, found.origin, found.default) == (100, "applied (instance)", 10)
    assert (found.peak, found.peak_at, found.rejected, found.first_rejected_at) == (25, 9, 2, 8)
    assert (found.utilisation, found.headroom, found.verdict, found.forecast) == (0.25, 0.75, "binds", 30)
    assert found.source


@pytest.mark.parametrize(
    ("rejected", "attempts", "verdict"),
    [
        (1, 1000.0, Verdict.TIGHT),
        (10, 1000.0, Verdict.TIGHT),
        (11, 1000.0, Verdict.BINDS),
        (1, None, Verdict.BINDS),
        (0, 1000.0, Verdict.HOLDS),
    ],
)
def test_rejections_within_the_tolerated_share_do_not_bind(
    rejected: int, attempts: float | None, verdict: Verdict
) -> None:
    found = compare(value(), demand(50, rejected=rejected, attempts=attempts, tolerated=0.01))
    assert found.verdict is verdict
    assert record(found).rejected_share == (None if attempts is None else rejected / 1000)
    assert record(found).tolerated == 0.01


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.0, Verdict.TIGHT), (0.009, Verdict.TIGHT), (0.02, Verdict.BINDS)]
)
def test_where_nothing_enforced_a_quota_the_closed_form_decides_above_its_value(
    share: float, verdict: Verdict
) -> None:
    """A free system exceeds the value now and then, which says nothing of the share that the quota would reject."""
    assert compare(value(), demand(110, unenforced=share)).verdict is verdict


def test_what_comes_first_is_what_is_worst_then_what_is_fullest() -> None:
    """Bound first by time, then tight, then unknown, then what holds; the fuller before the emptier."""
    late, early = (replace(CALLS, key=f"test.{name}") for name in ("late", "early"))
    tight, unknown = (replace(CALLS, key=f"test.{name}") for name in ("tight", "unknown"))
    fuller, emptier, unused = (replace(CALLS, key=f"test.{name}") for name in ("fuller", "emptier", "unused"))
    every = [emptier, unused, unknown, fuller, tight, late, early]
    demands = [
        demand(10, emptier),
        demand(60, fuller),
        demand(90, tight),
        demand(0, unused),
        demand(100, late, peak_at=30.0),
        demand(100, early, rejected=1, first_rejected_at=4.0, peak_at=50.0),
    ]
    found = compare_all([value(quota) for quota in every], demands, 0.2, every=True)
    keys = [each.value.quota.key.removeprefix("test.") for each in found]
    assert keys == ["early", "late", "tight", "unknown", "fuller", "emptier", "unused"]


def test_one_that_bound_at_an_unknown_time_comes_after_those_whose_time_is_known() -> None:
    known, unclear = (replace(CALLS, key=f"test.{name}") for name in ("known", "unclear"))
    demands = [demand(500, unclear), demand(101, known, peak_at=900.0)]
    found = compare_all([value(known), value(unclear)], demands)
    assert [each.value.quota.key for each in found] == ["test.known", "test.unclear"]
    assert binding(found) is found[0]


def test_no_demand_on_a_quota_of_zero_uses_none_of_it() -> None:
    found = compare(value(applied=0), demand(0))
    assert (found.utilisation, found.verdict) == (0.0, Verdict.HOLDS)


@pytest.mark.parametrize("source", [MEASURED, FORECAST])
def test_rounding_errors_decide_nothing(source: str) -> None:
    """A billionth above half of the quota leaves half of it free; two billionths do not."""
    just, more = 100 * 0.5 * (1 + 1e-9), 100 * 0.5 * (1 + 2e-9)
    assert compare(value(), demand(just, source=source), 0.5).verdict is Verdict.HOLDS
    assert compare(value(), demand(more, source=source), 0.5).verdict is Verdict.TIGHT
    assert compare(value(), demand(None, forecast=just), 0.5).verdict is Verdict.HOLDS
    assert compare(value(), demand(None, forecast=more), 0.5).verdict is Verdict.TIGHT


def test_rounding_errors_at_the_value_itself() -> None:
    """A peak within a billionth of the value just reached it; a need within a billionth is covered."""
    just, more = 100 * (1 + 1e-9), 100 * (1 + 2e-9)
    assert compare(value(), demand(just)).verdict is Verdict.TIGHT
    assert compare(value(), demand(more)).verdict is Verdict.BINDS
    assert compare(value(), demand(100 * (1 - 1e-9))).verdict is Verdict.TIGHT
    assert compare(value(), demand(100 * (1 - 2e-9))).verdict is Verdict.HOLDS
    assert compare(value(), demand(100 * (1 - 1e-9), source=FORECAST)).verdict is Verdict.BINDS
    assert compare(value(), demand(None, forecast=just)).verdict is Verdict.HOLDS
    assert compare(value(), demand(None, forecast=more)).verdict is Verdict.BINDS


def test_the_share_that_was_rejected() -> None:
    assert demand(5.0, rejected=30, attempts=1000.0).rejected_share == 0.03
    assert demand(5.0, rejected=30, attempts=20.0).rejected_share == 1.0
    assert demand(5.0, rejected=30, attempts=0.0).rejected_share is None
    assert demand(5.0, rejected=30).rejected_share is None
    assert demand(5.0).rejected_share == 0.0
    assert demand(None).rejected_share is None
    assert demand(5.0, rejected=30, attempts=1000.0, unenforced=0.25).rejected_share == 0.25


def test_a_share_that_is_tolerated_to_the_last_is_tolerated() -> None:
    assert compare(value(), demand(50, unenforced=0.01)).verdict is Verdict.HOLDS
    assert compare(value(), demand(50, unenforced=0.011)).verdict is Verdict.BINDS
    assert compare(value(), demand(50, unenforced=0.011, tolerated=0.02)).verdict is Verdict.HOLDS
    found = compare(value(), demand(None, unenforced=0.02))
    assert (found.verdict, found.rejected_share, found.peak_source) == (Verdict.BINDS, 0.02, MEASURED)


def test_a_rate_of_zero_carries_no_second() -> None:
    quota = replace(STARTS, kind=Kind.RATE)
    assert compare(value(quota, 0), demand(1, quota)).verdict is Verdict.BINDS


def test_what_is_written_of_a_measured_quota() -> None:
    found = record(compare(value(), demand(25, peak_at=9.0)))
    assert (found.service, found.unit, found.name) == ("connect", CALLS.unit, CALLS.name)
    assert (found.read_at, found.note, found.peak_source) == (
        "2026-11-22T00:00:00+00:00",
        CALLS.note,
        MEASURED,
    )
    assert found.source == CALLS.source
    detailed = replace(value(), detail="of the account's file")
    assert record(compare(detailed, demand(25))).source == "of the account's file"


def test_a_quota_of_zero_comes_after_those_that_are_used_and_among_the_unused_by_key() -> None:
    """All bound at an unknown time; of a quota of 0 there is no utilisation."""
    used, zero, unused = (replace(CALLS, key=f"test.{name}") for name in ("c-used", "a-zero", "b-unused"))
    demands = [demand(0, unused, rejected=1), demand(1, zero), demand(50, used, rejected=1)]
    found = compare_all([value(unused), value(zero, 0), value(used)], demands)
    assert [each.value.quota.key for each in found] == ["test.c-used", "test.a-zero", "test.b-unused"]
