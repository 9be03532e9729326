"""The life of a call, event by event, under a virtual clock."""

from typing import Any

import pytest

from busyhour.calls.call_data import NOT_ANSWERED, CallState
from busyhour.calls.policy import CallPolicy
from busyhour.flows.protocol import (
    AtCapacity,
    Audience,
    CheckHours,
    Collect,
    Connected,
    Converse,
    Dial,
    Digits,
    Done,
    EndReason,
    Enqueue,
    Failed,
    Hours,
    Invoke,
    LambdaResult,
    LexResult,
    Loop,
    Pause,
    Play,
    ReadMetrics,
    Service,
    Succeeded,
)
from busyhour.scenarios.model import Distribution, Queue
from busyhour.scenarios.traffic import Direction

HELLO = Play("hello", "hello", 3.0)
TO_SALES = Enqueue("enqueue", "sales")
ONE_AGENT = [Queue("sales", 1)]


def test_an_inbound_call_hears_its_prompts_and_ends(bench: Any):
    call = bench.centre(HELLO, HELLO).arrive(0)
    assert call.state is CallState.IN_FLOW
    assert call.connected_to_system == 0.0
    bench.clock.run()
    assert (call.ended, call.state) == (6.0, CallState.ENDED)
    assert (call.end_reason, call.terminal) == (EndReason.FLOW_DISCONNECT, "DisconnectParticipant")
    assert bench.journal.kinds() == ["started", "ended"]
    assert bench.made.in_progress == 0


def test_an_answered_call_talks_then_the_agent_wraps_up(bench: Any):
    call = bench.centre(HELLO, TO_SALES, queues=ONE_AGENT).arrive(0)
    bench.clock.run(until=50.0)
    assert (call.state, call.enqueued, call.answered) == (CallState.CONNECTED, 3.0, 3.0)
    bench.clock.run()
    assert (call.talk_ended, call.ended) == (103.0, 103.0)
    assert call.state is CallState.WRAPPED_UP
    assert bench.journal.times("wrapped_up") == [113.0]
    assert bench.journal.kinds() == ["started", "queued", "answered", "ended", "wrapped_up"]


def test_the_next_call_is_answered_when_the_wrap_up_is_over(bench: Any):
    bench.centre(TO_SALES, queues=ONE_AGENT, patience=Distribution("constant", 500.0))
    bench.arrive_at(0.0, 1.0)
    bench.clock.run()
    assert bench.journal.times("answered") == [0.0, 110.0]


def test_an_impatient_caller_abandons(bench: Any):
    bench.centre(TO_SALES, queues=ONE_AGENT)
    bench.arrive_at(0.0, 1.0)
    bench.clock.run()
    assert bench.journal.times("abandoned") == [61.0]
    assert bench.made.acd.statistics()["sales"].abandoned == 1
    assert bench.made.end_reasons[EndReason.CUSTOMER_DISCONNECT] == 1


def test_patience_ends_with_the_answer(bench: Any):
    bench.centre(TO_SALES, queues=ONE_AGENT, patience=Distribution("constant", 115.0))
    bench.arrive_at(0.0, 1.0)
    bench.clock.run()
    assert bench.journal.times("abandoned") == []
    assert bench.journal.times("answered") == [0.0, 110.0]


def test_a_full_queue_takes_the_at_capacity_branch(bench: Any):
    call = bench.centre(TO_SALES, HELLO, queues=[Queue("sales", 0, capacity=0)]).arrive(0)
    bench.clock.run()
    assert call.machine_call.heard[0] == AtCapacity()
    assert call.end_reason == EndReason.FLOW_DISCONNECT
    assert "at_capacity" in bench.journal.kinds()


def test_a_transfer_without_queue_fails(bench: Any):
    call = bench.centre(Enqueue("enqueue", None)).arrive(0)
    assert isinstance(call.machine_call.heard[0], Failed)


