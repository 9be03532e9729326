"""Rows of the one list of limits, as outputs read them."""

from __future__ import annotations

from typing import Any

import pytest

from busyhour.capacity.forecast.limits import Limit, row_of
from busyhour.capacity.requirement_kinds import Count, Lines
from busyhour.results.entries import Arrivals
from busyhour.results.limit_rows import by_key, is_dated, limit_rows
from busyhour.results.record import Outcome, RunRecord, VerdictRecord


def row(key: str, value: float, requirement: Any) -> dict[str, Any]:
    limit = Limit(key, key, "L-1", value, "count", "applied (account)", read_at="2026-11-29")
    return row_of(limit, requirement, 3600.0, symptom="s", calculation="c", headroom=0.2).as_json()


@pytest.fixture
def run() -> RunRecord:
    limits = [
        row("wide", 100.0, Lines(34.9)),
        row("never", 5.0, Count(3)),
        row("tight", 10.0, Lines(34.9)),
        row("wide", 50.0, Lines(34.9)),
    ]
    return RunRecord(
        "r",
        "0",
        {},
        {},
        "",
        "",
        0.0,
        VerdictRecord(Outcome.HOLDS),
        Arrivals(0, 0, 0, 0),
        forecast={"limits": limits},
    )


def test_the_first_to_bind_stands_first_and_what_never_binds_last(run: RunRecord) -> None:
    assert [(one.key, one.value) for one in limit_rows(run)] == [
        ("tight", 10.0),
        ("wide", 50.0),
        ("wide", 100.0),
        ("never", 5.0),
    ]


def test_a_row_has_every_figure_that_the_forecast_wrote(run: RunRecord) -> None:
    first = limit_rows(run)[0]
    assert (first.needed, first.with_headroom, first.load) == (47.0, 59.0, 34.9)
    assert (first.tolerated, first.verdict, first.binds) == (0.01, "exceeds", True)
    assert first.rejected_at_plan == pytest.approx(Lines(34.9).rejected(10.0))
    assert (first.origin, first.read_at) == ("applied (account)", "2026-11-29")
    assert limit_rows(run)[-1].calls_per_hour is None


def test_of_two_rows_of_one_quota_the_tighter_counts(run: RunRecord) -> None:
    assert by_key(run)["wide"].value == 50.0


def test_rows_of_an_older_version_have_no_need(run: RunRecord) -> None:
    assert not is_dated(run)
    del run.forecast["limits"][2]["requirement"]
    assert is_dated(run)
    assert by_key(run)["tight"].needed is None
    run.forecast = {}
    assert (limit_rows(run), is_dated(run)) == ([], False)
