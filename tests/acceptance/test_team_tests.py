"""A team's own pytest suite, without the command line: the examples of docs/pytest.md, in any order, under xdist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Busyhour = Any
PAGE = Path(__file__).parents[2] / "docs" / "pytest.md"
BUSY = {"BUSYHOUR_LATE_MS": "2000", "BUSYHOUR_SLIP_P99_MS": "2000", "BUSYHOUR_CPU_SHARE": "2"}

SHUFFLE = """
import random

def pytest_collection_modifyitems(items):
    random.Random({seed}).shuffle(items)
"""


@pytest.fixture
def team(tmp_path: Path, busyhour: Busyhour) -> Path:
    """A project as `busyhour init` makes it, with the page's example as a test file."""
    assert busyhour("init", "team", "--ci", "none", cwd=tmp_path).code == 0
    (example,) = re.findall(
        r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    root = tmp_path / "team"
    (root / "contract_tests" / "test_helpdesk.py").write_text(example, encoding="utf-8")
    scenario = root / "scenarios" / "helpdesk.toml"
    # Other tests run beside this one: how slow a cold start may be is not the point here.
    text = re.sub(
        r'("latency_p95:lambda" = { at_most = ")\w+"', r'\g<1>60s"', scenario.read_text(encoding="utf-8")
    )
    scenario.write_text(text, encoding="utf-8")
    return root


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "contract_tests/test_helpdesk.py",
    ]
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, **BUSY, **environment},
        check=False,
    )


def test_what_needs_no_emulator_passes_in_any_order_and_fails_readably(team: Path) -> None:
    played = ("-k", "presses_1 or silence or machine")
    (team / "conftest.py").write_text(SHUFFLE.format(seed=7), encoding="utf-8")
    done = run(team, *played)
    assert "3 passed" in done.stdout, done.stdout
    spread = run(team, *played, "-n", "2")
    assert "3 passed" in spread.stdout, spread.stdout

    file = team / "contract_tests" / "test_helpdesk.py"
    file.write_text(file.read_text(encoding="utf-8").replace('== "AGENT_', '== "CUSTOMER_'), encoding="utf-8")
    broken = run(team, *played)
    assert "1 failed, 2 passed" in broken.stdout
    assert "AGENT_DISCONNECT" in broken.stdout


@pytest.mark.slow
def test_the_whole_example_is_green_alone_and_under_xdist(team: Path) -> None:
    alone = run(team)
    assert "5 passed" in alone.stdout, alone.stdout
    spread = run(team, "-n", "2")
    assert "5 passed" in spread.stdout, spread.stdout


@pytest.mark.slow
def test_what_does_not_hold_is_said_and_pytest_randomly_changes_nothing(team: Path, tmp_path: Path) -> None:
    where = tmp_path / "randomly"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--target",
        str(where),
        "pytest-randomly",
    ]
    got = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if got.returncode:
        pytest.skip(f"pytest-randomly cannot be had here: {got.stderr[-200:]}")
    file = team / "contract_tests" / "test_helpdesk.py"
    text = file.read_text(encoding="utf-8")
    for seed in ("1", "2"):
        done = run(team, "-n", "2", f"--randomly-seed={seed}", PYTHONPATH=str(where))
        assert "5 passed" in done.stdout, done.stdout
    file.write_text(text.replace('"error_share": 0.01', '"latency_p95:lambda": 0.001'), encoding="utf-8")
    failed = run(team, "-k", "busy_hour")
    assert "helpdesk does not hold:" in failed.stdout
    assert "latency_p95:lambda at most 0.001: measured " in failed.stdout
    assert "requests, 0 throttled" in failed.stdout
    assert "holds.py" not in failed.stdout, "the failure points at the test, not into the plugin"
