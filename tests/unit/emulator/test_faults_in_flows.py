"""Flows in virtual time when bots are full or slow, functions fail, and no agent is signed in."""

from __future__ import annotations

import dataclasses
import json

import pytest

from busyhour.emulator.app import build, default_scenario
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
