"""One call told action by action."""

import pytest

from busyhour.flows import protocol as p
from busyhour.flows.actions.functions import function_name
from busyhour.flows.contact import Contact
from busyhour.flows.library import FlowLibrary
from busyhour.flows.playback import call_trace
from busyhour.flows.playback.script import Script, unknown_functions


@pytest.fixture
def shop(build):
    """Logs, looks the caller up, remembers the tier, asks, queues; with a queue flow."""
    main = build.flow(
        build.action("log", "UpdateFlowLoggingBehavior", {"FlowLoggingBehavior": "Enabled"}, then="lookup"),
        build.action(
            "lookup",
            "InvokeLambdaFunction",
            {
                "LambdaFunctionARN": "arn:aws:lambda:us-east-1:1:function:lookup",
                "InvocationTimeLimitSeconds": "4",
                "LambdaInvocationAttributes": {"phone": "$.CustomerEndpoint.Address"},
            },
            then="remember",
            errors={"NoMatchingError": "sorry"},
        ),
        build.action(
            "remember", "UpdateContactAttributes", {"Attributes": {"tier": "$.External.tier"}}, then="menu"
        ),
        build.action(
            "menu",
            "GetParticipantInput",
            {"Text": "Press 1", "InputTimeLimitSeconds": "5", "StoreInput": "False"},
            then="sorry",
            when={"1": "queue"},
            errors={
                "NoMatchingCondition": "sorry",
                "InputTimeLimitExceeded": "sorry",
                "NoMatchingError": "sorry",
            },
        ),
        build.action("queue", "UpdateContactTargetQueue", {"QueueId": "q1"}, then="hook"),
        build.action(
            "hook", "UpdateContactEventHooks", {"EventHooks": {"CustomerQueue": "waiting"}}, then="transfer"
        ),
        build.action("transfer", "TransferContactToQueue", then="sorry", errors={"QueueAtCapacity": "sorry"}),
        build.say("sorry"),
        name="main",
    )
    waiting = build.flow(
        build.action(
            "loop",
            "MessageParticipantIteratively",
            {"Messages": [{"Text": "Wait"}], "InterruptFrequencySeconds": "20"},
            then="loop",
            when={"MessagesInterrupted": "still"},
        ),
        build.say("still", then="loop", text="Still waiting"),
        name="waiting",
    )
    return FlowLibrary([main, waiting])


def told(library, script, **more):
    return list(call_trace.lines(call_trace.run(library, "main", script, **more)))


def test_a_trace_has_names_effects_attributes_and_times(shop):
    script = Script(["1"], {"lookup": [{"tier": "gold"}]}, wait=30.0, talk=100.0)
    assert [" ".join(line.split()) for line in told(shop, script)] == [
        "0.0 -- main --",
        "0.0 log UpdateFlowLoggingBehavior",
        '0.0 lookup InvokeLambdaFunction invokes lookup with {"phone": "+15555550100"}',
        '0.3 answered {"tier": "gold"}',
        "0.3 remember UpdateContactAttributes",
        "tier = 'gold'",
        "0.3 menu GetParticipantInput customer hears 'Press 1', should press one of 1",
        "2.8 pressed 1",
        "branch: Equals 1",
        "2.8 queue UpdateContactTargetQueue q1",
        "2.8 hook UpdateContactEventHooks CustomerQueue is waiting",
        "2.8 transfer TransferContactToQueue into the queue q1",
        "2.8 queued in q1",
        "2.8 -- waiting --",
        "2.8 loop MessageParticipantIteratively customer hears 'Wait' in a loop, 20 s",
        "branch: Equals MessagesInterrupted",
        "22.8 still MessageParticipant customer hears 'Still waiting' (0.9 s)",
        "23.6 loop MessageParticipantIteratively customer hears 'Wait' in a loop, 20 s",
        "32.8 agent agent answers",
        "32.8 . talks to 1",
        "132.8 agent hangs up",
        "132.8 . ended: AGENT_DISCONNECT",
    ]


