"""What a table serves, as DescribeTable says."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from busyhour.cli.quotas import command
from busyhour.errors import BusyhourError
from busyhour.quotas.aws.clients import required_actions
from busyhour.quotas.aws.table_descriptions import TableDescriptions, of_values
from busyhour.quotas.dynamodb.capacity import Mode, Side
from busyhour.quotas.model import Origin
from busyhour.quotas.table.bursts import burst_with
from busyhour.quotas.table.quota_table import load

TABLE = load()
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANSWERS: dict[str, dict[str, Any]] = {
    "fixed": {
        "ProvisionedThroughput": {"ReadCapacityUnits": 50, "WriteCapacityUnits": 10},
    },
    "warm": {
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "WarmThroughput": {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4500, "Status": "ACTIVE"},
        "OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 200},
    },
    "old": {"BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}},
}


class Client:
    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803  # boto3's name
        if TableName not in ANSWERS:
            code = "AccessDeniedException" if TableName == "secret" else "ResourceNotFoundException"
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeTable")
        return {"Table": ANSWERS[TableName]}


def read(*names: str) -> Any:
    return TableDescriptions(Client(), lambda: NOW).read(names, TABLE)


def test_each_side_of_each_table_has_its_own_value_scope_and_time():
    readings = read("fixed", "warm")
    assert [(r.value.value, r.value.resource, r.value.detail) for r in readings] == [
        (50.0, "fixed", Mode.PROVISIONED),
        (10.0, "fixed", Mode.PROVISIONED),
        (13000.0, "warm", Mode.WARM),
        (200.0, "warm", Mode.MAXIMUM),
    ]
    assert {r.value.origin for r in readings} == {Origin.SERVICE}
    assert readings[0].value.read_at == "2026-11-22T00:00:00+00:00"
    assert readings[0].quota.name == "Provisioned: reads of table fixed"


def test_a_table_without_settings_has_what_a_new_one_serves():
    reads, writes = read("old")
    assert (reads.value.value, writes.value.value) == (12000.0, 4000.0)
    assert reads.value.origin is Origin.DOCUMENTED


@pytest.mark.parametrize(
    ("name", "said"), [("gone", "ResourceNotFoundException"), ("secret", "dynamodb:DescribeTable")]
)
def test_a_table_that_cannot_be_described_has_the_missing_permission(name: str, said: str):
    reading, _ = read(name)
    [problem] = reading.problems
    assert said in problem.text
    assert reading.value.origin is Origin.DOCUMENTED


def test_the_forecast_finds_its_tables_among_the_values():
    found = of_values([reading.value for reading in read("fixed", "old")])
    assert [(c.table, c.side, c.mode, c.value) for c in found] == [
        ("fixed", Side.READ, Mode.PROVISIONED, 50.0),
        ("fixed", Side.WRITE, Mode.PROVISIONED, 10.0),
        ("old", Side.READ, Mode.NEW, None),
        ("old", Side.WRITE, Mode.NEW, None),
    ]


def test_the_least_policy_has_the_right():
    assert "dynamodb:DescribeTable" in required_actions()


def test_a_table_is_described_in_aws_only():
    result = CliRunner().invoke(command, ["--table", "t"])
    assert isinstance(result.exception, BusyhourError)
    assert "--source aws --table t" in str(result.exception.hint)


def test_a_bucket_grows_with_its_rate():
    rate, burst = TABLE.rate("connect", "StartOutboundVoiceContact")
    assert burst_with(rate, burst, 2.0) == 5.0
    assert burst_with(rate, burst, 10.0) == 13.0
    assert burst_with(rate, burst, 0.0) == 5.0
