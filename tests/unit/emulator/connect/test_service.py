"""Connect's API as a client sees it: valid requests, modelled errors, throttles, and the life of a contact."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EPOCH = 1_800_000_000.0


def advance(client, seconds):
    client.emulator.clock.advance(seconds)


# ------------------------------------------------------------------------------------------ the contact's life


def test_a_started_contact_is_seen_ringing_then_in_its_flow_then_ended(connect, start):
    contact_id = start(Attributes={"customer": "42"}, Name="n", Description="d")
    contact = connect("DescribeContact", ContactId=contact_id)["Contact"]
    assert contact["InitiationMethod"] == "API"
    assert contact["Channel"] == "VOICE"
    assert contact["InitiationTimestamp"].timestamp() == EPOCH
    assert "ConnectedToSystemTimestamp" not in contact
    assert (contact["Name"], contact["Description"]) == ("n", "d")
    assert contact["CustomerEndpoint"] == {"Type": "TELEPHONE_NUMBER", "Address": "+12065550100"}
    advance(connect, 4.0)
    contact = connect("DescribeContact", ContactId=contact_id)["Contact"]
    assert contact["ConnectedToSystemTimestamp"].timestamp() == EPOCH + 4
    assert "DisconnectTimestamp" not in contact
    advance(connect, 60.0)
    contact = connect("DescribeContact", ContactId=contact_id)["Contact"]
    assert contact["DisconnectReason"] == "CONTACT_FLOW_DISCONNECT"
    assert EPOCH + 4 < contact["DisconnectTimestamp"].timestamp() < EPOCH + 64
    assert contact["Attributes"] == {"customer": "42"}


def test_stopping_a_contact_ends_it_and_a_second_stop_finds_it_gone(connect, start, aws_error):
    contact_id = start()
    advance(connect, 4.5)
    connect("StopContact", ContactId=contact_id)
    assert connect("DescribeContact", ContactId=contact_id)["Contact"]["DisconnectReason"] == "OTHER"
    with pytest.raises(aws_error) as error:
        connect("StopContact", ContactId=contact_id)
    assert (error.value.status, error.value.code) == (410, "ContactNotFoundException")


def test_attributes_are_merged_while_the_contact_lives_and_after(connect, start):
    contact_id = start(Attributes={"a": "1"})
    connect("UpdateContactAttributes", InitialContactId=contact_id, Attributes={"b": "2"})
    assert connect("GetContactAttributes", InitialContactId=contact_id)["Attributes"] == {"a": "1", "b": "2"}
    advance(connect, 100)
    connect("UpdateContactAttributes", InitialContactId=contact_id, Attributes={"a": "3"})
    assert connect("GetContactAttributes", InitialContactId=contact_id)["Attributes"] == {"a": "3", "b": "2"}


def test_attributes_have_32_kib_over_all_updates(connect, start, aws_error):
    contact_id = start(Attributes={"a": "x" * 20_000})
    with pytest.raises(aws_error) as error:
        connect("UpdateContactAttributes", InitialContactId=contact_id, Attributes={"b": "y" * 12_767})
    assert error.value.code == "InvalidParameterException"
    connect("UpdateContactAttributes", InitialContactId=contact_id, Attributes={"b": "y" * 12_766})


def test_the_same_client_token_starts_one_contact(connect, start):
    first = start(ClientToken="t1")
    assert start(ClientToken="t1") == first
    assert start(ClientToken="t2") != first
    advance(connect, 6 * 86_400)
    assert start(ClientToken="t1") == first
    advance(connect, 2 * 86_400)
    assert start(ClientToken="t1") != first


@pytest.mark.parametrize(
    ("kind", "text", "hits"),
    [("MATCH_EXACT", "run-1", 1), ("MATCH_EXACT", "run-", 0), ("MATCH_ANY", "run-1", 2)],
)
def test_contacts_are_found_by_name(make, starter, kind, text, hits):
    connect = make()
    for name in ("run-1", "run-12"):
        starter(connect, Name=name)
    span = {"Type": "INITIATION_TIMESTAMP", "StartTime": EPOCH - 60, "EndTime": EPOCH + 60}
    criteria = {"Name": {"SearchText": [text], "MatchType": kind}}
    answer = connect("SearchContacts", TimeRange=span, SearchCriteria=criteria)
    assert answer["TotalCount"] == hits
    assert all(text in contact["Name"] for contact in answer["Contacts"])


def test_unanswered_calls_end_when_the_ring_timeout_is_over(make, starter):
    from dataclasses import replace

    from busyhour.emulator.app import default_scenario
    from busyhour.emulator.connect.policy import ConnectPolicy

    plan = default_scenario(ConnectPolicy())
    client = make(scenario=replace(plan, callers=replace(plan.callers, answered=0.0)))
    contact_id = starter(client, RingTimeoutInSeconds=20)
    advance(client, 19.9)
    assert "DisconnectReason" not in client("DescribeContact", ContactId=contact_id)["Contact"]
    advance(client, 0.2)
    contact = client("DescribeContact", ContactId=contact_id)["Contact"]
    assert contact["DisconnectReason"] == "TELECOM_UNANSWERED"
    assert contact["DisconnectTimestamp"].timestamp() == pytest.approx(EPOCH + 20)


# ---------------------------------------------------------------------------------------------------- limits


def test_requests_above_two_a_second_with_a_burst_of_five_are_throttled(make, starter, aws_error):
    client = make()
    for _ in range(5):
        starter(client)
    with pytest.raises(aws_error) as error:
        starter(client)
    assert (error.value.status, error.value.code) == (429, "TooManyRequestsException")
    advance(client, 0.5)
    starter(client)


def test_with_the_rate_raised_the_same_requests_are_not_throttled(make, starter):
    client = make(quotas={"L-4E9BCC96": 100, "L-12AB7C57": 500})
    for _ in range(100):
        starter(client)


def test_a_throttled_request_is_counted_in_usage_metrics_and_starts_nothing(make, starter, aws_error):
    client = make()
    for _ in range(5):
        starter(client)
    with pytest.raises(aws_error):
        starter(client)
    dims = (
        ("Class", "None"),
        ("Resource", "StartOutboundVoiceContact"),
        ("Service", "Connect"),
        ("Type", "API"),
    )
    metrics = client.emulator.state.metrics
    assert metrics.total("AWS/Usage", "CallCount", dims) == 5
    assert metrics.total("AWS/Usage", "ThrottleCount", dims) == 1
    assert client.emulator.contacts.store.started == 5


def test_the_call_above_the_concurrency_quota_is_accepted_and_fails_at_once(make, starter):
    client = make(quotas={"L-4E9BCC96": 100, "L-12AB7C57": 2})
    starter(client)
    starter(client)
    advance(client, 1.5)
    over = starter(client)
    contact = client("DescribeContact", ContactId=over)["Contact"]
    assert contact["DisconnectReason"] == "TELECOM_PROBLEM"
    assert contact["DisconnectTimestamp"] == contact["InitiationTimestamp"]
    quota = next(q for q in client.emulator.snapshot()["quotas"] if q["code"] == "L-12AB7C57")
    assert (quota["rejected"], quota["first_rejected_at"], quota["peak"]) == (1, EPOCH + 1.5, 3)
    voice = (("InstanceId", client.instance_id), ("MetricGroup", "VoiceCalls"))
    assert client.emulator.state.metrics.total("AWS/Connect", "CallsBreachingConcurrencyQuota", voice) == 1


def test_room_is_there_again_when_a_call_ends(make, starter):
    client = make(quotas={"L-4E9BCC96": 100, "L-12AB7C57": 1})
    starter(client)
    advance(client, 100)
    contact = client("DescribeContact", ContactId=starter(client))["Contact"]
    assert "DisconnectReason" not in contact


def test_by_the_other_policy_the_call_above_the_quota_is_refused(make, starter, aws_error):
    from busyhour.emulator.connect.policy import ConnectPolicy, OverQuota

    policy = ConnectPolicy(over_quota=OverQuota.LIMIT_EXCEEDED)
    client = make(quotas={"L-4E9BCC96": 100, "L-12AB7C57": 1}, policy=policy)
    starter(client)
    with pytest.raises(aws_error) as error:
        starter(client)
    assert (error.value.status, error.value.code) == (429, "LimitExceededException")
    assert client.emulator.contacts.store.started == 1
    quota = next(q for q in client.emulator.snapshot()["quotas"] if q["code"] == "L-12AB7C57")
    assert quota["rejected"] == 1


def test_campaign_calls_have_a_pool_of_their_own_that_is_empty_by_default(make, starter):
    client = make(quotas={"L-4E9BCC96": 100, "L-E908C3A1": 1, "L-12AB7C57": 1})
    detection = {"EnableAnswerMachineDetection": True}
    first = starter(client, TrafficType="CAMPAIGN", AnswerMachineDetectionConfig=detection, CampaignId="c1")
    general = starter(client)
    second = starter(client, TrafficType="CAMPAIGN")
    described = {one: client("DescribeContact", ContactId=one)["Contact"] for one in (first, general, second)}
    assert "DisconnectReason" not in described[first]
    assert described[first]["Campaign"] == {"CampaignId": "c1"}
    assert "DisconnectReason" not in described[general]
    assert described[second]["DisconnectReason"] == "TELECOM_PROBLEM"


def test_concurrent_calls_and_their_share_of_the_quota_are_measured(make, starter):
    client = make(quotas={"L-4E9BCC96": 100, "L-12AB7C57": 20})
    for _ in range(5):
        starter(client)
    voice = (("InstanceId", client.instance_id), ("MetricGroup", "VoiceCalls"))
    metrics = client.emulator.state.metrics
    (calls,) = metrics.series("AWS/Connect", "ConcurrentCalls", voice, EPOCH, EPOCH + 1)
    (share,) = metrics.series("AWS/Connect", "ConcurrentCallsPercentage", voice, EPOCH, EPOCH + 1)
    assert (calls.max, share.max) == (5, 0.25)


def test_calls_are_reported_by_the_second(make, starter):
    client = make(quotas={"L-4E9BCC96": 100, "L-12AB7C57": 20})
    client.emulator.contacts.start()
    for count in (5, 0, 2):
        for _ in range(count):
            starter(client)
        advance(client, 1)
    voice = (("InstanceId", client.instance_id), ("MetricGroup", "VoiceCalls"))
    points = client.emulator.state.metrics.series("AWS/Connect", "CallsPerInterval", voice, EPOCH, EPOCH + 9)
    assert [(point.second - EPOCH, point.max) for point in points] == [(0, 5), (2, 2)]


def test_what_did_not_happen_is_reported_as_none_and_what_is_not_measured_is_not(make, starter):
    client = make()
    client.emulator.contacts.start()
    starter(client)
    advance(client, 3)
    metrics = client.emulator.state.metrics
    voice = (("InstanceId", client.instance_id), ("MetricGroup", "VoiceCalls"))
    flow = (
        ("ContactFlowName", "Greeting"),
        ("InstanceId", client.instance_id),
        ("MetricGroup", "ContactFlow"),
    )
    for name, where in [("CallsBreachingConcurrencyQuota", voice), ("ContactFlowErrors", flow)]:
        points = metrics.series("AWS/Connect", name, where, EPOCH, EPOCH + 9)
        assert points
        assert sum(point.sum for point in points) == 0
    assert metrics.series("AWS/Connect", "ThrottledCalls", voice, EPOCH, EPOCH + 9) == []


# ------------------------------------------------------------------------------------------------ bad requests


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"ContactFlowId": "no-such-flow"}, 404, "ResourceNotFoundException"),
        ({"InstanceId": "another"}, 404, "ResourceNotFoundException"),
        ({"DestinationPhoneNumber": "2065550100"}, 400, "InvalidParameterException"),
        ({"DestinationPhoneNumber": "+1206555010012345678"}, 400, "InvalidParameterException"),
        ({"DestinationPhoneNumber": None}, 400, "InvalidRequestException"),
        ({"DestinationPhoneNumber": "+4915112345678"}, 403, "DestinationNotAllowedException"),
        ({"DestinationPhoneNumber": "+447700900123"}, 403, "DestinationNotAllowedException"),
        ({"SourcePhoneNumber": None}, 400, "InvalidParameterException"),
        ({"SourcePhoneNumber": "12345"}, 400, "InvalidParameterException"),
        ({"QueueId": "no-such-queue"}, 404, "ResourceNotFoundException"),
        ({"RingTimeoutInSeconds": 14}, 400, "InvalidParameterException"),
        ({"RingTimeoutInSeconds": 61}, 400, "InvalidParameterException"),
        ({"RingTimeoutInSeconds": "20"}, 400, "InvalidRequestException"),
        ({"RingTimeoutInSeconds": True}, 400, "InvalidRequestException"),
        ({"TrafficType": "URGENT"}, 400, "InvalidParameterException"),
        (
            {"AnswerMachineDetectionConfig": {"EnableAnswerMachineDetection": True}},
            400,
            "InvalidRequestException",
        ),
        ({"OutboundStrategy": {"Type": "AGENT_FIRST"}}, 403, "OutboundContactNotPermittedException"),
        ({"Attributes": {"a b": "1"}}, 400, "InvalidParameterException"),
        ({"Attributes": {"a": 1}}, 400, "InvalidRequestException"),
        ({"Attributes": {"a": "ä" * 16_384}}, 400, "InvalidParameterException"),
        ({"Name": "n" * 1025}, 400, "InvalidParameterException"),
        ({"ClientToken": "t" * 501}, 400, "InvalidParameterException"),
    ],
)
def test_a_request_that_breaks_the_model_gets_an_error_that_the_operation_models(
    connect, aws_error, params, status, code
):
    flow = connect.emulator.instance.flow_named("Greeting")
    body = {
        "InstanceId": connect.instance_id,
        "ContactFlowId": flow.id,
        "DestinationPhoneNumber": "+12065550100",
        "SourcePhoneNumber": "+12065550199",
    }
    body = {name: value for name, value in {**body, **params}.items() if value is not None}
    answer = connect.raw("PUT", "/contact/outbound-voice", json.dumps(body).encode())
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (status, code)
    assert json.loads(answer.body)["Message"]
    assert connect.emulator.contacts.store.started == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b'{"InstanceId": {}}', b"1" * 100_000])
def test_a_body_that_is_no_request_is_an_invalid_request(connect, body):
    answer = connect.raw("PUT", "/contact/outbound-voice", body)
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (400, "InvalidRequestException")


def test_a_source_number_that_is_not_the_instances_is_refused_once_numbers_were_named(
    make, starter, aws_error
):
    client = make(numbers=["+12065550111"])
    starter(client, SourcePhoneNumber="+12065550111")
    with pytest.raises(aws_error, match="SourcePhoneNumber"):
        starter(client, SourcePhoneNumber="+12065550112")


def test_without_named_numbers_the_first_use_claims_one_and_the_snapshot_says_so(connect, start):
    start(SourcePhoneNumber="+12065550177")
    listed = connect("ListPhoneNumbersV2")["ListPhoneNumbersSummaryList"]
    assert [number["PhoneNumber"] for number in listed] == ["+12065550177"]
    assert any("+12065550177" in note for note in connect.emulator.snapshot()["notes"])


def test_further_destinations_can_be_allowed(make, starter):
    client = make(destinations=["+49", "+447"], quotas={"L-4E9BCC96": 50})
    starter(client, DestinationPhoneNumber="+4915112345678")
    starter(client, DestinationPhoneNumber="+447700900123")


@pytest.mark.parametrize("name", ["DescribeContact", "StopContact"])
def test_an_unknown_contact_is_not_found(connect, aws_error, name):
    with pytest.raises(aws_error) as error:
        connect(name, ContactId="00000000-0000-0000-0000-000000000000")
    assert (error.value.status, error.value.code) == (404, "ResourceNotFoundException")


def test_an_operation_that_is_not_served_is_named(connect):
    answer = connect.raw("PUT", "/contact/webrtc", b"{}")
    assert answer.status == 404
    assert "StartWebRTCContact" in json.loads(answer.body)["message"]


# ------------------------------------------------------------------------------------------------------ flows


def test_a_flow_that_was_created_is_listed_described_and_run(connect, start, greeting):
    created = connect(
        "CreateContactFlow", Name="Second", Type="CONTACT_FLOW", Content=json.dumps(greeting), Description="x"
    )
    names = [flow["Name"] for flow in connect("ListContactFlows")["ContactFlowSummaryList"]]
    assert names == ["Greeting", "Second"]
    described = connect("DescribeContactFlow", ContactFlowId=created["ContactFlowId"])["ContactFlow"]
    assert json.loads(described["Content"]) == greeting
    assert described["FlowContentSha256"] == created["FlowContentSha256"]
    contact_id = start(ContactFlowId=created["ContactFlowArn"])
    advance(connect, 60)
    contact = connect("DescribeContact", ContactId=contact_id)["Contact"]
    assert contact["DisconnectReason"] == "CONTACT_FLOW_DISCONNECT"


def test_updated_content_is_what_contacts_run_from_then_on(connect, start, greeting):
    flow = connect.emulator.instance.flow_named("Greeting")
    greeting["Actions"][0] = {
        "Identifier": "greet",
        "Type": "UpdateContactAttributes",
        "Parameters": {"Attributes": {"version": "2"}, "TargetContact": "Current"},
        "Transitions": {"NextAction": "bye", "Errors": [], "Conditions": []},
    }
    before = start()
    connect("UpdateContactFlowContent", ContactFlowId=flow.id, Content=json.dumps(greeting))
    after = start()
    advance(connect, 60)
    assert connect("GetContactAttributes", InitialContactId=before)["Attributes"] == {}
    assert connect("GetContactAttributes", InitialContactId=after)["Attributes"] == {"version": "2"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda flow: "{", "Invalid contact flow format."),
        (lambda flow: "[]", "Invalid contact flow format."),
        (lambda flow: json.dumps({**flow, "Version": "2018"}), "Invalid contact flow format. Path: Version"),
        (
            lambda flow: json.dumps({**flow, "StartAction": "nowhere"}),
            "Invalid contact flow format. Path: StartAction",
        ),
        (
            lambda flow: json.dumps({**flow, "Actions": flow["Actions"][:1]}),
            "Invalid Action property value. Path: Actions[0].Transitions",
        ),
        (
            lambda flow: json.dumps({**flow, "Actions": flow["Actions"] * 2}),
            "Invalid Action property value. Path: Actions[2].Identifier",
        ),
    ],
)
def test_content_that_connect_would_not_publish_is_refused_with_its_problems(
    connect, aws_error, greeting, change, problem
):
    with pytest.raises(aws_error) as error:
        connect("CreateContactFlow", Name="Bad", Type="CONTACT_FLOW", Content=change(greeting))
    assert (error.value.status, error.value.code) == (400, "InvalidContactFlowException")
    assert {"message": problem} in error.value.parsed["problems"]


def test_a_stricter_validator_that_is_handed_in_has_its_say(make, aws_error, greeting):
    client = make(validator=lambda content, type: ["no logging block"] if "Logging" not in content else [])
    with pytest.raises(aws_error) as error:
        client("CreateContactFlow", Name="Bad", Type="CONTACT_FLOW", Content=json.dumps(greeting))
    assert error.value.parsed["problems"] == [{"message": "no logging block"}]


def test_a_saved_flow_may_have_problems_a_published_one_may_not(make, greeting):
    client = make(validator=lambda content, type: ["a problem"])
    content = json.dumps(greeting)
    client("CreateContactFlow", Name="Draft", Type="CONTACT_FLOW", Content=content, Status="SAVED")


def test_two_flows_cannot_have_one_name_and_no_more_than_the_quota_exist(make, aws_error, greeting):
    client = make(quotas={"L-22922690": 2})
    content = json.dumps(greeting)
    with pytest.raises(aws_error) as error:
        client("CreateContactFlow", Name="Greeting", Type="CONTACT_FLOW", Content=content)
    assert error.value.code == "DuplicateResourceException"
    client("CreateContactFlow", Name="Two", Type="CONTACT_FLOW", Content=content)
    with pytest.raises(aws_error) as error:
        client("CreateContactFlow", Name="Three", Type="CONTACT_FLOW", Content=content)
    assert error.value.code == "LimitExceededException"


def test_lists_are_paged_and_a_foreign_token_is_refused(connect, aws_error, greeting):
    for number in range(5):
        content = json.dumps(greeting)
        connect("CreateContactFlow", Name=f"Flow {number}", Type="CONTACT_FLOW", Content=content)
    seen, token = [], None
    while True:
        page = connect("ListContactFlows", MaxResults=2, **({"NextToken": token} if token else {}))
        seen += [flow["Name"] for flow in page["ContactFlowSummaryList"]]
        assert len(page["ContactFlowSummaryList"]) <= 2
        token = page.get("NextToken")
        if token is None:
            break
    assert seen == ["Greeting", *(f"Flow {number}" for number in range(5))]
    with pytest.raises(aws_error, match="NextToken"):
        connect("ListContactFlows", NextToken="!!")


# ------------------------------------------------------------------------------------------ instance and search


def test_the_instance_is_described_and_listed(connect):
    about = connect("DescribeInstance")["Instance"]
    assert about["Id"] == connect.instance_id
    assert about["InstanceStatus"] == "ACTIVE"
    assert connect("ListInstances")["InstanceSummaryList"][0]["Arn"] == about["Arn"]


def test_contacts_are_searched_by_time_and_method(connect, start):
    first = start()
    advance(connect, 100)
    second = start()

    def search(begin, end, **criteria):
        span = {
            "Type": "INITIATION_TIMESTAMP",
            "StartTime": datetime.fromtimestamp(EPOCH + begin, UTC),
            "EndTime": datetime.fromtimestamp(EPOCH + end, UTC),
        }
        found = connect("SearchContacts", TimeRange=span, SearchCriteria=criteria)
        assert found["TotalCount"] == len(found["Contacts"])
        return [contact["Id"] for contact in found["Contacts"]]

    assert search(-1, 1_000) == [first, second]
    assert search(50, 1_000) == [second]
    assert search(-1, 1_000, InitiationMethods=["INBOUND"]) == []
    assert search(-1, 1_000, InitiationMethods=["API"], Channels=["VOICE"]) == [first, second]


# -------------------------------------------------------------------------------------------------------- fuzz


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)
paths = st.sampled_from(
    [
        ("PUT", "/contact/outbound-voice"),
        ("POST", "/contact/stop"),
        ("POST", "/contact/attributes"),
        ("POST", "/search-contacts"),
        ("POST", "/phone-number/list"),
        ("POST", "/metrics/current/{i}"),
        ("PUT", "/contact-flows/{i}"),
        ("POST", "/contact-flows/{i}/x/content"),
        ("GET", "/contacts/{i}/%ff"),
        ("GET", "/queues-summary/{i}"),
        ("GET", "/instance"),
    ]
)
members = st.sampled_from(
    [
        *(
            "InstanceId",
            "ContactId",
            "InitialContactId",
            "ContactFlowId",
            "DestinationPhoneNumber",
            "Attributes",
        ),
        *(
            "SourcePhoneNumber",
            "Filters",
            "CurrentMetrics",
            "Groupings",
            "TimeRange",
            "SearchCriteria",
            "Content",
        ),
        *(
            "Name",
            "Type",
            "NextToken",
            "MaxResults",
            "ClientToken",
            "References",
            "DisconnectReason",
            "TargetArn",
        ),
    ]
)


@pytest.fixture(scope="module")
def anything(tmp_path_factory):
    from busyhour.emulator.app import build
    from busyhour.emulator.server.timers import VirtualClock

    names = (
        "list-queues",
        "list-instances",
        "create-contact-flow",
        "search-contacts",
        "list-phone-numbers-v2",
    )
    codes = {"L-4E9BCC96": 1e9, "L-371095B8": 1e9, "L-650BD10F": 1e9, "L-F001E5ED": 1e9, "L-ED2B0490": 1e9}
    quotas = codes | {f"connect.{name}.rate": 1e9 for name in (*names, "update-contact-flow-content")}
    return build(clock=VirtualClock(), epoch=0.0, quotas=quotas)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=paths,
    body=st.dictionaries(members, json_values, max_size=8) | json_values,
    own=st.booleans(),
    query=st.text(max_size=30),
)
def test_no_json_whatever_makes_the_service_fail(anything, where, body, own, query):
    from busyhour.emulator.messages import Request

    method, path = where
    instance = anything.state.account.instance_id
    if own and isinstance(body, dict):
        body["InstanceId"] = instance
    text = json.dumps(body).encode("utf-8", "surrogatepass")
    raw_query = query.encode("utf-8", "replace").decode("latin-1")
    request = Request(method, path.replace("{i}", instance), raw_query, {}, text, "connect", "us-east-1", "x")
    answer = anything.router.answer(request)
    assert answer.status < 500, (answer.status, answer.body)
