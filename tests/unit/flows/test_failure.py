"""Failures of a call are data: place, cause, what was missing. Ways by design are none."""

import pytest

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.failure import Cause
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Call, Machine
from busyhour.flows.model import Action, Condition, ErrorBranch, Flow

MAIN = "main"
END = Action("end", "DisconnectParticipant", {}, None)
SORRY = Action("sorry", "MessageParticipant", {"Text": "Sorry."}, "end")


def action(
    identifier: str,
    type: str,
    parameters: dict[str, object] | None = None,
    *,
    then: str | None = None,
    when: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Action:
    conditions = tuple(Condition("Equals", (operand,), target) for operand, target in (when or {}).items())
    branches = tuple(ErrorBranch(error, target) for error, target in (errors or {}).items())
    return Action(identifier, type, parameters or {}, then, conditions, branches)


def failing(identifier: str, type: str, parameters: dict[str, object] | None = None) -> Action:
    return action(identifier, type, parameters, then="end", errors={"NoMatchingError": "sorry"})


def call(*actions: Action, contact: Contact | None = None) -> Call:
    flow = Flow(MAIN, None, actions[0].identifier, (*actions, SORRY, END))
    return Machine(FlowLibrary([flow])).call(flow, contact)


def met(
    *actions: Action, answers: tuple[p.Event, ...] = (), contact: Contact | None = None
) -> list[tuple[Cause, str]]:
    """Causes of the failures of a call that ends up at the apology."""
    running = call(*actions, contact=contact)
    effect = running.start()
    for answer in answers:
        effect = running.send(answer)
    assert isinstance(effect, p.Play), effect
    assert effect.action == "sorry"
    assert all((one.flow, one.action) == (MAIN, "it") for one in running.failures)
    return [(one.cause, one.what) for one in running.failures]


@pytest.mark.parametrize(
    ("type", "parameters", "cause", "what"),
    [
        (
            "TransferToFlow",
            {"ContactFlowId": "$.Attributes.next"},
            Cause.EMPTY_REFERENCE,
            "$.Attributes.next",
        ),
        ("TransferToFlow", {"ContactFlowId": "arn:gone"}, Cause.FLOW_MISSING, "arn:gone"),
        (
            "InvokeFlowModule",
            {"FlowModuleId": "$.External.module"},
            Cause.EMPTY_REFERENCE,
            "$.External.module",
        ),
        ("InvokeFlowModule", {"FlowModuleId": "arn:gone"}, Cause.MODULE_MISSING, "arn:gone"),
        (
            "UpdateContactTargetQueue",
            {"QueueId": "$.External.queue"},
            Cause.EMPTY_REFERENCE,
            "$.External.queue",
        ),
        (
            "InvokeLambdaFunction",
            {"LambdaFunctionARN": "$.Attributes.f"},
            Cause.EMPTY_REFERENCE,
            "$.Attributes.f",
        ),
        ("TransferContactToQueue", {}, Cause.NO_QUEUE, ""),
        ("CheckHoursOfOperation", {}, Cause.NO_QUEUE, ""),
        ("Wait", {"TimeLimitSeconds": "5"}, Cause.CHANNEL, ""),
        (
            "UpdateContactEventHooks",
            {"EventHooks": {"CustomerQueue": "$.Attributes.queueFlow"}},
            Cause.EMPTY_REFERENCE,
            "$.Attributes.queueFlow",
        ),
    ],
)
def test_a_failure_records_the_missing_item_and_its_cause(
    type: str, parameters: dict[str, object], cause: Cause, what: str
) -> None:
    assert met(failing("it", type, parameters)) == [(cause, what)]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (p.LambdaFailed("timeout"), Cause.FUNCTION_FAILED),
        (p.LambdaFailed("missing", "ResourceNotFoundException"), Cause.FUNCTION_MISSING),
        (p.LambdaResult({"nested": {}}), Cause.FUNCTION_FAILED),
    ],
)
def test_a_failing_function_and_a_missing_one_have_different_causes(answer: p.Event, cause: Cause) -> None:
    it = failing("it", "InvokeLambdaFunction", {"LambdaFunctionARN": "arn:aws:lambda:x:1:function:f"})
    assert met(it, answers=(answer,)) == [(cause, "arn:aws:lambda:x:1:function:f")]


def test_an_empty_reference_to_a_response_names_the_function() -> None:
    running = call(
        action("ask", "InvokeLambdaFunction", {"LambdaFunctionARN": "lookup"}, then="it"),
        failing("it", "TransferToFlow", {"ContactFlowId": "$.External.next"}),
    )
    running.start()
    running.send(p.LambdaResult({"other": "x"}))
    (failure,) = running.failures
    assert (failure.what, failure.source) == ("$.External.next", "lookup")


@pytest.mark.parametrize(
    ("it", "answers"),
    [
        (
            action(
                "it",
                "GetParticipantInput",
                {"Text": "press", "StoreInput": "False", "InputTimeLimitSeconds": "5"},
                when={"1": "end"},
                errors={
                    "InputTimeLimitExceeded": "sorry",
                    "NoMatchingCondition": "end",
                    "NoMatchingError": "end",
                },
            ),
            (p.Silence(),),
        ),
        (
            action(
                "it",
                "Compare",
                {"ComparisonValue": "$.Attributes.tier"},
                when={"gold": "end"},
                errors={"NoMatchingCondition": "sorry"},
            ),
            (),
        ),
        (
            action(
                "it",
                "TransferContactToQueue",
                errors={"QueueAtCapacity": "sorry", "NoMatchingError": "end"},
            ),
            (p.AtCapacity(),),
        ),
    ],
    ids=["silence", "no condition", "at capacity"],
)
def test_branches_by_design_are_not_failures(it: Action, answers: tuple[p.Event, ...]) -> None:
    assert met(it, answers=answers, contact=Contact(queue="sales")) == []


def test_a_flow_that_cannot_continue_is_one_failure() -> None:
    running = call(action("it", "TransferContactToQueue"))
    ended = running.start()
    assert isinstance(ended, p.Ended)
    assert [(one.cause, one.action) for one in running.failures] == [(Cause.NO_QUEUE, "it")]
    loose = call(action("it", "UpdateContactAttributes", {"Attributes": {}}, then="nowhere"))
    loose.start()
    assert [one.cause for one in loose.failures] == [Cause.NO_WAY_ON]


def test_a_missing_hook_flow_is_recorded_and_no_branch_is_taken() -> None:
    running = call(
        action("hook", "UpdateContactEventHooks", {"EventHooks": {"CustomerQueue": "gone"}}, then="it"),
        action("it", "TransferContactToQueue", errors={"NoMatchingError": "end"}),
        contact=Contact(queue="sales"),
    )
    running.start()
    assert isinstance(running.send(p.Queued("sales")), p.Loop)
    assert [(one.cause, one.what) for one in running.failures] == [(Cause.HOOK_MISSING, "gone")]
