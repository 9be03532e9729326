"""Service Quotas as boto3 sees it, over HTTP; botocore's own parser checks responses against its model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.account import EmulatorState, new_state
from busyhour.emulator.faults.requests import Faults
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.quotas.new_account import AccountAge
from busyhour.emulator.server.listener import running
from busyhour.emulator.server.router import Router
from busyhour.emulator.server.timers import VirtualClock
from busyhour.emulator.service_quotas.increases import ApprovalPolicy
from busyhour.emulator.service_quotas.service import ServiceQuotas
from busyhour.quotas.table.quota_table import load

CALLS = "L-12AB7C57"
STARTS = "L-4E9BCC96"


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at


class Alone:
    """An emulator with one service."""

    def __init__(self, service: ServiceQuotas) -> None:
        self.router = Router([service], faults=Faults(Random(1)))

    def admin(self, request: Request) -> Response:
        return Response(404)

    async def start(self, url: str) -> None: ...

    async def stop(self) -> None: ...


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def endpoint(clock: Clock) -> Iterator[tuple[str, dict[str, Any]]]:
    holder: dict[str, Any] = {}

    class Switch:
        """Hands every request to the service of the present test."""

        names = ("servicequotas",)

        def handle(self, request: Request) -> Response:
            response: Response = holder["service"].handle(request)
            return response

        def error_response(self, error: Any, request: Request) -> Response:
            response: Response = holder["service"].error_response(error, request)
            return response

    with running(Alone(Switch())) as url:  # type: ignore[arg-type]  # stands for the service it switches to
        yield url, holder


@pytest.fixture
def state(clock: Clock) -> EmulatorState:
    clock.at = 1_000.0
    return new_state(load(), clock=clock, epoch=1_700_000_000.0, quotas={"L-B99A9384": 5000})


@pytest.fixture
def quotas(endpoint: tuple[str, dict[str, Any]], state: EmulatorState) -> Any:
    url, holder = endpoint
    holder["service"] = ServiceQuotas(state, ApprovalPolicy(delay=5, case_delay=60, open_requests=3))
    return boto3.client(
        "service-quotas",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return str(caught.value.response["Error"]["Code"])


def test_applied_and_default_values_of_an_account_quota(quotas: Any) -> None:
    applied = quotas.get_service_quota(ServiceCode="lambda", QuotaCode="L-B99A9384")["Quota"]
    default = quotas.get_aws_default_service_quota(ServiceCode="lambda", QuotaCode="L-B99A9384")["Quota"]
    assert (applied["Value"], default["Value"]) == (5000, 1000)
    assert applied["QuotaAppliedAtLevel"] == "ACCOUNT"
    assert applied["UsageMetric"]["MetricNamespace"] == "AWS/Lambda"


def test_an_instance_quota_has_its_applied_value_at_the_instance_only(
    quotas: Any, state: EmulatorState
) -> None:
    state.limits.set_applied(CALLS, 500)
    arn = state.account.instance_arn
    at_instance = quotas.get_service_quota(ServiceCode="connect", QuotaCode=CALLS, ContextId=arn)["Quota"]
    without = quotas.get_service_quota(ServiceCode="connect", QuotaCode=CALLS)["Quota"]
    assert at_instance["Value"] == 500
    assert at_instance["QuotaContext"]["ContextId"] == arn
    assert without["Value"] == 10
    with pytest.raises(ClientError) as caught:
        quotas.get_service_quota(ServiceCode="connect", QuotaCode=CALLS, ContextId=arn + "x")
    assert code_of(caught) == "NoSuchResourceException"


@pytest.mark.parametrize("code", ["L-2E719449", "L-ED2B0490", "L-9E54B88B"])
def test_three_operations_are_shown_with_200_until_a_value_is_applied(
    quotas: Any, state: EmulatorState, code: str
) -> None:
    assert quotas.get_service_quota(ServiceCode="connect", QuotaCode=code)["Quota"]["Value"] == 200
    state.limits.set_applied(code, 40)
    assert quotas.get_service_quota(ServiceCode="connect", QuotaCode=code)["Quota"]["Value"] == 40


def test_listings_are_paged_and_complete(quotas: Any) -> None:
    pages = quotas.get_paginator("list_service_quotas").paginate(
        ServiceCode="connect", QuotaAppliedAtLevel="ALL", PaginationConfig={"PageSize": 20}
    )
    listed = [row["QuotaCode"] for page in pages for row in page["Quotas"]]
    assert sorted(listed) == sorted(q.code for q in load().of_service("connect") if q.code)
    assert len(listed) > 100


def test_levels_split_account_and_instance(quotas: Any) -> None:
    def codes(level: str) -> set[str]:
        pages = quotas.get_paginator("list_service_quotas").paginate(
            ServiceCode="connect", QuotaAppliedAtLevel=level
        )
        return {row["QuotaCode"] for page in pages for row in page["Quotas"]}

    assert CALLS in codes("RESOURCE")
    assert CALLS not in codes("ACCOUNT")
    assert STARTS in codes("ACCOUNT")
    assert codes("ALL") == codes("ACCOUNT") | codes("RESOURCE")


def test_bursts_are_not_in_service_quotas(quotas: Any) -> None:
    pages = quotas.get_paginator("list_aws_default_service_quotas").paginate(ServiceCode="connect")
    assert not [row for page in pages for row in page["Quotas"] if "urst" in row["QuotaName"]]


def test_services_are_named(quotas: Any) -> None:
    services = {row["ServiceCode"]: row["ServiceName"] for row in quotas.list_services()["Services"]}
    assert services["connect"] == "Amazon Connect"
    assert "connect-participant" not in services, "it has no quota with a code"


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_service_quota", {"ServiceCode": "connect", "QuotaCode": "L-NOPE"}, "NoSuchResourceException"),
        ("get_service_quota", {"ServiceCode": "connect"}, "IllegalArgumentException"),
        ("list_service_quotas", {"ServiceCode": "nope"}, "NoSuchResourceException"),
        ("list_service_quotas", {"ServiceCode": "connect", "MaxResults": 101}, "IllegalArgumentException"),
        (
            "list_service_quotas",
            {"ServiceCode": "connect", "NextToken": "x"},
            "InvalidPaginationTokenException",
        ),
        (
            "list_service_quotas",
            {"ServiceCode": "connect", "QuotaAppliedAtLevel": "X"},
            "IllegalArgumentException",
        ),
        ("get_requested_service_quota_change", {"RequestId": "nope"}, "NoSuchResourceException"),
        (
            "request_service_quota_increase",
            {"ServiceCode": "connect", "QuotaCode": STARTS, "DesiredValue": 2},
            "IllegalArgumentException",
        ),
        (
            "request_service_quota_increase",
            {"ServiceCode": "connect", "QuotaCode": STARTS, "DesiredValue": -1},
            "IllegalArgumentException",
        ),
        (
            "request_service_quota_increase",
            {"ServiceCode": "lambda", "QuotaCode": "L-7C0F49F9", "DesiredValue": 2048},
            "IllegalArgumentException",
        ),
        ("list_tags_for_resource", {"ResourceARN": "arn"}, "UnknownOperationException"),
    ],
)
def test_what_is_wrong_is_refused_in_modelled_words(
    quotas: Any, operation: str, arguments: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(quotas, operation)(**arguments)
    assert code_of(caught) == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_small_increase_is_approved_after_the_delay_and_then_enforced(
    quotas: Any, state: EmulatorState, clock: Clock
) -> None:
    filed = quotas.request_service_quota_increase(ServiceCode="connect", QuotaCode=STARTS, DesiredValue=8)
    request = filed["RequestedQuota"]
    assert (request["Status"], request["QuotaRequestedAtLevel"]) == ("PENDING", "ACCOUNT")
    assert state.limits.applied(STARTS) == 2
    clock.at += 5
    again = quotas.get_requested_service_quota_change(RequestId=request["Id"])["RequestedQuota"]
    assert again["Status"] == "APPROVED"
    assert state.limits.applied(STARTS) == 8


def test_a_large_increase_of_an_instance_goes_through_a_case(
    quotas: Any, state: EmulatorState, clock: Clock
) -> None:
    arn = state.account.instance_arn
    request = quotas.request_service_quota_increase(
        ServiceCode="connect", QuotaCode=CALLS, DesiredValue=1000, ContextId=arn
    )["RequestedQuota"]
    assert request["Status"] == "CASE_OPENED"
    assert request["CaseId"]
    assert request["QuotaContext"]["ContextId"] == arn
    clock.at += 59
    assert (
        quotas.get_requested_service_quota_change(RequestId=request["Id"])["RequestedQuota"]["Status"]
        == "CASE_OPENED"
    )
    clock.at += 1
    assert (
        quotas.get_requested_service_quota_change(RequestId=request["Id"])["RequestedQuota"]["Status"]
        == "APPROVED"
    )
    assert (
        quotas.get_service_quota(ServiceCode="connect", QuotaCode=CALLS, ContextId=arn)["Quota"]["Value"]
        == 1000
    )


def test_without_a_case_a_large_increase_is_not_approved(quotas: Any, state: EmulatorState) -> None:
    request = quotas.request_service_quota_increase(
        ServiceCode="connect", QuotaCode=STARTS, DesiredValue=1000, SupportCaseAllowed=False
    )["RequestedQuota"]
    assert request["Status"] == "NOT_APPROVED"


def test_an_instance_quota_without_its_instance_becomes_a_case(quotas: Any) -> None:
    request = quotas.request_service_quota_increase(ServiceCode="connect", QuotaCode=CALLS, DesiredValue=11)
    assert request["RequestedQuota"]["Status"] == "CASE_OPENED"


def test_a_wrong_arn_is_an_invalid_request(quotas: Any) -> None:
    request = quotas.request_service_quota_increase(
        ServiceCode="connect",
        QuotaCode=CALLS,
        DesiredValue=20,
        ContextId="arn:aws:connect:us-east-1:1:instance/x",
    )
    assert request["RequestedQuota"]["Status"] == "INVALID_REQUEST"


def test_the_same_quota_is_never_requested_twice_at_once(quotas: Any, clock: Clock) -> None:
    arguments = {"ServiceCode": "connect", "QuotaCode": STARTS}
    quotas.request_service_quota_increase(**arguments, DesiredValue=4)
    with pytest.raises(ClientError) as caught:
        quotas.request_service_quota_increase(**arguments, DesiredValue=6)
    assert code_of(caught) == "ResourceAlreadyExistsException"
    clock.at += 5
    quotas.request_service_quota_increase(**arguments, DesiredValue=6)


def test_too_many_open_requests_are_refused(quotas: Any) -> None:
    for code in (STARTS, "L-650BD10F", "L-371095B8"):
        quotas.request_service_quota_increase(ServiceCode="connect", QuotaCode=code, DesiredValue=20)
    with pytest.raises(ClientError) as caught:
        quotas.request_service_quota_increase(ServiceCode="connect", QuotaCode="L-5AF7EB96", DesiredValue=20)
    assert code_of(caught) == "QuotaExceededException"


def test_history_shows_one_level_at_a_time(quotas: Any, state: EmulatorState) -> None:
    quotas.request_service_quota_increase(ServiceCode="connect", QuotaCode=STARTS, DesiredValue=4)
    quotas.request_service_quota_increase(
        ServiceCode="connect", QuotaCode=CALLS, DesiredValue=20, ContextId=state.account.instance_arn
    )

    def codes(**arguments: str) -> list[str]:
        rows = quotas.list_requested_service_quota_change_history(**arguments)["RequestedQuotas"]
        return [row["QuotaCode"] for row in rows]

    assert codes() == [STARTS]
    assert codes(QuotaRequestedAtLevel="RESOURCE") == [CALLS]
    assert codes(QuotaRequestedAtLevel="ALL", ServiceCode="connect", Status="PENDING") == [STARTS, CALLS]
    assert codes(QuotaRequestedAtLevel="ALL", Status="APPROVED") == []
    by_quota = quotas.list_requested_service_quota_change_history_by_quota(
        ServiceCode="connect", QuotaCode=CALLS, QuotaRequestedAtLevel="RESOURCE"
    )
    assert [row["DesiredValue"] for row in by_quota["RequestedQuotas"]] == [20]


def test_a_case_can_be_opened_for_a_pending_request_once(quotas: Any) -> None:
    request = quotas.request_service_quota_increase(ServiceCode="connect", QuotaCode=STARTS, DesiredValue=4)
    id_ = request["RequestedQuota"]["Id"]
    quotas.create_support_case(RequestId=id_)
    assert (
        quotas.get_requested_service_quota_change(RequestId=id_)["RequestedQuota"]["Status"] == "CASE_OPENED"
    )
    with pytest.raises(ClientError) as caught:
        quotas.create_support_case(RequestId=id_)
    assert code_of(caught) == "ResourceAlreadyExistsException"


def test_an_approval_is_enforced_on_time_without_another_request(state: EmulatorState, clock: Clock) -> None:
    timers: list[tuple[float, Any]] = []
    service = ServiceQuotas(
        state, ApprovalPolicy(delay=5), schedule=lambda delay, callback: timers.append((delay, callback))
    )
    body = b'{"ServiceCode": "connect", "QuotaCode": "L-4E9BCC96", "DesiredValue": 4}'
    headers = {"x-amz-target": "ServiceQuotasV20190624.RequestServiceQuotaIncrease"}
    service.handle(Request("POST", "/", "", headers, body, "servicequotas", "us-east-1", "test"))
    [(delay, callback)] = timers
    assert delay == pytest.approx(5)
    clock.at += delay
    callback()
    assert state.limits.applied(STARTS) == 4


def asking(service: ServiceQuotas) -> Any:
    """Calls operations without HTTP."""

    def ask(operation: str, **body: Any) -> Any:
        headers = {"x-amz-target": f"ServiceQuotasV20190624.{operation}"}
        raw = json.dumps(body).encode()
        request = Request("POST", "/", "", headers, raw, "servicequotas", "us-east-1", "A")
        return json.loads(service.handle(request).body)

    return ask


def test_a_new_account_tells_only_values_that_were_applied_to_it():
    state = new_state(load(), quotas={"L-B99A9384": 10.0}, clock=VirtualClock(), epoch=0.0)
    ask = asking(ServiceQuotas(state, age=AccountAge.NEW))
    listed = ask("ListServiceQuotas", ServiceCode="lambda")["Quotas"]
    assert [(quota["QuotaCode"], quota["Value"]) for quota in listed] == [("L-B99A9384", 10.0)]
    asked = {"ServiceCode": "connect", "QuotaCode": STARTS}
    with pytest.raises(ApiError) as caught:
        ask("GetServiceQuota", **asked)
    assert caught.value.code == "NoSuchResourceException"
    assert ask("GetAWSDefaultServiceQuota", **asked)["Quota"]["Value"] == 2.0


def test_requests_are_listed_for_ninety_days():
    clock = VirtualClock()
    state = new_state(load(), clock=clock, epoch=0.0)
    ask = asking(ServiceQuotas(state, schedule=clock.call_later))
    asked = {"ServiceCode": "lambda", "QuotaCode": "L-B99A9384", "DesiredValue": 2_000}
    filed = ask("RequestServiceQuotaIncrease", **asked)["RequestedQuota"]
    clock.advance(89 * 86_400)
    assert len(ask("ListRequestedServiceQuotaChangeHistory")["RequestedQuotas"]) == 1
    clock.advance(2 * 86_400)
    assert ask("ListRequestedServiceQuotaChangeHistory")["RequestedQuotas"] == []
    assert (
        ask("GetRequestedServiceQuotaChange", RequestId=filed["Id"])["RequestedQuota"]["Status"] == "APPROVED"
    )
