"""What is called unreachable is so, and the reason says why."""

import pytest
from conftest_exploration import action, compare, flow, invoke, menu, say
from hypothesis import HealthCheck, given, settings
from support.generated_flows import strategies as connect

from busyhour.exploration.feasibility.reachability import unreachable
from busyhour.exploration.search.coverage_search import Budget, Search
from busyhour.exploration.world.context import Context
from busyhour.flows.export.reader import read
from busyhour.flows.model import FlowType


def reasons(*flows, **options):
    context = Context(flows, **options)
    found = unreachable(context, flows[0])
    return {
        (flows[0].actions[one.action].identifier, one.kind, one.number): why for one, why in found.items()
    }


def attributes(identifier, values, then):
    return action(
        identifier,
        "UpdateContactAttributes",
        {"Attributes": values},
        then=then,
        errors={"NoMatchingError": "end"},
    )


def test_a_comparison_with_a_value_that_is_always_the_same():
    main = flow(
        attributes("set", {"lang": "en"}, "which"),
        compare("which", "$.Attributes.lang", {"en": "a", "es": "b"}, "c"),
        *map(say, "abc"),
    )
    found = reasons(main)
    assert found["which", "condition", 1] == "$.Attributes.lang is 'en' on every path to here"
    assert found["b", "next", 0] == "the action is behind branches that are never taken"
    assert ("which", "condition", 0) not in found


def test_the_same_attribute_set_on_one_branch_only_can_be_anything():
    main = flow(
        menu("menu", {"1": "set"}, "which", "which"),
        attributes("set", {"lang": "en"}, "which"),
        compare("which", "$.Attributes.lang", {"en": "a", "es": "b"}, "c"),
        *map(say, "abc"),
    )
    assert not any(name == "which" and kind == "condition" for name, kind, _ in reasons(main))


def test_a_constant_that_is_copied_stays_one():
    main = flow(
        attributes("set", {"a": "x"}, "copy"),
        attributes("copy", {"b": "$.Attributes.a"}, "which"),
        compare("which", "$.Attributes.b", {"y": "a"}, "end"),
        say("a"),
    )
    assert "is 'x'" in reasons(main)["which", "condition", 0]


def test_a_function_makes_its_answer_anything_again():
    main = flow(
        invoke("look up", "f", "which"), compare("which", "$.External.a", {"y": "a"}, "end"), say("a")
    )
    assert ("which", "condition", 0) not in reasons(main)


