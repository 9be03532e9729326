"""Waits, asynchronous functions, overrides of hours and lists, in the machine and the drivers that run it."""

from __future__ import annotations

from typing import Any

import pytest

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Condition, ErrorBranch, Flow, FlowType
from busyhour.flows.playback import call_trace
from busyhour.flows.playback.script import Script

ERROR = (ErrorBranch("NoMatchingError", "lost"),)


def action(
    identifier: str, type: str, given: dict[str, Any], following: str | None, *branches: str
) -> Action:
    conditions = tuple(
        Condition("Equals", (name,), target) for name, target in (one.split(">") for one in branches)
    )
    return Action(identifier, type, given, following, conditions, ERROR if following else ())


def say(identifier: str, text: str, following: str) -> Action:
    return action(identifier, "MessageParticipant", {"Text": text}, following)


ENDS = (
    say("late", "time is over", "end"),
    say("lost", "an error", "end"),
    action("end", "DisconnectParticipant", {}, None),
)
KEEPS_RUNNING = action(
    "wait",
    "Wait",
    {"ContinueExecution": "True", "MinimumWaitTimeSeconds": "30"},
    "lost",
    "WaitCompleted>late",
    "Continue>music",
)


def flow(*actions: Action, type: FlowType | None = FlowType.CONTACT_FLOW) -> Flow:
    return Flow("main", type, actions[0].identifier, (*actions, *ENDS))


def heard(run: Flow, script: Script | None = None, channel: str = "VOICE") -> list[tuple[str, float]]:
    found = call_trace.run(FlowLibrary([run]), run, script or Script(), contact=Contact(channel=channel))
    return [(one.effect.text, one.at) for one in found.steps if isinstance(one.effect, p.Play)]


def texts(run: Flow, script: Script | None = None, channel: str = "VOICE") -> list[str]:
    return [text for text, _ in heard(run, script, channel)]


@pytest.mark.parametrize(
    ("given", "type", "works"),
    [
        ({"TimeLimitSeconds": "30"}, FlowType.CONTACT_FLOW, False),
        ({"TimeLimitSeconds": "30", "Events": ["CustomerReturned"]}, FlowType.CONTACT_FLOW, True),
        ({"TimeLimitSeconds": "30", "Events": ["CustomerReturned"]}, FlowType.CUSTOMER_QUEUE, False),
        ({"TimeLimitSeconds": "30", "Events": ["CustomerReturned"]}, None, True),
    ],
)
def test_voice_waits_in_inbound_flows_for_an_event_or_while_the_flow_continues(
    given: dict[str, Any], type: FlowType | None, works: bool
) -> None:
    run = flow(action("wait", "Wait", given, "lost", "WaitCompleted>late"), type=type)
    machine = Machine(FlowLibrary([run]))
    effect = machine.call(run, Contact()).start()
    assert isinstance(effect, p.Pause) == works
    assert texts(run, channel="CHAT") == ["time is over"]


def test_the_flow_continues_beside_the_wait_until_its_time_is_over() -> None:
    run = flow(KEEPS_RUNNING, say("music", "music " * 20, "music"))
    found = heard(run)
    assert [text for text, _ in found][-1] == "time is over"
    assert {text for text, _ in found[:-1]} == {"music " * 20}
    assert found[-1][1] == pytest.approx(30.0)


def test_the_contact_stays_when_the_continue_branch_ends() -> None:
    run = flow(
        KEEPS_RUNNING,
        say("music", "a moment please", "resume"),
        action("resume", "EndFlowExecution", {}, None),
    )
    found = heard(run)
    assert [text for text, _ in found] == ["a moment please", "time is over"]
    assert found[1][1] == pytest.approx(30.0)


def test_a_wait_within_the_continue_branch_takes_its_error_branch() -> None:
    inner = action(
        "music",
        "Wait",
        {"TimeLimitSeconds": "5", "Events": ["CustomerReturned"]},
        "lost",
        "WaitCompleted>late",
    )
    run = flow(KEEPS_RUNNING, inner)
    assert texts(run)[0] == "an error"


def test_a_contact_that_disconnects_beside_the_wait_is_over() -> None:
    machine = Machine(
        FlowLibrary([run := flow(KEEPS_RUNNING, action("music", "DisconnectParticipant", {}, None))])
    )
    call = machine.call(run, Contact())
    call.start()
    assert isinstance(call.send(p.Succeeded(branch="Continue")), p.Ended)
    with pytest.raises(p.ProtocolError):
        call.send(p.WaitOver())


