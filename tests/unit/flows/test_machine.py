"""The life of a call: queues, agents, whispers, hanging up, and what drivers may and may not send."""

import copy
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.errors import BusyhourError
from busyhour.flows import protocol as p
from busyhour.flows.actions import TYPES as ALL_TYPES
from busyhour.flows.contact import Contact
from busyhour.flows.export.document import load
from busyhour.flows.export.reader import read
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Condition, ErrorBranch, Flow, FlowType
from busyhour.flows.policy import Policy

DISCONNECTED = p.Ended(p.EndReason.FLOW_DISCONNECT, "DisconnectParticipant")


def queueing(build, *hooks, **more):
    """A flow that sets hooks and a queue and transfers to it."""
    steps = [
        build.action(
            f"h{index}", "UpdateContactEventHooks", {"EventHooks": {name: flow}}, then=f"h{index + 1}"
        )
        for index, (name, flow) in enumerate(hooks)
    ]
    last = f"h{len(hooks)}"
    return build.flow(
        *steps,
        build.action(last, "UpdateContactTargetQueue", {"QueueId": "q1"}, then="t"),
        build.action("t", "TransferContactToQueue", then="end", errors={"QueueAtCapacity": "full"}),
        build.say("full"),
        **more,
    )


def queue_flow(build, **more):
    return build.flow(
        build.action(
            "loop",
            "MessageParticipantIteratively",
            {"Messages": [{"Text": "Please wait"}], "InterruptFrequencySeconds": "30"},
            then="loop",
            when={"MessagesInterrupted": "still"},
        ),
        build.say("still", then="loop"),
        name="queue",
        type=FlowType.CUSTOMER_QUEUE,
    )


def whisper(build, name):
    return build.flow(
        build.say("whisper", then="over", text=name), build.action("over", "EndFlowExecution"), name=name
    )


def test_queue_wait_whispers_talk_and_the_agent_hangs_up(build):
    main = queueing(build, ("CustomerQueue", "queue"), ("AgentWhisper", "aw"), ("CustomerWhisper", "cw"))
    live = build.call(main, queue_flow(build), whisper(build, "aw"), whisper(build, "cw"))
    effects = build.run(
        live,
        p.Queued("Support", "arn:q"),
        p.Done(),
        p.Done(),
        p.AgentAnswered("agent/7", "ann"),
        p.Done(),
        p.Done(),
        p.Done("agent"),
    )
    assert effects == [
        p.Enqueue("t", "q1", None),
        p.Loop("loop", "Please wait", 30.0),
        p.Play("still", "still", pytest.approx(1 / 3)),
        p.Loop("loop", "Please wait", 30.0),
        p.Play("whisper", "aw", pytest.approx(2 / 15), p.Audience.AGENT),
        p.Play("whisper", "cw", pytest.approx(2 / 15), p.Audience.CUSTOMER),
        p.Talk("", "agent/7"),
        p.Ended(p.EndReason.AGENT_DISCONNECT),
    ]


def test_without_a_queue_flow_the_customer_is_held_until_an_agent_answers(build):
    live = build.call(queueing(build))
    effects = build.run(live, p.Queued(), p.AgentAnswered("a"))
    assert effects[1] == p.Loop("", "", float("inf"))
    assert effects[2] == p.Talk("", "a")


def test_a_queue_flow_that_ends_leaves_the_customer_waiting(build):
    live = build.call(queueing(build, ("CustomerQueue", "w")), whisper(build, "w"))
    effects = build.run(live, p.Queued(), p.Done())
    assert effects[-1] == p.Loop("", "", float("inf"))
    assert live.is_queued


def test_a_broken_queue_flow_leaves_the_customer_waiting_and_is_recorded(build):
    broken = build.flow(build.action("f", "InvokeLambdaFunction", {"LambdaFunctionARN": "f"}), name="w")
    live = build.call(queueing(build, ("CustomerQueue", "w")), broken)
    effects = build.run(live, p.Queued(), p.LambdaFailed("throttled"))
    assert effects[-1] == p.Loop("", "", float("inf"))
    assert live.flow_errors == ("w/f: NoMatchingError has no branch (throttled)",)


def test_a_queue_flow_may_disconnect(build):
    live = build.call(queueing(build, ("CustomerQueue", "w")), build.flow(build.say("bye"), name="w"))
    assert build.run(live, p.Queued(), p.Done())[-1] == DISCONNECTED


