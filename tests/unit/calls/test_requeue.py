"""A queue flow that moves the contact to another queue, through the real flow machine."""

from collections.abc import Mapping
from typing import Any

import pytest

from busyhour.calls.centre import CallCentre
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, ErrorBranch, Flow, FlowType
from busyhour.scenarios.model import Queue


def step(identifier: str, type_: str, following: str | None, **parameters: Any) -> Action:
    errors = (ErrorBranch("NoMatchingError", "end"), ErrorBranch("QueueAtCapacity", "end"))
    return Action(identifier, type_, parameters, following, errors=errors if following else ())


@pytest.fixture
def machine() -> Machine:
    hooks: Mapping[str, str] = {"CustomerQueue": "waiting"}
    main = Flow(
        "main",
        FlowType.CONTACT_FLOW,
        "hook",
        (
            step("hook", "UpdateContactEventHooks", "set", EventHooks=hooks),
            step("set", "UpdateContactTargetQueue", "transfer", QueueId="sales"),
            step("transfer", "TransferContactToQueue", "end"),
            step("end", "DisconnectParticipant", None),
        ),
    )
    waiting = Flow(
        "waiting",
        FlowType.CUSTOMER_QUEUE,
        "music",
        (
            step("music", "MessageParticipant", "move", PromptId="music"),
            step("move", "DequeueContactAndTransferToQueue", "end", QueueId="other"),
            step("end", "EndFlowExecution", None),
        ),
    )
    return Machine(FlowLibrary([main, waiting]), prompt_seconds={"music": 5.0})


def run(bench: Any, machine: Machine, other: Queue) -> tuple[CallCentre, Any]:
    scenario = bench.centre(queues=[Queue("sales", 0), other]).scenario
    centre = CallCentre(bench.clock, machine, scenario, bench.functions, bench.journal)
    call = centre.arrive(0)
    bench.clock.run()
    return centre, call


def test_the_other_queue_answers_and_the_first_has_lost_the_contact(bench: Any, machine: Machine):
    centre, call = run(bench, machine, Queue("other", 1))
    assert (call.enqueued, call.answered, call.queue_name) == (0.0, 5.0, "other")
    assert bench.journal.kinds() == ["started", "queued", "queued", "answered", "ended", "wrapped_up"]
    assert centre.acd.statistics()["sales"].moved == 1
    assert centre.acd.queue("other").busy == 0


def test_patience_runs_on_through_both_queues(bench: Any, machine: Machine):
    centre, call = run(bench, machine, Queue("other", 0))
    assert call.ended == 60.0
    assert (centre.acd.statistics()["sales"].moved, centre.acd.statistics()["other"].abandoned) == (1, 1)


def test_a_contact_stays_in_its_queue_when_the_other_queue_is_full(bench: Any, machine: Machine):
    centre, call = run(bench, machine, Queue("other", 0, capacity=0))
    assert (call.ended, call.queue_name) == (60.0, "sales")
    assert (centre.acd.statistics()["sales"].abandoned, centre.acd.statistics()["other"].rejected) == (
        1,
        1,
    )
