"""The evidence ledger: needed, asked for, applied, verified; rows change by pure functions, the file is never half."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from busyhour.cli.quotas import command
from busyhour.errors import BusyhourError, ExitCode
from busyhour.quotas import freshness
from busyhour.quotas import ledger as ledgers
from busyhour.quotas.aws.increase_requests import Filed
from busyhour.quotas.evidence import Evidence, Needed, Requested, Verified
from busyhour.results.codec import encode
from busyhour.results.record import Outcome, RunRecord, Shown
from busyhour.shipped import shipped_root

ARN = "arn:aws:connect:us-east-1:123456789012:instance/1"
CALLS = "connect.concurrent-active-calls-per-instance"
STARTS = "connect.start-outbound-voice-contact.rate"
USERS = "connect.users-per-instance"
SCHEMA = shipped_root() / "reports" / "ledger.schema.json"


@pytest.fixture
def run(quota_record: Any, run_record: Any, limit_row: Any) -> RunRecord:
    """A plan of 3,600 calls/h that needs 40 calls of 50 in force and 2 starts/s; the run reached 41 and 3."""
    made: RunRecord = run_record(
        quota_record("L-12AB7C57", 50, 41, tolerated=0.01, rejected_share=0.0),
        quota_record("L-4E9BCC96", 2, 3, scope="account", tolerated=0.01, rejected_share=0.0),
        quota_record("L-9A46857E", 500, None, forecast=60.0),
        instance=ARN,
        limits=[
            limit_row("L-12AB7C57", 50, 40.0),
            limit_row("L-4E9BCC96", 2, 2.0, load=1.0),
            limit_row("L-9A46857E", 500, 60.0, load=60.0),
            limit_row("L-B99A9384", 1000, None, load=7.0),
        ],
    )
    made.scenario["calls_per_hour"] = 3600.0
    made.target["account"] = "123456789012"
    made.verdict.outcome = Outcome.HOLDS
    made.shown = Shown("calls in progress", 30.0, 30.0, reached=30.2, ended=600, cut_off=12, stationary=True)
    return made


@pytest.fixture
def needed(run: RunRecord) -> Evidence:
    return ledgers.with_needs(Evidence(), run)


def test_needs_are_those_of_the_forecast_in_their_place(needed: Evidence) -> None:
    row = needed.find(CALLS, ARN)
    assert row is not None
    assert row.needed == Needed(40, 30.0, 3600.0, "helpdesk", "helpdesk-1", "2026-11-22T08:10:00+00:00")
    starts = needed.find(STARTS, "123456789012:us-east-1")
    assert starts is not None
    assert starts.needed is not None
    assert starts.needed.value == 2


def test_what_no_value_carries_and_what_has_no_quota_is_left_out(needed: Evidence) -> None:
    assert [row.key for row in needed.rows] == [STARTS, CALLS, USERS]


def test_a_need_is_replaced_or_left_as_it_is(needed: Evidence, run: RunRecord) -> None:
    run.forecast["limits"][0]["needed"] = 90.0
    run.forecast["calls_per_hour"] = run.scenario["calls_per_hour"] = 7200.0
    kept = ledgers.with_needs(needed, run, only_new=True).find(CALLS, ARN)
    new = ledgers.with_needs(needed, run).find(CALLS, ARN)
    values = [row.needed.value for row in (kept, new) if row is not None and row.needed is not None]
    assert values == [40, 90]


def test_a_need_of_the_same_plan_is_brought_up_to_date_by_a_run_that_verifies_it(
    needed: Evidence, run: RunRecord
) -> None:
    run.forecast["limits"][0]["needed"] = 41.0
    row = ledgers.with_needs(needed, run, only_new=True).find(CALLS, ARN)
    assert row is not None
    assert row.needed is not None
    assert row.needed.value == 41


def test_a_run_of_an_older_version_gives_no_needs(run: RunRecord) -> None:
    for row in run.forecast["limits"]:
        del row["requirement"]
    with pytest.raises(BusyhourError, match="needs were computed differently"):
        ledgers.with_needs(Evidence(), run)


def test_requests_stand_beside_the_need_of_the_same_quota_and_instance(
    needed: Evidence, run: RunRecord
) -> None:
    filed = Filed(
        "r-1", "connect", "L-12AB7C57", "calls", 40.0, "CASE_OPENED", ARN, "2026-11-22", "17", "2026-11-23"
    )
    stranger = replace(filed, code="L-FFFFFFFF")
    found = ledgers.with_requests(needed, [filed, stranger], run)
    assert len(found.rows) == len(needed.rows)
    row = found.find(CALLS, ARN)
    assert row is not None
    assert row.requested is not None
    assert (row.requested.id, row.requested.case, row.requested.status) == ("r-1", "17", "CASE_OPENED")
    assert row.needed is not None


def test_only_values_that_are_in_force_count_as_applied(needed: Evidence, run: RunRecord) -> None:
    run.quotas[1].origin = "documented default"
    found = ledgers.with_applied(needed, run)
    rows = {row.key: row.applied for row in found.rows}
    applied = rows[CALLS]
    assert applied is not None
    assert (applied.value, applied.origin) == (50, "applied (instance)")
    assert rows[STARTS] is None


@pytest.mark.parametrize(
    ("origin", "age", "words"),
    [
        ("applied (instance)", 0, "50, applied (instance), read {day}"),
        ("applied (instance)", 40, "50, applied (instance), read {day}, 40 days ago"),
        ("emulator", 0, "50, emulator value, not read from the account"),
    ],
)
def test_a_value_in_force_that_is_not_current_is_marked(
    needed: Evidence, run: RunRecord, origin: str, age: int, words: str
) -> None:
    day = (freshness.today() - timedelta(days=age)).isoformat()
    run.quotas[0].origin, run.quotas[0].read_at = origin, day
    row = ledgers.with_applied(needed, run).find(CALLS, ARN)
    assert row is not None
    assert ledgers.in_words(row)[3] == words.format(day=day)


def verdict(needed: Evidence, run: RunRecord, key: str = CALLS) -> tuple[bool, str]:
    [verified] = [row.verified for row in ledgers.with_verification(needed, run).rows if row.key == key]
    assert verified is not None
    return verified.holds, verified.why


def test_a_peak_that_reached_the_need_proves_it(needed: Evidence, run: RunRecord) -> None:
    assert verdict(needed, run) == (
        True,
        "peak 41 of 40 needed, at 3,600 calls/h; 600 calls ended by themselves, 12 were cut off",
    )


def test_a_run_with_raised_arrivals_proves_it_and_is_named_as_one(needed: Evidence, run: RunRecord) -> None:
    assert run.shown is not None
    run.shown.factor = 1.3
    assert verdict(needed, run)[1].startswith(
        "peak 41 of 40 needed, by arrivals raised to 1.3 x 3,600 calls/h;"
    )


def test_a_peak_below_the_need_proves_nothing_however_little_was_rejected(
    needed: Evidence, run: RunRecord
) -> None:
    run.quotas[0].peak = 38.0
    assert verdict(needed, run) == (
        False,
        "the peak was 38, the need is 40; arrivals raised to about 1.11 x the plan reach it ([test] factor)",
    )


def test_a_peak_above_the_value_without_a_rejection_proves_nothing(needed: Evidence, run: RunRecord) -> None:
    """Calls that the generator runs itself take no place in Connect: no quota was there to carry them."""
    run.quotas[0].value, run.quotas[0].peak, run.quotas[0].rejected = 41.0, 66.0, 0
    assert verdict(needed, run) == (
        False,
        "the peak was 66 of a quota of 41 and nothing was rejected: the target did not enforce it",
    )


def test_a_run_that_did_not_show_its_plan_proves_nothing_even_with_a_high_peak(
    needed: Evidence, run: RunRecord
) -> None:
    assert run.shown is not None
    run.shown.why = ["The end of the test cut off 140 of 160 calls; 20 ended by themselves."]
    assert verdict(needed, run) == (
        False,
        "the run does not show the plan: The end of the test cut off 140 of 160 calls; 20 ended by themselves",
    )
    run.shown = None
    assert verdict(needed, run) == (False, "the run does not record which load it reached")


def test_what_else_does_not_prove_the_need(needed: Evidence, run: RunRecord) -> None:
    calls = run.quotas[0]
    calls.value = 39.0
    assert verdict(needed, run) == (False, "the value in force is 39, the need is 40")
    calls.peak = None
    assert verdict(needed, run) == (False, "its demand was not measured")
    calls.rejected, calls.rejected_share = 3, None
    assert verdict(needed, run) == (False, "3 were rejected")
    run.verdict.outcome = Outcome.INVALID
    assert verdict(needed, run) == (False, "the run is invalid")


@pytest.mark.parametrize(("share", "proven"), [(0.009, True), (0.01, True), (0.011, False)])
def test_rejections_within_what_is_tolerated_prove_the_need_all_the_same(
    needed: Evidence, run: RunRecord, share: float, proven: bool
) -> None:
    run.quotas[0].rejected, run.quotas[0].rejected_share = 9, share
    assert verdict(needed, run)[0] is proven


def test_confirming_makes_rows_reads_values_and_judges_in_one_go(run: RunRecord) -> None:
    found = ledgers.confirm(Evidence(), run)
    assert [row.proven for row in found.rows if row.key in (CALLS, STARTS)] == [True, True]
    users = found.find("connect.users-per-instance", ARN)
    assert users is not None
    assert not users.proven
    assert ledgers.unproven(found, run) == [], "agents are not what a load run measures"
    run.quotas[1].rejected = 4
    run.quotas[1].default = 9
    run.quotas[1].rejected_share = 0.2
    assert ledgers.unproven(ledgers.confirm(found, run), run) == [], "AWS's default carries it"
    run.quotas[0].rejected_share = 0.02
    assert [row.key for row in ledgers.unproven(ledgers.confirm(found, run), run)] == [CALLS]


def test_a_row_is_open_while_something_is_left_to_do(run: RunRecord) -> None:
    row = ledgers.confirm(Evidence(), run).find("connect.users-per-instance", ARN)
    assert row is not None
    assert row.applied is not None
    assert not row.open, "500 in force, 60 needed, none requested: nothing to do"
    asked = replace(row, requested=Requested("r", None, 60.0, "APPROVED", "", ""))
    assert asked.open
    assert replace(row, applied=replace(row.applied, value=59.0)).open
    assert not replace(asked, verified=Verified(True, "", "r", "aws", 60.0, 60.0, 1.0, "")).open


def test_the_file_comes_back_as_it_went_and_keeps_its_schema(run: RunRecord, tmp_path: Path) -> None:
    path = tmp_path / "reports" / "ledger.json"
    assert ledgers.read(path) == Evidence()
    found = ledgers.confirm(Evidence(), run)
    ledgers.write(path, found)
    assert ledgers.read(path) == found
    jsonschema.validate(json.loads(path.read_text()), json.loads(SCHEMA.read_text()))
    assert [file.name for file in path.parent.iterdir()] == ["ledger.json"]
    before = path.read_text()
    ledgers.write(path, ledgers.read(path))
    assert path.read_text() == before, "committed files change when facts do"


@pytest.mark.parametrize(
    ("text", "said"), [("{", "not JSON"), ("[]", "not a JSON object"), ('{"rows": [{"key": 1}]}', "rows")]
)
def test_a_file_that_is_no_ledger_is_not_taken_for_an_empty_one(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(text)
    with pytest.raises(BusyhourError, match=said) as caught:
        ledgers.read(path)
    assert "version control" in str(caught.value.hint)


def test_the_command_shows_rows_and_checks_them(run: RunRecord, tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"

    def call(*more: str) -> Result:
        return CliRunner().invoke(command, ["ledger", "--file", str(path), *more], catch_exceptions=False)

    assert "has no rows" in call().output
    assert call("--check").exit_code == ExitCode.DOES_NOT_HOLD
    run.quotas = run.quotas[:2]
    ledgers.write(path, ledgers.confirm(Evidence(), run))
    result = call("--check")
    assert result.exit_code == 0
    assert "40 for 3,600 calls/h (helpdesk)" in result.output
    assert "yes: peak 41 of 40 needed" in result.output
    assert json.loads(call("--format", "json").output)["rows"] == encode(ledgers.read(path))["rows"]
    run.quotas[0].rejected = 5
    run.quotas[0].rejected_share = None
    run.quotas[0].value = 35.0
    ledgers.write(path, ledgers.confirm(ledgers.read(path), run))
    assert call("--check").exit_code == ExitCode.DOES_NOT_HOLD
    assert "no: 5 were rejected" in call().output


@pytest.mark.parametrize("drive", ["backend", "lambda", "dynamodb"])
def test_a_limit_is_proven_only_by_a_drive_that_reaches_it(
    needed: Evidence, run: RunRecord, drive: str
) -> None:
    def proven(of: str) -> Verified | None:
        run.scenario["drive"] = of
        row = ledgers.with_verification(needed, run).find(CALLS, ARN)
        return None if row is None else row.verified

    there, not_there = proven("voice"), proven(drive)
    assert there is not None
    assert there.holds
    assert not_there is not None
    assert not not_there.holds
    assert not_there.why == f'no request of a run with drive = "{drive}" reaches this limit of connect'