def test_a_queue_flow_may_move_the_contact_to_another_queue(build):
    moving = build.flow(
        build.action("d", "DequeueContactAndTransferToQueue", {"QueueId": "q2"}, then="moved"),
        build.say("moved", then="over"),
        build.action("over", "EndFlowExecution"),
        name="w",
    )
    live = build.call(queueing(build, ("CustomerQueue", "w")), moving)
    effects = build.run(
        live, p.Queued("One", "arn:1"), p.Queued("Two", "arn:2"), p.Done(), p.AgentAnswered("a")
    )
    assert effects[1] == p.Enqueue("d", "q2", None)
    assert effects[2].text == "moved"
    assert live.queue == "q2"
    assert live.queue_data()["Name"] == "Two"
    assert isinstance(effects[-1], p.Talk)


def test_the_twelfth_transfer_between_queues_fails(build):
    moving = build.flow(
        build.action(
            "d",
            "DequeueContactAndTransferToQueue",
            {"QueueId": "q2"},
            then="d",
            errors={"NoMatchingError": "sorry"},
        ),
        build.say("sorry", then="over"),
        build.action("over", "EndFlowExecution"),
        name="w",
    )
    live = build.call(queueing(build, ("CustomerQueue", "w")), moving)
    effects = build.run(live, *[p.Queued()] * 12)
    assert [type(one) for one in effects[:-1]] == [p.Enqueue] * 12  # the first is the inbound flow's
    assert effects[-1].text == "sorry"
    assert live.queue_transfers == 11


def test_the_policy_can_restart_the_queue_flow_of_a_moved_contact(build):
    moving = build.flow(
        build.say("hello", then="d"),
        build.action("d", "DequeueContactAndTransferToQueue", {"QueueId": "q2"}, then="end"),
        name="w",
    )
    restarted = Policy(moved_contact_stays_in_queue_flow=False)
    live = build.call(queueing(build, ("CustomerQueue", "w")), moving, policy=restarted)
    assert build.run(live, p.Queued(), p.Done(), p.Queued())[-1].text == "hello"


def test_priority_and_added_time_go_with_the_contact(build):
    flow = build.flow(
        build.action("p", "UpdateContactRoutingBehavior", {"QueuePriority": "1"}, then="t"),
        build.action("t", "UpdateContactRoutingBehavior", {"QueueTimeAdjustmentSeconds": "600"}, then="q"),
        build.action("q", "UpdateContactTargetQueue", {"AgentId": "agent/7"}, then="x"),
        build.action("x", "TransferContactToQueue", then="end"),
    )
    assert build.call(flow).start() == p.Enqueue("x", None, "agent/7", 1, 600.0)


def test_a_full_queue_takes_its_branch(build):
    assert build.run(build.call(queueing(build)), p.AtCapacity())[-1].text == "full"


def test_a_hook_that_is_switched_off_does_not_run(build):
    main = build.flow(
        build.action(
            "h",
            "UpdateContactEventHooks",
            {
                "EventHooks": {"AgentWhisper": "aw"},
                "EventHooksConfiguration": {"AgentWhisper": {"DisableExecution": "true"}},
            },
            then="q",
        ),
        build.action("q", "UpdateContactTargetQueue", {"QueueId": "q1"}, then="t"),
        build.action("t", "TransferContactToQueue", then="end"),
    )
    live = build.call(main, whisper(build, "aw"))
    assert isinstance(build.run(live, p.Queued(), p.AgentAnswered("a"))[-1], p.Talk)


def test_the_disconnect_flow_runs_after_the_agent_has_left_and_only_once(build):
    main = queueing(build, ("CustomerRemaining", "bye"))
    live = build.call(main, build.flow(build.say("survey"), name="bye"))
    effects = build.run(live, p.Queued(), p.AgentAnswered("a"), p.Done("agent"), p.Done())
    assert effects[-2].text == "survey"
    assert effects[-1] == DISCONNECTED


