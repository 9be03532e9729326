"""Explores every flow of --busyhour-flows (the helpdesk's where none are given): one test a flow, also under xdist.

BUSYHOUR_PROFILE=nightly plays for long, and other calls every night; failing calls are kept in Hypothesis's database
and played first the next time. A team's own invariants lie in contract_tests/invariants of its project.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from busyhour.exploration.invariant import load_invariants
from busyhour.exploration.output.text import failure_lines
from busyhour.exploration.project import Subjects, read_flows
from busyhour.exploration.search.explorer import Explorer, profile
from busyhour.project import Project
from busyhour.shipped import shipped_root


def _subjects(config: pytest.Config) -> Subjects:
    given = config.getoption("--busyhour-flows", None)
    here = config.invocation_params.dir
    paths = (
        [str(here / one) for one in given]
        if given
        else [str(shipped_root() / "examples" / "helpdesk" / "flows")]
    )
    return read_flows(paths)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "number" in metafunc.fixturenames:
        flows = _subjects(metafunc.config).context.flows
        metafunc.parametrize("number", range(len(flows)), ids=[one.name for one in flows])


@pytest.fixture(scope="session")
def subjects(request: pytest.FixtureRequest) -> Subjects:
    return _subjects(request.config)


@pytest.fixture(scope="session")
def explorer(request: pytest.FixtureRequest, subjects: Subjects) -> Explorer:
    project = Project.find(Path(request.config.invocation_params.dir))
    invariants = load_invariants(project.invariants_folders())
    settings = profile(os.environ.get("BUSYHOUR_PROFILE", "ci"))
    return Explorer(subjects.context, invariants, settings, project.root / ".hypothesis" / "busyhour")


def test_invariants_hold_on_every_call(explorer: Explorer, subjects: Subjects, number: int) -> None:
    flow = subjects.context.flows[number]
    report = explorer.explore_flow(flow)
    if report.failures:
        pytest.fail(
            "\n\n".join("\n".join(failure_lines(one, flow, subjects)) for one in report.failures),
            pytrace=False,
        )