def test_a_trace_names_an_error_branch(shop):
    lines = told(shop, Script(functions={"lookup": ["timeout"]}))
    assert "branch: NoMatchingError" in lines[4]
    assert "failed: timeout" in lines[3]
    assert lines[3].split()[0] == "4.0"


def test_a_trace_shows_a_removed_attribute(shop):
    lines = told(shop, Script(functions={"lookup": [{}]}), contact=Contact(attributes={"tier": "silver"}))
    assert any("tier is removed" in line for line in lines)


def test_defaults_missing_in_the_script_are_listed_as_assumed(shop):
    script = Script()
    call_trace.run(shop, "main", script)
    assert script.assumed == [
        "function 'lookup' returned {}",
        "the caller was silent after the inputs were used up",
    ]


def test_the_caller_hangs_up_in_an_endless_flow(build):
    library = FlowLibrary([build.flow(build.say("a", then="a"))])
    script = Script(patience=5)
    found = call_trace.run(library, "main", script)
    assert found.ended == p.Ended(p.EndReason.CUSTOMER_DISCONNECT)
    assert "does not end by itself" in script.assumed[0]


def test_answers_of_a_function_are_used_in_order_and_the_last_is_repeated(build):
    flow = build.flow(
        build.action("a", "InvokeLambdaFunction", {"LambdaFunctionARN": "f"}, then="say"),
        build.say("say", then="a", text="$.External.n"),
    )
    found = call_trace.run(
        FlowLibrary([flow]), "main", Script(functions={"f": [{"n": "1"}, {"n": "2"}]}, patience=8)
    )
    assert [step.effect.text for step in found.steps if isinstance(step.effect, p.Play)] == [
        "1",
        "2",
        "2",
        "2",
    ]


def test_names_of_functions():
    assert function_name("arn:aws:lambda:us-east-1:1:function:lookup:live") == "lookup"
    assert function_name("${LookupArn}") == "${LookupArn}"
    assert unknown_functions(
        Script(functions={"lookup": [], "other": []}), ["arn:aws:lambda:e:1:function:lookup"]
    ) == ["other"]


def test_every_effect_and_event_has_a_description():
    effects = [
        p.Play("a", "t", 1.0),
        p.Loop("a", "t", 5.0),
        p.Loop("", "", float("inf")),
        p.Collect("a", "t", 1.0, 5.0, False),
        p.Converse("a", "t", 1.0, "bot"),
        p.Invoke("a", "f", {"Details": {"Parameters": {}}}, 8.0),
        p.CheckHours("a", None, "q"),
        p.ReadMetrics("a", "q", None, None),
        p.Enqueue("a", None, "agent"),
        p.Talk("", "a"),
        p.Dial("a", "+1", 30.0, True),
        p.Pause("a", 5.0),
        p.Service("a", "CreateTask", {}),
        p.Ended(p.EndReason.STOPPED, detail="why"),
    ]
    assert all(call_trace.describe_effect(effect) for effect in effects)
    assert {type(effect) for effect in effects} == set(p.Effect.__args__)
    events = [
        p.Done("agent"),
        p.Digits("1"),
        p.Silence(),
        p.LexResult("i", {"s": "v"}),
        p.LambdaResult({}),
        p.LambdaFailed("timeout"),
        p.Hours(False),
        p.Metrics({}),
        p.Queued("q"),
        p.AtCapacity(),
        p.AgentAnswered("a"),
        p.Connected(),
        p.CustomerReturned(),
        p.WaitOver(),
        p.Succeeded({"a": 1}, "b"),
        p.Failed("E"),
        p.HungUp(),
        p.Stopped(),
    ]
    assert all(call_trace.describe_event(event) for event in events)
    assert {type(event) for event in events} == set(p.Event.__args__)