@pytest.mark.parametrize(
    ("type", "runs"),
    [
        (FlowType.CONTACT_FLOW, True),
        (FlowType.QUEUE_TRANSFER, True),
        (None, True),
        (FlowType.OUTBOUND_WHISPER, False),
    ],
)
def test_the_end_of_an_inbound_flow_acts_like_a_disconnect(build, type, runs):
    main = build.flow(
        build.action(
            "h", "UpdateContactEventHooks", {"EventHooks": {"CustomerRemaining": "bye"}}, then="over"
        ),
        build.action("over", "EndFlowExecution"),
        type=type,
    )
    bye = build.flow(build.say("survey", then="over"), build.action("over", "EndFlowExecution"), name="bye")
    effects = build.run(build.call(main, bye), *([p.Done()] if runs else []))
    assert [getattr(one, "text", None) for one in effects[:-1]] == (["survey"] if runs else [])
    assert effects[-1] == p.Ended(p.EndReason.FLOW_DISCONNECT, "EndFlowExecution")


@pytest.mark.parametrize(("channel", "named"), [("VOICE", ("bye",)), ("CHAT", ("bye",)), ("TASK", ())])
def test_a_disconnect_flow_after_a_flows_own_disconnect_is_named_except_for_tasks(build, channel, named):
    main = build.flow(
        build.action("h", "UpdateContactEventHooks", {"EventHooks": {"CustomerRemaining": "bye"}}, then="end")
    )
    live = build.call(main, build.flow(build.say("survey"), name="bye"), contact=Contact(channel=channel))
    live.start()
    assert live.after_disconnect == named


def test_a_customer_who_hangs_up_in_the_conversation_ends_the_contact(build):
    live = build.call(
        queueing(build, ("CustomerRemaining", "bye")), build.flow(build.say("survey"), name="bye")
    )
    assert build.run(live, p.Queued(), p.AgentAnswered("a"), p.Done("customer"))[-1] == p.Ended(
        p.EndReason.CUSTOMER_DISCONNECT
    )


def test_a_hook_to_a_missing_flow_is_recorded_and_the_default_runs(build):
    live = build.call(queueing(build, ("CustomerQueue", "arn:absent")))
    assert build.run(live, p.Queued())[-1] == p.Loop("", "", float("inf"))
    assert live.unresolved == ("arn:absent",)


def test_a_transfer_to_an_agent_queues_for_that_agent(build):
    flow = build.flow(
        build.action("a", "UpdateContactTargetQueue", {"AgentId": "agent/7"}, then="t"),
        build.action("t", "TransferContactToAgent"),
    )
    assert build.call(flow).start() == p.Enqueue("t", None, "agent/7")


def test_a_third_party_transfer_without_resume_ends_the_contact(build):
    dial = {"ThirdPartyPhoneNumber": "+1", "ContinueFlowExecution": "False"}
    flow = build.flow(build.action("d", "TransferParticipantToThirdParty", dial, then="end"))
    effects = build.run(build.call(flow), p.Connected())
    assert effects == [
        p.Dial("d", "+1", 30.0, False),
        p.Ended(p.EndReason.THIRD_PARTY_DISCONNECT, "TransferParticipantToThirdParty"),
    ]


def test_an_agent_whisper_alone_is_played_to_the_agent(build):
    flow = build.flow(build.say("psst"), type=FlowType.AGENT_WHISPER)
    assert build.call(flow).start().audience is p.Audience.AGENT


def test_a_call_that_begins_in_a_queue_flow_is_in_the_queue(build):
    live = build.call(queue_flow(build))
    live.start()
    assert live.is_queued


@pytest.mark.parametrize(
    ("event", "reason"),
    [(p.HungUp(), p.EndReason.CUSTOMER_DISCONNECT), (p.Stopped(), p.EndReason.STOPPED)],
    ids=["hung up", "stopped"],
)
def test_a_call_can_be_stopped_at_any_moment_and_stays_over(build, event, reason):
    live = build.call(build.flow(build.say("a")))
    live.start()
    assert live.send(event) == p.Ended(reason)
    assert live.ended
    assert live.send(p.HungUp()) == p.Ended(reason)


@pytest.mark.parametrize(
    "event",
    [p.Digits("1"), p.AgentAnswered("a"), p.Queued(), p.Succeeded(), p.LambdaResult({}), p.Connected()],
    ids=lambda event: type(event).__name__,
)
def test_an_event_for_another_effect_is_a_protocol_error(build, event):
    live = build.call(build.flow(build.say("a")))
    live.start()
    with pytest.raises(p.ProtocolError):
        live.send(event)
    assert isinstance(live.send(p.Done()), p.Ended)


