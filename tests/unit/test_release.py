"""What a release needs: one version everywhere, a dated changelog, templates and workflows that their tools accept."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from busyhour import __version__

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_package_changelog_and_release_notes_have_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", CHANGELOG, re.MULTILINE)
    assert project["version"] == __version__ == released[0]
    assert f"## {__version__}\n" in (ROOT / "docs" / "releases.md").read_text(encoding="utf-8")


def test_the_changelog_has_the_sections_of_keep_a_changelog() -> None:
    assert CHANGELOG.index("## [Unreleased]") < CHANGELOG.index(f"## [{__version__}]")
    order = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    for version in CHANGELOG.split("\n## ")[1:]:
        kinds = re.findall(r"^### (.*)$", version, re.MULTILINE)
        assert kinds == [kind for kind in order if kind in kinds], version.partition("\n")[0]


def test_every_tool_of_the_pre_commit_config_is_installed_by_make_install() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    programs = {
        hook["entry"].split()[0].removeprefix(".venv/bin/")
        for repository in config["repos"]
        for hook in repository["hooks"]
    }
    assert {program for program in programs if not Path(sys.executable).with_name(program).exists()} == set()


@pytest.mark.parametrize("path", [".github/workflows/test.yml"])
def test_workflows_keep_the_schema_of_github(path: str) -> None:
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run(
        [*command, str(ROOT / path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout
