"""Action types are declared by their schemas: code reads what they declare, and names types where it is about them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from busyhour.flows.action_types import DECLARED, UNPUBLISHED, declared, types_of
from busyhour.flows.actions import BEHAVIOURS
from busyhour.flows.policy import Policy

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src" / "busyhour"
SCHEMAS = {
    path.name.partition(".")[0]: json.loads(path.read_text(encoding="utf-8"))
    for path in (ROOT / "flow_schemas" / "actions").glob("*.json")
}
NAMES_OF_OTHERS = {
    "api/invariants.py": "an effect of the machine",
    "emulator/": "operations of the AWS API, and its reasons for a disconnect",
    "exploration/world/lazy_values.py": "a root of references",
    "flows/protocol/__init__.py": "an effect of the machine",
    "load/safety/live_operations.py": "operations of the AWS API",
}
"""Place -> what has the same name there."""
ABOUT_THE_TYPE = {
    "calls/unused.py": "keys are pressed while a message is played",
    "calls/effects.py": "answering machine detection is a setting of the call",
    "contracts/analysis/channels.py": "a flow of views alone is an agent's guide",
    "contracts/analysis/origins.py": "where a value comes from that only the caller gives",
    "contracts/analysis/speech.py": "the members of each type that are played",
    "exploration/world/stubs.py": "the actions of a stand-in",
    "flows/actions/": "semantics of the type itself",
    "flows/export/legacy_modules.py": "the closed list of module types of the old export",
    "flows/playback/flow_log.py": "what Connect logs of one module type",
    "flows/playback/log_parameters.py": "what Connect logs of one module type",
    "learning/recorded/flow_logs.py": "what Connect logs of one module type",
}
"""Place -> why it names types."""


def test_source_names_action_types_only_where_it_is_about_them() -> None:
    named = re.compile(rf"""["'](?:{"|".join(DECLARED)})["']""")
    allowed = {**NAMES_OF_OTHERS, **ABOUT_THE_TYPE}
    places = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if named.search(path.read_text(encoding="utf-8"))
    }
    unexpected = sorted(place for place in places if not place.startswith(tuple(allowed)))
    assert unexpected == [], (
        "declare a property in the schemas instead (flow_schemas/README.md), or give the reason here"
    )
    unused = sorted(one for one in allowed if not any(place.startswith(one) for place in places))
    assert unused == [], "take these places from the list"


def test_every_behaviour_that_is_declared_runs() -> None:
    assert {one.behaviour for one in (*DECLARED.values(), *UNPUBLISHED)} == set(BEHAVIOURS)


@pytest.mark.parametrize("type", sorted(SCHEMAS))
def test_facts_are_those_of_the_schema(type: str) -> None:
    schema, one = SCHEMAS[type], declared(type)
    assert one.behaviour == schema["x-behaviour"]
    assert type in types_of(one.behaviour)
    assert one.ends_on_success == schema.get("x-ends-on-success", False)
    assert one.okay_without_error == (type in Policy().okay_without_error_branch)
    assert {f"$.{root}" for root in one.fills} == {
        "$." + path.removeprefix("$.").split(".")[0] for path in schema.get("x-fills", ())
    }


@pytest.mark.parametrize("type", sorted(type for type, one in DECLARED.items() if one.results is not None))
def test_results_are_the_operands_that_the_schema_allows(type: str) -> None:
    one = declared(type)
    condition = SCHEMAS[type]["properties"]["Transitions"]["properties"]["Conditions"]["items"]
    operands = condition["properties"]["Condition"]["properties"]["Operands"]["items"]
    undecided = [doubt["enum"] for doubt in operands.get("x-undecided", ())]
    assert one.results == frozenset(operands.get("enum", ())).union(*undecided)
    assert not one.repeated_result or one.repeated_result in (one.results or ())


def test_an_unknown_type_has_no_behaviour() -> None:
    assert declared("NoSuchAction").behaviour == ""
    assert not declared("NoSuchAction").fills


def test_the_table_of_schema_members_is_complete() -> None:
    used = set(re.findall(r'"(x-[a-z-]+)":', "".join(map(json.dumps, SCHEMAS.values()))))
    rows = (ROOT / "flow_schemas" / "README.md").read_text(encoding="utf-8")
    assert sorted(one for one in used if f"`{one}`" not in rows) == []
