"""Which flow refers to which: by id, by the name that the designer shows, or not at all."""

import json

import pytest

from busyhour.api.rules import flow_id
from busyhour.contracts.check import Checker
from busyhour.contracts.flow_set import Home, home_of
from busyhour.contracts.flow_view import Project
from busyhour.contracts.reading.sources import source_of

CHECKER = Checker()
ID = "0f6b2c1e-7d5a-4c39-9a56-2f4d1b7e8c90"
ARN = f"arn:aws:connect:eu-central-1:555544443333:instance/5cafc98e-41d0-4b9b-8d3a-8b1a0b6d6f01/contact-flow/{ID}"


def flow(name, *, to=None, shown=None, hook=None, id=None, prompt=False):
    actions = []
    layout = {}
    if prompt:
        actions.append({"Identifier": "Say", "Type": "MessageParticipant", "Parameters": {"Text": "x"}})
    if to is not None:
        actions.append({"Identifier": "Go", "Type": "TransferToFlow", "Parameters": {"ContactFlowId": to}})
        layout["Go"] = {"ContactFlow": {"text": shown}} if shown else {}
    if hook is not None:
        hooks = {"EventHooks": {"CustomerQueue": hook}}
        actions.append({"Identifier": "Hook", "Type": "UpdateContactEventHooks", "Parameters": hooks})
    actions.append({"Identifier": "End", "Type": "DisconnectParticipant", "Parameters": {}})
    for one, following in zip(actions, [*actions[1:], None], strict=True):
        one["Transitions"] = {"NextAction": following["Identifier"]} if following else {}
    content = {
        "Version": "2019-10-30",
        "StartAction": actions[0]["Identifier"],
        "Metadata": {"name": name, "ActionMetadata": layout},
        "Actions": actions,
    }
    if id is not None:
        response = {"ContactFlow": {"Name": name, "Arn": id, "Content": json.dumps(content)}}
        return CHECKER.subject(source_of(json.dumps(response)))
    return CHECKER.subject(source_of(json.dumps(content)))


def flow_set(*flows):
    return Project(list(flows)).flow_set


def found(*flows):
    return [(one.kind, target.name) for one, target in flow_set(*flows).resolved]


@pytest.mark.parametrize("reference", [ARN, ID, f"{ARN}:$LATEST", f"{ID}:3", "${Billing}"])
def test_a_flow_is_found_by_its_id_in_every_form_and_by_its_name(reference):
    shown = "Billing" if reference.startswith("$") else None
    assert found(flow("Main", to=reference, shown=shown), flow("Billing", id=ARN)) == [
        ("transfer", "Billing")
    ]


def test_an_ambiguous_name_resolves_to_no_flow():
    assert found(flow("Main", to="${x}", shown="Billing"), flow("Billing"), flow("Billing")) == []


def test_an_unknown_id_is_not_resolved_by_name_if_ids_are_known():
    other = ID.replace("0f6b", "ffff")
    assert found(flow("Main", to=other, shown="Billing"), flow("Billing", id=ARN)) == []


def test_hooks_are_references():
    assert found(flow("Main", hook=ID), flow("Queue", id=ARN)) == [("CustomerQueue", "Queue")]


def test_a_dynamic_transfer_may_enter_any_flow():
    main, other = flow("Main", to="$.Attributes.next"), flow("Other")
    seen = flow_set(main, other)
    assert seen.resolved == []
    assert seen.may_be_entered(other)


def test_without_a_dynamic_transfer_only_referenced_flows_are_entered():
    main, other, billing = flow("Main", to=ID), flow("Other"), flow("Billing", id=ARN)
    seen = flow_set(main, other, billing)
    assert [seen.may_be_entered(one) for one in (main, other, billing)] == [False, False, True]


def test_cycles_are_those_without_interaction():
    there = ARN.replace("0f6b", "aaaa")
    one, other = flow("One", to=there, id=ARN), flow("Two", to=ARN, id=there)
    (cycle,) = flow_set(one, other).cycles
    assert [step.source.name for step in cycle] == ["One", "Two"]
    assert flow_set(flow("One", to=there, id=ARN, prompt=True), other).cycles == []


def test_identity_leaves_out_versions():
    assert flow_id(f"{ARN}:$SAVED") == flow_id(f"{ID}:12") == ID
    assert flow_id("Main") == "Main"


def test_identity_leaves_out_aliases_but_no_part_of_a_name():
    assert flow_id(f"{ARN}:live") == flow_id(f"{ID}:live") == ID
    assert flow_id("Tier: gold") == "Tier: gold"
    assert flow_id("arn:aws:lambda:us-east-1:111122223333:function:look-up").endswith(":look-up")


def test_a_reference_to_an_alias_of_a_flow_resolves():
    there = ARN.replace("0f6b", "aaaa")
    one, other = flow("One", to=f"{there}:live", id=ARN), flow("Two", id=there)
    assert [target.name for _, target in flow_set(one, other).resolved] == ["Two"]


def test_home_needs_three_flows_that_agree():
    assert home_of([ARN, ARN]) == Home()
    assert home_of([ARN, ARN, ARN, "no arn"]) == Home(
        "eu-central-1", "555544443333", "5cafc98e-41d0-4b9b-8d3a-8b1a0b6d6f01"
    )
    other = ARN.replace("eu-central-1", "us-east-1")
    assert home_of([ARN, ARN, ARN, other]).region == "eu-central-1"
    assert home_of([ARN, ARN, ARN, other, other]).region == ""
