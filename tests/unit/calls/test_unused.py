"""Entries of a scenario that nothing uses: each kind, with the nearest name; none where a reference is computed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from busyhour.calls.unused import unused
from busyhour.flows.model import Action, Condition, Flow
from busyhour.scenarios.model import (
    Callers,
    DriveKind,
    Flows,
    Function,
    MenuBehaviour,
    Queue,
    Scenario,
    Table,
)

from .plain_scenario import SECOND, scenario

ARN = "arn:aws:connect:us-east-1:1:instance/i"


FLOW = Flow(
    "main",
    None,
    "menu",
    (
        Action(
            "menu",
            "GetParticipantInput",
            {"StoreInput": "False"},
            None,
            (Condition("Equals", ("1",), "set"),),
        ),
        Action(
            "look",
            "InvokeLambdaFunction",
            {"LambdaFunctionARN": "arn:aws:lambda:x:1:function:helpdesk-lookup"},
            "set",
        ),
        Action("set", "UpdateContactTargetQueue", {"QueueId": f"{ARN}/queue/s-1"}, "move"),
        Action("move", "TransferToFlow", {"ContactFlowId": f"{ARN}/contact-flow/f-1"}, "say"),
        Action("say", "MessageParticipant", {"PromptId": f"{ARN}/prompt/p-1"}, None),
    ),
    metadata={
        "ActionMetadata": {
            "set": {"parameters": {"QueueId": {"displayName": "Support"}}},
            "menu": {"name": "Main menu"},
        }
    },
)
LOOKUP = Function("helpdesk-lookup", latency=SECOND, operations={"customers.GetItem": 1.0})
CLEAN = scenario(
    functions={"helpdesk-lookup": LOOKUP},
    queues={"Support": Queue("Support", 3, arn=f"{ARN}/queue/s-1")},
    flows=Flows((), "main", {f"{ARN}/contact-flow/f-1": "main"}),
    prompt_seconds={f"{ARN}/prompt/p-1": 5.0},
    callers=Callers(SECOND, SECOND, SECOND, menus={"menu": MenuBehaviour({"1": 1.0})}),
    tables={"customers": Table("customers", Path("customers.json"))},
)


def found(changed: Scenario, *flows: Flow) -> list[tuple[str, str]]:
    return [(".".join(one.keys), one.problem) for one in unused(changed, flows or (FLOW,))]


def test_a_scenario_whose_entries_are_all_used_is_clean() -> None:
    assert found(CLEAN) == []


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        (
            {
                "functions": {
                    "helpdesk-lookup": LOOKUP,
                    "helpdesk-lookp": replace(LOOKUP, name="helpdesk-lookp"),
                }
            },
            "functions.helpdesk-lookp",
            "is a function that no flow calls. Did you mean 'helpdesk-lookup'?",
        ),
        (
            {"queues": {"Suport": Queue("Suport", 3)}},
            "queues.Suport",
            "is a queue that no flow names. Did you mean 'Support'?",
        ),
        (
            {"queues": {"Support": Queue("Support", 3, arn=f"{ARN}/queue/s-2")}},
            "queues.Support.arn",
            f"is '{ARN}/queue/s-2', which no flow names. Did you mean '{ARN}/queue/s-1'?",
        ),
        (
            {"flows": Flows((), "main", {f"{ARN}/contact-flow/f-1": "main", "f-2": "main"})},
            "flows.aliases.f-2",
            "is a reference that no flow makes. Did you mean 'f-1'?",
        ),
        (
            {"prompt_seconds": {f"{ARN}/prompt/p-2": 5.0}},
            f"prompts.{ARN}/prompt/p-2",
            f"is a prompt that no flow plays. Did you mean '{ARN}/prompt/p-1'?",
        ),
        (
            {"callers": Callers(SECOND, SECOND, SECOND, menus={"say": MenuBehaviour({"1": 1.0})})},
            "callers.menus.say",
            "is a MessageParticipant, which has no input.",
        ),
        (
            {"callers": Callers(SECOND, SECOND, SECOND, inputs={"menus": ("1",)})},
            "callers.inputs.menus",
            "is not an action of the flows. Did you mean 'menu'?",
        ),
        (
            {"tables": {"custmers": Table("custmers", Path("customers.json"))}},
            "tables.custmers",
            "is a table that no function uses. Did you mean 'customers'?",
        ),
    ],
)
def test_a_misspelt_entry_is_reported_with_the_nearest_name(
    changes: dict[str, Any], key: str, problem: str
) -> None:
    assert found(replace(CLEAN, **changes)) == [(key, problem)]


def test_a_computed_reference_suppresses_reports_of_its_kind() -> None:
    dynamic = {
        "look": {"LambdaFunctionARN": "$.Attributes.function"},
        "set": {"QueueId": "$.External.queue"},
        "say": {"PromptId": "$.Attributes.prompt"},
    }
    flow = replace(
        FLOW,
        actions=tuple(
            replace(one, parameters=dynamic.get(one.identifier, one.parameters)) for one in FLOW.actions
        ),
    )
    other = replace(
        CLEAN,
        functions={"any": replace(LOOKUP, name="any")},
        queues={"Other": Queue("Other", 1)},
        prompt_seconds={"p-9": 1.0},
    )
    assert found(other, flow) == []


def test_drives_that_run_no_flow_use_their_functions_and_tables() -> None:
    alone = replace(CLEAN, functions={"other": replace(LOOKUP, name="other")})
    assert found(replace(alone, drive=DriveKind.LAMBDA)) == []
    assert found(replace(alone, drive=DriveKind.DYNAMODB, tables={"t": Table("t", Path("t.json"))})) == []


def test_a_handler_may_use_any_table() -> None:
    handled = replace(LOOKUP, handler="lookup.py:lookup", operations={})
    assert found(replace(CLEAN, functions={"helpdesk-lookup": handled})) == []


def test_a_queue_is_matched_by_its_designer_name_or_arn() -> None:
    assert found(replace(CLEAN, queues={"Support": Queue("Support", 3)})) == []
    assert (
        found(replace(CLEAN, queues={"Our support": Queue("Our support", 3, arn=f"{ARN}/queue/s-1")})) == []
    )
