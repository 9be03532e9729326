"""Everything that Connect rejects is found, by the rule that owns it, and nothing else is reported."""

import csv
import json
import random
from pathlib import Path

import pytest
from support.generated_flows.mutations import MUTATIONS, TEXT_MUTATIONS, mutated

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.loading import load_rules
from busyhour.contracts.reading.sources import Gathered, source_of

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
SOME = dict(list(SEEDS.items())[::8]) | {
    name: flow for name, flow in SEEDS.items() if name.startswith("helpdesk")
}


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(load_rules().narrowed(["structure", "schema"]))


def _errors(checker: Checker, text: str) -> set[str]:
    report = checker.check(Gathered((source_of(text),)))
    return {one.rule for one in report.findings if one.severity is Severity.ERROR}


def _try(mutation, flows, checker, times) -> tuple[int, list[str], list[str]]:
    choose = random.Random(mutation.name).randrange
    missed: list[str] = []
    wrong: list[str] = []
    tried = 0
    for name, flow in flows.items():
        before = _errors(checker, json.dumps(flow))
        for _ in range(times):
            broken = mutated(flow, mutation, choose)
            if broken is None:
                break
            tried += 1
            found = _errors(checker, json.dumps(broken)) - before
            if mutation.rule not in found:
                missed.append(name)
            elif found != {mutation.rule}:
                wrong.append(f"{name}: {sorted(found)}")
    return tried, missed, wrong


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[one.name for one in MUTATIONS])
def test_each_mutation_is_found_by_its_own_rule_and_no_other(mutation, checker):
    tried, missed, wrong = _try(mutation, SOME, checker, 1)
    assert tried, "no flow has a place for this fault"
    assert missed == []
    assert wrong == []


@pytest.mark.slow
def test_at_least_99_percent_of_mutations_of_all_exports_are_found(checker):
    counts = [_try(mutation, SEEDS, checker, 5) for mutation in MUTATIONS]
    tried = sum(count for count, _, _ in counts)
    missed = [one for _, names, _ in counts for one in names]
    wrong = [one for _, _, names in counts for one in names]
    assert tried > 10 * len(SEEDS)
    assert len(missed) <= tried // 100
    assert wrong == []


@pytest.mark.parametrize("name", TEXT_MUTATIONS)
def test_each_mutation_of_the_text_is_found(name, checker):
    rule, broken = TEXT_MUTATIONS[name]
    for flow in list(SOME.values())[:20]:
        assert rule in _errors(checker, broken(flow))


def test_there_are_more_than_thirty_mutations():
    assert len(MUTATIONS) + len(TEXT_MUTATIONS) > 30