def test_an_unexpected_event_is_a_protocol_error(build):
    live = build.call(build.flow(build.say("a")))
    with pytest.raises(p.ProtocolError, match="was not started"):
        live.send(p.Done())
    live.start()
    with pytest.raises(p.ProtocolError, match="was started before"):
        live.start()
    live.send(p.Done())
    with pytest.raises(p.ProtocolError, match="has ended"):
        live.send(p.Done())


def test_a_loop_without_interrupts_is_never_done(build):
    live = build.call(queueing(build))
    build.run(live, p.Queued())
    with pytest.raises(p.ProtocolError):
        live.send(p.Done())


def test_the_driver_may_set_attributes_while_the_call_runs(build):
    live = build.call(build.flow(build.say("a", then="b"), build.say("b", text="$.Attributes.x")))
    live.start()
    live.attributes["x"] = "set"
    assert live.send(p.Done()).text == "set"


def test_the_contacts_own_attributes_are_never_changed(build):
    given = {"a": "1"}
    flow = build.flow(build.action("s", "UpdateContactAttributes", {"Attributes": {"a": "2"}}, then="end"))
    live = build.call(flow, contact=Contact(attributes=given))
    live.start()
    assert (given, live.attributes) == ({"a": "1"}, {"a": "2"})


def test_a_missing_entry_flow_is_named(build):
    with pytest.raises(BusyhourError, match=r"no flow 'mian' among 1 flows\. Did you mean 'main'\?"):
        build.machine(build.flow(build.say("a"))).call("mian")


def test_a_missing_start_action_ends_the_call(build):
    flow = Flow("main", None, "gone", (build.action("a", "DisconnectParticipant"),))
    assert build.call(flow).start().reason is p.EndReason.FLOW_ERROR


def test_the_pending_effect_is_public(build):
    live = build.call(build.flow(build.say("a", then="b"), build.say("b")))
    build.run(live, p.Done())
    assert (live.flow_name, live.current_action, live.actions_run) == ("main", "b", 2)
    assert live.pending.text == "b"


def test_an_observer_receives_every_action_and_branch(build):
    class Seen(list):
        def on_action(self, call, flow, action):
            self.append(action.identifier)

        def on_branch(self, call, flow, action, kind, index):
            self.append((action.identifier, kind, index))

    seen = Seen()
    compare = build.action(
        "c",
        "Compare",
        {"ComparisonValue": "$.Channel"},
        then="x",
        when={"CHAT": "x", "VOICE": "v"},
        errors={"E": "x"},
    )
    live = build.call(build.flow(compare, build.say("v"), build.say("x")), observer=seen)
    build.run(live, p.Done())
    assert seen == ["c", ("c", "condition", 1), "v", ("v", "next", 0), "end"]
    assert live.actions_run == 3


def test_a_waiting_call_takes_less_than_3_kilobytes(build):
    flow = build.flow(
        build.action("f", "InvokeLambdaFunction", {"LambdaFunctionARN": "f"}, then="s"),
        build.action("s", "UpdateContactAttributes", {"Attributes": {"tier": "$.External.tier"}}, then="m"),
        build.say("m"),
    )
    machine = build.machine(flow)
    live = machine.call(flow, Contact(contact_id="c"))
    build.run(live, p.LambdaResult({"tier": "gold", "name": "Ann"}))
    parts = [
        live,
        live.attributes,
        live.external,
        live.extras,
        live.contact,
        live.pending,
        live.contact.attributes,
    ]
    assert sum(sys.getsizeof(part) for part in parts) < 3 * 1024


# ------------------------------------------------------------------------------------------ real exports


@pytest.mark.parametrize("channel", ["VOICE", "CHAT", "TASK", "EMAIL"])
def test_calls_through_every_real_export_end(corpus, build, channel):
    flows = [read(load(path)) for path in corpus]
    machine = Machine(FlowLibrary(flows))
    ended = 0
    for flow in flows:
        for seed in range(3):
            live = machine.call(flow, Contact(channel=channel))
            build.heard(live, build.answers(seed, live))
            assert isinstance(live.pending, p.Ended)
            ended += 1
    assert ended == 3 * len(flows)


