"""Everything that Connect refuses is found, by the rule that owns it, and nothing else is said."""

import csv
import json
import random
from pathlib import Path

import pytest

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.mutations import MUTATIONS, TEXT_MUTATIONS, mutated
from busyhour.contracts.sources import Gathered, source_of

ROOT = Path(__file__).parents[3]
CORPUS = (ROOT / "../shared/corpus").resolve()
HELPDESK = ROOT / "examples/helpdesk/flows"


def _seeds() -> dict[str, dict]:
    """Flows to break: real exports that are valid, and those of the example where there are none."""
    found = {path.name: json.loads(path.read_text()) for path in sorted(HELPDESK.glob("*.json"))}
    if (CORPUS / "INDEX.csv").is_file():
        with (CORPUS / "INDEX.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["format"] == "2019-10-30" and not row["anomalies"]:
                    path = CORPUS / row["file"]
                    found[path.name] = json.loads(path.read_text(encoding="utf-8-sig"))
    return found


SEEDS = _seeds()


def _errors(checker: Checker, text: str) -> set[tuple[str, str, str]]:
    report = checker.check(Gathered((source_of(text),)))
    return {(one.rule, one.pointer, one.message) for one in report.findings if one.severity is Severity.ERROR}


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker()


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[one.name for one in MUTATIONS])
def test_each_fault_is_found_by_its_own_rule_and_by_no_other(mutation, checker):
    choose = random.Random(mutation.name).randrange
    missed: list[str] = []
    wrong: list[str] = []
    tried = 0
    for name, flow in SEEDS.items():
        before = {rule for rule, _, _ in _errors(checker, json.dumps(flow))}
        for _ in range(2):
            broken = mutated(flow, mutation, choose)
            if broken is None:
                break
            tried += 1
            found = {rule for rule, _, _ in _errors(checker, json.dumps(broken))} - before
            if mutation.rule not in found:
                missed.append(name)
            elif found != {mutation.rule}:
                wrong.append(f"{name}: {sorted(found)}")
    assert tried, "no flow has a place for this fault"
    assert len(missed) <= tried // 100, f"{len(missed)} of {tried} not found, for example in {missed[:3]}"
    assert not wrong, f"{len(wrong)} of {tried} gave other errors as well, for example {wrong[:3]}"


@pytest.mark.parametrize("name", TEXT_MUTATIONS)
def test_each_fault_of_the_text_is_found(name, checker):
    rule, broken = TEXT_MUTATIONS[name]
    for flow in list(SEEDS.values())[:20]:
        assert rule in {found for found, _, _ in _errors(checker, broken(flow))}


def test_there_are_more_than_thirty_kinds():
    assert len(MUTATIONS) + len(TEXT_MUTATIONS) > 30
