"""Quota values of the account in a run: what the emulator enforces, and what a live run requires."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness import account_values
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.resolve import Reading
from busyhour.quotas.table.quota_table import load
from busyhour.scenarios.model import Scenario

TABLE = load()
TODAY = date(2026, 11, 30)
CALLS = TABLE.by_code("L-12AB7C57")
USERS = TABLE.by_code("L-9A46857E")


def row(**changes: Any) -> dict[str, Any]:
    given = {
        "key": CALLS.key,
        "name": CALLS.name,
        "kind": "quota",
        "value": 500.0,
        "origin": "applied (instance)",
        "read_at": "2026-11-29",
    }
    return given | changes


def test_values_read_from_the_account_let_a_live_run_pass() -> None:
    account_values.require_current([row(), row(origin="file of account values")], TABLE, TODAY)


@pytest.mark.parametrize(
    ("changes", "mark"),
    [
        ({"origin": "documented default"}, "documented default, not read from the account"),
        ({"origin": "AWS default"}, "AWS default, not read from the account"),
        ({"origin": "override"}, "override, not read from the account"),
        ({"read_at": "2026-09-01"}, "read 2026-09-01, 90 days ago"),
        ({"read_at": ""}, "read at an unknown date"),
    ],
)
def test_a_live_run_without_them_is_refused_with_the_way_out(changes: dict[str, Any], mark: str) -> None:
    with pytest.raises(BusyhourError, match="Refused: a live run requires quota values") as caught:
        account_values.require_current([row(), row(**changes)], TABLE, TODAY)
    assert f"{CALLS.name} = 500: " in caught.value.message
    assert mark in caught.value.message
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "--source values.json" in str(caught.value.hint)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "staffing", "origin": "scenario"},
        {"kind": "setting", "origin": "scenario"},
        {"key": "dynamodb.partition-write-throughput", "origin": "documented default"},
    ],
)
def test_what_no_account_has_a_value_of_is_not_required(changes: dict[str, Any]) -> None:
    account_values.require_current([row(**changes)], TABLE, TODAY)


def test_the_emulator_tells_its_own_values_as_what_they_are() -> None:
    applied = Reading(QuotaValue(CALLS, 10.0, Origin.APPLIED_RESOURCE, "2026-11-30"))
    default = Reading(QuotaValue(USERS, 500.0, Origin.AWS_DEFAULT, "2026-11-30"))
    documented = Reading(QuotaValue(USERS, 500.0, Origin.DOCUMENTED, "2026-10-01"))
    told = account_values.told_by_emulator([applied, default, documented], {})
    assert [one.value.origin for one in told] == [Origin.EMULATOR, Origin.EMULATOR, Origin.DOCUMENTED]


def test_where_the_emulator_enforces_the_accounts_value_it_is_the_accounts() -> None:
    given = QuotaValue(CALLS, 500.0, Origin.APPLIED_RESOURCE, "2026-11-20")
    same = Reading(QuotaValue(CALLS, 500.0, Origin.APPLIED_RESOURCE, "2026-11-30"))
    overridden = Reading(QuotaValue(CALLS, 1000.0, Origin.APPLIED_RESOURCE, "2026-11-30"))
    [one, other] = account_values.told_by_emulator([same, overridden], {CALLS.key: given})
    assert one.value == given
    assert (other.value.value, other.value.origin) == (1000.0, Origin.EMULATOR)


def test_the_emulator_is_set_up_with_the_accounts_values_and_the_scenarios_stay(scenario: Scenario) -> None:
    values = {
        quota.key: QuotaValue(quota, value, Origin.FILE, "2026-11-20")
        for quota, value in ((CALLS, 500.0), (USERS, 900.0))
    }
    assert account_values.settings(values, replace(scenario, quotas={}), TABLE) == [
        "quotas.L-12AB7C57=500",
        "quotas.L-9A46857E=900",
    ]
    own = replace(scenario, quotas={"L-12AB7C57": 1000.0})
    assert account_values.settings(values, own, TABLE) == ["quotas.L-9A46857E=900"]


def test_a_file_is_read_by_its_name(scenario: Scenario, tmp_path: Path) -> None:
    path = tmp_path / "values.toml"
    path.write_text('read_at = 2026-11-20\n"L-12AB7C57" = 500\n')
    assert account_values.read(str(path), scenario, TABLE)[CALLS.key].value == 500


def test_nothing_is_read_with_credentials_of_another_account(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from busyhour.quotas.aws import clients

    sts = SimpleNamespace(
        get_caller_identity=lambda: {"Account": "222222222222", "Arn": "arn:aws:iam::222222222222:x"}
    )
    made = clients.Clients("us-east-1", None, None, None, None, sts)  # reading would fail
    monkeypatch.setattr(clients, "clients", lambda region: made)
    planned = replace(scenario, aws=replace(scenario.aws, account="111111111111"))
    with pytest.raises(BusyhourError, match="are of account 222222222222") as refused:
        account_values.read("aws", planned, TABLE)
    assert refused.value.exit_code is ExitCode.REFUSED
