"""Outbound calls that the driver answers or fails, and contacts other than calls."""

from typing import Any

import pytest

from busyhour.calls.behaviour import Behaviour
from busyhour.calls.call_data import NOT_ANSWERED, CallState
from busyhour.calls.caller import Caller
from busyhour.calls.policy import CallPolicy
from busyhour.flows.protocol import CheckHours, EndReason, Enqueue, Failed, Hours, Play, Service, Succeeded
from busyhour.scenarios.model import Distribution, Queue
from busyhour.scenarios.traffic import Direction

HELLO = Play("hello", "hello", 3.0)
OUT = Direction.OUTBOUND


def test_a_call_answered_by_the_driver_rings_until_then(bench: Any):
    call = bench.centre(HELLO, direction=OUT, answer=Distribution("constant", 1.0)).arrive(
        0, answered_by_driver=True
    )
    bench.clock.run(until=20.0)
    assert call.state is CallState.RINGING
    call.pick_up()
    bench.clock.run()
    assert (call.connected_to_system, call.ended) == (20.0, 23.0)
    assert bench.journal.kinds() == ["started", "connected", "ended"]


def test_a_call_that_the_driver_does_not_answer_ends_at_the_ring_timeout(bench: Any):
    call = bench.centre(HELLO, direction=OUT).arrive(0, answered_by_driver=True, ring_timeout=25.0)
    bench.clock.run()
    assert (call.ended, call.end_reason) == (25.0, NOT_ANSWERED)


def test_a_call_may_fail_while_it_rings_and_not_after(bench: Any):
    centre = bench.centre(HELLO, direction=OUT)
    ringing, answered = (centre.arrive(index, answered_by_driver=True) for index in range(2))
    answered.pick_up()
    ringing.fail("TELECOM_BUSY", "busy")
    answered.fail("TELECOM_BUSY")
    ringing.pick_up()
    bench.clock.run()
    assert (ringing.end_reason, ringing.ended, ringing.detail) == ("TELECOM_BUSY", 0.0, "busy")
    assert answered.end_reason == EndReason.FLOW_DISCONNECT


def test_attempts_fail_with_the_policys_probability_and_duration(bench: Any):
    policy = CallPolicy(failures={"TELECOM_BUSY": 0.25, "TELECOM_PROBLEM": 0.25})
    centre = bench.centre(HELLO, direction=OUT, policy=policy)
    calls = [centre.arrive(index) for index in range(2_000)]
    bench.clock.run()
    busy = [call for call in calls if call.end_reason == "TELECOM_BUSY"]
    assert len(busy) == pytest.approx(500, abs=80)
    assert {call.ended for call in busy} == {policy.failure_seconds["TELECOM_BUSY"]}
    assert centre.end_reasons["TELECOM_PROBLEM"] == pytest.approx(500, abs=80)


def test_failure_of_a_caller_is_independent_of_other_draws(bench: Any):
    scenario = bench.centre(HELLO).scenario
    behaviour = Behaviour(scenario.callers, 1, CallPolicy(failures={"TELECOM_BUSY": 0.5}))
    first = [Caller(behaviour, index).failure() for index in range(100)]
    for index in range(100):
        caller = Caller(behaviour, index)
        caller.ring(60.0)
        caller.patience()
        assert caller.failure() == first[index]


def test_a_task_does_not_abandon(bench: Any):
    centre = bench.centre(Enqueue("enqueue", "sales"), queues=[Queue("sales", 0)])
    task = centre.arrive(0, channel="TASK")
    chat = centre.arrive(1, channel="CHAT")
    bench.clock.run(until=100_000.0)
    assert task.state is CallState.QUEUED
    assert chat.end_reason == EndReason.CUSTOMER_DISCONNECT


def test_message_events_are_emitted_for_chats_only(bench: Any):
    centre = bench.centre(Play("hello", "Hi.", 0.0))
    centre.arrive(0)
    centre.arrive(1, channel="CHAT")
    bench.clock.run()
    assert bench.journal.kinds().count("message") == 1


def test_a_disabled_queue_accepts_no_contact(bench: Any):
    centre = bench.centre(Enqueue("enqueue", "sales"), queues=[Queue("sales", 1)])
    centre.queue("sales").enabled = False
    call = centre.arrive(0)
    assert isinstance(call.machine_call.heard[-1], Failed)
    assert call.queue_name is None


def test_the_result_of_answering_machine_detection_selects_the_branch(bench: Any):
    check = Service("check", "CheckOutboundCallStatus", {}, branches=("CallAnswered", "VoicemailBeep"))
    centre = bench.centre(check, direction=OUT)
    call = centre.arrive(0, line_status="VoicemailBeep")
    usual = centre.arrive(1)
    bench.clock.run()
    assert call.machine_call.heard[-1] == Succeeded(branch="VoicemailBeep")
    assert usual.machine_call.heard[-1] == Succeeded(branch="CallAnswered")


def test_known_hours_take_precedence_over_the_scenarios_share(bench: Any):
    for known, expected in ((True, True), (None, False)):
        centre = bench.centre(
            CheckHours("check", None, "sales"),
            queues=[Queue("sales", 1, open_share=0.0)],
            hours=lambda hours, queue, known=known: known,
        )
        call = centre.arrive(0)
        assert call.machine_call.heard[-1] == Hours(expected)
