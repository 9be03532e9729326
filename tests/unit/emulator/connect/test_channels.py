"""Chats and tasks: started, run on the flow machine, limited by their own quotas, ended for their own reasons."""

from __future__ import annotations

import json

import pytest
from botocore.parsers import create_parser

from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.messages import Request

EPOCH = 1_800_000_000.0
BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}


def step(identifier, type, parameters, following):
    errors = [{"NextAction": "bye", "ErrorType": "NoMatchingError"}]
    transitions = {"NextAction": following, "Errors": errors, "Conditions": []}
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


WAITING = {
    "Version": "2019-10-30",
    "StartAction": "hello",
    "Actions": [
        step("hello", "MessageParticipant", {"Text": "Hello."}, "wait"),
        step("wait", "Wait", {"TimeLimitSeconds": "60", "Events": []}, "bye"),
        BYE,
    ],
}
VOICE_ONLY = {
    "Version": "2019-10-30",
    "StartAction": "ask",
    "Actions": [
        step(
            "ask",
            "GetParticipantInput",
            {"Text": "?", "StoreInput": "True", "InputTimeLimitSeconds": "5"},
            "ok",
        ),
        step(
            "ok", "UpdateContactAttributes", {"Attributes": {"asked": "1"}, "TargetContact": "Current"}, "bye"
        ),
        BYE,
    ],
}


@pytest.fixture
def client(make, fast):
    return make(quotas=fast)


def flow(client, document=WAITING, name="Waiting"):
    content = json.dumps(document)
    return client("CreateContactFlow", Name=name, Type="CONTACT_FLOW", Content=content)["ContactFlowId"]


def chat(client, flow_id, **more):
    return client(
        "StartChatContact", ContactFlowId=flow_id, ParticipantDetails={"DisplayName": "Ada"}, **more
    )


def described(client, contact_id):
    return client("DescribeContact", ContactId=contact_id)["Contact"]


def test_a_chat_runs_its_flow_and_ends(client):
    started = chat(client, flow(client), Attributes={"a": "1"})
    assert started["ParticipantId"]
    assert started["ParticipantToken"]
    contact = described(client, started["ContactId"])
    assert (contact["Channel"], contact["InitiationMethod"]) == ("CHAT", "API")
    assert contact["SegmentAttributes"]["connect:Subtype"] == {"ValueString": "connect:Chat"}
    assert contact["ConnectedToSystemTimestamp"].timestamp() == EPOCH
    assert "CustomerEndpoint" not in contact
    client.emulator.clock.advance(61)
    contact = described(client, started["ContactId"])
    assert contact["DisconnectReason"] == "CONTACT_FLOW_DISCONNECT"
    assert contact["DisconnectTimestamp"].timestamp() == EPOCH + 60


@pytest.mark.parametrize("channel", ["CHAT", "TASK"])
def test_what_needs_a_telephone_takes_its_error_branch(client, channel):
    flow_id = flow(client, VOICE_ONLY, "Asking")
    if channel == "CHAT":
        contact_id = chat(client, flow_id)["ContactId"]
    else:
        contact_id = client("StartTaskContact", ContactFlowId=flow_id, Name="t")["ContactId"]
    contact = described(client, contact_id)
    assert contact["DisconnectTimestamp"].timestamp() == EPOCH
    assert contact["Attributes"] == {}


def test_chats_above_their_quota_are_refused_in_awss_words_and_counted(make, fast, aws_error):
    client = make(quotas={**fast, "L-D4BA6F6E": 2})
    flow_id = flow(client)
    for _ in range(2):
        chat(client, flow_id)
    with pytest.raises(aws_error) as error:
        chat(client, flow_id)
    assert (error.value.status, error.value.code) == (429, "LimitExceededException")
    where = (("InstanceId", client.instance_id), ("MetricGroup", "Chats"))
    metrics = client.emulator.state.metrics
    assert metrics.total("AWS/Connect", "ChatsBreachingActiveChatQuota", where) == 1
    (share,) = metrics.series("AWS/Connect", "ConcurrentActiveChatsPercentage", where, EPOCH, EPOCH + 1)
    assert share.max == 100
    client.emulator.clock.advance(61)
    chat(client, flow_id)


def test_tasks_above_their_quota_are_refused_in_awss_words_and_counted(make, fast, aws_error):
    client = make(quotas={**fast, "L-60553137": 1})
    flow_id = flow(client)
    client("StartTaskContact", ContactFlowId=flow_id, Name="t")
    with pytest.raises(aws_error) as error:
        client("StartTaskContact", ContactFlowId=flow_id, Name="t")
    assert (error.value.status, error.value.code) == (402, "ServiceQuotaExceededException")
    where = (("InstanceId", client.instance_id), ("MetricGroup", "Tasks"))
    assert client.emulator.state.metrics.total("AWS/Connect", "TasksBreachingConcurrencyQuota", where) == 1


