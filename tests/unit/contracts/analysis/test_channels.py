"""Rules about callers know which channels reach an action, and which flows are an agent's guide."""

import json

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.reading.sources import Gathered, source_of

QUEUE = "11111111-2222-4333-8444-555555555555"


def action(identifier, type, parameters, **transitions):
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


def errors(target, *names):
    return [{"NextAction": target, "ErrorType": name} for name in names]


def equals(target, *operands):
    return [
        {"NextAction": target, "Condition": {"Operator": "Equals", "Operands": [one]}} for one in operands
    ]


END = action("end", "DisconnectParticipant", {})
SAY = action("say", "MessageParticipant", {"Text": "Hello"}, NextAction="end")


def rules(*actions):
    flow = {"Version": "2019-10-30", "StartAction": actions[0]["Identifier"], "Actions": list(actions)}
    flow["Metadata"] = {"type": "contactFlow"}
    return {one.rule for one in Checker().check(Gathered((source_of(json.dumps(flow)),))).findings}


def compared(to_transfer, otherwise, value="$.Channel"):
    """A transfer behind a comparison of the channel."""
    choose = action(
        "choose",
        "Compare",
        {"ComparisonValue": value},
        NextAction=otherwise,
        Conditions=to_transfer,
        Errors=errors(otherwise, "NoMatchingCondition"),
    )
    queue = action(
        "queue",
        "UpdateContactTargetQueue",
        {"QueueId": QUEUE},
        NextAction="choose",
        Errors=errors("say", "NoMatchingError"),
    )
    transfer = action(
        "go",
        "TransferContactToQueue",
        {},
        NextAction="end",
        Errors=errors("end", "QueueAtCapacity", "NoMatchingError"),
    )
    return rules(queue, choose, transfer, SAY, END)


@pytest.mark.parametrize(
    ("conditions", "otherwise", "found"),
    [
        (equals("go", "TASK"), "say", False),
        (equals("go", "TASK", "EMAIL"), "say", False),
        (equals("say", "VOICE", "CHAT"), "go", False),
        (equals("go", "VOICE"), "say", True),
        (equals("go", "TASK", "CHAT"), "say", True),
        (equals("say", "VOICE"), "go", True),
    ],
)
def test_a_full_queue_cuts_off_callers_only_where_they_come(conditions, otherwise, found):
    assert ("queue-full-silent" in compared(conditions, otherwise)) == found


def test_a_comparison_of_something_else_narrows_nothing():
    assert "queue-full-silent" in compared(equals("go", "TASK"), "say", "$.Attributes.kind")


def test_the_failure_of_a_function_in_an_agents_guide_cuts_no_caller_off():
    arn = "arn:aws:lambda:us-east-1:111122223333:function:lookup"
    look = action(
        "look",
        "InvokeLambdaFunction",
        {"LambdaFunctionARN": arn},
        NextAction="show",
        Errors=errors("end", "NoMatchingError"),
    )
    names = ("NoMatchingCondition", "NoMatchingError", "TimeLimitExceeded")
    view = {"ViewResource": {"Id": "form"}, "InvocationTimeLimitSeconds": "60", "ViewData": {"Heading": "x"}}
    show = action("show", "ShowView", view, NextAction="end", Errors=errors("end", *names))
    assert "lambda-failure-silent" not in rules(look, show, END)
    assert "lambda-failure-silent" in rules(look, {**SAY, "Identifier": "show"}, END)
