"""Flows in virtual time when bots are full or slow, functions fail, and no agent is signed in."""

from __future__ import annotations

import dataclasses
import json

import pytest

from busyhour.emulator.app import build, default_scenario
from busyhour.emulator.connect.contacts.start_parameters import Placed
from busyhour.emulator.connect.lambda_invoker import LambdaFunctions
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.faults.requests import Condition, Fault
from busyhour.emulator.lex.model import VOICE
from busyhour.emulator.messages import Request
from busyhour.emulator.server.timers import VirtualClock
from busyhour.scenarios.model import Distribution, Function, Queue

BOT = "arn:aws:lex:us-east-1:123456789012:bot-alias/BOTID12345/ALIAS12345"
LOOKUP = "arn:aws:lambda:us-east-1:123456789012:function:lookup"
SUPPORT = "arn:aws:connect:us-east-1:123456789012:instance/i/queue/support"


def flow(*actions):
    return {"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": list(actions)}


def action(name, kind, after="bye", errors=None, **parameters):
    transitions = {"NextAction": after, "Conditions": [], "Errors": []}
    transitions["Errors"] = [
        {"NextAction": where, "ErrorType": error} for error, where in (errors or {}).items()
    ]
    return {"Identifier": name, "Type": kind, "Parameters": parameters, "Transitions": transitions}


