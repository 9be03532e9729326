"""busyhour request, as a user meets it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from busyhour.cli.request import command
from busyhour.errors import BusyhourError, ExitCode
from busyhour.quotas import freshness, listing
from busyhour.results import store

SCHEMA = json.loads(Path(listing.__file__).with_name("request.schema.json").read_text())


def call(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(command, arguments, input=answer, catch_exceptions=False)


@pytest.fixture
def folder(
    quota_record: Any,
    run_record: Any,
    limit_row: Any,
    account: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    monkeypatch.chdir(tmp_path)  # a project of its own, with a ledger of its own
    record = run_record(
        quota_record("L-12AB7C57", 10, 38),
        quota_record("L-4E9BCC96", 2, 1),
        quota_record("connect.start-outbound-voice-contact.burst", 5, 12, rejected=3),
        instance=account.state.account.instance_arn,
        limits=[limit_row("L-12AB7C57", 10, 40), limit_row("L-4E9BCC96", 2, 1)],
    )
    store.write_run(tmp_path, record)
    return tmp_path


def test_requests_are_printed_and_nothing_is_submitted(folder: Path, account: Any) -> None:
    result = call(str(folder))
    assert result.exit_code == 0
    assert "1. Concurrent active calls per instance (connect L-12AB7C57): 10 -> 40" in result.output
    assert "Needed by the plan, in count: 40. No padding." in result.output
    assert (
        "With 20% headroom (--headroom 0.2) the request would be: Concurrent active calls per instance 50."
        in result.output
    )
    arn = account.state.account.instance_arn
    assert (
        "aws service-quotas request-service-quota-increase --service-code connect --quota-code L-12AB7C57 "
        f"--desired-value 40 --context-id {arn} --region us-east-1"
    ) in result.output
    assert "Ask Support for 12 in the case." in result.output
    assert account.asked == []
    assert not (folder / "requests.json").exists()
    assert not (folder / "reports" / "ledger.json").exists()


def test_headroom_is_requested_when_given(folder: Path) -> None:
    output = call(str(folder), "--headroom", "0.2").output
    assert "40 / (1 - 0.2) = 50" in output
    assert "The scenario wants" not in output


def test_the_report_for_support_is_written_beside_the_run(folder: Path) -> None:
    result = call(str(folder))
    assert f"For AWS Support: {folder / 'support.pdf'}" in result.output
    assert (folder / "support.pdf").read_bytes().startswith(b"%PDF")
    text = (folder / "support.text").read_text(encoding="utf-8")
    gap = "(gap: emulator value, not read from the account)"
    assert f"Concurrent active calls per instance (L-12AB7C57): 10 {gap} -> 40" in text
    assert f"not in Service Quotas; please raise it in this case): 5 {gap} -> 12" in text
    [request] = json.loads((folder / "increases.json").read_text(encoding="utf-8"))
    assert request["QuotaCode"] == "L-12AB7C57"


def test_json_is_of_its_schema(folder: Path) -> None:
    data = json.loads(call(str(folder / "run.json"), "--format", "json").output)
    jsonschema.validate(data, SCHEMA)
    assert data["increases"][0]["request"]["DesiredValue"] == 40
    assert data["increases"][0]["outcome"] is None


@pytest.mark.usefixtures("aws_environment")
def test_submit_files_keeps_and_never_files_twice(folder: Path, account: Any) -> None:
    arguments = (str(folder), "--submit", "--yes", "--endpoint-url", account.url, "--format", "json")
    first = json.loads(call(*arguments).output)
    jsonschema.validate(first, SCHEMA)
    assert first["increases"][0]["outcome"].startswith("filed: ")
    second = json.loads(call(*arguments).output)
    assert second["increases"][0]["outcome"].startswith("filed before")
    assert account.asked.count("RequestServiceQuotaIncrease") == 1
    account.clock.at += 5
    ledger = json.loads((folder / "reports" / "ledger.json").read_text())
    [row] = [row for row in ledger["rows"] if row["requested"]]
    assert (row["code"], row["requested"]["status"], row["requested"]["value"]) == (
        "L-12AB7C57",
        "PENDING",
        40,
    )
    assert row["place"] == account.state.account.instance_arn
    followed = call(str(folder), "--status", "--endpoint-url", account.url)
    assert "Concurrent active calls per instance to 40: APPROVED" in followed.output
    ledger = json.loads((folder / "reports" / "ledger.json").read_text())
    assert [row["requested"]["status"] for row in ledger["rows"] if row["requested"]] == ["APPROVED"]


@pytest.mark.usefixtures("aws_environment")
@pytest.mark.parametrize(("answer", "filed"), [("y\n", 1), ("n\n", 0)])
def test_submit_asks_first(folder: Path, account: Any, answer: str, filed: int) -> None:
    result = call(str(folder), "--submit", "--endpoint-url", account.url, answer=answer)
    assert result.exit_code == 0
    assert "Concurrent active calls per instance to 40" in result.output
    assert account.asked.count("RequestServiceQuotaIncrease") == filed


@pytest.mark.usefixtures("aws_environment")
def test_with_nobody_to_ask_nothing_is_filed(folder: Path, account: Any) -> None:
    with pytest.raises(BusyhourError) as caught:
        call(str(folder), "--submit", "--endpoint-url", account.url, answer="")
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "RequestServiceQuotaIncrease" not in account.asked


@pytest.mark.usefixtures("aws_environment")
def test_a_refusal_of_aws_ends_with_one(folder: Path, account: Any) -> None:
    account.denied.add("RequestServiceQuotaIncrease")
    result = call(str(folder), "--submit", "--yes", "--endpoint-url", account.url)
    assert result.exit_code == ExitCode.DOES_NOT_HOLD
    assert "not filed: the caller may not servicequotas:RequestServiceQuotaIncrease" in result.output


def test_a_run_against_the_emulator_is_filed_only_for_a_named_instance(folder: Path) -> None:
    with pytest.raises(BusyhourError, match="does not know which instance"):
        call(str(folder), "--submit", "--yes")


def test_what_was_not_read_from_the_account_is_not_filed_with_aws(folder: Path, account: Any) -> None:
    arn = account.state.account.instance_arn
    for more in ((), ("--endpoint-url", "https://servicequotas.us-east-1.amazonaws.com")):
        with pytest.raises(BusyhourError, match="emulator value, not read from the account") as caught:
            call(str(folder), "--submit", "--yes", "--instance", arn, *more)
        assert caught.value.exit_code is ExitCode.REFUSED
        assert "busyhour quotas --source aws" in str(caught.value.hint)
    assert account.asked == []


@pytest.mark.parametrize(
    ("origin", "age", "why"),
    [("documented default", 0, "documented default, not read"), ("applied (instance)", 31, "31 days ago")],
)
def test_a_draft_is_not_filed(folder: Path, account: Any, origin: str, age: int, why: str) -> None:
    record = store.read_run(folder)
    record.target["kind"] = "aws"
    record.quotas[0].origin = origin
    record.quotas[0].read_at = (freshness.today() - timedelta(days=age)).isoformat()
    store.write_run(folder, record)
    with pytest.raises(BusyhourError, match=why) as caught:
        call(str(folder), "--submit", "--yes", "--endpoint-url", account.url)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "RequestServiceQuotaIncrease" not in account.asked


@pytest.mark.usefixtures("aws_environment")
def test_values_read_from_the_account_at_most_30_days_ago_are_filed(folder: Path, account: Any) -> None:
    record = store.read_run(folder)
    record.target["kind"] = "aws"
    for quota in record.quotas:
        quota.read_at = (freshness.today() - timedelta(days=30)).isoformat()
    store.write_run(folder, record)
    assert call(str(folder), "--submit", "--yes", "--endpoint-url", account.url).exit_code == 0
    assert account.asked.count("RequestServiceQuotaIncrease") == 1


def test_a_run_that_needs_nothing_is_reported(quota_record: Any, run_record: Any, tmp_path: Path) -> None:
    store.write_run(tmp_path, run_record(quota_record("L-12AB7C57", 10, 3)))
    assert "calls for no increase" in call(str(tmp_path)).output
    assert not (tmp_path / "support.pdf").exists()


def test_no_run_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError, match="no such file"):
        call(str(tmp_path / "nowhere"))


def test_without_an_open_case_nothing_can_be_attached(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF")
    with pytest.raises(BusyhourError, match="No request of this run has an open Support case"):
        call(str(folder), "--attach", str(report), "--yes")
