"""A quota value is current when it was read from the account at most 30 days ago; everything else is marked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from busyhour.quotas import freshness
from busyhour.quotas.model import Origin

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize("origin", sorted(freshness.FROM_ACCOUNT))
@pytest.mark.parametrize(
    ("days", "mark"),
    [
        (0, ""),
        (1, ""),
        (30, ""),
        (31, "read 2026-10-30, 31 days ago"),
        (90, "read 2026-09-01, 90 days ago"),
        (-1, ""),
        (-2, "read 2026-12-02, a date in the future"),
    ],
)
def test_what_was_read_from_the_account_is_current_for_30_days(origin: str, days: int, mark: str) -> None:
    read_at = (TODAY - timedelta(days=days)).isoformat()
    assert freshness.mark(origin, read_at, TODAY) == mark
    assert freshness.mark(origin, f"{read_at}T12:00:00+00:00", TODAY) == mark


@pytest.mark.parametrize(
    ("origin", "mark"),
    [
        (Origin.DOCUMENTED, "documented default, not read from the account"),
        (Origin.AWS_DEFAULT, "AWS default, not read from the account"),
        (Origin.OVERRIDE, "override, not read from the account"),
        (Origin.EMULATOR, "emulator value, not read from the account"),
        ("10 x lambda.concurrent-executions", "10 x lambda.concurrent-executions, not read from the account"),
    ],
)
def test_what_was_not_read_from_the_account_is_marked_however_new(origin: str, mark: str) -> None:
    assert freshness.mark(str(origin), TODAY.isoformat(), TODAY) == mark


def test_every_origin_is_one_or_the_other() -> None:
    marked = {str(origin) for origin in Origin if freshness.mark(str(origin), TODAY.isoformat(), TODAY)}
    assert marked | freshness.FROM_ACCOUNT == {str(origin) for origin in Origin}
    assert not marked & freshness.FROM_ACCOUNT


@pytest.mark.parametrize("read_at", ["", "yesterday", "2026-13-01"])
def test_a_reading_without_a_date_is_not_current(read_at: str) -> None:
    assert freshness.mark("applied (account)", read_at, TODAY) == "applied (account), read at an unknown date"


def test_a_time_counts_by_its_day_in_utc() -> None:
    assert freshness.read_on("2026-10-31T23:30:00-05:00") == date(2026, 11, 1)
    assert freshness.mark("applied (account)", "2026-10-30T23:30:00-05:00", TODAY) == ""


def test_the_source_has_its_date_or_its_mark() -> None:
    assert freshness.source("applied (account)", "2026-11-29T08:00:00Z", TODAY) == (
        "applied (account), read 2026-11-29"
    )
    assert freshness.source("applied (account)", "2026-09-01", TODAY) == (
        "applied (account), read 2026-09-01, 90 days ago"
    )
    assert freshness.source("documented default", "2026-11-29", TODAY) == (
        "documented default, not read from the account"
    )


@pytest.mark.parametrize(
    ("kind", "quota_values", "origin", "marked"),
    [
        ("aws", None, "applied (instance)", False),
        ("emulator", None, "applied (instance)", True),
        ("emulator", "account", "applied (instance)", False),
        ("emulator", "account", "emulator", True),
    ],
)
def test_what_the_emulator_answered_is_nobodys_account(
    run_record: Any, kind: str, quota_values: str | None, origin: str, marked: bool
) -> None:
    run = run_record(kind=kind)
    if quota_values:
        run.target["quota_values"] = quota_values
    expected = freshness.EMULATOR_MARK if marked else ""
    assert freshness.mark_of(run, origin, TODAY.isoformat(), TODAY) == expected