def test_conversions_of_old_exports_are_unchanged_by_a_round_trip(corpus, build):
    import json

    from busyhour.flows.export.document import parse
    from busyhour.flows.export.legacy import convert, is_legacy

    for document in (load(path) for path in corpus):
        if not is_legacy(document.data):
            continue
        old = read(document)
        new = read(parse(json.dumps(convert(document).data)), name=old.name)
        for seed in range(3):
            stories = []
            for flow in (old, new):
                live = Machine(FlowLibrary([flow])).call(flow)
                stories.append(build.heard(live, build.answers(seed, live)))
            assert stories[0] == stories[1]


# ------------------------------------------------------------------------------------------- properties

TARGETS = ("0", "1", "2", "3", "4", "gone", "")
TYPES = (
    ("MessageParticipant", {"Text": "$.Attributes.a and $.External.b"}),
    ("GetParticipantInput", {"Text": "Press", "InputTimeLimitSeconds": "5", "StoreInput": "False"}),
    ("GetParticipantInput", {"Text": "Enter", "InputTimeLimitSeconds": "5", "StoreInput": "True"}),
    (
        "InvokeLambdaFunction",
        {"LambdaFunctionARN": "f", "LambdaInvocationAttributes": {"x": "$.Attributes.a"}},
    ),
    ("UpdateContactAttributes", {"Attributes": {"a": "$.StoredCustomerInput"}}),
    ("Compare", {"ComparisonValue": "$.Attributes.a"}),
    ("Loop", {"LoopCount": "2"}),
    ("CheckHoursOfOperation", {"HoursOfOperationId": "h"}),
    ("UpdateContactTargetQueue", {"QueueId": "q"}),
    ("TransferContactToQueue", {}),
    ("UpdateContactEventHooks", {"EventHooks": {"CustomerQueue": "main"}}),
    ("UpdateContactEventHooks", {"EventHooks": {"CustomerRemaining": "main"}}),
    ("UpdateContactEventHooks", {"EventHooks": {"AgentWhisper": "main"}}),
    ("DequeueContactAndTransferToQueue", {"QueueId": "q2"}),
    ("MessageParticipantIteratively", {"Messages": [{"Text": "Wait"}], "InterruptFrequencySeconds": "20"}),
    ("InvokeFlowModule", {"FlowModuleId": "main"}),
    ("EndFlowModuleExecution", {"Result": "1"}),
    ("EndFlowExecution", {}),
    ("TransferToFlow", {"ContactFlowId": "main"}),
    ("TransferParticipantToThirdParty", {"ThirdPartyPhoneNumber": "+1"}),
    ("CreateTask", {"Name": "$.External.b"}),
    ("GetMetricData", {}),
    ("Wait", {"TimeLimitSeconds": "5", "Events": ["CustomerReturned"]}),
    ("Unheard", {}),
    ("DisconnectParticipant", {}),
)


@st.composite
def small_flows(draw):
    actions = []
    for number in range(5):
        type, parameters = draw(st.sampled_from(TYPES))
        target = st.sampled_from(TARGETS)
        conditions = tuple(
            Condition("Equals", (operand,), draw(target))
            for operand in draw(
                st.sets(
                    st.sampled_from(["1", "True", "ContinueLooping", "DoneLooping", "MessagesInterrupted"])
                )
            )
        )
        errors = tuple(
            ErrorBranch(error, draw(target))
            for error in draw(st.sets(st.sampled_from(["NoMatchingError", "NoMatchingCondition"])))
        )
        actions.append(
            Action(
                str(number),
                type,
                parameters,
                draw(st.none() | target),
                conditions,
                errors,
                display_name=str(number),
            )
        )
    return Flow("main", None, "0", tuple(actions))


EVENTS = st.sampled_from(
    [
        p.Done(),
        p.Done("customer"),
        p.Digits("1"),
        p.Digits(""),
        p.Silence(),
        p.LexResult("1"),
        p.LambdaResult({"b": "B"}),
        p.LambdaResult({"b": 1}),
        p.LambdaFailed("timeout"),
        p.Hours(True),
        p.Metrics({"NumberOfAgentsOnline": 1}),
        p.Queued("q", "arn:q"),
        p.AtCapacity(),
        p.AgentAnswered("a"),
        p.Connected(),
        p.CustomerReturned(),
        p.Succeeded({"Case.case_id": "1"}, "1"),
        p.Failed(),
        p.HungUp(),
        p.Stopped(),
    ]
)


