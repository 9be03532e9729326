"""A session of boto3 clients against an emulator that is served over HTTP, in wall time."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.app import build, default_scenario
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.server.listener import running
from busyhour.harness.publishing import problems
from busyhour.scenarios.model import Distribution


@pytest.fixture
def emulator(flow_file, fast, tmp_path):
    base = default_scenario(ConnectPolicy())
    callers = replace(
        base.callers,
        answer=Distribution("constant", 0.0),
        talk=Distribution("constant", 0.2),
        wrap_up=Distribution("constant", 0.1),
    )
    return build(
        replace(base, callers=callers),
        flows=[flow_file],
        quotas=fast,
        policy=ConnectPolicy(loopback_seconds=0.05),
        validator=problems,
        events=str(tmp_path / "events.jsonl"),
        records=tmp_path / "records.jsonl",
    )


def until(condition, seconds=10.0):
    """What `condition` gives once it gives anything."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def test_a_centre_is_set_up_and_works_through_an_sdk(emulator, tmp_path):
    with running(emulator) as url:
        options = {
            "endpoint_url": url,
            "region_name": "us-east-1",
            "aws_access_key_id": "AKID",
            "aws_secret_access_key": "secret",
            "config": Config(retries={"total_max_attempts": 1}),
        }
        connect, participant = (boto3.client(name, **options) for name in ("connect", "connectparticipant"))
        instance = connect.list_instances()["InstanceSummaryList"][0]["Id"]
        here = {"InstanceId": instance}
        hours = connect.list_hours_of_operations(**here)["HoursOfOperationSummaryList"][0]["Id"]
        queue = connect.create_queue(**here, Name="Sales", HoursOfOperationId=hours)
        routing = connect.create_routing_profile(
            **here,
            Name="All",
            Description="d",
            DefaultOutboundQueueId=queue["QueueId"],
            QueueConfigs=[
                {
                    "QueueReference": {"QueueId": queue["QueueId"], "Channel": channel},
                    "Priority": 1,
                    "Delay": 0,
                }
                for channel in ("VOICE", "CHAT")
            ],
            MediaConcurrencies=[
                {"Channel": "VOICE", "Concurrency": 1},
                {"Channel": "CHAT", "Concurrency": 1},
            ],
        )
        security = connect.list_security_profiles(**here)["SecurityProfileSummaryList"][0]["Id"]
        user = connect.create_user(
            **here,
            Username="ada",
            Password="Passw0rd",
            IdentityInfo={"FirstName": "A", "LastName": "L"},
            PhoneConfig={"PhoneType": "SOFT_PHONE"},
            SecurityProfileIds=[security],
            RoutingProfileId=routing["RoutingProfileId"],
        )["UserId"]
        transitions = {
            "NextAction": "bye",
            "Errors": [
                {"NextAction": "bye", "ErrorType": "NoMatchingError"},
                {"NextAction": "bye", "ErrorType": "QueueAtCapacity"},
            ],
        }
        setting = {**transitions, "NextAction": "wait", "Errors": transitions["Errors"][:1]}
        actions = [
            ("set", "UpdateContactTargetQueue", {"QueueId": queue["QueueArn"]}, setting),
            ("wait", "TransferContactToQueue", {}, transitions),
            ("bye", "DisconnectParticipant", {}, {}),
        ]
        document = {
            "Version": "2019-10-30",
            "StartAction": "set",
            "Actions": [
                {"Identifier": one, "Type": kind, "Parameters": parameters, "Transitions": to}
                for one, kind, parameters, to in actions
            ],
        }
        flow = connect.create_contact_flow(
            **here, Name="Queued", Type="CONTACT_FLOW", Content=json.dumps(document)
        )["ContactFlowId"]
        document["Actions"][0]["Transitions"]["NextAction"] = "nowhere"
        with pytest.raises(connect.exceptions.InvalidContactFlowException) as refused:
            connect.update_contact_flow_content(**here, ContactFlowId=flow, Content=json.dumps(document))
        wanted = {"message": "Invalid Action property value. Path: Actions[0].Transitions.NextAction"}
        assert wanted in refused.value.response["problems"]

        for number in ("+12065550111", "+12065550112"):
            claimed = connect.claim_phone_number(**here, PhoneNumber=number)["PhoneNumberId"]
        connect.associate_phone_number_contact_flow(**here, PhoneNumberId=claimed, ContactFlowId=flow)
        greeting = emulator.instance.flow_named("Greeting").id
        outbound = connect.start_outbound_voice_contact(
            **here,
            ContactFlowId=greeting,
            DestinationPhoneNumber="+12065550112",
            SourcePhoneNumber="+12065550111",
        )["ContactId"]
        chat = connect.start_chat_contact(
            **here, ContactFlowId=flow, ParticipantDetails={"DisplayName": "Bob"}
        )
        connection = participant.create_participant_connection(ParticipantToken=chat["ParticipantToken"])
        token = connection["ConnectionCredentials"]["ConnectionToken"]
        participant.send_message(ContentType="text/plain", Content="Hello?", ConnectionToken=token)
        said = participant.get_transcript(ConnectionToken=token)["Transcript"]
        assert [one["Content"] for one in said] == ["Hello?"]

        def waiting():
            answer = connect.get_current_metric_data(
                **here,
                Filters={"Queues": [queue["QueueId"]]},
                CurrentMetrics=[{"Name": "CONTACTS_IN_QUEUE", "Unit": "COUNT"}],
            )
            return answer["MetricResults"][0]["Collections"][0]["Value"] == 2

        until(waiting)
        available = connect.list_agent_statuses(**here, AgentStatusTypes=["ROUTABLE"])
        connect.put_user_status(
            **here, UserId=user, AgentStatusId=available["AgentStatusSummaryList"][0]["Id"]
        )

        def ended():
            found = connect.describe_contact(**here, ContactId=chat["ContactId"])["Contact"]
            return found if "DisconnectReason" in found else None

        contact = until(ended)
        assert (contact["AgentInfo"]["Id"], contact["DisconnectReason"]) == (user, "AGENT_DISCONNECT")
        until(lambda: "DisconnectReason" in connect.describe_contact(**here, ContactId=outbound)["Contact"])
        with pytest.raises(ClientError) as gone:
            connect.stop_contact(**here, ContactId=outbound)
        assert gone.value.response["Error"]["Code"] == "ContactNotFoundException"
    records = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text().splitlines()]
    assert sorted(record["InitiationMethod"] for record in records) == ["API", "API", "INBOUND"]
    assert len({record["ContactId"] for record in records}) == 3
    events = [json.loads(line)["detail"] for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    for record in records:
        kinds = [event["eventType"] for event in events if event["contactId"] == record["ContactId"]]
        assert (kinds[0], kinds.count("DISCONNECTED")) == ("INITIATED", 1)