@pytest.mark.parametrize(
    ("one", "key", "reason"),
    [
        (compare("x", "$.Attributes.a", {"yes": "a"}, "end"), ("x", "next", 0), "NoMatchingCondition has a branch"),
        (action("x", "TransferContactToQueue", {}, then="a", errors={"NoMatchingError": "end"}), ("x", "next", 0), "queue flow"),
        (action("x", "TransferToFlow", {"ContactFlowId": "f"}, then="a", errors={"NoMatchingError": "end"}), ("x", "next", 0), "does not return"),
        (action("x", "Loop", {"LoopCount": "0"}, then="a", when={"ContinueLooping": "a", "DoneLooping": "end"}), ("x", "condition", 0), "never 'ContinueLooping'"),
        (menu("x", {"12": "a"}), ("x", "condition", 0), "one key"),
        (menu("x", {"1": "a"}), ("x", "next", 0), "NoMatchingCondition has a branch"),
        (action("x", "GetParticipantInput", {"StoreInput": "True", "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}}, then="a", errors={"InputTimeLimitExceeded": "end"}), ("x", "error", 0), "value Timeout"),
        (action("x", "MessageParticipant", {"Text": "a"}, then="a", errors={"NoMatchingCondition": "end"}), ("x", "error", 0), "nothing in this action raises"),
        (action("x", "InvokeLambdaFunction", {"LambdaFunctionARN": "f"}, then="a", errors={"LambdaThrottling": "end"}), ("x", "error", 0), "takes the branch of NoMatchingError"),
        (compare("x", "$.Nonsense.a", {"yes": "a"}, "end"), ("x", "condition", 0), "is nothing on every path"),
        (compare("x", "fixed", {"yes": "a"}, "end"), ("x", "condition", 0), "fixed is 'fixed'"),
        (compare("x", "$.FlowAttributes.a", {"yes": "a"}, "end"), ("x", "condition", 0), "is nothing on every path"),
        (compare("x", "$.Channel", {"Voice": "a"}, "end"), ("x", "condition", 0), "$.Channel is 'CHAT'"),
        (action("x", "TransferParticipantToThirdParty", {"ThirdPartyPhoneNumber": "+1", "ContinueFlowExecution": "False"}, then="a", errors={}), ("x", "next", 0), "ContinueFlowExecution is False"),
        (action("x", "MessageParticipantIteratively", {"Messages": [{"Text": "a"}]}, then="a"), ("x", "next", 0), "no interrupt"),
        (action("x", "DisconnectParticipant", {}, then="a"), ("x", "next", 0), "the contact is over"),
    ],
)  # fmt: skip
def test_reasons(one, key, reason):
    assert reason in reasons(flow(one, say("a")))[key]


def test_a_loop_count_that_may_be_no_number_leaves_the_way_on_open():
    main = flow(
        action(
            "x",
            "Loop",
            {"LoopCount": "$.Attributes.n"},
            then="a",
            when={"ContinueLooping": "end", "DoneLooping": "end"},
        ),
        say("a"),
    )
    assert ("x", "next", 0) not in reasons(main)


def test_an_action_that_no_path_leads_to():
    assert (
        reasons(flow(say("a"), say("lost")))["lost", "next", 0]
        == "no path from the start leads to the action"
    )


def test_results_that_a_module_never_gives_back():
    module = flow(
        action("end", "EndFlowModuleExecution", {"Result": "found"}), name="module", type=FlowType.MODULE
    )
    main = flow(
        action(
            "x",
            "InvokeFlowModule",
            {"FlowModuleId": "module"},
            then="end",
            when={"found": "a", "lost": "end"},
            errors={"NoMatchingError": "end"},
        ),
        say("a"),
    )
    found = reasons(main, module)
    assert "never returns 'lost'" in found["x", "condition", 1]
    assert ("x", "condition", 0) not in found


def in_and_out(**more):
    """A flow that checks the hours of its queue and transfers to it, and sets none."""
    hours = action(
        "hours",
        "CheckHoursOfOperation",
        then="no",
        when={"True": "go", "False": "no"},
        errors={"NoMatchingError": "no"},
    )
    go = action(
        "go", "TransferContactToQueue", then="no", errors={"QueueAtCapacity": "full", "NoMatchingError": "no"}
    )
    return flow(hours, go, say("full"), say("no"), **more)


@pytest.mark.parametrize(
    "type", [None, FlowType.CONTACT_FLOW, FlowType.QUEUE_TRANSFER, FlowType.AGENT_TRANSFER, FlowType.MODULE]
)
def test_a_flow_that_uses_a_queue_it_never_sets_inherits_it_from_where_it_is_entered(type):
    entered = in_and_out(type=type)
    assert {(one, kind) for one, kind, _ in reasons(entered)} == {("hours", "next"), ("go", "next")}
    context = Context([entered])
    wanted = set(context.transitions(entered)) - unreachable(context, entered).keys()
    search = Search(context, entered, wanted, lambda played: None)
    search.run(Budget())
    assert not search.missing


def test_what_a_flow_reads_from_a_service_before_it_asks_one_may_be_there():
    main = flow(compare("who", "$.Customer.FirstName", {"Ann": "a"}, "end"), say("a"))
    assert reasons(main) == {("who", "next", 0): "NoMatchingCondition has a branch, and that one is taken"}


def test_a_transfer_to_a_flow_that_a_value_names_may_lead_to_any_flow():
    target = flow(compare("held", "$.External.kind", {"x": "end"}, "end"), name="target")
    leads = flow(
        action(
            "go",
            "TransferToFlow",
            {"ContactFlowId": "$.Attributes.next"},
            then="end",
            errors={"NoMatchingError": "end"},
        ),
        name="leads",
    )
    assert Context([target, leads]).inherits(target)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(connect.flows())
def test_no_call_ever_takes_what_is_called_unreachable(data):
    one = _read(data)
    context = Context([one])
    never = unreachable(context, one)
    taken = set()
    search = Search(context, one, set(context.transitions(one)), lambda played: taken.update(played.path))
    search.run(Budget(calls=60))
    assert not taken & never.keys(), {one: never[one] for one in taken & never.keys()}


def _read(data):
    import json

    from busyhour.flows.export.document import parse

    return read(parse(json.dumps(data), None))
