"""Properties of the check: valid flows pass, anything at all ends in findings, order does not matter."""

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.generated_flows import strategies as connect

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import Gathered, source_of
from busyhour.contracts.schema.errors import objections
from busyhour.contracts.schema.store import shipped_schemas

FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
CHECKER = Checker()


def _check(document, checker=CHECKER):
    text = document if isinstance(document, str) else json.dumps(document)
    return checker.check(Gathered((source_of(text),)))


def _errors(report):
    return [one for one in report.findings if one.severity is Severity.ERROR]


def _no_rule_failed(report):
    return [one.message for one in report.findings if "the rule crashed" in one.message] == []


def _shuffled(value, random_):
    if isinstance(value, dict):
        items = list(value.items())
        random_.shuffle(items)
        return {key: _shuffled(inner, random_) for key, inner in items}
    if isinstance(value, list):
        return [_shuffled(inner, random_) for inner in value]
    return value


@pytest.mark.parametrize("type", sorted(shipped_schemas().types))
@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_valid_action_of_every_type_can_be_made(type, data):
    action = data.draw(connect.actions(type=type))
    assert list(shipped_schemas().validator(f"actions/{type}").iter_errors(action)) == []
    store = shipped_schemas()
    name = f"actions/{type}"
    found = objections(store.document(name), action, f"{name}.schema.json", store.resolve)
    assert [one for one in found if one.doubt is None] == []


@given(flow=connect.flows())
@FEW
def test_a_valid_flow_has_no_error(flow):
    assert _errors(_check(flow)) == []


@given(broken=connect.broken_flows())
@FEW
def test_each_mutation_is_found_by_its_own_rule(broken):
    flow, mutation = broken
    assert mutation.rule in {one.rule for one in _errors(_check(flow))}


@given(document=connect.json_documents())
@settings(FEW, max_examples=300)
def test_any_json_document_gives_findings_without_a_crash(document):
    report = _check(document)
    assert _no_rule_failed(report)
    assert _errors(report)


@given(text=st.text())
@FEW
def test_any_text_gives_findings_without_a_crash(text):
    assert _errors(_check(text))


@given(flow=connect.flows(), path=st.data())
@FEW
def test_a_flow_with_arbitrary_values_gives_findings_without_a_crash(flow, path):
    holder, key, here = None, None, flow
    while isinstance(here, dict | list) and here and path.draw(st.integers(0, 4)):
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        holder, key = here, path.draw(st.sampled_from(keys))
        here = here[key]
    if holder is not None:
        holder[key] = path.draw(connect.json_documents())
    assert _no_rule_failed(_check(flow))


@given(broken=connect.broken_flows(), seed=st.integers(0, 1000))
@FEW
def test_findings_are_repeatable_and_independent_of_key_order(broken, seed):
    flow, _ = broken

    def said(report):
        return [(one.rule, one.pointer, one.message, one.help, one.action) for one in report.findings]

    once = _check(flow)
    assert _check(flow).findings == once.findings
    assert said(_check(_shuffled(flow, random.Random(seed)), Checker())) == said(once)
