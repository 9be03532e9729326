"""Requests are filed once, kept, and followed; against the emulator's Service Quotas over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from busyhour.errors import BusyhourError
from busyhour.quotas.aws.increase_requests import Filing, Ledger
from busyhour.quotas.increases import Increase, needs
from busyhour.quotas.table.quota_table import load

TABLE = load()


@pytest.fixture
def increases(quota_record: Any, run_record: Any, account: Any) -> tuple[Increase, ...]:
    """Two: concurrent calls of the instance 10 -> 40, starts of the account 2 -> 6."""
    run = run_record(
        quota_record("L-12AB7C57", 10, 40),
        quota_record("L-4E9BCC96", 2, 6, rejected=9),
        instance=account.state.account.instance_arn,
    )
    return needs(run, TABLE).increases


def test_requests_are_filed_and_kept(account: Any, increases: tuple[Increase, ...], tmp_path: Path) -> None:
    outcomes = Filing(account.client, Ledger.of(tmp_path)).file(increases)
    assert [outcome.failed for outcome in outcomes] == [False, False]
    kept = json.loads((tmp_path / "requests.json").read_text())["requests"]
    assert [(row["code"], row["desired"], row["status"]) for row in kept] == [
        ("L-12AB7C57", 40, "PENDING"),
        ("L-4E9BCC96", 6, "PENDING"),
    ]
    assert kept[0]["context"] == account.state.account.instance_arn
    assert kept[1]["context"] is None
    assert all(outcome.filed and outcome.filed.id in outcome.text for outcome in outcomes)


def test_nothing_is_filed_twice_by_the_same_run(
    account: Any, increases: tuple[Increase, ...], tmp_path: Path
) -> None:
    Filing(account.client, Ledger.of(tmp_path)).file(increases)
    again = Filing(account.client, Ledger.of(tmp_path)).file(increases)
    assert all(outcome.filed is None and outcome.text.startswith("filed before") for outcome in again)
    assert account.asked.count("RequestServiceQuotaIncrease") == 2


def test_requests_that_others_have_open_are_found_at_both_levels(
    account: Any, increases: tuple[Increase, ...], tmp_path: Path
) -> None:
    Filing(account.client, Ledger.of(tmp_path / "of a colleague")).file(increases)
    outcomes = Filing(account.client, Ledger.of(tmp_path)).file(increases)
    assert all(outcome.text.startswith("a request is open already") for outcome in outcomes)
    assert account.asked.count("RequestServiceQuotaIncrease") == 2


def test_an_approved_request_is_not_repeated(
    account: Any, increases: tuple[Increase, ...], tmp_path: Path
) -> None:
    Filing(account.client, Ledger.of(tmp_path / "of a colleague")).file(increases)
    account.clock.at += 60
    outcomes = Filing(account.client, Ledger.of(tmp_path)).file(increases)
    assert all(outcome.text.startswith("approved already") for outcome in outcomes)


def test_a_request_for_another_instance_is_another_request(
    account: Any, quota_record: Any, run_record: Any, tmp_path: Path
) -> None:
    def of(arn: str) -> tuple[Increase, ...]:
        return needs(run_record(quota_record("L-12AB7C57", 10, 40), instance=arn), TABLE).increases

    ledger = Ledger.of(tmp_path)
    [wrong] = Filing(account.client, ledger).file(of("arn:aws:connect:us-east-1:123456789012:instance/other"))
    assert wrong.filed is not None
    assert wrong.filed.status == "INVALID_REQUEST"
    [right] = Filing(account.client, ledger).file(of(account.state.account.instance_arn))
    assert right.filed is not None
    assert right.filed.status == "PENDING"


def test_status_is_followed_until_the_value_is_applied(
    account: Any, increases: tuple[Increase, ...], tmp_path: Path
) -> None:
    Filing(account.client, Ledger.of(tmp_path)).file(increases)
    account.clock.at += 5
    followed = Filing(account.client, Ledger.of(tmp_path)).follow()
    assert [filed.status for filed in followed] == ["APPROVED", "APPROVED"]
    assert [filed.status for filed in Ledger.of(tmp_path).requests] == ["APPROVED", "APPROVED"]
    assert account.state.limits.applied("L-12AB7C57") == 40


def test_a_refusal_is_named_and_does_not_stop_the_others(
    account: Any, increases: tuple[Increase, ...], tmp_path: Path
) -> None:
    account.state.limits.set_applied("L-12AB7C57", 900)
    first, second = Filing(account.client, Ledger.of(tmp_path)).file(increases)
    assert first.failed
    assert "not above the present value 900" in first.text
    assert second.filed is not None


def test_a_missing_right_to_request_is_named(
    account: Any, increases: tuple[Increase, ...], tmp_path: Path
) -> None:
    account.denied.add("RequestServiceQuotaIncrease")
    outcomes = Filing(account.client, Ledger.of(tmp_path)).file(increases)
    assert all("may not servicequotas:RequestServiceQuotaIncrease" in outcome.text for outcome in outcomes)
    assert not (tmp_path / "requests.json").exists()


def test_without_sight_of_open_requests_nothing_is_filed(
    account: Any, increases: tuple[Increase, ...], tmp_path: Path
) -> None:
    account.denied.add("ListRequestedServiceQuotaChangeHistoryByQuota")
    with pytest.raises(BusyhourError) as caught:
        Filing(account.client, Ledger.of(tmp_path)).file(increases)
    assert "ListRequestedServiceQuotaChangeHistoryByQuota" in str(caught.value.hint)
    assert "RequestServiceQuotaIncrease" not in account.asked


def test_a_broken_ledger_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "requests.json"
    for text in ("{", "[]", '{"requests": 3}', '{"requests": [{"id": "x"}]}'):
        path.write_text(text)
        with pytest.raises(BusyhourError, match=r"requests\.json"):
            Ledger.of(tmp_path)
