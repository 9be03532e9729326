"""The search takes what can be taken."""

import pytest
from conftest_exploration import action, compare, flow, invoke, menu, say

from busyhour.exploration.feasibility.reachability import unreachable
from busyhour.exploration.search.coverage_search import Budget, Search, replayed
from busyhour.exploration.search.story import story
from busyhour.exploration.world.choices import Choice
from busyhour.exploration.world.context import Context
from busyhour.flows.model import FlowType


def missing(*flows, **options):
    context = Context(flows, **options)
    wanted = set(context.transitions(flows[0])) - unreachable(context, flows[0]).keys()
    search = Search(context, flows[0], wanted, lambda played: None)
    search.run(Budget())
    return {(flows[0].actions[one.action].identifier, one.kind, one.number) for one in search.missing}


def test_keys_silence_and_wrong_keys_of_a_menu():
    assert (
        missing(
            flow(
                menu("menu", {"1": "one", "2": "two"}, "wrong", "silent"),
                *map(say, ["one", "two", "wrong", "silent"]),
            )
        )
        == set()
    )


def test_values_of_a_functions_answer_are_solved_from_later_conditions():
    main = flow(
        invoke("look up", "lookup", "keep"),
        action(
            "keep",
            "UpdateContactAttributes",
            {"Attributes": {"tier": "tier-$.External.tier"}},
            then="which",
            errors={"NoMatchingError": "end"},
        ),
        say("hello", "which"),
        compare("which", "$.Attributes.tier", {"tier-gold": "a", "tier-silver": "b"}, "c"),
        *map(say, "abc"),
    )
    assert missing(main) == set()


def test_numbers_of_metrics_and_the_age_in_milliseconds():
    def metric(name, kind, when, otherwise, operator):
        errors = {"NoMatchingCondition": otherwise, "NoMatchingError": "end"}
        return action(
            name,
            "CheckMetricData",
            {"MetricType": kind},
            then=otherwise,
            when=when,
            errors=errors,
            operator=operator,
        )

    main = flow(
        action(
            "queue",
            "UpdateContactTargetQueue",
            {"QueueId": "q"},
            then="age",
            errors={"NoMatchingError": "end"},
        ),
        metric("age", "OldestContactInQueueAgeSeconds", {"300000": "long"}, "size", "NumberGreaterThan"),
        metric("size", "NumberOfContactsInQueue", {"5": "few", "10": "some"}, "many", "NumberLessThan"),
        *map(say, ["long", "few", "some", "many"]),
    )
    assert missing(main) == set()


def test_a_loop_is_run_to_its_end():
    main = flow(
        menu("menu", {"1": "end"}, "attempts", "attempts"),
        action(
            "attempts",
            "Loop",
            {"LoopCount": "3"},
            then="done",
            when={"ContinueLooping": "menu", "DoneLooping": "done"},
        ),
        say("done"),
    )
    assert missing(main) == set()


def test_every_error_branch_of_every_action_that_can_fail():
    main = flow(
        say("hello", "attributes"),
        action(
            "attributes",
            "UpdateContactAttributes",
            {"Attributes": {"a": "b"}},
            then="queue",
            errors={"NoMatchingError": "end"},
        ),
        action(
            "queue",
            "UpdateContactTargetQueue",
            {"QueueId": "q"},
            then="hours",
            errors={"NoMatchingError": "end"},
        ),
        action(
            "hours",
            "CheckHoursOfOperation",
            {},
            then="shut",
            when={"True": "transfer", "False": "shut"},
            errors={"NoMatchingError": "end"},
        ),
        action(
            "transfer",
            "TransferContactToQueue",
            {},
            then="end",
            errors={"QueueAtCapacity": "full", "NoMatchingError": "end"},
        ),
        *map(say, ["shut", "full"]),
    )
    assert missing(main) == set()


def test_modules_and_flows_that_are_not_here_have_stand_ins():
    main = flow(
        action(
            "module",
            "InvokeFlowModule",
            {"FlowModuleId": "arn:x"},
            then="b",
            when={"found": "a", "lost": "b"},
            errors={"NoMatchingError": "end"},
        ),
        say("a", "away"),
        say("b"),
        action(
            "away",
            "TransferToFlow",
            {"ContactFlowId": "arn:y"},
            then="end",
            errors={"NoMatchingError": "end"},
        ),
    )
    assert missing(main) == set()


def test_a_flow_that_lives_on_what_another_left_is_entered_from_there():
    main = flow(compare("which", "$.External.menu", {"sales": "a"}, "b"), say("a"), say("b"))
    assert missing(main) == set()


@pytest.mark.parametrize("channel", ["CHAT", "TASK"])
def test_channels_that_conditions_test(channel):
    main = flow(compare("channel", "$.Channel", {"VOICE": "a", channel: "b"}, "end"), say("a"), say("b"))
    assert missing(main) == set()


def test_the_helpdesk_is_covered_whole(helpdesk):
    context = Context(helpdesk)
    for entry in context.flows:
        wanted = set(context.transitions(entry)) - unreachable(context, entry).keys()
        search = Search(context, entry, wanted, lambda played: None)
        search.run(Budget())
        assert search.missing == set()


def test_a_wait_ends_by_each_event_that_it_waits_for():
    wait = action(
        "wait",
        "Wait",
        {
            "TimeLimitSeconds": "60",
            "Events": ["CustomerReturned", "BotParticipantDisconnected"],
            "ContinueExecution": "True",
        },
        when={
            "WaitCompleted": "a",
            "CustomerReturned": "b",
            "BotParticipantDisconnected": "c",
            "Continue": "d",
        },
        errors={"NoMatchingError": "end"},
    )
    main = flow(wait, *map(say, "abc"), say("d", "d", "a longer text " * 10))
    assert missing(main) == set()
    assert not any(one.kind == "condition" for one in unreachable(Context([main]), main))


def test_a_module_finds_what_belongs_to_the_contact():
    main = flow(
        compare("stream", "$.MediaStreams.Customer.Audio.StreamARN", {"arn:": "a"}, "who", "TextStartsWith"),
        compare("who", "$.Customer.FirstName", {"Ada": "b"}, "leave"),
        say("a", "leave"),
        say("b", "leave"),
        action("leave", "EndFlowModuleExecution"),
        type=FlowType.MODULE,
    )
    assert missing(main) == set()
    assert not any(one.kind == "condition" for one in unreachable(Context([main]), main))


def test_keys_pressed_while_a_prompt_plays_are_kept_and_told():
    store = {"Text": "Number?", "StoreInput": "True", "InputTimeLimitSeconds": "5"}
    main = flow(
        action("on", "GetParticipantInput", {"EnableDTMFBuffer": "True"}, then="welcome"),
        say("welcome", "ask"),
        action("ask", "GetParticipantInput", store, then="end", errors={"NoMatchingError": "end"}),
    )
    pressed = replayed(Context([main]), main, [Choice("contact"), Choice("presses", "1"), Choice("silence")])
    assert pressed.call.stored_input == "1"
    assert "the caller hears 'welcome' and presses 1 meanwhile" in story(pressed)
    silent = replayed(Context([main]), main, [Choice("contact"), Choice("goes on"), Choice("silence")])
    assert silent.call.stored_input == "Timeout"
