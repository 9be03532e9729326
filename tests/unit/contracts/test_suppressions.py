"""Suppressions in the metadata: by action, with a reason, or not at all."""

import json

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.reading.sources import Gathered, source_of

CHECKER = Checker()


def report(asked=None, *, whole=None, action="Look up", rule="lambda-no-retry-room"):
    layout = {"position": {"x": 0, "y": 0}}
    if asked is not None:
        layout["busyhour"] = asked
    metadata = {"type": "contactFlow", "ActionMetadata": {action: layout}}
    if whole is not None:
        metadata["busyhour"] = whole
    flow = {
        "Version": "2019-10-30",
        "StartAction": "Look up",
        "Metadata": metadata,
        "Actions": [
            {
                "Identifier": "Look up",
                "Type": "InvokeLambdaFunction",
                "Parameters": {
                    "LambdaFunctionARN": "arn:aws:lambda:eu-central-1:555544443333:function:lookup",
                    "InvocationTimeLimitSeconds": "1",
                },
                "Transitions": {
                    "NextAction": "End",
                    "Errors": [{"NextAction": "End", "ErrorType": "NoMatchingError"}],
                },
            },
            {"Identifier": "End", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
        ],
    }
    made = CHECKER.check(Gathered((source_of(json.dumps(flow)),)))
    return [one.rule for one in made.findings], [(one.rule, reason) for one, reason in made.suppressed]


def test_all_findings_are_reported_without_a_suppression():
    found, left_out = report()
    assert {"logging-off", "lambda-no-retry-room"} <= set(found)
    assert left_out == []


def test_a_suppression_with_a_reason_moves_the_finding_to_the_suppressed_ones():
    found, left_out = report({"ignore": ["lambda-no-retry-room"], "reason": " it only logs "})
    assert "lambda-no-retry-room" not in found
    assert left_out == [("lambda-no-retry-room", "it only logs")]


def test_a_suppression_applies_to_its_own_action_and_rule_only():
    assert "lambda-no-retry-room" in report({"ignore": ["no-end"], "reason": "x"})[0]
    assert (
        "lambda-no-retry-room" in report({"ignore": ["lambda-no-retry-room"], "reason": "x"}, action="End")[0]
    )


def test_findings_on_the_flow_are_suppressed_in_the_flows_metadata():
    asked = {"ignore": ["logging-off"], "reason": "switched on by the flow before"}
    assert "logging-off" in report()[0]
    assert "logging-off" not in report(whole=asked)[0]
    assert "logging-off" in report(asked)[0]


@pytest.mark.parametrize(
    "asked",
    [
        {"ignore": ["lambda-no-retry-room"]},
        {"ignore": ["lambda-no-retry-room"], "reason": "  "},
        {"ignore": "lambda-no-retry-room", "reason": "x"},
        {"ignore": [], "reason": "x"},
        {"ignore": [3], "reason": "x"},
        {"ignore": ["lambda-no-retry-room"], "reason": "x", "until": "2027"},
        ["lambda-no-retry-room"],
    ],
)
def test_a_malformed_suppression_suppresses_nothing_and_is_reported(asked):
    found, left_out = report(asked)
    assert left_out == []
    assert {"lambda-no-retry-room", "suppression"} <= set(found)
