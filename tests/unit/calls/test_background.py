"""Asynchronous functions and waits beside a flow, in the life of a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from busyhour.calls.centre import CallCentre
from busyhour.calls.live import LiveCall
from busyhour.capacity.simulation.clock import VirtualClock
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Condition, ErrorBranch, Flow, FlowType
from busyhour.flows.protocol import LambdaFailed, LambdaResult

from .plain_scenario import scenario

ERROR = (ErrorBranch("NoMatchingError", "lost"),)


def action(name: str, type: str, given: dict[str, Any], following: str | None, *branches: str) -> Action:
    pairs = [one.split(">") for one in branches]
    conditions = tuple(Condition("Equals", (operand,), target) for operand, target in pairs)
    return Action(name, type, given, following, conditions, ERROR if following else ())


def flow(**wait: Any) -> Flow:
    """Invoke a function asynchronously, wait for it, load its result into an attribute."""
    asynchronous = {"LambdaFunctionARN": "slow", "InvocationType": "ASYNCHRONOUS"}
    given = {"TimeLimitSeconds": "30", "Events": ["LambdaReturned"], **wait}
    result = {"balance": "$.LambdaInvocation.ResultData.balance"}
    branches = ("WaitCompleted>late", "LambdaReturned>load", "Continue>music")
    return Flow(
        "main",
        FlowType.CONTACT_FLOW,
        "invoke",
        (
            action("invoke", "InvokeLambdaFunction", asynchronous, "wait"),
            action("wait", "Wait", given, "lost", *branches),
            action("music", "MessageParticipant", {"Text": "music " * 50}, "music"),
            action("load", "LoadLambdaResult", {"Id": "$.LambdaInvocation.InvocationId"}, "keep"),
            action("keep", "UpdateContactAttributes", {"Attributes": result}, "end"),
            action("late", "UpdateContactAttributes", {"Attributes": {"balance": "late"}}, "end"),
            action("lost", "UpdateContactAttributes", {"Attributes": {"balance": "lost"}}, "end"),
            action("end", "DisconnectParticipant", {}, None),
        ),
    )


class Slow:
    """A function that takes `seconds`."""

    def __init__(self, clock: VirtualClock, seconds: float, result: LambdaResult | LambdaFailed) -> None:
        self.clock, self.seconds, self.result = clock, seconds, result

    def invoke(self, call: LiveCall, effect: Any, done: Callable[[Any], None]) -> None:
        self.clock.call_later(self.seconds, lambda: done(self.result))


KEEPS_RUNNING = {"ContinueExecution": "True"}


@pytest.mark.parametrize("wait", [{}, KEEPS_RUNNING], ids=["pauses", "continues"])
@pytest.mark.parametrize(
    ("seconds", "result", "balance", "ended"),
    [
        (7.0, LambdaResult({"balance": "12"}), "12", 7.0),
        (0.0, LambdaResult({"balance": "12"}), "12", 0.0),
        (90.0, LambdaResult({"balance": "12"}), "late", 30.0),
        (2.0, LambdaFailed("invalid"), "lost", 2.0),
    ],
)
def test_a_call_waits_for_an_asynchronous_function_and_loads_its_result(
    wait: dict[str, Any], seconds: float, result: LambdaResult | LambdaFailed, balance: str, ended: float
) -> None:
    clock = VirtualClock()
    machine = Machine(FlowLibrary([flow(**wait)]))
    centre = CallCentre(clock, machine, scenario(), Slow(clock, seconds, result))
    call = centre.arrive(0)
    clock.run()
    assert call.attributes == {"balance": balance}
    assert call.ended == pytest.approx(ended)
    assert centre.in_progress == 0


def test_a_call_that_hangs_up_beside_its_wait_is_over() -> None:
    clock = VirtualClock()
    machine = Machine(FlowLibrary([flow(**KEEPS_RUNNING)]))
    centre = CallCentre(clock, machine, scenario(), Slow(clock, 7.0, LambdaResult({})))
    call = centre.arrive(0)
    clock.call_later(3.0, call.hang_up)
    clock.run()
    assert (call.ended, call.attributes) == (3.0, {})
