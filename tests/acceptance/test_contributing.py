"""The steps of CONTRIBUTING.md, done in a copy of the tree: what is added works, and generated files name it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "contract_tests",
    "docs",
    "examples",
    "flow_schemas",
    "loadtests",
    "reports",
    "scenarios",
    "src",
    "tools",
)
TYPE = "PlayDisclaimer"

RULE = '''"""A flow that never speaks."""

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="no-greeting",
    severity="warning",
    group="resilience",
    summary="The flow disconnects without a prompt",
    why="Callers think that the line is dead and call again.",
    fix="Play a prompt first.",
    source="our own operations, 2026",
    types=("DisconnectParticipant",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A flow that never speaks."""
    if not flow.of_type("MessageParticipant"):
        for action in flow.of_type("DisconnectParticipant"):
            yield flow.problem("no prompt before this disconnect", action=action)
'''
SCENARIO = """
seed = 1
drive = "backend"

[traffic]
direction = "inbound"
calls_per_hour = 120

[test]
hold = "100s"

[flows]
files = ["../our_flows/*.json"]
entry = "disclaimer"

[callers]
patience = "60s"
talk = "1m"
wrap_up = "10s"
"""
OPERATION = '''

@operation("UpdateContactSchedule")
def update_contact_schedule(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactSchedule: the time alone."""
    _contact(site, params["ContactId"]).scheduled = params["ScheduledTime"]
    return {}
'''
QUOTA = (
    "connect.parrots-per-instance,connect,Parrots per instance,L-0000AAAA,7,count,yes,,instance,,resource,,,"
    "our own page of limits,2026-11-30,\n"
)
SECTION = '''"""Parking decks during the run."""

from busyhour.report.blocks import Section, Text, section
from busyhour.results.record import RunRecord


def parking(record: RunRecord) -> Section | None:
    """The section."""
    return section(Text(f"Deck North was full during {record.run_id}."))
'''


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with a rule, an action type, an operation, a quota and a section added, all generated."""
    copy = tmp_path_factory.mktemp("tree")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "out"))
    _add_rule(copy)
    _add_action_type(copy)
    _append(copy / "src/busyhour/emulator/connect/api/contacts.py", OPERATION)
    _append(copy / "src/busyhour/quotas/table/table.csv", QUOTA)
    _replace(
        copy / "src/busyhour/emulator/coverage/not_enforced.py",
        '        "connect.reports-per-instance",\n',
        '        "connect.reports-per-instance",\n        "connect.parrots-per-instance",\n',
    )
    (copy / "src/busyhour/report/sections/parking.py").write_text(SECTION)
    registry = copy / "src/busyhour/report/sections/registry.py"
    _replace(registry, "    limits,\n    quotas,", "    limits,\n    parking,\n    quotas,")
    _replace(
        registry,
        '    Entry("limits",',
        '    Entry("parking", "Parking decks", parking.parking),\n    Entry("limits",',
    )
    assert _python(copy, "tools/generate.py", "--check").returncode == 1
    made = _python(copy, "tools/generate.py")
    assert made.returncode == 0, made.stderr
    assert _python(copy, "tools/generate.py", "--check").returncode == 0
    return copy


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, path
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def _flow(*actions: dict[str, object]) -> str:
    end = {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}
    flow = {"Version": "2019-10-30", "StartAction": "end", "Actions": [*actions, end]}
    if actions:
        flow["StartAction"] = actions[0]["Identifier"]
    return json.dumps(flow)


def _prompt() -> dict[str, object]:
    errors = [{"NextAction": "end", "ErrorType": "NoMatchingError"}]
    return {
        "Identifier": "greet",
        "Type": "MessageParticipant",
        "Parameters": {"Text": "Hello."},
        "Transitions": {"NextAction": "end", "Errors": errors},
    }


def _add_rule(copy: Path) -> None:
    (copy / "contract_tests/rules/no_greeting.py").write_text(RULE)
    examples = copy / "contract_tests/examples/no_greeting"
    for kind, text in (("kept", _flow(_prompt())), ("broken", _flow())):
        (examples / kind).mkdir(parents=True)
        (examples / kind / "one.json").write_text(text)


def _add_action_type(copy: Path) -> None:
    """One schema and an example of either kind; made from those of a type like it."""
    text = (ROOT / "flow_schemas/actions/UntagContact.schema.json").read_text(encoding="utf-8")
    schema = json.loads(text.replace("UntagContact", TYPE).replace("TagKeys", "Disclaimers"))
    schema |= {"x-behaviour": "service", "x-channels": ["VOICE"], "x-occupies": True}
    (copy / f"flow_schemas/actions/{TYPE}.schema.json").write_text(json.dumps(schema))
    for kind, name in (("kept", "small"), ("broken", "unknown-parameter")):
        folder = copy / "flow_schemas/examples" / TYPE / kind
        folder.mkdir(parents=True)
        example = (ROOT / f"flow_schemas/examples/UntagContact/{kind}/{name}.json").read_text(
            encoding="utf-8"
        )
        (folder / f"{name}.json").write_text(
            example.replace("UntagContact", TYPE).replace("TagKeys", "Disclaimers")
        )