@settings(max_examples=200, deadline=None)
@given(small_flows(), st.lists(EVENTS, max_size=25), st.sampled_from(["VOICE", "CHAT", "TASK"]))
def test_events_in_any_order_raise_only_protocol_errors(flow, events, channel):
    live = Machine(FlowLibrary([flow])).call(flow, Contact(channel=channel))
    effect = live.start()
    for event in events:
        try:
            effect = live.send(event)
        except p.ProtocolError:
            assert live.pending is effect
        assert live.ended == isinstance(effect, p.Ended)


def story(build, flow, seed, library=None):
    live = Machine(library or FlowLibrary([flow])).call(flow)
    answers = build.answers(seed, live, limit=40)
    effect = live.start()
    told = [effect]
    while not isinstance(effect, p.Ended):
        effect = live.send(answers(effect))
        told.append(effect)
    return told, dict(live.attributes), live.actions_run


@settings(max_examples=100, deadline=None)
@given(small_flows(), st.integers(0, 5))
def test_the_same_answers_give_the_same_trace(build, flow, seed):
    assert story(build, flow, seed) == story(build, copy.deepcopy(flow), seed)


@settings(max_examples=100, deadline=None)
@given(small_flows(), st.permutations(range(5)), st.integers(0, 5))
def test_a_trace_is_independent_of_names_and_order_of_actions(build, flow, order, seed):
    names = {str(number): f"action {number}!" for number in range(5)} | {"": "", "gone": "gone"}

    def renamed(action):
        return Action(
            names[action.identifier],
            action.type,
            action.parameters,
            None if action.next_action is None else names[action.next_action],
            tuple(Condition(one.operator, one.operands, names[one.target]) for one in action.conditions),
            tuple(ErrorBranch(one.error_type, names[one.target]) for one in action.errors),
        )

    other = Flow("main", None, names["0"], tuple(renamed(flow.actions[number]) for number in order))

    def plain(told):
        effects, attributes, actions = told
        shown = []
        for effect in effects:
            fields = {
                key: getattr(effect, key) for key in effect.__slots__ if key not in ("action", "detail")
            }
            shown.append((type(effect), fields))
        return shown, attributes, actions

    assert plain(story(build, flow, seed)) == plain(story(build, other, seed))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "0", "-1", "1e999", "9" * 400, "True", "false", "$.Attributes.a", "$.External.x y", "h"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "Value", "Text"]), inner, max_size=2)
    ),
    max_leaves=5,
)
KEYS = [
    "Text",
    "SSML",
    "PromptId",
    "Media",
    "Messages",
    "InterruptFrequencySeconds",
    "InputTimeLimitSeconds",
    "StoreInput",
    "InputValidation",
    "DTMFConfiguration",
    "LexV2Bot",
    "LexBot",
    "LexSessionAttributes",
    "LexInitializationData",
    "AgentConfiguration",
    "LoopCount",
    "HoursOfOperationId",
    "MetricType",
    "QueueId",
    "AgentId",
    "QueueChannel",
    "TimeLimitSeconds",
    "Events",
    "ContactFlowId",
    "FlowModuleId",
    "Input",
    "Result",
    "ResultData",
    "LambdaFunctionARN",
    "InvocationTimeLimitSeconds",
    "LambdaInvocationAttributes",
    "InvocationType",
    "ResponseValidation",
    "Attributes",
    "TargetContact",
    "FlowAttributes",
    "LanguageCode",
    "WisdomSessionArn",
    "TextToSpeechVoice",
    "EventHooks",
    "EventHooksConfiguration",
    "MediaStreamingState",
    "CallbackNumber",
    "QueuePriority",
    "QueueTimeAdjustmentSeconds",
    "Tags",
    "TagKeys",
    "ThirdPartyPhoneNumber",
    "ThirdPartyConnectionTimeLimitSeconds",
    "ContinueFlowExecution",
    "ComparisonValue",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(ALL_TYPES)),
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6),
    st.sampled_from(["VOICE", "CHAT"]),
    st.integers(0, 3),
)
def test_the_machine_tolerates_any_parameters(build, type, parameters, channel, seed):
    flow = build.flow(
        build.action("x", type, parameters, then="say", errors={"NoMatchingError": "end"}), build.say("say")
    )
    live = Machine(FlowLibrary([flow])).call(flow, Contact(channel=channel, attributes={"a": "1"}))
    build.heard(live, build.answers(seed, live, limit=5))
    assert live.ended
