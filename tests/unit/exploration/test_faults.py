"""Planted faults that no schema sees: each is found, with a story; the same flows without it are silent."""

import time
from contextlib import ExitStack

import pytest
from conftest_exploration import faults

from busyhour.contracts.check import Checker
from busyhour.contracts.finding import Severity
from busyhour.contracts.reading.sources import gather
from busyhour.exploration.invariant import load_invariants
from busyhour.exploration.project import read_flows
from busyhour.exploration.search.explorer import Explorer
from busyhour.lambda_contract.checks import check_handlers
from busyhour.lambda_contract.handler import Handlers
from busyhour.lambda_contract.usage import contract_of

QUICK = {"dead_end_on_lambda_error", "infinite_reprompt", "queue_unset_on_one_branch", "slow_lambda_chain", "flows_in_a_circle",
         "silent_when_closed", "prompt_without_a_value", "callback_without_a_queue", "number_for_a_string"}  # fmt: skip


def found(fault, kind):
    """Ids of everything that explore says with default settings, and the failures themselves."""
    with ExitStack() as stack:
        handlers = (
            stack.enter_context(Handlers(fault.handlers(kind), fault.idempotent)) if fault.functions else None
        )
        if handlers is not None:
            handlers.warm()
        functions = {} if handlers is None else handlers.functions()
        subjects = read_flows([str(fault.folder / kind)], functions=functions)
        reports = Explorer(subjects.context, load_invariants()).explore()
        contract = contract_of(subjects.context.flows, subjects.context.library.known)
        findings = [] if handlers is None else check_handlers(handlers, contract)
    failures = [one for report in reports for one in report.failures]
    return {one.kind.invariant for one in failures} | {one.check for one in findings}, failures, findings


def named(some):
    return [pytest.param(one, id=one.folder.name) for one in faults() if (one.folder.name in QUICK) == some]


@pytest.mark.parametrize("fault", named(True))
def test_a_planted_fault_is_found_and_its_absence_is_silent(fault):
    assert fault.expects in found(fault, "broken")[0]
    assert found(fault, "kept")[0] == set()


@pytest.mark.slow
@pytest.mark.parametrize("fault", named(False))
def test_the_same_for_those_that_take_longer(fault):
    assert fault.expects in found(fault, "broken")[0]
    assert found(fault, "kept")[0] == set()


@pytest.mark.slow
def test_all_of_them_are_found_within_a_minute_each_with_a_short_story():
    started = time.perf_counter()
    for fault in faults():
        ids, failures, findings = found(fault, "broken")
        assert fault.expects in ids, fault.about
        for one in failures:
            if one.kind.invariant == fault.expects:
                assert 2 <= len(one.story) <= 20, one.story
        for one in findings:
            assert one.text()
    assert len(faults()) >= 15
    assert time.perf_counter() - started < 60


@pytest.mark.parametrize("fault", [pytest.param(one, id=one.folder.name) for one in faults()])
def test_no_schema_sees_them(fault):
    """What is wrong is not the shape: the schema's rules say the same of both, and no error."""
    said = {}
    for kind in ("broken", "kept"):
        checker = Checker()
        groups = {one.id: one.group for one in checker.rules}
        report = checker.check(gather([str(fault.folder / kind)]))
        said[kind] = [
            one.message
            for one in report.findings
            if groups[one.rule] == "schema" and one.severity is Severity.ERROR
        ]
    assert said == {"broken": [], "kept": []}
