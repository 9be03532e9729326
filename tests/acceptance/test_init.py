"""A new project as a new user makes it, in an empty folder."""

from __future__ import annotations

import re
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

Busyhour = Any
QUICK = ("--set", "traffic.duration=5s", "--set", "traffic.drain=3s")


def readme_commands(folder: Path) -> list[list[str]]:
    """Every `busyhour …` line of the README's shell blocks, split into words."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line]


def test_a_new_project_has_rooms_a_scenario_and_a_workflow(tmp_path: Path, busyhour: Busyhour) -> None:
    done = busyhour("init", "centre", cwd=tmp_path)

    assert done.code == 0, done.err
    root = tmp_path / "centre"
    for name in (
        "README.md",
        "busyhour.toml",
        ".gitignore",
        ".github/workflows/busyhour.yml",
        "scenarios/helpdesk.toml",
        "flows/helpdesk-main.json",
        "lambda/helpdesk.py",
        "tables/customers.json",
        "contract_tests/README.md",
        "loadtests/README.md",
        "reports/README.md",
    ):
        assert (root / name).is_file(), name
    assert (root / "README.md").read_text(encoding="utf-8").startswith("# centre\n")
    assert "examples/" not in (root / "scenarios/helpdesk.toml").read_text(encoding="utf-8")


def test_what_is_there_already_stays_as_it_is(tmp_path: Path, busyhour: Busyhour) -> None:
    (tmp_path / "README.md").write_text("ours\n", encoding="utf-8")

    first = busyhour("init", ".", cwd=tmp_path)
    again = busyhour("init", ".", cwd=tmp_path)

    assert "kept README.md" in first.out
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "ours\n"
    assert again.out.count("kept ") == len([p for p in tmp_path.rglob("*") if p.is_file()])
    assert "0 files written" in again.out


@pytest.mark.parametrize(
    ("ci", "file"),
    [
        ("github", ".github/workflows/busyhour.yml"),
        ("gitlab", ".gitlab-ci.yml"),
        ("codebuild", "buildspec.yml"),
        ("none", None),
    ],
)
def test_the_workflow_is_that_of_the_ci_that_was_named(
    ci: str, file: str | None, tmp_path: Path, busyhour: Busyhour
) -> None:
    assert busyhour("init", "x", "--ci", ci, cwd=tmp_path).code == 0
    there = {
        name
        for name in (".github/workflows/busyhour.yml", ".gitlab-ci.yml", "buildspec.yml")
        if (tmp_path / "x" / name).exists()
    }
    assert there == ({file} if file else set())


def test_a_folder_that_is_a_file_is_refused_with_a_way_out(tmp_path: Path, busyhour: Busyhour) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    done = busyhour("init", "x", cwd=tmp_path)
    assert done.code == 2
    assert "is a file" in done.err


def test_a_new_project_checks_clean_and_runs(tmp_path: Path, busyhour: Busyhour) -> None:
    busyhour("init", ".", cwd=tmp_path)

    checked = busyhour("check", "flows", cwd=tmp_path)
    ran = busyhour("run", "helpdesk", *QUICK, cwd=tmp_path)

    assert checked.code == 0, checked.out
    assert "no errors" in checked.out
    # So short a run ends with 4 (no caller got as far as a queue), and on a busy machine too; the report is there.
    assert ran.code in (0, 1, 4), ran.err
    latest = tmp_path / "reports" / "out" / "latest"
    assert ran.record(latest)["arrivals"]["started"] > 0
    assert (latest / "report.html").is_file()


@pytest.mark.slow
def test_the_commands_of_the_readme_are_green(tmp_path: Path, busyhour: Busyhour) -> None:
    busyhour("init", ".", cwd=tmp_path)
    commands = readme_commands(tmp_path)
    assert len(commands) >= 6
    begun = time.monotonic()
    for words in commands:
        assert words[0] == "busyhour"
        done = busyhour(*words[1:], cwd=tmp_path, seconds=300)
        assert done.code == 0, (words, done.out, done.err)
    assert time.monotonic() - begun < 180, "a new user is through in three minutes"
