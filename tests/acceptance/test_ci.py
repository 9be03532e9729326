"""The CI workflows in docs/ci: the same as those that `busyhour init` writes, and every command in them works."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

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
    """Shell commands of each job, without what needs the CI itself: the installation, comments on a pull request."""
    data = workflow(name)
    if name == "github":
        found = {job: [s["run"] for s in each["steps"] if "run" in s] for job, each in data["jobs"].items()}
    elif name == "gitlab":
        before = data["default"]["before_script"]
        found = {
            job: [*before, *each["script"], *each.get("after_script", ())]
            for job, each in data.items()
            if job not in ("default", "variables")
        }
    else:
        build = data["phases"]["build"]
        lines = [*build["commands"], *build["finally"]]
        found = {"pull-request": lines, "nightly": lines}
    return {
        job: [line for line in lines if not line.startswith(("pip ", "gh "))] for job, lines in found.items()
    }


def commands() -> list[str]:
    """Every call of busyhour in the workflows and on the page, one line each."""
    texts = [
        line
        for name in WORKFLOWS
        for lines in jobs(name).values()
        for each in lines
        for line in each.splitlines()
    ]
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```sh\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        texts += block.splitlines()
    plain = [re.split(r"\s*(?:[>#]|\|\||&&)", text.strip())[0] for text in texts]
    return sorted({text for text in plain if text.startswith("busyhour ")})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_workflow_checks_runs_compares_and_remembers(name: str) -> None:
    nightly = " ".join(jobs(name)["nightly"])
    for words in ("busyhour check", "--confirm", "busyhour compare", "busyhour history add"):
        assert words in nightly
    first = " ".join(next(iter(jobs(name).values())))
    for words in ("busyhour check", "busyhour diff", "busyhour run"):
        assert words in first


def test_no_python_of_a_forks_tree_is_run() -> None:
    for name in ("github", "gitlab"):
        (lines,) = [lines for job, lines in jobs(name).items() if "fork" in job]
        calls = [line for line in lines if line.startswith("busyhour ")]
        assert calls
        assert all(line.startswith("busyhour check flows --shipped-rules-only") for line in calls)
    rules = {name: str(workflow("gitlab")[name]["rules"]) for name in ("fork", "merge-request")}
    assert "SOURCE_PROJECT_ID != $CI_MERGE_REQUEST_PROJECT_ID" in rules["fork"]
    assert "SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID" in rules["merge-request"]


def test_codebuild_runs_no_python_of_a_pull_request_that_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "busyhour").write_text('#!/bin/bash\necho "$@"\n')
    (tmp_path / "busyhour").chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "CODEBUILD_WEBHOOK_EVENT": "PULL_REQUEST_CREATED",
    }
    shown = {}
    for trusted in ("", "1"):
        script = "\n".join(
            line.replace("> reports/out/check.xml", "") for line in jobs("codebuild")["pull-request"]
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={**environment, "BUSYHOUR_TRUST": trusted},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        shown[trusted] = [
            line for line in done.stdout.splitlines() if line.startswith(("check", "run", "diff"))
        ]
    assert shown[""] == ["check flows --shipped-rules-only --format junit"]
    assert shown["1"][0] == "check flows --trust --format junit"
    assert any(line.startswith("run helpdesk --trust") for line in shown["1"])


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_a_workflow_keeps_the_schema_of_its_ci(name: str) -> None:
    """The schemas are those of GitHub and GitLab (SchemaStore's), as check-jsonschema carries them."""
    pytest.importorskip("check_jsonschema")
    schema = {"github": ["github-workflows"], "gitlab": ["gitlab-ci", "--data-transform", "gitlab-ci"]}[name]
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        f"vendor.{schema[0]}",
        *schema[1:],
    ]
    file = ROOT / "docs" / "ci" / f"{name}.yml"
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_the_buildspec_keeps_the_documented_syntax() -> None:
    """AWS publishes no schema that can be had offline; this one is written from its reference page."""
    schema = json.loads(Path(__file__).with_name("buildspec.schema.json").read_text(encoding="utf-8"))
    data = workflow("codebuild")
    assert [error.message for error in Draft202012Validator(schema).iter_errors(data)] == []
    data["phases"]["biuld"] = data["phases"].pop("build")
    data["reports"]["busyhour"]["file-format"] = "JUNIT"
    assert len(list(Draft202012Validator(schema).iter_errors(data))) == 2


def test_a_run_against_aws_in_ci_obeys_the_safety_gate(tmp_path: Path, busyhour: Busyhour) -> None:
    assert busyhour("init", ".", cwd=tmp_path).code == 0
    done = busyhour("run", "helpdesk", "--target", "aws", "--live", cwd=tmp_path, CI="true")
    assert done.code == 3, done.out + done.err
    assert "Refused" in done.err


@pytest.mark.parametrize("text", commands())
def test_every_command_of_docs_and_workflows_is_understood(text: str) -> None:
    words = shlex.split(text)[1:]
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
    """The commands as they stand, in a clean folder and environment; only the nightly run is cut short."""
    assert busyhour("init", ".", "--ci", name, cwd=tmp_path).code == 0
    scenario = tmp_path / "scenarios" / "helpdesk.toml"
    text = re.sub(
        r'^duration = ".*"', 'duration = "30s"', scenario.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    # Other tests run beside this one: how late the generator and how slow a cold start may be is not the point here.
    text = re.sub(r'("latency_p95:lambda" = { at_most = ")\w+"', r'\g<1>60s"', text)
    scenario.write_text(text, encoding="utf-8")
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_BASE_REF": "main",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD",
        "CODEBUILD_WEBHOOK_EVENT": "PULL_REQUEST_CREATED" if job == "pull-request" else "",
        "BUSYHOUR_TRUST": "1",
        "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/main",
        "BUSYHOUR_LATE_MS": "2000",
        "BUSYHOUR_SLIP_P99_MS": "2000",
        "BUSYHOUR_CPU_SHARE": "2",
    }
    git = "git -c user.name=x -c user.email=x@example.org"
    ready = (
        f"git init -q -b main && git add . && {git} commit -qm first && git update-ref refs/remotes/origin/main HEAD"
        " && git remote add origin ."
    )
    begun = time.monotonic()
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
    if job == "fork":
        assert not (tmp_path / "reports" / "out" / "short").exists(), "nothing of a fork is run"
    elif job != "nightly":
        assert time.monotonic() - begun < 180, "a pull request waits for less than three minutes"
        assert (tmp_path / "reports" / "out" / "short" / "report.html").is_file()
