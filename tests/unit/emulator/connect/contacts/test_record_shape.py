"""Records and events have the shape of published ones: keys, their order, nulls, times, durations, delivery."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from functools import cache

import jsonschema
import pytest
from referencing import Registry, Resource

from busyhour.emulator.app import default_scenario
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.scenarios.model import Distribution
from busyhour.shipped import shipped_root

SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
KEYS = [
    "AWSAccountId",
    "AWSContactTraceRecordFormatVersion",
    "Agent",
    "AgentConnectionAttempts",
    "AnsweringMachineDetectionStatus",
    "Attributes",
    "Campaign",
    "Channel",
    "ConnectedToSystemTimestamp",
    "ContactDetails",
    "ContactId",
    "CustomerEndpoint",
    "DisconnectReason",
    "DisconnectTimestamp",
    "InitialContactId",
    "InitiationMethod",
    "InitiationTimestamp",
    "InstanceARN",
    "LastUpdateTimestamp",
    "MediaStreams",
    "NextContactId",
    "PreviousContactId",
    "Queue",
    "Recording",
    "Recordings",
    "References",
    "ScheduledTimestamp",
    "SystemEndpoint",
    "TransferCompletedTimestamp",
    "TransferredToEndpoint",
    "VoiceIdResult",
]
"""The 31 keys of published records of 2022."""
LATER = ["RelatedContactId", "SegmentAttributes", "Tags"]
AGENT = [
    "ARN",
    "AfterContactWorkDuration",
    "AfterContactWorkEndTimestamp",
    "AfterContactWorkStartTimestamp",
    "AgentInteractionDuration",
    "ConnectedToAgentTimestamp",
    "CustomerHoldDuration",
    "HierarchyGroups",
    "LongestHoldDuration",
    "NumberOfHolds",
    "RoutingProfile",
    "Username",
]
BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}


def flow(*steps):
    actions = [
        {
            "Identifier": str(number),
            "Type": type,
            "Parameters": parameters,
            "Transitions": {
                "NextAction": str(number + 1) if number < len(steps) else "bye",
                "Errors": [{"NextAction": "bye", "ErrorType": "NoMatchingError"}],
                "Conditions": [],
            },
        }
        for number, (type, parameters) in enumerate(steps, 1)
    ]
    return json.dumps(
        {"Version": "2019-10-30", "StartAction": "1" if steps else "bye", "Actions": [*actions, BYE]}
    )


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@cache
def schema(name, part=""):
    folder = shipped_root() / "flow_schemas"
    document = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
    registry = Registry().with_resource(f"{name}.schema.json", Resource.from_contents(document))
    return jsonschema.Draft202012Validator({"$ref": f"{name}.schema.json{part}"}, registry=registry)


@pytest.fixture
def centre(make, fast, starter, tmp_path):
    """A client whose callers wait 300 s at most, talk 150.5 s and leave 31 s of work; files of records and events."""
    scenario = default_scenario(ConnectPolicy())
    callers = replace(
        scenario.callers,
        patience=Distribution("constant", 300.0),
        talk=Distribution("constant", 150.5),
        wrap_up=Distribution("constant", 31.0),
    )

    class Centre:
        records, events = tmp_path / "records.jsonl", tmp_path / "events.jsonl"

        def __init__(self, policy=None):
            self.client = make(
                quotas=fast,
                policy=policy or ConnectPolicy(),
                scenario=replace(scenario, callers=callers),
                records=self.records,
                events=str(self.events),
            )
            self.queue = self.client("ListQueues", QueueTypes=["STANDARD"])["QueueSummaryList"][0]

        def flow(self, *steps):
            name = f"f{len(steps)}"
            return self.client("CreateContactFlow", Name=name, Type="CONTACT_FLOW", Content=flow(*steps))[
                "ContactFlowId"
            ]

        def queued(self):
            return self.flow(
                ("UpdateContactTargetQueue", {"QueueId": self.queue["Arn"]}), ("TransferContactToQueue", {})
            )

        def call(self, flow_id, **more):
            return starter(self.client, ContactFlowId=flow_id, **more)

        def advance(self, seconds):
            self.client.emulator.clock.advance(seconds)

    return Centre()


def test_an_answered_call(centre):
    contact = centre.call(centre.queued(), Attributes={"topic": "billing"})
    centre.advance(600)
    (record,) = lines(centre.records)
    assert list(record) == sorted([*KEYS, *LATER])
    assert list(record["Agent"]) == AGENT
    assert list(record["Queue"]) == ["ARN", "DequeueTimestamp", "Duration", "EnqueueTimestamp", "Name"]
    assert (record["ContactId"], record["Attributes"], record["ContactDetails"]) == (
        contact,
        {"topic": "billing"},
        {},
    )
    assert (record["Campaign"], record["Recording"], record["Recordings"]) == (
        {"CampaignId": None},
        None,
        None,
    )
    assert (record["MediaStreams"], record["References"]) == ([{"Type": "AUDIO"}], [])
    assert (record["InitialContactId"], record["NextContactId"], record["PreviousContactId"]) == (
        None,
        None,
        None,
    )
    assert re.search(r"/agent/[0-9a-f-]{36}$", record["Agent"]["ARN"])
    assert record["Agent"]["HierarchyGroups"] is None
    assert record["Agent"]["RoutingProfile"]["Name"] == "Basic Routing Profile"
    assert record["Queue"]["DequeueTimestamp"] == record["Agent"]["ConnectedToAgentTimestamp"]
    assert record["AgentConnectionAttempts"] == 1
    assert record["Tags"]["aws:connect:systemEndpoint"] == record["SystemEndpoint"]["Address"]


def seconds(text):
    from datetime import datetime

    assert SECONDS.fullmatch(text), text
    return datetime.fromisoformat(text).timestamp()


def test_times_are_whole_seconds_and_durations_their_differences(centre):
    centre.call(centre.queued())
    centre.advance(600)
    (record,) = lines(centre.records)
    agent, queue = record["Agent"], record["Queue"]
    talked = seconds(agent["AfterContactWorkStartTimestamp"]) - seconds(agent["ConnectedToAgentTimestamp"])
    worked = seconds(agent["AfterContactWorkEndTimestamp"]) - seconds(agent["AfterContactWorkStartTimestamp"])
    waited = seconds(queue["DequeueTimestamp"]) - seconds(queue["EnqueueTimestamp"])
    assert agent["AgentInteractionDuration"] + agent["CustomerHoldDuration"] == talked
    assert (agent["AfterContactWorkDuration"], queue["Duration"]) == (worked, waited)
    assert all(isinstance(value, int) for value in (agent["AfterContactWorkDuration"], queue["Duration"]))
    for name in (
        "InitiationTimestamp",
        "ConnectedToSystemTimestamp",
        "DisconnectTimestamp",
        "LastUpdateTimestamp",
    ):
        seconds(record[name])


def test_a_record_is_delivered_a_minute_after_the_after_contact_work(centre):
    centre.call(centre.queued())
    centre.advance(4 + 151 + 31 + 55)
    assert lines(centre.records) == []
    centre.advance(10)
    (record,) = lines(centre.records)
    late = seconds(record["LastUpdateTimestamp"]) - seconds(record["Agent"]["AfterContactWorkEndTimestamp"])
    assert 60 <= late <= 68


def test_a_record_comes_again_with_a_later_update_when_attributes_change_after_the_end(centre):
    contact = centre.call(centre.flow())
    centre.advance(100)
    centre.client("UpdateContactAttributes", InitialContactId=contact, Attributes={"mood": "good"})
    centre.advance(100)
    first, second = lines(centre.records)
    assert (first["Attributes"], second["Attributes"]) == ({}, {"mood": "good"})
    assert second["LastUpdateTimestamp"] > first["LastUpdateTimestamp"]
    assert {key for key in first if first[key] != second[key]} == {"Attributes", "LastUpdateTimestamp"}


def test_a_change_before_the_delivery_is_in_the_only_record(centre):
    contact = centre.call(centre.flow())
    centre.advance(10)
    centre.client("UpdateContactAttributes", InitialContactId=contact, Attributes={"mood": "good"})
    centre.advance(200)
    (record,) = lines(centre.records)
    assert record["Attributes"] == {"mood": "good"}


def test_a_call_that_ends_in_the_flow(centre):
    centre.call(centre.flow())
    centre.advance(100)
    (record,) = lines(centre.records)
    assert (record["Agent"], record["Queue"], record["AgentConnectionAttempts"]) == (None, None, 0)
    assert record["DisconnectReason"] == "CONTACT_FLOW_DISCONNECT"


def test_a_call_that_is_abandoned_in_the_queue(centre):
    centre.client("PutUserStatus", UserId=staffed(centre), AgentStatusId=status(centre, "Offline"))
    centre.call(centre.queued())
    centre.advance(400)
    (record,) = lines(centre.records)
    assert (record["Agent"], record["DisconnectReason"]) == (None, "CUSTOMER_DISCONNECT")
    assert record["Queue"]["DequeueTimestamp"] == record["DisconnectTimestamp"]
    assert record["Queue"]["Duration"] == 300


def status(centre, name):
    found = centre.client("ListAgentStatuses")["AgentStatusSummaryList"]
    return next(one["Id"] for one in found if one["Name"] == name)


def staffed(centre):
    """A user who alone serves the queue."""
    profile = centre.client(
        "CreateRoutingProfile",
        Name="P",
        Description="p",
        DefaultOutboundQueueId=centre.queue["Id"],
        QueueConfigs=[
            {"QueueReference": {"QueueId": centre.queue["Id"], "Channel": "VOICE"}, "Priority": 1, "Delay": 0}
        ],
        MediaConcurrencies=[{"Channel": "VOICE", "Concurrency": 1}],
    )["RoutingProfileId"]
    security = centre.client("ListSecurityProfiles")["SecurityProfileSummaryList"][0]["Id"]
    return centre.client(
        "CreateUser",
        Username="ada",
        Password="Pass/w0rd",
        IdentityInfo={"FirstName": "Ada", "LastName": "Lovelace"},
        PhoneConfig={"PhoneType": "SOFT_PHONE"},
        SecurityProfileIds=[security],
        RoutingProfileId=profile,
    )["UserId"]


def test_the_agents_hierarchy_is_in_records_and_events(centre):
    user = staffed(centre)
    top = centre.client("CreateUserHierarchyGroup", Name="Germany")
    team = centre.client("CreateUserHierarchyGroup", Name="Berlin", ParentGroupId=top["HierarchyGroupId"])
    centre.client("UpdateUserHierarchy", UserId=user, HierarchyGroupId=team["HierarchyGroupId"])
    centre.client("PutUserStatus", UserId=user, AgentStatusId=status(centre, "Available"))
    centre.call(centre.queued())
    centre.advance(600)
    (record,) = lines(centre.records)
    assert record["Agent"]["HierarchyGroups"] == {
        "Level1": {"ARN": top["HierarchyGroupArn"], "GroupName": "Germany"},
        "Level2": {"ARN": team["HierarchyGroupArn"], "GroupName": "Berlin"},
    }
    assert lines(centre.events)[-1]["detail"]["agentInfo"]["hierarchyGroups"] == {
        "level1": {"arn": top["HierarchyGroupArn"]},
        "level2": {"arn": team["HierarchyGroupArn"]},
    }
    assert record["Agent"]["Username"] == "ada"
    assert record["Agent"]["ARN"].endswith(f"/agent/{user}")


def test_a_call_by_api_that_is_not_answered(centre):
    centre = type(centre)(ConnectPolicy(failures={"TELECOM_UNANSWERED": 1.0}))
    centre.call(centre.flow())
    centre.advance(200)
    (record,) = lines(centre.records)
    assert (record["InitiationMethod"], record["DisconnectReason"]) == ("API", "TELECOM_UNANSWERED")
    assert (record["ConnectedToSystemTimestamp"], record["Agent"], record["Queue"]) == (None, None, None)


def test_a_chat_and_a_task(centre):
    entry = centre.flow(("MessageParticipant", {"Text": "hello"}))
    chat = centre.client("StartChatContact", ContactFlowId=entry, ParticipantDetails={"DisplayName": "Ada"})[
        "ContactId"
    ]
    task = centre.client(
        "StartTaskContact",
        ContactFlowId=centre.flow(),
        Name="Call back",
        Description="soon",
        References={"case": {"Type": "URL", "Value": "https://example.org/7"}},
    )["ContactId"]
    centre.advance(200)
    records = {record["ContactId"]: record for record in lines(centre.records)}
    for record in records.values():
        assert (record["CustomerEndpoint"], record["SystemEndpoint"], record["InitiationMethod"]) == (
            None,
            None,
            "API",
        )
    assert records[chat]["MediaStreams"] == [{"Type": "CHAT"}]
    assert records[chat]["SegmentAttributes"] == {"connect:Subtype": {"ValueString": "connect:Chat"}}
    assert records[task]["ContactDetails"] == {"Description": "soon", "Name": "Call back"}
    assert records[task]["References"] == [{"Name": "case", "Type": "URL", "Value": "https://example.org/7"}]
    assert records[task]["TotalPauseCount"] == 0


def test_a_related_contact_gives_its_attributes_to_the_new_one_and_keeps_its_own(centre):
    first = centre.call(centre.queued(), Attributes={"topic": "billing", "tier": "gold"})
    second = centre.call(centre.flow(), RelatedContactId=first, Attributes={"tier": "silver"})
    centre.client("UpdateContactAttributes", InitialContactId=second, Attributes={"mood": "good"})
    centre.advance(600)
    records = {record["ContactId"]: record for record in lines(centre.records)}
    assert records[second]["Attributes"] == {"topic": "billing", "tier": "silver", "mood": "good"}
    assert records[first]["Attributes"] == {"topic": "billing", "tier": "gold"}
    assert records[second]["RelatedContactId"] == first


def test_references_of_a_call_reach_its_flow(centre):
    keep = (
        "UpdateContactAttributes",
        {"Attributes": {"case": "$.References.case.Value"}, "TargetContact": "Current"},
    )
    reference = {"case": {"Type": "URL", "Value": "https://example.org/7"}}
    centre.call(centre.flow(keep), References=reference)
    centre.advance(200)
    (record,) = lines(centre.records)
    assert record["References"] == [{"Name": "case", "Type": "URL", "Value": "https://example.org/7"}]


def test_records_that_are_due_are_written_when_the_emulator_ends(centre):
    import asyncio

    centre.call(centre.flow())
    centre.advance(10)
    assert lines(centre.records) == []
    asyncio.run(centre.client.emulator.stop())
    assert len(lines(centre.records)) == 1


# -------------------------------------------------------------------------------------------------------- events


def test_events_have_tags_and_no_chain_on_the_first_contact(centre):
    contact = centre.call(centre.queued())
    centre.client("TagContact", ContactId=contact, Tags={"by": "me"})
    centre.advance(600)
    events = lines(centre.events)
    assert all(SECONDS.fullmatch(event["time"]) for event in events)
    details = [event["detail"] for event in events]
    assert not any({"initialContactId", "previousContactId"} & set(detail) for detail in details)
    tags = details[0]["tags"]
    assert (tags["aws:connect:instanceId"], set(tags)) == (
        centre.client.instance_id,
        {"aws:connect:instanceId", "aws:connect:systemEndpoint"},
    )
    (changed,) = [detail for detail in details if detail["eventType"] == "CONTACT_DATA_UPDATED"]
    assert (changed["updatedProperties"], changed["tags"]["by"]) == (["Tags"], "me")
    assert changed["connectedToSystemTimestamp"] == "1970-01-01T00:00:00.001Z"
    assert details[-1]["agentInfo"]["agentInitiatedHoldDuration"] == 0
    assert details[-1]["agentInfo"]["afterContactWorkDuration"] == 31
    assert re.search(r"/agent/[0-9a-f-]{36}$", details[-1]["agentInfo"]["agentArn"])


# ------------------------------------------------------------------------------------------------------- schemas


def test_the_schemas_take_what_the_emulator_writes_and_refuse_other_shapes(centre):
    centre.call(centre.queued())
    centre.advance(600)
    (record,) = lines(centre.records)
    event = lines(centre.events)[-1]
    schema("contact-record", "#/$defs/complete").validate(record)
    schema("contact-event", "#/$defs/complete").validate(event)

    def broken(document, path, value):
        made = copy.deepcopy(document)
        at = made
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value
        return made

    for path, value in (
        (("InitiationTimestamp",), "2026-03-02T10:00:00.412Z"),
        (("Queue", "Duration"), 1.5),
        (("Agent", "ARN"), "agent-1"),
        (("Campaign",), None),
        (("Attributes",), {"a": 1}),
        (("InitiationMethod",), "PHONE"),
    ):
        assert not schema("contact-record").is_valid(broken(record, path, value)), path
    for path, value in (
        (("time",), "2026-03-02T10:00:00.412Z"),
        (("resources",), list(reversed(event["resources"]))),
        (("detail", "disconnectTimestamp"), "2026-03-02T10:00:00Z"),
        (("detail", "tags"), None),
        (("detail", "eventType"), "ENDED"),
    ):
        assert not schema("contact-event").is_valid(broken(event, path, value)), path
    newer = {**record, "SomethingNew": 1}
    assert schema("contact-record").is_valid(newer)
    assert not schema("contact-record", "#/$defs/complete").is_valid(newer)
