"""Every rule and every action type on its examples: dropping a file into examples/ adds a test.

`examples/<rule_name>/kept/*.json` are flows that the rule leaves alone, `broken/*.json` flows that it finds something
in. `flow_schemas/examples/<ActionType>/{kept,broken}/*.json` are single actions; the name of a broken one is the rule
that finds it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.loading import load_rules
from busyhour.contracts.reading.sources import Gathered, gather, source_of
from busyhour.contracts.schema.store import shipped_schemas

HERE = Path(__file__).parent
EXAMPLES = HERE / "examples"
ACTIONS = HERE.parent / "flow_schemas" / "examples"
RULES = {rule.id.replace("-", "_"): rule for rule in load_rules()}


def _cases(root: Path, kind: str) -> list[object]:
    return [
        pytest.param(path, id="-".join((path.parent.parent.name, path.stem)))
        for path in sorted(root.glob(f"*/{kind}/*"))
    ]


def _found(path: Path) -> set[str]:
    """Rules that find something in the flow at `path`; a rule of strict checks is run in a strict check."""
    rule = RULES[path.parent.parent.name]
    rules = load_rules().narrowed(enable=[rule.id])
    report = Checker(rules, strict=rule.strict).check(gather([str(path)]))
    return {finding.rule for finding in report.findings}


@pytest.mark.parametrize("path", _cases(EXAMPLES, "kept"))
def test_the_rule_leaves_it_alone(path: Path) -> None:
    assert RULES[path.parent.parent.name].id not in _found(path)


@pytest.mark.parametrize("path", _cases(EXAMPLES, "broken"))
def test_the_rule_finds_it(path: Path) -> None:
    assert RULES[path.parent.parent.name].id in _found(path)


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_rule_has_an_example_of_either_kind(name: str) -> None:
    assert list((EXAMPLES / name / "kept").glob("*")), f"no {EXAMPLES / name / 'kept'}"
    assert list((EXAMPLES / name / "broken").glob("*")), f"no {EXAMPLES / name / 'broken'}"


@pytest.mark.parametrize("path", _cases(ACTIONS, "kept"))
def test_the_action_keeps_its_schema(path: Path) -> None:
    action = json.loads(path.read_text(encoding="utf-8"))
    assert action["Type"] == path.parent.parent.name
    assert [
        error.message
        for error in shipped_schemas().validator(f"actions/{action['Type']}").iter_errors(action)
    ] == []


@pytest.mark.parametrize("path", _cases(ACTIONS, "broken"))
def test_the_action_breaks_its_schema_and_the_rule_in_its_name_finds_it(path: Path) -> None:
    action = json.loads(path.read_text(encoding="utf-8"))
    assert not shipped_schemas().validator(f"actions/{action['Type']}").is_valid(action)
    end = {"Identifier": "Next action", "Type": "EndFlowExecution", "Parameters": {}, "Transitions": {}}
    flow = {"Version": "2019-10-30", "StartAction": action["Identifier"], "Actions": [action, end]}
    report = Checker().check(Gathered((source_of(json.dumps(flow)),)))
    assert path.stem in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("type", sorted(shipped_schemas().types))
def test_the_type_has_an_example_of_either_kind(type: str) -> None:
    assert list((ACTIONS / type / "kept").glob("*.json"))
    assert list((ACTIONS / type / "broken").glob("*.json"))
