"""Quota values of the account in a run: where they come from, and the rule that a live run requires them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.safety.caller import account_confirmed
from busyhour.quotas import freshness
from busyhour.quotas.files.account_file import read_account_file
from busyhour.quotas.model import Origin, Quota, QuotaValue
from busyhour.quotas.resolve import Reading, read_quotas
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.scenarios.model import Scenario

AWS = "aws"
"""`--source` that reads the account itself."""
_SERVICES = ("connect", "lambda", "dynamodb", "lex")
_WAY_OUT = (
    "Let the caller read quotas (busyhour quotas --iam-policy), or give a file of the account's values with its date: "
    "busyhour quotas --source aws --instance ARN --format json > values.json, then --source values.json."
)


def read(source: str, scenario: Scenario, table: QuotaTable) -> dict[str, QuotaValue]:
    """The account's values by quota key, from a file, or read from the account for `source` "aws" (read-only calls).

    Raises:
        BusyhourError: the file is none of account values, the account cannot be asked, or the credentials are of another
            account than the scenario's (exit code 3).
    """
    if source != AWS:
        return read_account_file(Path(source), table)
    from busyhour.quotas.aws import clients

    wanted = scenario.aws
    own = clients.clients(wanted.region)
    if wanted.account:
        account_confirmed(lambda _: own.sts, wanted.account)
    arn = None
    if wanted.account and wanted.instance:
        arn = f"arn:aws:connect:{wanted.region}:{wanted.account}:instance/{wanted.instance}"
    quotas = [quota for quota in table if quota.service in _SERVICES]
    readings = read_quotas(quotas, clients.read_only_sources(own, arn))
    found = {r.quota.key: r.value for r in readings if str(r.value.origin) in freshness.FROM_ACCOUNT}
    if not found:
        raise BusyhourError(
            f"No quota of the account can be read in {wanted.region}.", _WAY_OUT, ExitCode.UNREACHABLE
        )
    return found


def settings(values: Mapping[str, QuotaValue], scenario: Scenario, table: QuotaTable) -> list[str]:
    """`--set` settings by which the emulator enforces the account's values; what the scenario sets stays."""
    own = {table.find(name).key for name in scenario.quotas}
    return [
        f"quotas.{value.quota.code}={value.value:g}"
        for key, value in values.items()
        if key not in own and value.quota.code and value.quota.service in _SERVICES
    ]


def told_by_emulator(readings: Iterable[Reading], given: Mapping[str, QuotaValue]) -> list[Reading]:
    """Readings of the emulator as what they are: its own values, or the account's where it enforces those.

    Args:
        readings: of the emulator's services.
        given: the account's values by which it was set up, by quota key.
    """
    return [_with_origin(reading, given.get(reading.quota.key)) for reading in readings]


def _with_origin(reading: Reading, given: QuotaValue | None) -> Reading:
    value = reading.value
    if given is not None and given.value == value.value:
        return replace(reading, value=given)
    if str(value.origin) in freshness.FROM_ACCOUNT or value.origin is Origin.AWS_DEFAULT:
        return replace(reading, value=replace(value, origin=Origin.EMULATOR))
    return reading


def require_current(rows: Sequence[Mapping[str, Any]], table: QuotaTable, today: date) -> None:
    """Refuse a live run whose quota values are not those of the account.

    Args:
        rows: of the list of limits, as a run record holds them.
        table: the quota table.
        today: of the run.

    Raises:
        BusyhourError: a quota of the list was not read from the account in the last 30 days (exit code 3).
    """
    gaps = [
        f"{row['name']} = {row['value']:,g}: {mark}"
        for row in rows
        if row.get("kind") == "quota"
        and _readable(str(row["key"]), table)
        and (mark := freshness.mark(str(row["origin"]), str(row.get("read_at") or ""), today))
    ]
    if gaps:
        raise BusyhourError(
            "Refused: a live run requires quota values read from the account in the last "
            f"{freshness.MAX_AGE_DAYS} days:\n       " + "\n       ".join(gaps),
            _WAY_OUT,
            ExitCode.REFUSED,
        )


def _readable(key: str, table: QuotaTable) -> bool:
    """Whether the account has a value of its own; what AWS neither adjusts nor publishes is the same for everyone."""
    quota: Quota | None = table.by_key(key) if key in table else None
    return quota is not None and (quota.code is not None or quota.adjustable)
