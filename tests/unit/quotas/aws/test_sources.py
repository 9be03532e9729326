"""Sources in AWS, against answers that botocore's Stubber holds to the services' models."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError
from botocore.stub import Stubber

from busyhour.errors import BusyhourError, ExitCode
from busyhour.quotas.aws.calls import Failed, ask
from busyhour.quotas.aws.cloudwatch import ConnectMetrics
from busyhour.quotas.aws.sources import (
    AppliedInAccount,
    AppliedToInstance,
    AwsDefault,
    DynamoDBLimits,
    LambdaAccountSettings,
)
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.resolve import Problem
from busyhour.quotas.table.quota_table import load

TABLE = load()
CALLS = TABLE.by_code("L-12AB7C57")
STARTS = TABLE.by_code("L-4E9BCC96")
STOPS = TABLE.by_code("L-650BD10F")
LAMBDA = TABLE.by_code("L-B99A9384")
ARN = "arn:aws:connect:eu-central-1:123456789012:instance/11111111-2222-3333-4444-555555555555"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@contextmanager
def stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client(
        service,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stub:
        yield client, stub
        stub.assert_no_pending_responses()


def clock() -> datetime:
    return NOW


def value_of(answer: QuotaValue | Problem | None) -> QuotaValue:
    assert isinstance(answer, QuotaValue), answer
    return answer


def problem_of(answer: QuotaValue | Problem | None) -> Problem:
    assert isinstance(answer, Problem), answer
    return answer


def test_the_applied_value_of_an_instance_is_requested_with_its_arn() -> None:
    with stubbed("service-quotas") as (client, stub):
        stub.add_response(
            "get_service_quota",
            {"Quota": {"QuotaCode": "L-12AB7C57", "Value": 500.0, "QuotaArn": "arn:q"}},
            {"ServiceCode": "connect", "QuotaCode": "L-12AB7C57", "ContextId": ARN},
        )
        value = value_of(AppliedToInstance(client, ARN, clock).read(CALLS))
    assert (value.value, value.origin, value.resource) == (500, Origin.APPLIED_RESOURCE, ARN)
    assert value.read_at == "2026-11-22T12:00:00+00:00"


def test_account_quotas_and_quotas_without_a_code_are_not_requested_at_the_instance() -> None:
    with stubbed("service-quotas") as (client, _):
        source = AppliedToInstance(client, ARN, clock)
        assert source.read(STARTS) is None
        assert source.read(TABLE.by_key("connect.agent-status-per-instance")) is None


def test_a_missing_right_is_named() -> None:
    with stubbed("service-quotas") as (client, stub):
        stub.add_client_error("get_service_quota", "AccessDeniedException", "User: x is not authorized")
        problem = problem_of(AppliedToInstance(client, ARN, clock).read(CALLS))
    assert problem.action == "servicequotas:GetServiceQuota"
    assert problem.text == "the caller may not servicequotas:GetServiceQuota"


def test_an_absent_applied_value_is_reported() -> None:
    with stubbed("service-quotas") as (client, stub):
        stub.add_client_error("get_service_quota", "NoSuchResourceException", "no")
        problem = problem_of(AppliedToInstance(client, ARN, clock).read(CALLS))
    assert "Service Quotas has no applied (instance) value" in problem.text


def test_an_error_reason_in_place_of_a_value_is_reported() -> None:
    reason = {"ErrorCode": "DEPENDENCY_ACCESS_DENIED_ERROR", "ErrorMessage": "connect:DescribeInstance"}
    with stubbed("service-quotas") as (client, stub):
        stub.add_response("get_service_quota", {"Quota": {"QuotaCode": "L-12AB7C57", "ErrorReason": reason}})
        problem = problem_of(AppliedToInstance(client, ARN, clock).read(CALLS))
    assert "DEPENDENCY_ACCESS_DENIED_ERROR connect:DescribeInstance" in problem.text


def test_account_values_come_from_one_listing_per_service() -> None:
    with stubbed("service-quotas") as (client, stub):
        wanted = {"ServiceCode": "connect", "QuotaAppliedAtLevel": "ACCOUNT"}
        stub.add_response(
            "list_service_quotas",
            {"Quotas": [{"QuotaCode": "L-4E9BCC96", "Value": 8.0}], "NextToken": "t"},
            wanted,
        )
        stub.add_response(
            "list_service_quotas",
            {"Quotas": [{"QuotaCode": "L-B99A9384", "Value": 1.0}]},
            {**wanted, "NextToken": "t"},
        )
        source = AppliedInAccount(client, clock)
        value = value_of(source.read(STARTS))
        absent = problem_of(source.read(STOPS))
        of_instance = source.read(CALLS)
        without_code = source.read(TABLE.by_key("connect.stop-contact.burst"))
    assert (value.value, value.origin) == (8, Origin.APPLIED_ACCOUNT)
    assert "lists no applied (account) value" in absent.text
    assert of_instance is None
    assert without_code is None


def test_a_listing_that_is_denied_is_requested_once() -> None:
    with stubbed("service-quotas") as (client, stub):
        stub.add_client_error("list_aws_default_service_quotas", "AccessDeniedException", "no")
        source = AwsDefault(client, clock)
        assert problem_of(source.read(STARTS)).action == "servicequotas:ListAWSDefaultServiceQuotas"
        assert problem_of(source.read(STOPS)).action == "servicequotas:ListAWSDefaultServiceQuotas"


def test_the_default_is_labelled_as_a_default() -> None:
    with stubbed("service-quotas") as (client, stub):
        stub.add_response(
            "list_aws_default_service_quotas",
            {"Quotas": [{"QuotaCode": "L-12AB7C57", "Value": 10.0}]},
            {"ServiceCode": "connect"},
        )
        assert value_of(AwsDefault(client, clock).read(CALLS)).origin is Origin.AWS_DEFAULT


def test_lambda_reports_concurrency_the_rate_that_follows_and_storage() -> None:
    limit = {"ConcurrentExecutions": 50, "UnreservedConcurrentExecutions": 50, "TotalCodeSize": 75 * 2**30}
    with stubbed("lambda") as (client, stub):
        stub.add_response("get_account_settings", {"AccountLimit": limit})
        source = LambdaAccountSettings(client, clock)
        assert value_of(source.read(LAMBDA)).value == 50
        assert value_of(source.read(TABLE.by_key("lambda.invoke.rate"))).value == 500
        assert value_of(source.read(TABLE.by_key("lambda.function-and-layer-storage"))).value == 75
        assert source.read(CALLS) is None


def test_dynamodb_reports_account_and_table_limits_in_one_request() -> None:
    with stubbed("dynamodb") as (client, stub):
        stub.add_response(
            "describe_limits",
            {
                "AccountMaxReadCapacityUnits": 80_000,
                "AccountMaxWriteCapacityUnits": 81_000,
                "TableMaxReadCapacityUnits": 42_000,
            },
        )
        source = DynamoDBLimits(client, clock)
        assert value_of(source.read(TABLE.by_code("L-CF0CBE56"))).value == 42_000
        assert value_of(source.read(TABLE.by_code("L-34F8CCC8"))).value == 81_000
        assert (
            "has no TableMaxWriteCapacityUnits" in problem_of(source.read(TABLE.by_code("L-AB614373"))).text
        )
        assert source.read(LAMBDA) is None


def metric_data(counts: dict[int, float], shares: dict[int, float]) -> dict[str, Any]:
    def row(name: str, points: dict[int, float]) -> dict[str, Any]:
        times = [NOW - timedelta(minutes=minute) for minute in points]
        return {"Id": name, "Timestamps": times, "Values": list(points.values()), "StatusCode": "Complete"}

    return {"MetricDataResults": [row("count", counts), row("share", shares)]}


def test_cloudwatch_implies_the_quota_at_the_busiest_minute() -> None:
    with stubbed("cloudwatch") as (client, stub):
        stub.add_response("get_metric_data", metric_data({3: 5, 2: 166, 1: 90}, {3: 0.01, 2: 0.33, 1: 0.18}))
        value = value_of(ConnectMetrics(client, "i-1", now=clock).read(CALLS))
    assert (value.value, value.origin, value.resource) == (503, Origin.CLOUDWATCH, "i-1")
    assert value.detail.startswith("ConcurrentCalls 166 / ConcurrentCallsPercentage 0.33 at 2026-11-22T11:58")


def test_percentages_of_tasks_are_whole_numbers() -> None:
    with stubbed("cloudwatch") as (client, stub):
        stub.add_response("get_metric_data", metric_data({1: 500}, {1: 20}))
        assert (
            value_of(ConnectMetrics(client, "i-1", now=clock).read(TABLE.by_code("L-60553137"))).value == 2500
        )


@pytest.mark.parametrize(("counts", "shares"), [({}, {}), ({1: 0}, {1: 0}), ({1: 5}, {2: 0.5})])
def test_without_contacts_cloudwatch_implies_nothing(
    counts: dict[int, float], shares: dict[int, float]
) -> None:
    with stubbed("cloudwatch") as (client, stub):
        stub.add_response("get_metric_data", metric_data(counts, shares))
        assert ConnectMetrics(client, "i-1", now=clock).read(CALLS) is None


def test_cloudwatch_is_queried_only_for_quotas_that_it_implies() -> None:
    with stubbed("cloudwatch") as (client, _):
        assert ConnectMetrics(client, "i-1", now=clock).read(STARTS) is None


def test_other_errors_of_a_service_are_kept_in_its_words() -> None:
    with stubbed("lambda") as (client, stub):
        stub.add_client_error("get_account_settings", "ServiceException", "try later")
        assert (
            "ServiceException: try later"
            in problem_of(LambdaAccountSettings(client, clock).read(LAMBDA)).text
        )


def raises(error: Exception) -> Any:
    def call() -> None:
        raise error

    return call


def test_what_stops_every_request_is_an_error_with_a_way_out() -> None:
    with pytest.raises(BusyhourError) as caught:
        ask(raises(ConnectTimeoutError(endpoint_url="http://127.0.0.1:1")))
    assert caught.value.exit_code is ExitCode.UNREACHABLE
    with pytest.raises(BusyhourError) as caught:
        ask(raises(NoCredentialsError()))
    assert "AWS_PROFILE" in str(caught.value.hint)
    with stubbed("lambda") as (client, stub):
        stub.add_client_error("get_account_settings", "ExpiredTokenException", "expired")
        with pytest.raises(BusyhourError, match="rejects the credentials"):
            LambdaAccountSettings(client, clock).read(LAMBDA)


def test_errors_that_are_not_of_aws_are_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        ask(raises(ZeroDivisionError()))
    assert ask(lambda: 3) == 3
    assert not isinstance(ask(lambda: 3), Failed)