def test_a_call_in_queue_hears_its_queue_flow_until_an_agent_is_free(bench: Any):
    bench.centre(TO_SALES, queues=ONE_AGENT, patience=Distribution("constant", 500.0))
    bench.arrive_at(0.0, 1.0)
    bench.clock.run(until=30.0)
    [waiting] = [call for call in bench.made.calls() if call.state is CallState.QUEUED]
    assert [type(event).__name__ for event in waiting.machine_call.heard] == ["Queued"]
    bench.clock.run(until=111.0)
    assert waiting.state is CallState.CONNECTED
    assert waiting.answered == 110.0


def test_a_loop_outside_a_queue_ends_with_the_callers_patience(bench: Any):
    call = bench.centre(Loop("hold", "music", float("inf"))).arrive(0)
    bench.clock.run()
    assert (call.ended, call.end_reason) == (60.0, EndReason.CUSTOMER_DISCONNECT)


def test_an_interrupted_loop_goes_on_when_it_is_due(bench: Any):
    call = bench.centre(Loop("hold", "music", 20.0)).arrive(0)
    bench.clock.run()
    assert (call.ended, call.machine_call.heard) == (20.0, [Done()])


def test_an_outbound_call_rings_before_its_flow_begins(bench: Any):
    call = bench.centre(HELLO, direction=Direction.OUTBOUND, answer=Distribution("constant", 4.0)).arrive(0)
    assert (call.state, call.connected_to_system) == (CallState.RINGING, None)
    bench.clock.run()
    assert (call.connected_to_system, call.ended) == (4.0, 7.0)


def test_an_unanswered_outbound_call_ends_at_the_ring_timeout(bench: Any):
    call = bench.centre(HELLO, direction=Direction.OUTBOUND, answered=0.0).arrive(0, ring_timeout=25.0)
    bench.clock.run()
    assert (call.ended, call.end_reason, call.connected_to_system) == (25.0, NOT_ANSWERED, None)


@pytest.mark.parametrize("at", [1.0, 5.0])
def test_a_call_can_be_stopped_while_it_rings_and_later(bench: Any, at: float):
    call = bench.centre(HELLO, direction=Direction.OUTBOUND, answer=Distribution("constant", 4.0)).arrive(0)
    bench.clock.call_later(at, lambda: call.stop("StopContact"))
    bench.clock.run()
    assert (call.ended, call.end_reason) == (at, EndReason.STOPPED)
    call.stop()
    call.hang_up()
    assert bench.journal.kinds().count("ended") == 1


def test_hanging_up_in_a_queue_frees_the_place_and_in_a_conversation_the_agent(bench: Any):
    centre = bench.centre(TO_SALES, queues=ONE_AGENT)
    first, second = centre.arrive(0), centre.arrive(1)
    second.hang_up()
    assert centre.acd.queue("sales").waiting == 0
    first.hang_up()
    bench.clock.run(until=9.9)
    assert centre.acd.queue("sales").busy == 1
    bench.clock.run(until=10.0)
    assert centre.acd.queue("sales").busy == 0


def test_whispers_to_the_agent_are_heard_before_the_talk(bench: Any):
    call = bench.centre(Play("whisper", "sales call", 2.0, Audience.AGENT), hang_up_rate=1.0).arrive(0)
    bench.clock.run()
    assert call.machine_call.heard == [Done()]


def test_digits_intents_hours_and_metrics_reach_the_flow(bench: Any):
    call = bench.centre(
        Collect("menu", "press one", 2.0, 5.0, menu=True, choices=("1",)),
        Converse("bot", "say", 1.0, "bot", ("Order",)),
        CheckHours("hours", None, "sales"),
        ReadMetrics("metrics", "sales", None, None),
        Pause("wait", 5.0),
        Service("case", "CreateCase", {}),
        queues=[Queue("sales", 3, open_share=0.0)],
    ).arrive(0)
    bench.clock.run()
    digits, intent, hours, metrics, pause, service = call.machine_call.heard
    assert digits == Digits("1")
    assert intent == LexResult("Order")
    assert hours == Hours(open=False)
    assert metrics.values["NumberOfAgentsAvailable"] == 3
    assert (pause, service) == (Done(), Succeeded())
    assert call.services == {"CreateCase": 1}
    assert call.lex_turns == 1


