"""Commands in the documentation are run: each line after `$` in a console block does what the page states."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from busyhour.cli import cli
from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"```console\n(?P<text>.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)#:]+)\)")
SHORTER = ("--set", "traffic.duration=3s", "--set", "traffic.ramp_up=0s", "--set", "traffic.drain=1s")


def commands(page: Path) -> Iterator[list[str]]:
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        for line in block["text"].splitlines():
            if line.startswith("$ busyhour "):
                yield shlex.split(line.removeprefix("$ busyhour "))


def test_the_readmes_commands_run_in_their_order(busyhour: Busyhour, tmp_path: Path) -> None:
    """Runs are made shorter; `reports/out/latest` is the last of them."""
    done = []
    for words in commands(ROOT / "README.md"):
        words = [str(tmp_path / "run") if word == "reports/out/latest" else word for word in words]
        if words[0] == "run":
            words += [*SHORTER, "--out", str(tmp_path / "run")]
        finished = busyhour(*words, cwd=ROOT)
        assert finished.code in (0, 1, 4) if words[0] in ("run", "forecast") else finished.code == 0, (
            finished.err
        )
        done.append(words[0])
    assert {"forecast", "run", "request", "report", "check", "quotas"} <= set(done)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        assert (page.parent / link["target"]).exists(), link["target"]


def test_every_command_has_help_with_an_example(busyhour: Busyhour) -> None:
    import click

    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert "Example:" in (command.help or ""), name


def test_every_command_is_in_the_documentation() -> None:
    import click

    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name in cli.list_commands(click.Context(cli)):
        assert f"busyhour {name}" in text, f"no page speaks of busyhour {name}"
