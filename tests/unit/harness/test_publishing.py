"""Problems of a flow in the words that Connect uses."""

from __future__ import annotations

import json

import pytest

from busyhour.harness.publishing import _WORDS, problems


def flow(*actions):
    return json.dumps({"Version": "2019-10-30", "StartAction": "a", "Actions": list(actions)})


def action(identifier="a", type="DisconnectParticipant", parameters=None, **transitions):
    return {
        "Identifier": identifier,
        "Type": type,
        "Parameters": parameters or {},
        "Transitions": transitions,
    }


PLAY = ("MessageParticipant", {"Text": "Hello."})
BYE = action("bye")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (flow(action(type="Nope"), BYE), "Invalid Action type. Path: Actions[0].Type"),
        (
            flow(action("a", "MessageParticipant", {}, NextAction="bye", Errors=[], Conditions=[]), BYE),
            "Action is missing required property. Path: Actions[0].Parameters",
        ),
        (
            flow(action("a", *PLAY, NextAction="nowhere", Errors=[], Conditions=[]), BYE),
            "Invalid Action property value. Path: Actions[0].Transitions.NextAction",
        ),
        (
            flow(action("a", *PLAY, NextAction="", Errors=[], Conditions=[]), BYE),
            "Invalid Action property value. Path: Actions[0].Transitions.NextAction",
        ),
        (
            flow(action("a", PLAY[0], {**PLAY[1], "Bogus": "1"}, NextAction="bye"), BYE),
            "Invalid Action property name. Path: Actions[0].Parameters.Bogus",
        ),
    ],
)
def test_what_connect_refuses_is_said_as_connect_says_it(content, said):
    assert said in problems(content, "CONTACT_FLOW")


def test_a_flow_that_connect_takes_has_no_problem():
    assert (
        problems(flow(action("a", *PLAY, NextAction="bye", Errors=[], Conditions=[]), BYE), "CONTACT_FLOW")
        == []
    )


def test_every_rule_that_has_words_exists():
    from busyhour.contracts.check import Checker

    rules = {rule.id for rule in Checker().rules}
    assert set(_WORDS) <= rules


def test_the_type_of_the_request_decides_not_that_of_the_export():
    waits = action("a", "MessageParticipantIteratively", {"Messages": [{"Text": "Wait."}]})
    whisper = json.loads(flow(action("a", "TransferContactToAgent")))
    whisper["Metadata"] = {"type": "agentTransfer"}
    content = json.dumps(whisper)
    assert problems(content, "AGENT_TRANSFER") == []
    assert problems(content, "CUSTOMER_WHISPER") != []
    assert problems(flow(waits), "CUSTOMER_QUEUE") == []


def test_a_placeholder_in_place_of_an_arn_is_refused():
    target = action("a", "UpdateContactTargetQueue", {"QueueId": "${QueueArn}"}, NextAction="bye",
                    Errors=[{"NextAction": "bye", "ErrorType": "NoMatchingError"}])  # fmt: skip
    assert problems(flow(target, BYE), "CONTACT_FLOW") == [
        "Invalid Action property value. Path: Actions[0].Parameters.QueueId"
    ]
