"""Real exports, old and new: ten thousand calls without an exception, nearly every coverable transition taken."""

import statistics

import pytest

from busyhour.exploration.invariant import load_invariants
from busyhour.exploration.output.test_cases import smallest_set
from busyhour.exploration.search.complete_search import follow
from busyhour.exploration.search.explorer import CRASH, Explorer, Settings
from busyhour.exploration.world.context import Context
from busyhour.flows.export.reader import read_file
from busyhour.flows.model import FlowType


@pytest.mark.slow
def test_ten_thousand_calls_through_all_real_exports(exports):
    calls, inbound, crashed, wrong = 0, [], [], []
    for path in exports:
        explorer = Explorer(Context([read_file(path)]), load_invariants())
        report = explorer.explore()[0]
        calls += report.calls
        crashed += [f"{path.name}: {one.message}" for one in report.failures if one.kind.invariant == CRASH]
        wrong += [f"{path.name}: {one}" for one in report.covered & report.unreachable.keys()]
        if report.flow.type in (None, FlowType.CONTACT_FLOW):
            inbound.append(report.coverage)
    print(f"{calls} calls, median coverage {statistics.median(inbound):.1%} of {len(inbound)} inbound flows")  # noqa: T201  # the figure is the point
    assert crashed == []
    assert wrong == []
    assert calls >= 10_000
    assert statistics.median(inbound) >= 0.95


@pytest.mark.slow
def test_every_case_of_every_export_runs_alike_on_the_bare_machine(exports):
    for path in exports:
        explorer = Explorer(Context([read_file(path)]), (), Settings(examples=0), collects=True)
        report = explorer.explore()[0]
        for case in smallest_set(explorer, set(report.transitions) - report.unreachable.keys()):
            run = [(one.flow.name, one.action.identifier) for one in case.played.actions]
            assert follow(explorer.context, case.played) == run, path.name


def test_some_real_exports_in_short(exports):
    for path in exports[::20]:
        explorer = Explorer(Context([read_file(path)]), load_invariants(), Settings(examples=3))
        report = explorer.explore()[0]
        assert not [one for one in report.failures if one.kind.invariant == CRASH]
        assert not report.covered & report.unreachable.keys()
