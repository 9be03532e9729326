"""pytest plugin: exported flows as tests, and fixtures for a team's own tests of its contact centre.

`pytest contract_tests --busyhour-flows flows/` judges every flow under `flows/` by the shipped rules and those in the
project's own contract_tests/rules. The fixtures do what the command line does, without it:

| fixture | gives |
|---|---|
| `busyhour_project` | the project that pytest was started in |
| `busyhour_flows` | the flows of `--busyhour-flows`, as rules see them |
| `busyhour_machine(scenario)` | the flow machine of a scenario: no clock, no network |
| `busyhour_call(scenario, inputs=…)` | one call played through it, with all that happened |
| `busyhour_emulator(scenario)` | a running emulator, and clients for it |
| `busyhour_run(scenario, …)` | a finished run against the emulator; the same run for the same arguments |

`assert_holds(run, …)` fails with what does not hold. The plugin loads in every pytest run of its environment, so it
imports nothing heavy and does nothing unless asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from busyhour.pytest_plugin.flow_tests import FLOWS, OPTION, SEVERITY, FlowCollector, Flows, GroupItem
from busyhour.pytest_plugin.holds import assert_holds
from busyhour.pytest_plugin.played import PlayedCall
from busyhour.pytest_plugin.runs import Calls, Emulators, Machines, Run, Runs

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import FlowView
    from busyhour.project import Project

__all__ = ["Calls", "Emulators", "Machines", "PlayedCall", "Run", "Runs", "assert_holds"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, all of which begin with --busyhour."""
    group = parser.getgroup("busyhour", "contracts of Amazon Connect flows")
    group.addoption(
        OPTION,
        action="append",
        metavar="DIR",
        help="Test the exported flows in this folder or file: one test for each flow and group of rules. "
        "May be repeated.",
    )
    group.addoption(
        SEVERITY,
        choices=["error", "warning", "note"],
        help="Lowest severity that fails a test (default: that of busyhour.toml, else error).",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the flows that were asked for.

    Raises:
        pytest.UsageError: there are none, or the project's settings are wrong.
    """
    if config.getoption(OPTION):
        config.stash[FLOWS] = Flows.read(config)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the tests of the flows; first, so that -k and -m choose among them too."""
    flows = config.stash.get(FLOWS, None)
    if flows is None:
        return
    for number, name in enumerate(flows.names):
        file = FlowCollector.from_parent(session, name=name, nodeid=name)
        for group, rules in flows.groups.items():
            items.append(GroupItem.from_parent(file, name=group, flows=flows, number=number, rules=rules))


@pytest.fixture(scope="session")
def busyhour_project(request: pytest.FixtureRequest) -> Project:
    """The project that pytest was started in: its nearest busyhour.toml upwards."""
    from busyhour.project import Project

    return Project.find(request.config.invocation_params.dir)


@pytest.fixture(scope="session")
def busyhour_flows(request: pytest.FixtureRequest) -> Sequence[FlowView]:
    """The flows of --busyhour-flows, for a team's own tests on them."""
    flows = request.config.stash.get(FLOWS, None)
    if flows is None:
        raise pytest.UsageError(f"busyhour_flows needs {OPTION} DIR, the folder of the exported flows")
    return flows.subjects()


@pytest.fixture(scope="session")
def busyhour_machine(busyhour_project: Project) -> Machines:
    """`busyhour_machine("helpdesk")` is the flow machine of that scenario, sans I/O."""
    return Machines(busyhour_project)


@pytest.fixture(scope="session")
def busyhour_call(busyhour_project: Project) -> Calls:
    """`busyhour_call("helpdesk", inputs=["1"])` plays one call through the scenario's entry flow."""
    return Calls(busyhour_project)


@pytest.fixture
def busyhour_emulator(
    busyhour_project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Emulators]:
    """`busyhour_emulator("helpdesk")` starts an emulator; it ends with the test."""
    with ExitStack() as stack:
        yield Emulators(busyhour_project, tmp_path_factory, stack)


@pytest.fixture(scope="session")
def busyhour_run(busyhour_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """`busyhour_run("helpdesk", "test.hold=20s", smoke=True)` runs a scenario against the emulator, once a session."""
    return Runs(busyhour_project, tmp_path_factory)