BYE = {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
FAILED = action("failed", "UpdateContactAttributes", Attributes={"failed": "yes"})
TALK = flow(
    action(
        "bot",
        "ConnectParticipantWithLexBot",
        errors={"NoMatchingError": "failed", "NoMatchingCondition": "bye"},
        Text="How can we help?",
        LexV2Bot={"AliasArn": BOT},
    ),
    FAILED,
    BYE,
)
ASK = flow(
    action(
        "lookup",
        "InvokeLambdaFunction",
        errors={"NoMatchingError": "failed"},
        LambdaFunctionARN=LOOKUP,
        InvocationTimeLimitSeconds="3",
    ),
    FAILED,
    BYE,
)
WAIT = flow(
    action("queue", "UpdateContactTargetQueue", "wait", {"NoMatchingError": "bye"}, QueueId=SUPPORT),
    action("wait", "TransferContactToQueue", errors={"QueueAtCapacity": "bye", "NoMatchingError": "bye"}),
    BYE,
)


@pytest.fixture
def emulated(tmp_path):
    def make(document, faults=(), quotas=None):
        path = tmp_path / "Entry.json"
        path.write_text(json.dumps(document))
        plan = default_scenario(ConnectPolicy())
        callers = dataclasses.replace(plan.callers, patience=Distribution("constant", 100.0))
        queues = {"Support": Queue("Support", 5, arn=SUPPORT)}
        emulator = build(
            dataclasses.replace(plan, callers=callers, queues=queues),
            flows=[path],
            clock=VirtualClock(),
            epoch=0.0,
            quotas={"L-12AB7C57": 1000, **(quotas or {})},
            faults=faults,
            functions=[Function("lookup", latency=Distribution("constant", 0.1))],
        )
        emulator.sites.start()
        return emulator

    return make


def call(emulator):
    request = Request("POST", "/_busyhour/inbound", "", {}, b"{}", "", "", "")
    assert emulator.admin(request).status == 200


def records(emulator):
    answer = emulator.admin(Request("GET", "/_busyhour/records", "", {}, b"", "", "", ""))
    return [json.loads(line) for line in answer.body.splitlines()]


def failed(emulator):
    return sum(record["Attributes"].get("failed") == "yes" for record in records(emulator))


def test_conversations_beyond_lexs_quota_take_the_error_branch(emulated):
    emulator = emulated(TALK, quotas={VOICE: 3})
    for _ in range(5):
        call(emulator)
    emulator.clock.advance(60.0)
    assert (len(records(emulator)), failed(emulator)) == (5, 2)
    for _ in range(3):
        call(emulator)
    emulator.clock.advance(60.0)
    assert failed(emulator) == 2


def test_a_slow_bot_keeps_its_conversations_longer(emulated):
    def ended(*faults):
        emulator = emulated(TALK, faults)
        call(emulator)
        emulator.clock.advance(200.0)
        return records(emulator)[0]["DisconnectTimestamp"]

    assert ended(Fault("lex", latency_seconds=30.0)) > ended()


@pytest.mark.parametrize(
    ("fault", "share"),
    [
        (Fault("lambda", resource="lookup", function_error_share=1.0), 1.0),
        (Fault("lambda", throttle_share=1.0), 1.0),
        (Fault("lambda", unreachable_share=1.0), 1.0),
        (Fault("lambda", latency_seconds=5.0), 1.0),
        (Fault("lambda", resource="another", function_error_share=1.0), 0.0),
    ],
)
def test_a_function_that_fails_or_is_slow_takes_the_error_branch_of_its_block(emulated, fault, share):
    emulator = emulated(ASK, [fault])
    for _ in range(4):
        call(emulator)
    emulator.clock.advance(30.0)
    assert (len(records(emulator)), failed(emulator)) == (4, 4 * share)


def test_without_agents_callers_wait_until_they_give_up(emulated):
    emulator = emulated(WAIT, [Condition("no_agents", "Support")])
    call(emulator)
    emulator.clock.advance(99.0)
    assert not records(emulator)
    emulator.clock.advance(2.0)
    (record,) = records(emulator)
    assert record.get("Agent") is None
    staffed = emulated(WAIT)
    call(staffed)
    staffed.clock.advance(2_000.0)
    (record,) = records(staffed)
    assert record.get("Agent") is not None


def seen(emulator, name, group):
    where = (("InstanceId", emulator.instance.id), ("MetricGroup", group))
    points = emulator.state.metrics.series("AWS/Connect", name, where, 0, float("inf"))
    return sum(point.sum for point in points)


def test_a_call_that_no_agent_answers_within_20_s_waits_on_and_is_counted(emulated):
    emulator = emulated(WAIT, [Condition("missed_calls", "Support", share=1.0)])
    call(emulator)
    emulator.clock.advance(90.0)
    assert seen(emulator, "MissedCalls", "VoiceCalls") == 4
    emulator.clock.advance(2_000.0)
    (record,) = records(emulator)
    assert (record["Agent"], record["DisconnectReason"]) == (None, "CUSTOMER_DISCONNECT")
    assert record["AgentConnectionAttempts"] == 4
    emulator = emulated(WAIT, [Condition("missed_calls", "Other", share=1.0)])
    call(emulator)
    emulator.clock.advance(2_000.0)
    assert records(emulator)[0]["AgentConnectionAttempts"] == 1
    assert seen(emulator, "MissedCalls", "VoiceCalls") == 0


def test_missed_calls_keep_their_place_and_their_queue_adds_up(emulated):
    emulator = emulated(WAIT, [Condition("missed_calls", share=0.4)])
    for _ in range(30):
        call(emulator)
    emulator.clock.advance(20_000.0)
    queue = emulator.sites.first.contacts.centre.acd.queues["Support"]
    found = queue.statistics(emulator.clock.now())
    assert (found.offered, found.answered + found.abandoned, found.waiting) == (30, 30, 0)
    assert (queue.busy, queue.ringing) == (0, 0)
    attempts = sum(one["AgentConnectionAttempts"] for one in records(emulator))
    assert attempts - found.answered == seen(emulator, "MissedCalls", "VoiceCalls") > 0


def test_recordings_that_are_not_stored_are_counted_of_calls_that_agents_had(emulated):
    emulator = emulated(WAIT, [Condition("recording_upload_errors", share=1.0)])
    for _ in range(3):
        call(emulator)
    emulator.clock.advance(2_000.0)
    had = sum(one["Agent"] is not None for one in records(emulator))
    assert seen(emulator, "CallRecordingUploadError", "CallRecordings") == had > 0


def test_segment_attributes_and_references_reach_the_event_of_a_function(emulated, monkeypatch):
    events = []
    monkeypatch.setattr(
        LambdaFunctions, "invoke", lambda self, call, effect, done: events.append(effect.event)
    )
    emulator = emulated(ASK)
    site = emulator.sites.first
    call(emulator)
    url = {"Type": "URL", "Value": "https://example.org/7"}
    for channel, more in (
        ("VOICE", {}),
        ("TASK", {"SegmentAttributes": {"connect:Subtype": {"ValueString": "connect:Guide"}}}),
    ):
        flow = next(site.instance.flows())
        extra = {"References": {"case": url}, **more}
        site.contacts.begin(Placed(flow, "INBOUND", "+12065550100", "", extra=extra, channel=channel))
    data = [event["Details"]["ContactData"] for event in events]
    assert [one["References"] for one in data] == [{}, {"case": url}, {"case": url}]
    subtypes = [one["SegmentAttributes"]["connect:Subtype"]["ValueString"] for one in data[:2]]
    assert subtypes == ["connect:PSTN"] * 2
    assert data[2]["SegmentAttributes"] == more["SegmentAttributes"]
