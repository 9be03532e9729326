"""Inbound calls, calls between numbers of ours, several instances, and outbound calls that fail."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from busyhour.emulator.app import default_scenario
from busyhour.emulator.connect.api.inbound import call_in
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Distribution

EPOCH = 1_800_000_000.0
OURS = "+12065550123"


def described(client, contact_id, **more):
    return client("DescribeContact", ContactId=contact_id, **more)["Contact"]


def waiting(seconds):
    """A flow that plays one prompt; the scenario of `client` says how long it lasts."""
    transitions = {"NextAction": "bye", "Errors": [{"NextAction": "bye", "ErrorType": "NoMatchingError"}]}
    play = {
        "Identifier": f"play-{seconds}",
        "Type": "MessageParticipant",
        "Parameters": {"Text": "Please wait."},
        "Transitions": transitions,
    }
    bye = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    return json.dumps({"Version": "2019-10-30", "StartAction": play["Identifier"], "Actions": [play, bye]})


def make_flow(client, seconds, name, **more):
    params = {"Name": name, "Type": "CONTACT_FLOW", "Content": waiting(seconds), **more}
    return client("CreateContactFlow", **params)["ContactFlowId"]


def claim(client, number, flow_id, instance=None):
    target = instance or client.instance_id
    made = client("ClaimPhoneNumber", InstanceId=target, PhoneNumber=number)["PhoneNumberId"]
    if flow_id:
        client(
            "AssociatePhoneNumberContactFlow", InstanceId=target, PhoneNumberId=made, ContactFlowId=flow_id
        )
    return made


@pytest.fixture
def client(make, fast):
    plan = default_scenario(ConnectPolicy())
    lengths = {f"play-{seconds}": float(seconds) for seconds in (30, 300)}
    return make(quotas={**fast, "L-12AB7C57": 10}, scenario=replace(plan, prompt_seconds=lengths))


def call(client, flow_id, destination=OURS, **more):
    params = {
        "ContactFlowId": flow_id,
        "DestinationPhoneNumber": destination,
        "SourcePhoneNumber": "+12065550199",
    }
    return client("StartOutboundVoiceContact", **{**params, **more})["ContactId"]


def legs(client):
    return {contact.method: contact for contact in client.emulator.contacts.store.recent()}


def test_a_call_to_a_number_of_ours_comes_in_there_and_both_legs_count(client):
    claim(client, "+12065550199", None)
    claim(client, OURS, make_flow(client, 30, "Answering"))
    contact_id = call(client, make_flow(client, 300, "Calling"))
    assert client.emulator.state.limits.in_use("L-12AB7C57") == 1
    client.emulator.clock.advance(2.5)
    assert client.emulator.state.limits.in_use("L-12AB7C57") == 2
    inbound = legs(client)["INBOUND"]
    assert (inbound.customer, inbound.system) == ("+12065550199", OURS)
    assert described(client, contact_id)["ConnectedToSystemTimestamp"].timestamp() == EPOCH + 2
    client.emulator.clock.advance(30)
    assert described(client, inbound.id)["DisconnectReason"] == "CONTACT_FLOW_DISCONNECT"
    outbound = described(client, contact_id)
    assert outbound["DisconnectReason"] == "CUSTOMER_DISCONNECT"
    assert outbound["DisconnectTimestamp"] == described(client, inbound.id)["DisconnectTimestamp"]
    assert client.emulator.state.limits.in_use("L-12AB7C57") == 0


def test_ending_the_outbound_leg_ends_the_other(client):
    claim(client, "+12065550199", None)
    claim(client, OURS, make_flow(client, 300, "Answering"))
    contact_id = call(client, make_flow(client, 300, "Calling"))
    client.emulator.clock.advance(10)
    client("StopContact", ContactId=contact_id)
    assert described(client, legs(client)["INBOUND"].id)["DisconnectReason"] == "CUSTOMER_DISCONNECT"


def test_with_ten_calls_five_pairs_have_room_and_the_sixth_call_never_rings_the_callee(client):
    claim(client, "+12065550199", None)
    claim(client, OURS, make_flow(client, 300, "Answering"))
    calling = make_flow(client, 300, "Calling")
    for _ in range(5):
        call(client, calling)
        client.emulator.clock.advance(3)
    assert client.emulator.state.limits.in_use("L-12AB7C57") == 10
    sixth = described(client, call(client, calling))
    assert sixth["DisconnectReason"] == "TELECOM_PROBLEM"
    assert Counter(contact.method for contact in client.emulator.contacts.store.recent()) == {
        "API": 6,
        "INBOUND": 5,
    }


def test_when_only_the_second_leg_finds_no_room_the_first_fails_too(client):
    client.emulator.state.limits.set_applied("L-12AB7C57", 1)
    claim(client, "+12065550199", None)
    claim(client, OURS, make_flow(client, 300, "Answering"))
    contact_id = call(client, make_flow(client, 300, "Calling"))
    client.emulator.clock.advance(3)
    contact = described(client, contact_id)
    assert contact["DisconnectReason"] == "TELECOM_PROBLEM"
    assert "ConnectedToSystemTimestamp" not in contact
    assert client.emulator.state.limits.in_use("L-12AB7C57") == 0


def test_a_call_to_another_instance_counts_there(client):
    other = client(
        *("CreateInstance",),
        IdentityManagementType="CONNECT_MANAGED",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=True,
        InstanceAlias="target",
    )["Id"]
    claim(client, "+12065550199", None)
    claim(client, OURS, make_flow(client, 30, "There", InstanceId=other), other)
    call(client, make_flow(client, 300, "Here"))
    client.emulator.clock.advance(3)
    limits = client.emulator.state.limits
    assert (limits.in_use("L-12AB7C57"), limits.in_use("L-12AB7C57", other)) == (1, 1)
    found = client(
        "SearchContacts",
        InstanceId=other,
        TimeRange={"Type": "INITIATION_TIMESTAMP", "StartTime": EPOCH, "EndTime": EPOCH + 60},
    )
    assert [contact["InitiationMethod"] for contact in found["Contacts"]] == ["INBOUND"]


def test_an_inbound_call_begins_in_its_numbers_flow(client):
    claim(client, OURS, make_flow(client, 30, "Answering"))
    contact = call_in(client.emulator.sites, "", number=OURS, caller="+12065550155")
    assert (contact.flow, contact.system, contact.customer) == ("Answering", OURS, "+12065550155")
    assert described(client, contact.id)["InitiationMethod"] == "INBOUND"


def test_a_number_without_a_flow_is_misconfigured(client):
    claim(client, OURS, None)
    with pytest.raises(BusyhourError, match="no flow"):
        call_in(client.emulator.sites, "", number=OURS)
    where = (("InstanceId", client.instance_id), ("MetricGroup", "VoiceCalls"))
    assert client.emulator.state.metrics.total("AWS/Connect", "MisconfiguredPhoneNumbers", where) == 1


# -------------------------------------------------------------------------------------------------- numbers


def test_numbers_are_found_claimed_described_moved_and_released(client, aws_error):
    found = client(
        "SearchAvailablePhoneNumbers",
        TargetArn=client.emulator.instance.arn,
        PhoneNumberCountryCode="US",
        PhoneNumberType="DID",
        MaxResults=2,
    )["AvailableNumbersList"]
    number = found[0]["PhoneNumber"]
    claimed = claim(client, number, None)
    about = client("DescribePhoneNumber", PhoneNumberId=claimed)["ClaimedPhoneNumberSummary"]
    assert (about["PhoneNumber"], about["PhoneNumberCountryCode"]) == (number, "US")
    assert about["PhoneNumberStatus"] == {"Status": "CLAIMED"}
    with pytest.raises(aws_error):
        claim(client, number, None)
    again = client(
        "SearchAvailablePhoneNumbers",
        TargetArn=client.emulator.instance.arn,
        PhoneNumberCountryCode="US",
        PhoneNumberType="DID",
        MaxResults=2,
    )["AvailableNumbersList"]
    assert number not in [one["PhoneNumber"] for one in again]
    client("ReleasePhoneNumber", PhoneNumberId=claimed)
    assert client("ListPhoneNumbersV2")["ListPhoneNumbersSummaryList"] == []


def test_no_more_numbers_are_claimed_than_the_quota_allows(client, aws_error):
    client.emulator.state.limits.set_applied("L-8F812903", 1)
    claim(client, OURS, None)
    with pytest.raises(aws_error, match="limit"):
        claim(client, "+12065550124", None)


# ------------------------------------------------------------------------------------------------- instances


def new_instance(client, alias):
    return client(
        "CreateInstance",
        IdentityManagementType="CONNECT_MANAGED",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=True,
        InstanceAlias=alias,
    )["Id"]


def test_instances_are_made_up_to_their_quota_and_deleted(client, aws_error):
    other = new_instance(client, "second")
    assert [one["Id"] for one in client("ListInstances")["InstanceSummaryList"]] == [
        client.instance_id,
        other,
    ]
    assert client("DescribeInstance", InstanceId=other)["Instance"]["InstanceAlias"] == "second"
    with pytest.raises(aws_error) as error:
        new_instance(client, "third")
    assert (error.value.status, error.value.code) == (402, "ServiceQuotaExceededException")
    client("DeleteInstance", InstanceId=other)
    with pytest.raises(aws_error, match="InstanceId"):
        client("DescribeInstance", InstanceId=other)
    new_instance(client, "third")


def test_only_so_many_instances_are_created_or_deleted_in_30_days(make, fast, aws_error):
    client = make(quotas={**fast, "connect.instances-created-or-deleted-in-30-days": 3})
    second = new_instance(client, "second")
    client.emulator.clock.advance(10 * 86_400)
    client("DeleteInstance", InstanceId=second)
    third = new_instance(client, "third")
    with pytest.raises(aws_error, match="excessive number") as error:
        client("DeleteInstance", InstanceId=third)
    assert (error.value.status, error.value.code) == (400, "InvalidRequestException")
    client.emulator.clock.advance(20 * 86_400)
    client("DeleteInstance", InstanceId=third)
    with pytest.raises(aws_error, match="excessive number") as error:
        new_instance(client, "fourth")
    assert (error.value.status, error.value.code) == (402, "ServiceQuotaExceededException")


def test_instances_share_api_rates_and_nothing_else(make, fast, aws_error):
    client = make(quotas={**fast, "L-4E9BCC96": 2, "L-12AB7C57": 10})
    other = new_instance(client, "second")
    flows = {one: make_flow(client, 30, "F", InstanceId=one) for one in (client.instance_id, other)}
    for instance in (client.instance_id, other, other, other, other):
        call(client, flows[instance], "+12065550100", InstanceId=instance)
    with pytest.raises(aws_error) as error:
        call(client, flows[other], "+12065550100", InstanceId=other)
    assert error.value.code == "TooManyRequestsException"
    limits = client.emulator.state.limits
    assert (limits.in_use("L-12AB7C57"), limits.in_use("L-12AB7C57", other)) == (1, 4)
    with pytest.raises(aws_error, match="ContactFlowId"):
        make(quotas=fast)("DescribeContactFlow", ContactFlowId=flows[other])


def test_an_increase_for_one_instance_is_not_one_for_the_other(client):
    other = new_instance(client, "second")
    limits = client.emulator.state.limits
    limits.set_applied("L-12AB7C57", 500)
    assert limits.applied("L-12AB7C57", other) == 10
    limits.set_applied("L-12AB7C57", 77, other)
    assert (limits.applied("L-12AB7C57"), limits.applied("L-12AB7C57", other)) == (500, 77)


def test_service_quotas_knows_the_instances_apart(client):
    import orjson

    from busyhour.emulator.messages import Request

    other = client("DescribeInstance", InstanceId=new_instance(client, "second"))["Instance"]

    def quotas(operation, **params):
        body = orjson.dumps({"ServiceCode": "connect", "QuotaCode": "L-12AB7C57", **params})
        headers = {"x-amz-target": f"ServiceQuotasV20190624.{operation}"}
        request = Request("POST", "/", "", headers, body, "servicequotas", "us-east-1", "A")
        return orjson.loads(client.emulator.router.answer(request).body)

    asked = quotas("RequestServiceQuotaIncrease", DesiredValue=15, ContextId=other["Arn"])["RequestedQuota"]
    assert asked["QuotaContext"]["ContextId"] == other["Arn"]
    client.emulator.clock.advance(60)
    assert quotas("GetServiceQuota", ContextId=other["Arn"])["Quota"]["Value"] == 15
    assert quotas("GetServiceQuota", ContextId=client.emulator.instance.arn)["Quota"]["Value"] == 10
    listed = quotas("ListServiceQuotas", QuotaAppliedAtLevel="RESOURCE")["Quotas"]
    assert [one["Value"] for one in listed] == [10, 15]
    limits = client.emulator.state.limits
    assert (limits.applied("L-12AB7C57"), limits.applied("L-12AB7C57", other["Id"])) == (10, 15)


def test_in_a_new_account_no_call_has_room_until_the_quota_is_raised(make, fast, starter):
    from busyhour.emulator.quotas.new_account import AccountAge

    client = make(quotas=fast, policy=ConnectPolicy(age=AccountAge.NEW))
    assert described(client, starter(client))["DisconnectReason"] == "TELECOM_PROBLEM"
    client.emulator.state.limits.set_applied("L-12AB7C57", 1)
    assert "DisconnectReason" not in described(client, starter(client))


# ------------------------------------------------------------------------------------------ calls that fail


def test_calls_fail_for_documented_reasons_as_often_as_asked(make, fast, starter):
    policy = ConnectPolicy(failures={"TELECOM_BUSY": 0.1, "TELECOM_NUMBER_INVALID": 0.05})
    client = make(quotas={**fast, "L-12AB7C57": 1e4}, policy=policy)
    for _ in range(1_000):
        starter(client)
    client.emulator.clock.advance(120)
    reasons = client.emulator.contacts.store.reasons
    assert reasons["TELECOM_BUSY"] == pytest.approx(100, abs=30)
    assert reasons["TELECOM_NUMBER_INVALID"] == pytest.approx(50, abs=22)
    assert reasons["CONTACT_FLOW_DISCONNECT"] == 1_000 - sum(
        reasons[one] for one in ("TELECOM_BUSY", "TELECOM_NUMBER_INVALID")
    )


def test_answering_machines_are_detected_as_often_as_asked(make, fast, starter):
    policy = ConnectPolicy(machines={"VoicemailBeep": 0.3, "NotDetected": 0.1})
    client = make(quotas={**fast, "L-E908C3A1": 1e4}, policy=policy)
    detection = {"EnableAnswerMachineDetection": True, "AwaitAnswerMachinePrompt": True}
    found = Counter()
    calls = [
        starter(client, TrafficType="CAMPAIGN", AnswerMachineDetectionConfig=detection) for _ in range(500)
    ]
    plain = starter(client, TrafficType="CAMPAIGN")
    client.emulator.clock.advance(60)
    for one in calls:
        found[described(client, one)["AnsweringMachineDetectionStatus"]] += 1
    assert found["VOICEMAIL_BEEP"] == pytest.approx(150, abs=40)
    assert found["AMD_UNRESOLVED"] == pytest.approx(50, abs=25)
    assert found["HUMAN_ANSWERED"] == 500 - found["VOICEMAIL_BEEP"] - found["AMD_UNRESOLVED"]
    assert "AnsweringMachineDetectionStatus" not in described(client, plain)


def test_the_flow_branches_on_what_was_detected(make, fast, starter):
    conditions = [
        {"NextAction": one, "Condition": {"Operator": "Equals", "Operands": [branch]}}
        for one, branch in (("human", "CallAnswered"), ("machine", "VoicemailBeep"))
    ]
    check = {
        "Identifier": "check",
        "Type": "CheckOutboundCallStatus",
        "Parameters": {},
        "Transitions": {
            "NextAction": "bye",
            "Conditions": conditions,
            "Errors": [{"NextAction": "bye", "ErrorType": "NoMatchingCondition"}],
        },
    }
    noted = [
        {
            "Identifier": one,
            "Type": "UpdateContactAttributes",
            "Parameters": {"Attributes": {"met": one}, "TargetContact": "Current"},
            "Transitions": {
                "NextAction": "bye",
                "Errors": [{"NextAction": "bye", "ErrorType": "NoMatchingError"}],
            },
        }
        for one in ("human", "machine")
    ]
    bye = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    content = json.dumps({"Version": "2019-10-30", "StartAction": "check", "Actions": [check, *noted, bye]})
    client = make(quotas={**fast, "L-E908C3A1": 10}, policy=ConnectPolicy(machines={"VoicemailBeep": 1.0}))
    flow_id = client("CreateContactFlow", Name="AMD", Type="CONTACT_FLOW", Content=content)["ContactFlowId"]
    detection = {"EnableAnswerMachineDetection": True}
    contact_id = starter(
        client, ContactFlowId=flow_id, TrafficType="CAMPAIGN", AnswerMachineDetectionConfig=detection
    )
    client.emulator.clock.advance(30)
    assert described(client, contact_id)["Attributes"] == {"met": "machine"}


def test_unanswered_campaign_calls_have_a_reason_of_their_own(make, fast, starter):
    plan = default_scenario(ConnectPolicy())
    callers = replace(plan.callers, answered=0.0, answer=Distribution("constant", 4.0))
    client = make(quotas={**fast, "L-E908C3A1": 10}, scenario=replace(plan, callers=callers))
    contact_id = starter(client, TrafficType="CAMPAIGN")
    client.emulator.clock.advance(61)
    assert described(client, contact_id)["DisconnectReason"] == "OUTBOUND_ATTEMPT_FAILED"
