"""Files of values that were read from an account: a listing, or values with their date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.quotas.files.account_file import Known, read_account_file
from busyhour.quotas.listing import as_data
from busyhour.quotas.model import Origin, Quota, QuotaValue
from busyhour.quotas.resolve import DocumentedDefault, read_quotas
from busyhour.quotas.table.quota_table import load

TABLE = load()
CALLS = TABLE.by_code("L-12AB7C57")
USERS = TABLE.by_code("L-9A46857E")


class Applied:
    """A source that knows the calls of an instance alone."""

    origin = Origin.APPLIED_RESOURCE
    required_iam_actions: tuple[str, ...] = ()

    def read(self, quota: Quota) -> QuotaValue | None:
        if quota is not CALLS:
            return None
        return QuotaValue(quota, 500.0, self.origin, "2026-11-20T10:00:00+00:00", "GetServiceQuota")


def test_of_a_listing_the_accounts_values_are_taken_and_its_defaults_are_not(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    readings = read_quotas([CALLS, USERS], [Applied(), DocumentedDefault()])
    path.write_text(json.dumps(as_data(readings, "aws")))
    found = read_account_file(path, TABLE)
    assert list(found) == [CALLS.key]
    value = found[CALLS.key]
    assert (value.value, value.origin, value.read_at) == (
        500.0,
        Origin.APPLIED_RESOURCE,
        "2026-11-20T10:00:00+00:00",
    )


@pytest.mark.parametrize("day", ["2026-11-20", '"2026-11-20"', "2026-11-20T10:00:00Z"])
def test_values_with_their_date_are_the_accounts(tmp_path: Path, day: str) -> None:
    path = tmp_path / "values.toml"
    path.write_text(f'read_at = {day}\n"L-12AB7C57" = 500\n')
    [value] = read_account_file(path, TABLE).values()
    assert (value.quota, value.value, value.origin, value.read_at[:10]) == (
        CALLS,
        500.0,
        Origin.FILE,
        "2026-11-20",
    )


def test_values_without_a_date_are_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "values.toml"
    path.write_text('"L-12AB7C57" = 500\n')
    with pytest.raises(BusyhourError, match="has no date on which") as caught:
        read_account_file(path, TABLE)
    assert "read_at = 2026-11-20" in str(caught.value.hint)


def test_a_date_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "values.toml"
    path.write_text('"L-12AB7C57" = 500\nread_at = "last week"\n')
    with pytest.raises(BusyhourError, match=r"values\.toml:2: read_at = 'last week' is not a date"):
        read_account_file(path, TABLE)


def test_a_listing_of_defaults_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    path.write_text(json.dumps(as_data(read_quotas([CALLS], [DocumentedDefault()]), "documented")))
    with pytest.raises(BusyhourError, match="has no value that was read from an account"):
        read_account_file(path, TABLE)


def test_what_is_no_file_of_values_is_named(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError, match="cannot be read"):
        read_account_file(tmp_path / "nowhere.json", TABLE)


def test_known_values_go_before_what_aws_answers() -> None:
    given = QuotaValue(CALLS, 700.0, Origin.FILE, "2026-11-20")
    [calls, users] = read_quotas([CALLS, USERS], [Known({CALLS.key: given}), Applied(), DocumentedDefault()])
    assert (calls.value, users.value.origin) == (given, Origin.DOCUMENTED)
