"""The CI workflows in docs/ci: the same as those that `busyhour init` writes, and every command in them works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from busyhour.cli import cli

Busyhour = Any
ROOT = Path(__file__).parents[2]
WORKFLOWS = ("github", "gitlab", "codebuild")


def workflow(name: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(
        (ROOT / "docs" / "ci" / f"{name}.yml").read_text(encoding="utf-8")
    )
    return parsed


def jobs(name: str) -> dict[str, list[str]]:
    """Shell commands of each job, without the installation."""
    data = workflow(name)
    if name == "github":
        found = {job: [s["run"] for s in each["steps"] if "run" in s] for job, each in data["jobs"].items()}
    elif name == "gitlab":
        found = {
            job: [*each["script"], *each.get("after_script", ())]
            for job, each in data.items()
            if job != "default"
        }
    else:
        build = data["phases"]["build"]
        found = {"build": [*build["commands"], *build["finally"]]}
    return {job: [line for line in lines if not line.startswith("pip ")] for job, lines in found.items()}


def commands() -> list[str]:
    texts = [line for name in WORKFLOWS for lines in jobs(name).values() for line in lines]
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```sh\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        texts += block.splitlines()
    return sorted({text for text in texts if text.startswith("busyhour ")})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_docs_and_init_have_the_same_workflow(name: str) -> None:
    starter = ROOT / "src" / "busyhour" / "cli" / "_starter" / "ci" / f"{name}.yml"
    assert (ROOT / "docs" / "ci" / f"{name}.yml").read_bytes() == starter.read_bytes()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_workflow_checks_runs_compares_and_remembers(name: str) -> None:
    nightly = " ".join(list(jobs(name).values())[-1])
    for words in ("busyhour check", "busyhour run", "busyhour compare", "busyhour history add"):
        assert words in nightly


@pytest.mark.parametrize("text", commands())
def test_every_command_of_docs_and_workflows_is_understood(text: str) -> None:
    words = shlex.split(text.split(">")[0].replace("GITHUB_BASE_REF", "main"))[1:]
    command: Any = cli.get_command(None, words.pop(0))  # type: ignore[arg-type]  # needs no context
    assert command is not None
    if hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    context = command.make_context(text, list(words), resilient_parsing=False)
    assert context.params


def test_the_tolerances_in_the_docs_are_the_defaults(tmp_path: Path) -> None:
    from busyhour.project import Project
    from busyhour.regression.settings import Tolerances, tolerances

    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```toml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "busyhour.toml").write_text(block, encoding="utf-8")
    assert tolerances(Project.at(tmp_path)) == Tolerances()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "job"), [(name, job) for name in WORKFLOWS for job in jobs(name)])
def test_every_job_is_green_in_a_new_project(name: str, job: str, tmp_path: Path, busyhour: Busyhour) -> None:
    """The commands as they stand, in a clean folder; only the nightly run is cut short."""
    assert busyhour("init", ".", "--ci", name, cwd=tmp_path).code == 0
    scenario = tmp_path / "scenarios" / "helpdesk.toml"
    text = scenario.read_text(encoding="utf-8").replace('duration = "100s"', 'duration = "30s"')
    # Other tests run beside this one: how late the generator and how slow a cold start may be is not the point here.
    text = text.replace(
        '"latency_p95:lambda" = { at_most = "1s" }', '"latency_p95:lambda" = { at_most = "30s" }'
    )
    scenario.write_text(text, encoding="utf-8")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_BASE_REF": "main",
        "BUSYHOUR_LATE_MS": "2000",
        "BUSYHOUR_SLIP_P99_MS": "2000",
        "BUSYHOUR_CPU_SHARE": "2",
    }
    git = "git -c user.name=x -c user.email=x@example.org"
    ready = (
        f"git init -q && git add . && {git} commit -qm first && git update-ref refs/remotes/origin/main HEAD"
    )
    for line in [ready, *jobs(name)[job]]:
        done = subprocess.run(
            ["bash", "-e", "-c", line],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
