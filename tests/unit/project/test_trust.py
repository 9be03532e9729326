"""A project's own rules and invariants are Python of its tree: they run only where the user trusts it."""

from __future__ import annotations

import json
import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from busyhour.project import trust

RULE = """
from pathlib import Path

from busyhour.api.rules import rule

Path(__file__).with_suffix(".ran").touch()


@rule(id="own-rule", severity="warning", summary="s", why="w", fix="f", source="s")
def check(flow):
    yield flow.problem("own finding")
"""
INVARIANT = """
from pathlib import Path

from busyhour.api.invariants import Violation, invariant

Path(__file__).with_suffix(".ran").touch()


@invariant(id="own-invariant", summary="s", why="w", fix="f")
def check(call):
    return
    yield Violation("none")
"""
FLOW = {
    "Version": "2019-10-30",
    "StartAction": "hello",
    "Metadata": {"name": "one"},
    "Actions": [
        {
            "Identifier": "hello",
            "Type": "MessageParticipant",
            "Parameters": {"Text": "Hello."},
            "Transitions": {
                "NextAction": "end",
                "Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}],
            },
        },
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}


@pytest.fixture
def project(tmp_path):
    """A project with a rule and an invariant of its own, each of which leaves a file behind when it is imported."""
    root = tmp_path / "project"
    for kind, text in (("rules", RULE), ("invariants", INVARIANT)):
        folder = root / "contract_tests" / kind
        folder.mkdir(parents=True)
        (folder / f"own_{kind[:-1]}.py").write_text(text)
    (root / "busyhour.toml").write_text("")
    (root / "flow.json").write_text(json.dumps(FLOW))
    return root


@pytest.fixture
def command(project, tmp_path):
    """Runs busyhour in the project; gives exit code and both outputs."""

    def run(*words, **variables):
        environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), **variables}
        done = subprocess.run(
            [sys.executable, "-m", "busyhour", *words], cwd=project, env=environment, capture_output=True,
            text=True, timeout=120, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


def ran(project):
    return sorted(path.stem for path in (project / "contract_tests").rglob("*.ran"))


def test_by_default_no_own_rule_runs_each_is_named_and_the_exit_code_is_2(project, command):
    code, out, err = command("check", "flow.json")
    assert code == 2
    assert "contract_tests/rules/own_rule.py: this rule was left out" in err
    assert "--trust" in err
    assert "--shipped-rules-only" in err
    assert "own finding" not in out
    assert "1 flow" in out
    assert ran(project) == []
    for form in ("json", "sarif", "junit", "github", "gitlab"):
        assert command("check", "flow.json", "--format", form)[0] == 2
    assert command("check", "--list")[0] == 0
    assert ran(project) == []


def test_without_own_rules_said_the_shipped_ones_decide(project, command):
    code, _, err = command("check", "flow.json", "--shipped-rules-only", BUSYHOUR_TRUST="1")
    assert (code, err) == (0, "")
    assert ran(project) == []


def test_settings_may_name_rules_that_are_left_out(project, command):
    (project / "busyhour.toml").write_text(
        '[check]\nignore = ["own-rule", "dangling-target"]\nlevels = {own-rule = "error"}\n'
    )
    assert command("check", "flow.json", "--shipped-rules-only")[0] == 0
    code, _, err = command("check", "flow.json", "--shipped-rules-only", "--ignore", "own-rul")
    assert code == 2
    assert "no rule is called 'own-rul'" in err
    code, out, _ = command("check", "flow.json", "--shipped-rules-only", "--select", "own-rule")
    assert code == 0
    assert "own finding" not in out


@pytest.mark.parametrize("way", ["option", "environment", "configuration"])
def test_a_trusted_project_runs_its_own_rules(project, command, tmp_path, way):
    if way == "configuration":
        (tmp_path / "config" / "busyhour").mkdir(parents=True)
        (tmp_path / "config" / "busyhour" / "trusted").write_text(f"/elsewhere\n{project}\n")
    words = ["--trust"] if way == "option" else []
    code, out, _ = command(
        "check", "flow.json", *words, **({"BUSYHOUR_TRUST": "1"} if way == "environment" else {})
    )
    assert code == 0
    assert "own finding" in out
    assert ran(project) == ["own_rule"]


def test_invariants_of_explored_calls_are_treated_alike(project, command):
    code, _, err = command("explore", "flow.json", "--profile", "ci", "--examples", "5")
    assert code == 2, err
    assert "contract_tests/invariants/own_invariant.py: this invariant was left out" in err
    assert command("explore", "flow.json", "--examples", "5", "--shipped-rules-only")[0] == 0
    assert ran(project) == []
    assert command("explore", "flow.json", "--examples", "5", "--trust")[0] == 0
    assert ran(project) == ["own_invariant"]


def test_both_options_together_are_refused(command):
    code, _, err = command("check", "flow.json", "--trust", "--shipped-rules-only")
    assert code == 2
    assert "exclude each other" in err


@pytest.mark.parametrize("value", ["", "0", "no", "false", "maybe", "{root}"])
def test_only_yes_is_trust(project, tmp_path, value):
    environment = {"BUSYHOUR_TRUST": value.format(root=project), "XDG_CONFIG_HOME": str(tmp_path / "c")}
    assert not trust.trusts(project, environment)


def test_a_configuration_inside_the_project_is_not_the_users(project):
    file = project / "config" / "busyhour" / "trusted"
    file.parent.mkdir(parents=True)
    file.write_text(f"{project}\n")
    assert not trust.trusts(project, {"XDG_CONFIG_HOME": str(project / "config")})
    assert not trust.trusts(project, {"XDG_CONFIG_HOME": "config", "HOME": ""})
    assert trust.record(project, {"XDG_CONFIG_HOME": str(project / "config")}) is None


def test_a_record_is_of_one_root_and_written_once(tmp_path):
    environment = {"HOME": str(tmp_path)}
    made = tmp_path / "made"
    made.mkdir()
    file = trust.record(made, environment)
    assert file == tmp_path / ".config" / "busyhour" / "trusted"
    trust.record(made, environment)
    assert file.read_text() == f"{made}\n"
    assert trust.trusts(made, environment)
    for other in (tmp_path, made / "below", tmp_path / "made2"):
        assert not trust.trusts(other, environment)


def test_init_records_what_it_makes_and_nothing_that_was_there(project, command, tmp_path):
    fresh = tmp_path / "fresh"
    assert f"{fresh} is recorded as trusted" in command("init", str(fresh))[1]
    recorded = (tmp_path / "config" / "busyhour" / "trusted").read_text().splitlines()
    assert recorded == [str(fresh)]
    assert "not recorded as trusted" in command("init", str(project))[1]
    assert (tmp_path / "config" / "busyhour" / "trusted").read_text().splitlines() == recorded


def test_a_compiled_file_beside_a_rule_is_not_run(project, command, tmp_path):
    evil = tmp_path / "evil.py"
    marker = tmp_path / "evil.ran"
    source = project / "contract_tests" / "rules" / "own_rule.py"
    evil.write_text(f"open({str(marker)!r}, 'w')\n")
    cached = Path(source.parent, "__pycache__", f"own_rule.{sys.implementation.cache_tag}.pyc")
    py_compile.compile(
        str(evil), cfile=str(cached), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )
    code, out, _ = command("check", "flow.json", "--trust")
    assert code == 0
    assert "own finding" in out
    assert not marker.exists()