INVOKE = action(
    "invoke",
    "InvokeLambdaFunction",
    {"LambdaFunctionARN": "slow", "InvocationType": "ASYNCHRONOUS", "InvocationTimeLimitSeconds": "60"},
    "wait",
)
LAMBDA_WAIT = action(
    "wait",
    "Wait",
    {"TimeLimitSeconds": "60", "Events": ["LambdaReturned"]},
    "lost",
    "WaitCompleted>late",
    "LambdaReturned>load",
)
LOAD = action("load", "LoadLambdaResult", {"InvocationId": "$.LambdaInvocation.InvocationId"}, "say")
SAY = say("say", "your balance is $.LambdaInvocation.ResultData.balance", "end")


def test_a_result_of_an_asynchronous_function_is_waited_for_and_loaded() -> None:
    run = flow(INVOKE, LAMBDA_WAIT, LOAD, SAY)
    assert texts(run, Script(functions={"slow": [{"balance": "12"}]})) == ["your balance is 12"]


def test_the_result_of_an_asynchronous_function_that_failed_is_an_error() -> None:
    run = flow(INVOKE, LAMBDA_WAIT, LOAD, SAY)
    assert texts(run, Script(functions={"slow": ["function_error"]})) == ["an error"]


def test_a_result_without_an_invocation_is_an_error() -> None:
    assert texts(flow(LOAD, SAY)) == ["an error"]


def test_an_asynchronous_function_has_an_id_at_once() -> None:
    run = flow(
        action("invoke", "InvokeLambdaFunction", {**INVOKE.parameters}, "say"),
        say("say", "id $.LambdaInvocation.InvocationId", "end"),
    )
    [text] = texts(run)
    assert len(text) == len("id ") + 36


def test_a_synchronous_function_that_times_out_takes_the_timeout_branch() -> None:
    invoke = Action(
        "invoke",
        "InvokeLambdaFunction",
        {"LambdaFunctionARN": "slow"},
        "lost",
        (),
        (*ERROR, ErrorBranch("TimeLimitExceeded", "late")),
    )
    assert texts(flow(invoke), Script(functions={"slow": ["timeout"]})) == ["time is over"]
    assert texts(flow(invoke), Script(functions={"slow": ["throttled"]})) == ["an error"]


HOURS = action(
    "hours",
    "CheckHoursOfOperation",
    {"HoursOfOperationId": "h"},
    "late",
    "True>open",
    "False>late",
    "Xmas>xmas",
)


@pytest.mark.parametrize(
    ("override", "expected"), [("Xmas", "merry christmas"), ("Easter", "we are open"), ("", "we are open")]
)
def test_an_override_of_the_hours_takes_the_branch_of_its_name(override: str, expected: str) -> None:
    run = flow(HOURS, say("open", "we are open", "end"), say("xmas", "merry christmas", "end"))
    assert texts(run, Script(override=override)) == [expected]


LISTED = "DataTableList.ResultData.primaryKeyGroups.default"


def test_a_loop_runs_over_the_rows_that_a_data_table_returned() -> None:
    run = flow(
        action("list", "ListDataTableValues", {}, "loop"),
        action(
            "loop",
            "Loop",
            {"LoopName": "rows", "List": f"$.{LISTED}"},
            "late",
            "ContinueLooping>say",
            "DoneLooping>end",
        ),
        say("say", "row $.Loop.rows.Element.name", "loop"),
    )
    script = Script(values={LISTED: [{"name": "a"}, {"name": "b"}]})
    assert texts(run, script) == ["row a", "row b"]


def test_a_loop_runs_over_a_list_of_a_function() -> None:
    run = flow(
        action(
            "invoke",
            "InvokeLambdaFunction",
            {"LambdaFunctionARN": "f", "ResponseValidation": {"ResponseType": "JSON"}},
            "loop",
        ),
        action(
            "loop",
            "Loop",
            {"LoopName": "rows", "List": "$.External.rows"},
            "late",
            "ContinueLooping>say",
            "DoneLooping>end",
        ),
        say("say", "row $.Loop.rows.Element", "loop"),
    )
    assert texts(run, Script(functions={"f": [{"rows": ["a", "b"]}]})) == ["row a", "row b"]