def _python(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def busyhour(tree: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    return lambda *words: _python(tree, "-m", "busyhour", *words)


def test_a_rule_finds_its_broken_example_and_has_a_page(tree, busyhour) -> None:
    found = busyhour("check", "contract_tests/examples/no_greeting/broken")
    assert "no prompt before this disconnect" in found.stdout + found.stderr
    assert "no-greeting" not in busyhour("check", "contract_tests/examples/no_greeting/kept").stdout
    assert "Callers think that the line is dead" in (tree / "docs/rules/no-greeting.md").read_text()
    assert "no-greeting" in (tree / "docs/rules/README.md").read_text()
    tests = _python(
        tree,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "contract_tests/test_examples.py",
        "-k",
        "no_greeting",
    )
    assert tests.returncode == 0, tests.stdout


@pytest.fixture(scope="module")
def our_flows(tree: Path) -> Path:
    """A flow with the new action type, whose error leads to a prompt, and a scenario of it."""
    action = json.loads((tree / f"flow_schemas/examples/{TYPE}/kept/small.json").read_text())
    action["Transitions"] = {
        "NextAction": "end",
        "Errors": [{"NextAction": "greet", "ErrorType": "NoMatchingError"}],
    }
    folder = tree / "our_flows"
    folder.mkdir()
    (folder / "disclaimer.json").write_text(_flow(action, _prompt()))
    (tree / "scenarios/disclaimer.toml").write_text(SCENARIO)
    return folder


def test_an_action_type_keeps_and_breaks_its_examples(tree) -> None:
    tests = _python(
        tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "contract_tests/test_examples.py", "-k", TYPE
    )
    assert tests.returncode == 0, tests.stdout


def test_an_action_type_is_checked(our_flows, busyhour) -> None:
    checked = busyhour("check", str(our_flows))
    assert "unknown-type" not in checked.stdout, checked.stdout


def test_an_action_type_is_explored(our_flows, busyhour) -> None:
    explored = busyhour("explore", str(our_flows))
    assert explored.returncode in (0, 1), explored.stderr
    assert "100" in explored.stdout, "the branch of its error is covered, since the machine asks a service"


def test_an_action_type_is_traced(our_flows, busyhour) -> None:
    traced = busyhour("trace", str(our_flows / "disclaimer.json"))
    assert traced.returncode == 0, traced.stderr
    assert TYPE in traced.stdout
    assert "not modelled" not in traced.stdout + traced.stderr
    logged = busyhour("trace", str(our_flows / "disclaimer.json"), "--log")
    assert logged.returncode == 0, logged.stderr


def test_an_action_type_is_in_a_forecast(our_flows, busyhour) -> None:
    forecast = busyhour("forecast", "disclaimer", "--calls", "100", "--format", "json")
    assert forecast.returncode in (0, 4), forecast.stdout + forecast.stderr
    assert f"service:{TYPE}" in forecast.stdout, forecast.stdout
    assert "not modelled" not in forecast.stdout + forecast.stderr


def test_an_operation_answers_boto3_and_is_on_the_coverage_page(tree) -> None:
    script = (
        "import boto3\n"
        "from busyhour.api.emulator import build, running\n"
        "emulator = build()\n"
        "with running(emulator) as url:\n"
        "    about = emulator.about()\n"
        "    client = boto3.client('connect', endpoint_url=url, region_name=about['region'],\n"
        "        aws_access_key_id='x', aws_secret_access_key='x')\n"
        "    try:\n"
        "        client.update_contact_schedule(InstanceId=about['instance_id'], ContactId='none',\n"
        "            ScheduledTime=1800000000)\n"
        "    except client.exceptions.ResourceNotFoundException as error:\n"
        "        print('served:', error)\n"
    )
    assert "served:" in (done := _python(tree, "-c", script)).stdout, done.stderr
    assert "UpdateContactSchedule," in (tree / "docs/emulator-coverage.md").read_text()


def test_a_quota_is_listed_and_accounted_for(tree, busyhour) -> None:
    listed = busyhour("quotas", "--source", "documented", "--format", "json")
    assert "connect.parrots-per-instance" in listed.stdout, listed.stderr
    assert "Parrots per instance" in (tree / "docs/emulator-coverage.md").read_text()


def test_a_report_section_is_in_a_report(tree) -> None:
    script = (
        "from busyhour.report.renderers.registry import RENDERERS\n"
        "from busyhour.results.entries import Arrivals\n"
        "from busyhour.results.record import Outcome, RunRecord, VerdictRecord\n"
        "from busyhour.shipped import shipped_root\n"
        "run = RunRecord(run_id='our-run', busyhour_version='0', scenario={'name': 'x'}, target={},\n"
        "    started='2026-11-22T08:00:00Z', ended='2026-11-22T08:00:01Z', duration=1.0,\n"
        "    verdict=VerdictRecord(Outcome.HOLDS), arrivals=Arrivals(1, 1, 0, 0))\n"
        "templates = [shipped_root() / 'reports' / 'templates']\n"
        "for name in ('markdown', 'html', 'text'):\n"
        "    print(name, b'Deck North was full during our-run' in RENDERERS[name].render(run, templates))\n"
    )
    done = _python(tree, "-c", script)
    assert done.stdout.split() == ["markdown", "True", "html", "True", "text", "True"], (
        done.stdout + done.stderr
    )
