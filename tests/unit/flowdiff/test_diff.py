"""Flows are compared by meaning: what callers notice counts; identifiers, order and layout do not."""

from __future__ import annotations

import copy
import json
import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.flowdiff.diff import Change, Kind, diff, diff_flow, noticed
from busyhour.flows.export.document import parse
from busyhour.flows.export.reader import read
from busyhour.flows.model import Flow

FLOWS = Path(__file__).parents[3] / "examples" / "helpdesk" / "flows"
MAIN = json.loads((FLOWS / "helpdesk-main.json").read_text(encoding="utf-8"))

Document = dict[str, Any]


def flow(document: Document) -> Flow:
    return read(parse(json.dumps(document), Path("main.json")))


def action(document: Document, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = next(a for a in document["Actions"] if a["Identifier"] == identifier)
    return found


def changed(edit: Callable[[Document], object], *, rename: bool = False) -> list[Change]:
    document = copy.deepcopy(MAIN)
    edit(document)
    if rename:
        document = renamed(document, random.Random(1))
    return diff_flow("main", flow(MAIN), flow(document))


def renamed(document: Document, rng: random.Random) -> Document:
    """The same flow with other identifiers, in another order, with another layout."""
    document = copy.deepcopy(document)
    names = {
        a["Identifier"]: str(uuid.UUID(int=rng.getrandbits(128), version=4)) for a in document["Actions"]
    }
    for each in document["Actions"]:
        each["Identifier"] = names[each["Identifier"]]
        transitions = each["Transitions"]
        for branch in (transitions, *transitions.get("Conditions", ()), *transitions.get("Errors", ())):
            if "NextAction" in branch:
                branch["NextAction"] = names[branch["NextAction"]]
        rng.shuffle(transitions.get("Errors", []))
    document["StartAction"] = names[document["StartAction"]]
    rng.shuffle(document["Actions"])
    layout = document.get("Metadata", {}).get("ActionMetadata", {})
    document["Metadata"]["ActionMetadata"] = {
        names[k]: {**v, "position": {"x": rng.random(), "y": 0}} for k, v in layout.items() if k in names
    }
    return document


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(sorted(path.name for path in FLOWS.glob("*.json"))))
def test_identifiers_order_and_layout_do_not_count(seed: int, name: str) -> None:
    document = json.loads((FLOWS / name).read_text(encoding="utf-8"))
    again = renamed(document, random.Random(seed))
    assert diff_flow("x", flow(document), flow(again)) == []


def _prompt(document: Document) -> None:
    action(document, "Greet")["Parameters"]["Text"] = "Good day."


def _timeout(document: Document) -> None:
    action(document, "Look up the caller")["Parameters"]["InvocationTimeLimitSeconds"] = "8"


def _lambda(document: Document) -> None:
    action(document, "Look up the caller")["Parameters"]["LambdaFunctionARN"] = (
        "arn:aws:lambda:x:1:function:other"
    )


def _choice_gone(document: Document) -> None:
    action(document, "Main menu")["Transitions"]["Conditions"].pop()


def _choice_new(document: Document) -> None:
    conditions = action(document, "Main menu")["Transitions"]["Conditions"]
    conditions.append(
        {"NextAction": conditions[0]["NextAction"], "Condition": {"Operator": "Equals", "Operands": ["9"]}}
    )


def _choices_swapped(document: Document) -> None:
    first, second, *_ = action(document, "Main menu")["Transitions"]["Conditions"]
    first["NextAction"], second["NextAction"] = second["NextAction"], first["NextAction"]


def _error_branch_gone(document: Document) -> None:
    action(document, "Look up the caller")["Transitions"]["Errors"] = []


def _logging(document: Document) -> None:
    action(document, "Log the flow")["Parameters"]["FlowLoggingBehavior"] = "Disabled"


def _queue(document: Document) -> None:
    for each in document["Actions"]:
        if each["Type"] == "UpdateContactTargetQueue":
            each["Parameters"]["QueueId"] = "arn:aws:connect:x:1:instance/i/queue/other"
            document["Metadata"]["ActionMetadata"].get(each["Identifier"], {}).pop("parameters", None)
            document["Metadata"]["ActionMetadata"].get(each["Identifier"], {}).pop("queue", None)
            return


@pytest.mark.parametrize("rename", [False, True], ids=["same identifiers", "new identifiers"])
@pytest.mark.parametrize(
    ("edit", "kind", "place", "what"),
    [
        (_prompt, Kind.PROMPT, "Greet", "Text"),
        (_timeout, Kind.TIMEOUT, "Look up the caller", "InvocationTimeLimitSeconds"),
        (_lambda, Kind.LAMBDA, "Look up the caller", "LambdaFunctionARN"),
        (_choice_gone, Kind.MENU, "Main menu", "choice 3"),
        (_choice_new, Kind.MENU, "Main menu", "choice 9"),
        (_error_branch_gone, Kind.ROUTE, "Look up the caller", "branch NoMatchingError"),
        (_logging, Kind.SETTING, "Log the flow", "FlowLoggingBehavior"),
    ],
)
def test_one_change_is_one_line_of_its_kind(
    edit: Callable[[Document], object], kind: Kind, place: str, what: str, rename: bool
) -> None:
    (one,) = changed(edit, rename=rename)
    assert (one.kind, one.action, one.what) == (kind, place, what)
    assert one.before != one.after


def test_a_queue_target_is_a_change_of_queue() -> None:
    (one,) = changed(_queue)
    assert one.kind is Kind.QUEUE
    assert "other" in str(one.after)


def test_swapped_choices_say_where_each_leads() -> None:
    found = changed(_choices_swapped, rename=False)
    assert [(one.what, one.kind) for one in found] == [("choice 1", Kind.MENU), ("choice 2", Kind.MENU)]
    assert found[0].before == found[1].after


def test_a_new_action_in_between_is_named_and_where_the_flow_was_led_past_it() -> None:
    def edit(document: Document) -> None:
        before = action(document, "Greet")
        target = before["Transitions"]["NextAction"]
        document["Actions"].append(
            {
                "Identifier": "Say more",
                "Type": "MessageParticipant",
                "Parameters": {"Text": "This call is recorded."},
                "Transitions": copy.deepcopy(before["Transitions"]),
            }
        )
        before["Transitions"] = {
            "NextAction": "Say more",
            "Errors": [{"NextAction": target, "ErrorType": "NoMatchingError"}],
        }

    found = changed(edit)
    assert {(one.kind, one.action) for one in found} == {(Kind.PROMPT, "Say more"), (Kind.ROUTE, "Greet")}
    said = next(one for one in found if one.kind is Kind.PROMPT)
    assert (said.before, said.after) == (None, "This call is recorded.")


def test_new_and_gone_flows_are_changes() -> None:
    one = flow(MAIN)
    found = diff({"a": one, "b": one}, {"b": one, "c": one})
    assert [(change.flow, change.kind, change.before is None) for change in found] == [
        ("a", Kind.FLOW, False),
        ("c", Kind.FLOW, True),
    ]


def test_settings_are_nothing_that_callers_notice() -> None:
    assert noticed(changed(_logging)) == []
    assert len(noticed(changed(_prompt))) == 1


def test_a_change_reads_as_a_sentence() -> None:
    assert str(changed(_timeout)[0]) == "main: Look up the caller: InvocationTimeLimitSeconds: 4 -> 8"
    assert "choice 3 gone: 'Topic is the account'" in str(changed(_choice_gone)[0])
