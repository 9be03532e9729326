"""The evidence ledger: needed, asked for, applied, verified; rows change by pure functions, the file is never half."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from busyhour.cli.quotas import command
from busyhour.errors import BusyhourError, ExitCode
from busyhour.quotas import ledger as ledgers
from busyhour.quotas.filing import Filed
from busyhour.quotas.ledger import Evidence, Needed, Requested, Verified
from busyhour.quotas.table import load
from busyhour.results.codec import encode
from busyhour.results.json_schema import schema_of
from busyhour.results.record import Outcome, RunRecord
from busyhour.rooms import shipped_root

TABLE = load()
ARN = "arn:aws:connect:us-east-1:123456789012:instance/1"
CALLS = "connect.concurrent-active-calls-per-instance"
STARTS = "connect.start-outbound-voice-contact.rate"
SCHEMA = shipped_root() / "reports" / "ledger.schema.json"


@pytest.fixture
def run(quota_record: Any, run_record: Any) -> RunRecord:
    """Drove 3,600 calls an hour: a peak of 38 calls of 50, forecast 40, mean 30; 3 starts a second of 2."""
    made: RunRecord = run_record(
        quota_record("L-12AB7C57", 50, 38, forecast=40.0),
        quota_record("L-4E9BCC96", 2, 3, forecast=4.0, scope="account"),
        quota_record("L-9A46857E", 500, None, forecast=60.0),
        instance=ARN,
    )
    made.scenario["calls_per_hour"] = 3600.0
    made.target["account"] = "123456789012"
    made.verdict.outcome = Outcome.HOLDS
    made.forecast = {
        "quotas": [
            {
                "key": CALLS,
                "theory_mean": 30.0,
                "theory_peak": 40.0,
                "simulated_low": 33.0,
                "simulated_high": 39.0,
            },
            {"key": STARTS, "theory_mean": 1.0, "theory_peak": 4.0},
        ]
    }
    return made


@pytest.fixture
def needed(run: RunRecord) -> Evidence:
    return ledgers.with_needs(Evidence(), run, TABLE)


def test_needs_are_expected_values_with_their_mean_in_their_place(needed: Evidence) -> None:
    row = needed.find(CALLS, ARN)
    assert row is not None
    assert row.needed == Needed(
        40, 30.0, 3600.0, "helpdesk", "helpdesk-1", "2026-11-22T08:10:00+00:00", least=33.0
    )
    starts = needed.find(STARTS, "123456789012:us-east-1")
    assert starts is not None
    assert starts.needed is not None
    assert starts.needed.value == 1


def test_a_need_is_replaced_or_left_as_it_is(needed: Evidence, run: RunRecord) -> None:
    run.quotas[0].forecast = 90.0
    kept = ledgers.with_needs(needed, run, TABLE, only_new=True).find(CALLS, ARN)
    new = ledgers.with_needs(needed, run, TABLE, headroom=0.1).find(CALLS, ARN)
    assert kept is not None
    assert new is not None
    assert kept.needed is not None
    assert new.needed is not None
    assert (kept.needed.value, new.needed.value) == (40, 100)


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


def verdict(needed: Evidence, run: RunRecord, key: str = CALLS) -> tuple[bool, str]:
    [verified] = [row.verified for row in ledgers.with_verification(needed, run).rows if row.key == key]
    assert verified is not None
    return verified.holds, verified.why


def test_a_run_that_drove_the_need_and_was_turned_nothing_away_proves_it(
    needed: Evidence, run: RunRecord
) -> None:
    assert verdict(needed, run) == (True, "peak 38 at 3,600 calls/h, nothing turned away")
    run.scenario["calls_per_hour"] = 100.0
    run.quotas[0].peak = 40.0
    assert verdict(needed, run)[0], "the peak itself reached the need"


def test_what_does_not_prove_the_need(needed: Evidence, run: RunRecord) -> None:
    run.quotas[0].rejected = 3
    assert verdict(needed, run) == (False, "3 were turned away")
    run.quotas[0].rejected = 0
    run.scenario["calls_per_hour"] = 3500.0
    assert verdict(needed, run) == (False, "the run drove 3,500 calls/h, the need is that of 3,600")
    run.scenario["calls_per_hour"] = 3600.0
    run.quotas[0].peak = 29.0
    assert verdict(needed, run) == (False, "the run drove a peak of 29, the plan's is at least 33")
    run.quotas[0].value = 39.0
    assert verdict(needed, run) == (False, "the value in force is 39, the need is 40")
    run.quotas[0].peak = None
    assert verdict(needed, run) == (False, "its demand was not measured")
    run.verdict.outcome = Outcome.INVALID
    assert verdict(needed, run) == (False, "the run is invalid")


def test_confirming_makes_rows_reads_values_and_judges_in_one_go(run: RunRecord) -> None:
    found = ledgers.confirm(Evidence(), run, TABLE)
    assert [row.proven for row in found.rows if row.key in (CALLS, STARTS)] == [True, True]
    users = found.find("connect.users-per-instance", ARN)
    assert users is not None
    assert not users.proven
    assert ledgers.unproven(found, run) == [], "agents are not what a load run measures"
    run.quotas[1].rejected = 4
    run.quotas[1].default = 9
    assert ledgers.unproven(ledgers.confirm(found, run, TABLE), run) == [], (
        "nobody asked for more than the default"
    )
    run.quotas[0].rejected = 1
    assert [row.key for row in ledgers.unproven(ledgers.confirm(found, run, TABLE), run)] == [CALLS]


def test_a_row_is_open_while_something_is_left_to_do(run: RunRecord) -> None:
    row = ledgers.confirm(Evidence(), run, TABLE).find("connect.users-per-instance", ARN)
    assert row is not None
    assert row.applied is not None
    assert not row.open, "500 in force, 60 needed, nobody asked: nothing to do"
    asked = replace(row, requested=Requested("r", None, 60.0, "APPROVED", "", ""))
    assert asked.open
    assert replace(row, applied=replace(row.applied, value=59.0)).open
    assert not replace(asked, verified=Verified(True, "", "r", "aws", 60.0, 60.0, 1.0, "")).open


def test_the_file_comes_back_as_it_went_and_keeps_its_schema(run: RunRecord, tmp_path: Path) -> None:
    path = tmp_path / "reports" / "ledger.json"
    assert ledgers.read(path) == Evidence()
    found = ledgers.confirm(Evidence(), run, TABLE)
    ledgers.write(path, found)
    assert ledgers.read(path) == found
    jsonschema.validate(json.loads(path.read_text()), json.loads(SCHEMA.read_text()))
    assert [file.name for file in path.parent.iterdir()] == ["ledger.json"]
    before = path.read_text()
    ledgers.write(path, ledgers.read(path))
    assert path.read_text() == before, "committed files change when facts do"


def test_the_published_schema_is_current() -> None:
    made = schema_of(Evidence, title=ledgers.TITLE, schema_id=ledgers.SCHEMA_ID)
    assert json.loads(SCHEMA.read_text()) == made, (
        "python -m busyhour.quotas.ledger > reports/ledger.schema.json"
    )


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
    ledgers.write(path, ledgers.confirm(Evidence(), run, TABLE))
    result = call("--check")
    assert result.exit_code == 0
    assert "40 for 3,600 calls/h (helpdesk)" in result.output
    assert "yes: peak 38 at 3,600 calls/h" in result.output
    assert json.loads(call("--format", "json").output)["rows"] == encode(ledgers.read(path))["rows"]
    run.quotas[0].rejected = 5
    run.quotas[0].value = 35.0
    ledgers.write(path, ledgers.confirm(ledgers.read(path), run, TABLE))
    assert call("--check").exit_code == ExitCode.DOES_NOT_HOLD
    assert "no: 5 were turned away" in call().output
