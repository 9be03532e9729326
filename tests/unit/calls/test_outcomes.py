"""How far a call came, and the line that was missing: real flows, callers and queues under a virtual clock."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from busyhour.calls.centre import CallCentre
from busyhour.capacity.simulation.clock import VirtualClock
from busyhour.capacity.simulation.functions import ModelledFunctions
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Condition, ErrorBranch, Flow, FlowType
from busyhour.results.outcomes import CallOutcomes, from_counts
from busyhour.scenarios.model import Callers, Distribution, Function, MenuBehaviour, Queue, Scenario
from busyhour.scenarios.traffic import Direction, Traffic

from .plain_scenario import SECOND, scenario

END = Action("end", "DisconnectParticipant", {}, None)
SORRY = Action("sorry", "MessageParticipant", {"Text": "Sorry."}, "end")
SALES = "arn:aws:connect:us-east-1:1:instance/i/queue/sales-id"


def step(
    identifier: str, type: str, then: str | None = "end", error: str = "sorry", **parameters: Any
) -> Action:
    return Action(identifier, type, parameters, then, (), (ErrorBranch("NoMatchingError", error),))


def played(plan: Scenario, *flows: Flow, calls: int = 10, until: float | None = None) -> CallOutcomes:
    clock = VirtualClock()
    machine = Machine(FlowLibrary(flows, plan.flows.aliases))
    functions = ModelledFunctions(clock, plan)
    ended: list[Any] = []

    class Listener:
        def on_event(self, call: Any, kind: str, at: float, detail: Any) -> None:
            if kind == "ended":
                ended.append(call)

    centre = CallCentre(clock, machine, plan, functions, Listener())
    for index in range(calls):
        centre.arrive(index)
    if until is None:
        clock.run()
    else:
        clock.run(until=until)
    counts: Counter[str] = Counter()
    for call in ended:
        counts.update(centre.outcome(call))
    for call in centre.calls():
        counts.update(centre.outcome(call, cut_off=True))
    found = from_counts(counts)
    assert found is not None
    assert found.total == calls
    return found


def main(*actions: Action) -> Flow:
    return Flow("main", None, actions[0].identifier, (*actions, SORRY, END))


QUEUEING = main(
    step("set", "UpdateContactTargetQueue", "queue", QueueId=SALES), step("queue", "TransferContactToQueue")
)


def test_answered_calls_and_unanswered_waiting_calls_are_separate_outcomes() -> None:
    few = scenario(
        queues={"Sales": Queue("Sales", 2, arn=SALES)},
        callers=Callers(Distribution("constant", 5.0), Distribution("constant", 60.0), SECOND),
    )
    found = played(few, QUEUEING)
    assert found.counts == {"agent": 2, "queue": 8}
    assert found.queues == {"Sales": 10}
    assert (found.error_branch, found.problems) == (0, [])


def test_a_flow_that_disconnects_without_an_error_is_a_self_service_end() -> None:
    hello = main(Action("hello", "MessageParticipant", {"Text": "Hello."}, "end"))
    assert played(scenario(), hello).counts == {"self-service end": 10}
    assert played(scenario(), hello, until=0.1).counts == {"cut off": 10}


def test_a_caller_who_hangs_up_does_not_count_as_an_error() -> None:
    menu = main(
        Action(
            "menu",
            "GetParticipantInput",
            {"Text": "Press one.", "StoreInput": "False", "InputTimeLimitSeconds": "5"},
            None,
            (Condition("Equals", ("1",), "end"),),
            tuple(
                ErrorBranch(e, "end")
                for e in ("InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError")
            ),
        )
    )
    callers = Callers(SECOND, SECOND, SECOND, menus={"menu": MenuBehaviour({"hang_up": 1.0})})
    found = played(scenario(callers=callers), menu)
    assert found.counts == {"caller hung up": 10}
    assert found.error_branch == 0


def test_outcome_of_an_unanswered_outbound_call() -> None:
    plan = scenario(traffic=Traffic(Direction.OUTBOUND, 60.0, calls_per_hour=60.0))
    plan = replace(plan, callers=replace(plan.callers, answered=0.0))
    assert played(plan, QUEUEING).counts == {"not answered": 10}


def test_a_call_that_met_an_error_and_reached_an_agent_counts_as_both() -> None:
    plan = scenario(
        queues={"Sales": Queue("Sales", 10, arn=SALES)},
        functions={"lookup": Function("lookup", latency=SECOND, error_share=1.0)},
    )
    flow = main(
        step("look up", "InvokeLambdaFunction", "set", "set", LambdaFunctionARN="lookup"),
        *QUEUEING.actions[:2],
    )
    found = played(plan, flow)
    assert found.counts == {"agent": 10}
    assert (found.error_branch, found.wanting) == (10, 0)
    (problem,) = found.problems
    assert (problem.action, problem.count, problem.line_to_write) == ("look up", 10, "")
    assert "function 'lookup' failed (function_error)" in problem.reason


MODULE = Flow("ticket status", FlowType.MODULE, "end", (Action("end", "EndFlowModuleExecution", {}, None),))
ANSWERS = {"lookup": Function("lookup", latency=SECOND, response={"other": "x"})}
HANDLED = {"lookup": Function("lookup", handler="lambda/lookup.py:lookup", latency=SECOND)}
LOOK_UP = step(
    "look up", "InvokeLambdaFunction", "it", LambdaFunctionARN="arn:aws:lambda:eu-west-1:1:function:lookup"
)


@pytest.mark.parametrize(
    ("actions", "functions", "ending", "reason", "line"),
    [
        pytest.param(
            (step("it", "TransferToFlow", ContactFlowId="arn:x/contact-flow/9"),),
            {},
            "missing flow",
            "flow 'arn:x/contact-flow/9' is not in the scenario",
            '[flows.aliases] "arn:x/contact-flow/9" = "<name of a flow>", with its export in [flows] files',
            id="flow",
        ),
        pytest.param(
            (step("it", "InvokeFlowModule", FlowModuleId="arn:x/flow-module/9"),),
            {},
            "missing flow",
            "module 'arn:x/flow-module/9' is not in the scenario",
            '[flows.aliases] "arn:x/flow-module/9" = "ticket status"',
            id="module",
        ),
        pytest.param(
            (LOOK_UP, step("it", "TransferToFlow", ContactFlowId="$.External.next")),
            ANSWERS,
            "empty reference",
            "TransferToFlow has no target: $.External.next is empty",
            '[functions.lookup] response = { next = "<ARN, id or name of a flow>" }',
            id="answer",
        ),
        pytest.param(
            (
                replace(LOOK_UP, next_action="keep"),
                step("keep", "UpdateContactAttributes", "it", Attributes={"queue": "$.External.queueArn"}),
                step("it", "UpdateContactTargetQueue", QueueId="$.Attributes.queue"),
            ),
            HANDLED,
            "empty reference",
            "UpdateContactTargetQueue has no target: $.Attributes.queue is empty",
            "a response of 'lookup' that has 'queueArn' (lambda/lookup.py:lookup)",
            id="attribute from a handler's answer",
        ),
        pytest.param(
            (step("it", "UpdateContactTargetQueue", QueueId="$.Attributes.queue"),),
            {},
            "empty reference",
            "UpdateContactTargetQueue has no target: $.Attributes.queue is empty",
            "contact attribute 'queue': set it in a flow, or in attributes_of of the load test",
            id="attribute",
        ),
        pytest.param(
            (step("it", "TransferContactToQueue"),),
            {},
            "no queue set",
            "TransferContactToQueue: no queue was set before it",
            "an UpdateContactTargetQueue before it in the flow 'main'",
            id="queue",
        ),
    ],
)
def test_a_missing_scenario_entry_is_reported_with_place_and_line_to_write(
    actions: tuple[Action, ...], functions: dict[str, Function], ending: str, reason: str, line: str
) -> None:
    found = played(scenario(functions=functions), main(*actions), MODULE)
    assert found.counts == {ending: 10}
    assert (found.error_branch, found.wanting) == (10, 10)
    (problem,) = found.problems
    assert (problem.flow, problem.action, problem.count, problem.wanting) == ("main", "it", 10, True)
    assert problem.reason == reason
    assert problem.line_to_write == line


def test_a_function_missing_from_the_scenario_is_reported_although_a_forecast_simulates_it() -> None:
    flow = main(
        step("it", "InvokeLambdaFunction", LambdaFunctionARN="arn:aws:lambda:eu-west-1:1:function:lookup")
    )
    found = played(scenario(functions={"lookp": Function("lookp", latency=SECOND)}), flow)
    assert (found.error_branch, found.wanting) == (10, 10)
    (problem,) = found.problems
    assert problem.line_to_write.startswith("[functions.lookup] latency =")
    assert "Did you mean 'lookp'?" in problem.line_to_write