def test_calls_chats_and_tasks_do_not_share_a_quota(make, fast, starter):
    client = make(quotas={**fast, "L-12AB7C57": 1, "L-D4BA6F6E": 1, "L-60553137": 1})
    flow_id = flow(client)
    contacts = [
        starter(client),
        chat(client, flow_id)["ContactId"],
        client("StartTaskContact", ContactFlowId=flow_id, Name="t")["ContactId"],
    ]
    assert all("DisconnectReason" not in described(client, one) for one in contacts)


def test_a_stopped_chat_or_task_says_so(client):
    flow_id = flow(client)
    for contact_id in (
        chat(client, flow_id)["ContactId"],
        client("StartTaskContact", ContactFlowId=flow_id, Name="t")["ContactId"],
    ):
        client("StopContact", ContactId=contact_id)
        assert described(client, contact_id)["DisconnectReason"] == "API"


def test_a_chat_ends_by_itself_after_its_duration(client):
    held = {**WAITING, "Actions": [*WAITING["Actions"]]}
    held["Actions"][1] = step("wait", "Wait", {"TimeLimitSeconds": "604800", "Events": []}, "bye")
    started = chat(client, flow(client, held), ChatDurationInMinutes=60)
    client.emulator.clock.advance(3_599)
    assert "DisconnectReason" not in described(client, started["ContactId"])
    client.emulator.clock.advance(2)
    assert described(client, started["ContactId"])["DisconnectReason"] == "EXPIRED"
    assert client.emulator.state.limits.in_use("L-D4BA6F6E") == 0


def test_a_scheduled_task_begins_when_it_is_due(client, aws_error):
    flow_id = flow(client)
    params = {"ContactFlowId": flow_id, "Name": "later", "Description": "d"}
    references = {"ticket": {"Type": "URL", "Value": "https://example.com/1"}}
    contact_id = client("StartTaskContact", ScheduledTime=EPOCH + 100, References=references, **params)[
        "ContactId"
    ]
    contact = described(client, contact_id)
    assert contact["ScheduledTimestamp"].timestamp() == EPOCH + 100
    assert "ConnectedToSystemTimestamp" not in contact
    client.emulator.clock.advance(101)
    contact = described(client, contact_id)
    assert contact["ConnectedToSystemTimestamp"].timestamp() == EPOCH + 100
    listed = client("ListContactReferences", ContactId=contact_id, ReferenceTypes=["URL"])
    assert listed["ReferenceSummaryList"] == [{"Url": {"Name": "ticket", "Value": "https://example.com/1"}}]
    with pytest.raises(aws_error) as error:
        client("StartTaskContact", ScheduledTime=EPOCH + 7 * 86_400, **params)
    assert error.value.code == "InvalidParameterException"


def test_a_scheduled_task_can_be_stopped_before_it_begins(client):
    flow_id = flow(client)
    params = {"ContactFlowId": flow_id, "Name": "later", "ScheduledTime": EPOCH + 100}
    contact_id = client("StartTaskContact", **params)["ContactId"]
    client("StopContact", ContactId=contact_id)
    client.emulator.clock.advance(200)
    assert described(client, contact_id)["DisconnectReason"] == "API"
    assert client.emulator.contacts.store.records == 1
    assert client.emulator.state.limits.in_use("L-60553137") == 0


def test_the_same_client_token_starts_one_chat_and_one_task(client):
    flow_id = flow(client)
    assert chat(client, flow_id, ClientToken="a") == chat(client, flow_id, ClientToken="a")
    tasks = [
        client("StartTaskContact", ContactFlowId=flow_id, Name="t", ClientToken="b")["ContactId"]
        for _ in range(2)
    ]
    assert tasks[0] == tasks[1]


def test_a_task_follows_another(client, aws_error):
    flow_id = flow(client)
    first = client("StartTaskContact", ContactFlowId=flow_id, Name="t")["ContactId"]
    second = client("StartTaskContact", ContactFlowId=flow_id, Name="t", PreviousContactId=first)["ContactId"]
    contact = described(client, second)
    assert (contact["PreviousContactId"], contact["InitialContactId"]) == (first, first)
    with pytest.raises(aws_error, match="PreviousContactId"):
        client("StartTaskContact", ContactFlowId=flow_id, Name="t", PreviousContactId="missing")


def test_tags_of_a_contact(client, aws_error):
    contact_id = chat(client, flow(client))["ContactId"]
    client("TagContact", ContactId=contact_id, Tags={"a": "1", "b": "2"})
    client("UntagContact", ContactId=contact_id, TagKeys=["a"])
    assert described(client, contact_id)["Tags"] == {"b": "2"}
    with pytest.raises(aws_error):
        client("TagContact", ContactId=contact_id, Tags={str(n): "x" for n in range(6)})