def test_a_third_party_is_dialled_and_the_flow_resumes_after_the_talk(bench: Any):
    call = bench.centre(Dial("dial", "+15550100", 30.0, resumes=True)).arrive(0)
    bench.clock.run()
    assert call.machine_call.heard == [Connected()]
    assert call.ended == pytest.approx(8.0 + 100.0)


def test_a_third_party_that_does_not_answer_in_time_fails(bench: Any):
    call = bench.centre(Dial("dial", "+15550100", 5.0, resumes=True)).arrive(0)
    bench.clock.run()
    assert call.machine_call.heard == [Failed("ConnectionTimeLimitExceeded")]


def test_a_caller_hangs_up_after_the_flow_limit(bench: Any):
    steps = [Play("again", "again", 10.0)] * 1000
    call = bench.centre(*steps, policy=CallPolicy(flow_limit=300.0)).arrive(0)
    bench.clock.run()
    assert (call.ended, call.end_reason) == (310.0, EndReason.CUSTOMER_DISCONNECT)


@pytest.mark.parametrize(
    "again",
    [Play("again", "", 0.0), Invoke("i", "f", {}, 8.0), Invoke("i", "f", {}, 8.0, asynchronous=True)],
)
def test_a_flow_that_loops_without_taking_time_is_ended_and_reported(bench: Any, again: Any):
    bench.answers(*[(0.0, LambdaResult({}))] * 100)
    centre = bench.centre(*[again] * 100, policy=CallPolicy(action_limit=20))
    call = centre.arrive(0)
    bench.clock.run()
    assert call.end_reason == EndReason.CUSTOMER_DISCONNECT
    assert call.machine_call.actions_run == 21
    assert any("looped in flow 'main'" in note and "20 actions" in note for note in centre.notes())


def test_the_limits_do_not_apply_after_a_queue_was_reached(bench: Any):
    call = bench.centre(TO_SALES, queues=[Queue("sales", agents=0)]).arrive(0)
    call.machine_call.actions_run = 1_000_000
    assert not call.reached_limit()


def test_an_answer_that_comes_after_the_call_ended_changes_nothing(bench: Any):
    bench.answers((2.0, LambdaResult({})))
    call = bench.centre(Invoke("i", "f", {}, 8.0), HELLO).arrive(0)
    bench.clock.call_later(1.0, call.hang_up)
    bench.clock.run()
    assert call.ended == 1.0
    assert bench.journal.kinds().count("ended") == 1


class Slow:
    """A bot that adds two seconds to each turn and takes one conversation in all."""

    def __init__(self) -> None:
        self.heard: list[float] = []

    def turn(self, call: Any, effect: Converse, seconds: float) -> float | None:
        self.heard.append(seconds)
        return 2.0 if len(self.heard) == 1 else None


def test_a_bot_may_add_time_to_a_turn_or_reject_it(bench: Any):
    talk = Converse("bot", "say", 1.0, "bot", ("Order",))
    centre = bench.centre(talk, talk)
    centre.bots = bots = Slow()
    call = centre.arrive(0)
    bench.clock.run()
    assert call.machine_call.heard == [
        LexResult("Order"),
        Failed(detail="the bot rejected the conversation"),
    ]
    assert call.ended == pytest.approx(bots.heard[0] + 2.0)


@pytest.mark.parametrize(("channel", "late"), [("VOICE", False), ("CHAT", True)])
def test_a_bot_answers_a_chat_within_ten_seconds(bench: Any, channel: str, late: bool):
    class Late:
        def turn(self, call: Any, effect: Converse, seconds: float) -> float:
            return 10.5

    centre = bench.centre(Converse("bot", "say", 1.0, "bot", ("Order",)))
    centre.bots = Late()
    call = centre.arrive(0, channel=channel)
    bench.clock.run()
    expected = Failed(detail="the bot did not answer the chat within 10 s") if late else LexResult("Order")
    assert call.machine_call.heard == [expected]
    if late:
        assert call.ended == 10.0
