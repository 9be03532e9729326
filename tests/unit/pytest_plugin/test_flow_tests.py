"""`pytest --busyhour-flows`: a test for each flow and group of rules, run as a team would run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "contract_tests" / "examples"

OWN_RULE = '''
"""A flow that never speaks."""

from busyhour.contracts.rule import rule


@rule(id="no-greeting", severity="error", group="resilience", summary="The flow says nothing",
      why="Callers think that the line is dead.", fix="Play a prompt first.", source="our own operations")
def check(flow):
    if not flow.of_type("MessageParticipant"):
        yield flow.problem("no prompt is played")
'''

SILENT = (
    '{"Version": "2019-10-30", "StartAction": "End", "Actions": '
    '[{"Identifier": "End", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}]}'
)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "contract_tests" / "rules").mkdir(parents=True)
    for name in (
        "dangling_target/broken/a-transition-to-nowhere",
        "queue_full_silent/broken/straight-to-the-end",
    ):
        source = EXAMPLES / f"{name}.json"
        (tmp_path / "flows" / source.name).write_text(source.read_text())
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, env=environment)


def outcomes(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    lines = [line.split(" - ")[0].split(None, 1) for line in run.stdout.splitlines()]
    return {line[1]: line[0] for line in lines if len(line) == 2 and line[0] in ("PASSED", "FAILED")}


def test_one_test_for_each_flow_and_group(project):
    result = run(project, "contract_tests", "--busyhour-flows", "flows")
    found = outcomes(result)
    assert result.returncode == 1
    assert found["flows/a-transition-to-nowhere.json::structure"] == "FAILED"
    assert found["flows/a-transition-to-nowhere.json::data-flow"] == "PASSED"
    assert found["flows/straight-to-the-end.json::resilience"] == "PASSED"
    assert "dangling-target" in result.stdout
    assert "Traceback" not in result.stdout


def test_the_severity_that_fails_is_chosen(project):
    found = outcomes(run(project, "contract_tests", "--busyhour-flows=flows", "--busyhour-severity=warning"))
    assert found["flows/straight-to-the-end.json::resilience"] == "FAILED"


def test_it_runs_under_xdist_as_without(project):
    alone = outcomes(run(project, "contract_tests", "--busyhour-flows", "flows"))
    spread = outcomes(run(project, "contract_tests", "--busyhour-flows", "flows", "-n", "2"))
    assert spread == alone


def test_a_teams_own_rules_are_found(project):
    (project / "contract_tests" / "rules" / "no_greeting.py").write_text(OWN_RULE)
    (project / "flows" / "silent.json").write_text(SILENT)
    result = run(project, "contract_tests", "--busyhour-flows", "flows", "-k", "silent.json")
    assert outcomes(result)["flows/silent.json::resilience"] == "FAILED"
    assert "no prompt is played" in result.stdout


def test_no_flows_is_a_usage_error_that_names_the_folder(project):
    (project / "empty").mkdir()
    result = run(project, "contract_tests", "--busyhour-flows", "empty")
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "empty" in result.stderr
    assert "no flows found" in result.stderr


def test_the_flows_are_there_for_a_teams_own_tests(project):
    (project / "contract_tests" / "test_own.py").write_text(
        "def test_names(busyhour_flows):\n    assert len(busyhour_flows) == 2\n"
    )
    found = outcomes(run(project, "contract_tests", "--busyhour-flows", "flows"))
    assert found["contract_tests/test_own.py::test_names"] == "PASSED"


def test_the_plugin_imports_nothing_heavy():
    code = (
        "import sys, pytest; before = set(sys.modules); import busyhour.pytest_plugin;"
        "print([m for m in sorted(set(sys.modules) - before) if not m.startswith('busyhour')])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr
