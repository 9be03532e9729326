"""`busyhour plan`, and the dry run that says the same: neither calls AWS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


@pytest.mark.slow
def test_the_plan_of_a_campaign_is_written_and_says_what_is_missing(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    out = tmp_path / "plan.md"
    done = busyhour(
        *("plan", "outbound", "--start", "2026-12-01T20:00-05:00", "--contact", "Jo Doe, +1 555 555 0199"),
        *("-o", out),
        cwd=ROOT,
        **NOWHERE,
    )
    assert done.code == 0, done.err
    assert "Missing: account ([aws] account)" in done.err
    assert "Jo Doe, +1 555 555 0199" in out.read_text()
    assert "| Calls per second, planned peak | 2.4 |" in out.read_text()


@pytest.mark.slow
def test_the_dry_run_says_calls_minutes_cost_and_quotas_before_it_refuses(busyhour: Busyhour) -> None:
    done = busyhour("run", "outbound", "--target", "aws", cwd=ROOT, **NOWHERE)
    assert done.code == 3
    for wanted in (
        "216 calls, 2.4 a second",
        "voice minutes",
        "USD a minute (price of 2026-10-07",
        "L-4E9BCC96",
        "shared by all instances of account and Region",
        "names no approval record",
    ):
        assert wanted in done.err


@pytest.mark.parametrize("start", ["tonight", "2026-12-01T20:00"])
def test_a_start_without_a_date_or_an_offset_is_bad_input(busyhour: Busyhour, start: str) -> None:
    done = busyhour("plan", "outbound", "--start", start, cwd=ROOT)
    assert done.code == 2
    assert "must be a date and time with an offset" in done.err
