from __future__ import annotations

import pytest

from busyhour.emulator.messages import ApiError, Request
from busyhour.emulator.model.operations import OperationTable


@pytest.fixture(scope="module")
def table() -> OperationTable:
    return OperationTable(
        ["StartOutboundVoiceContact", "ListContactFlows", "ListInstances", "DescribeContact"]
    )


def request(method: str, path: str, query: str = "", body: bytes = b"") -> Request:
    return Request(method, path, query, {}, body, "connect", "us-east-1", "x")


@pytest.mark.parametrize(
    ("method", "path", "name", "values"),
    [
        ("PUT", "/contact/outbound-voice", "StartOutboundVoiceContact", ()),
        ("GET", "/contacts/i-1/c-1", "DescribeContact", ("i-1", "c-1")),
        ("GET", "/contact-flows-summary/i-1", "ListContactFlows", ("i-1",)),
        ("GET", "/instance", "ListInstances", ()),
        ("GET", "/instance/i-1", "DescribeInstance", ("i-1",)),
        ("POST", "/contact/stop", "StopContact", ()),
    ],
)
def test_method_and_path_say_which_operation_is_meant(table, method, path, name, values):
    found = table.find(method, path)
    assert found is not None
    assert (found[0], found[2]) == (name, values)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/contact/outbound-voice"), ("PUT", "/nowhere/at/all"), ("GET", "")],
)
def test_a_path_that_is_no_operations_is_not_found(table, method, path):
    assert table.find(method, path) is None


def test_an_operation_that_is_not_served_is_found_by_name_only(table):
    name, operation, _ = table.find("POST", "/contact/stop")
    assert (name, operation) == ("StopContact", None)


def test_path_parameters_are_decoded(table):
    _, operation, values = table.find("GET", "/contacts/a%20b/c%2Fd")
    assert operation.parse(request("GET", ""), values) == {"InstanceId": "a b", "ContactId": "c/d"}


def test_query_parameters_are_typed_and_lists_are_collected(table):
    _, operation, values = table.find("GET", "/contact-flows-summary/i")
    query = "contactFlowTypes=CONTACT_FLOW&contactFlowTypes=CUSTOMER_HOLD&maxResults=7&nextToken=t"
    params = operation.parse(request("GET", "", query), values)
    assert params["ContactFlowTypes"] == ["CONTACT_FLOW", "CUSTOMER_HOLD"]
    assert (params["MaxResults"], params["NextToken"]) == (7, "t")


@pytest.mark.parametrize("query", ["maxResults=0", "maxResults=1001", "maxResults=x", "contactFlowTypes=NO"])
def test_query_parameters_that_break_the_model_are_refused(table, query):
    _, operation, values = table.find("GET", "/contact-flows-summary/i")
    with pytest.raises(ApiError) as error:
        operation.parse(request("GET", "", query), values)
    assert error.value.status == 400


def test_an_operation_without_invalid_parameter_in_its_model_says_invalid_request(table):
    _, operation, values = table.find("GET", "/instance")
    with pytest.raises(ApiError) as error:
        operation.parse(request("GET", "", "maxResults=11"), values)
    assert error.value.code == "InvalidRequestException"