# --------------------------------------------------------------------------------------------- participants


@pytest.fixture
def participant(participants):
    """`participant(client, operation, token, **params)`: (status, answer) of the Participant Service, by its model."""

    def ask(client, name, token, **params):
        model = participants.operation_model(name)
        headers = {"x-amz-bearer": token}
        body = json.dumps(params).encode()
        path = model.http["requestUri"]
        request = Request("POST", path, "", headers, body, "execute-api", "us-east-1", "AKID")
        answer = client.emulator.router.answer(request)
        headers = {key.lower(): value for key, value in answer.headers.items()}
        response = {"status_code": answer.status, "headers": headers, "body": answer.body}
        return answer.status, create_parser("rest-json").parse(response, model.output_shape)

    return ask


def connected(client, participant, **more):
    started = chat(client, flow(client), **more)
    status, answer = participant(
        client, "CreateParticipantConnection", started["ParticipantToken"], Type=["CONNECTION_CREDENTIALS"]
    )
    assert status == 200
    return started["ContactId"], answer["ConnectionCredentials"]["ConnectionToken"]


def test_the_customers_first_message_comes_before_what_the_flow_says(client, participant):
    first = {"ContentType": "text/plain", "Content": "Where is my parcel?"}
    _, token = connected(client, participant, InitialMessage=first)
    _, answer = participant(client, "GetTranscript", token, SortOrder="ASCENDING")
    said = [(one["ParticipantRole"], one["Content"]) for one in answer["Transcript"]]
    assert said == [("CUSTOMER", "Where is my parcel?"), ("SYSTEM", "Hello.")]
    assert answer["Transcript"][0]["DisplayName"] == "Ada"


def test_a_customer_reads_and_writes_and_leaves(client, participant):
    contact_id, token = connected(client, participant)
    client.emulator.clock.advance(1)
    status, sent = participant(client, "SendMessage", token, ContentType="text/plain", Content="Hi")
    assert status == 200
    assert sent["Id"]
    _, answer = participant(client, "GetTranscript", token, SortOrder="ASCENDING")
    said = [(one["ParticipantRole"], one["Content"]) for one in answer["Transcript"]]
    assert said == [("SYSTEM", "Hello."), ("CUSTOMER", "Hi")]
    status, _ = participant(client, "DisconnectParticipant", token)
    assert status == 200
    assert described(client, contact_id)["DisconnectReason"] == "CUSTOMER_DISCONNECT"
    status, answer = participant(client, "SendMessage", token, ContentType="text/plain", Content="?")
    assert (status, answer["Error"]["Code"]) == (403, "AccessDeniedException")


@pytest.mark.parametrize("token", ["", "nonsense", "cGFydGljaXBhbnQ6bm9ib2R5"])
def test_a_token_that_is_none_is_denied(client, participant, token):
    status, answer = participant(client, "SendMessage", token, ContentType="text/plain", Content="?")
    assert (status, answer["Error"]["Code"]) == (403, "AccessDeniedException")


def test_participant_rates_are_limited_for_each_instance_by_itself(client, participant):
    other = client(
        "CreateInstance",
        IdentityManagementType="CONNECT_MANAGED",
        InboundCallsEnabled=True,
        OutboundCallsEnabled=True,
        InstanceAlias="second",
    )["Id"]
    _, token = connected(client, participant)
    message = {"ContentType": "text/plain", "Content": "x"}
    answers = [participant(client, "SendMessage", token, **message)[0] for _ in range(16)]
    assert answers == [200] * 15 + [429]
    flow_id = client(
        "CreateContactFlow", InstanceId=other, Name="W", Type="CONTACT_FLOW", Content=json.dumps(WAITING)
    )
    started = client(
        "StartChatContact",
        InstanceId=other,
        ContactFlowId=flow_id["ContactFlowId"],
        ParticipantDetails={"DisplayName": "Bob"},
    )
    _, answer = participant(client, "CreateParticipantConnection", started["ParticipantToken"])
    elsewhere = answer["ConnectionCredentials"]["ConnectionToken"]
    assert participant(client, "SendMessage", elsewhere, **message)[0] == 200


def test_policy_says_how_long_chats_last(make, fast):
    client = make(quotas=fast, policy=ConnectPolicy(chat_minutes=1))
    held = {
        **WAITING,
        "Actions": [
            WAITING["Actions"][0],
            step("wait", "Wait", {"TimeLimitSeconds": "900", "Events": []}, "bye"),
            BYE,
        ],
    }
    contact_id = chat(client, flow(client, held))["ContactId"]
    client.emulator.clock.advance(61)
    assert described(client, contact_id)["DisconnectReason"] == "EXPIRED"
