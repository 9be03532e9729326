"""How commands end when something fails that no code expects, and when their output has nowhere to go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from busyhour.shipped import shipped_root

FLOWS = shipped_root() / "examples" / "helpdesk" / "flows"
BROKEN = """
import sys
from busyhour.contracts.reading import sources
def fail(*_):
    raise {error}
sources.gather = fail
from busyhour.cli import main
main(sys.argv[1:])
"""


def broken(error: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in which a function of busyhour raises `error`."""
    return subprocess.run(
        [sys.executable, "-c", BROKEN.format(error=error), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "error",
    [
        "KeyError('x')",
        "RecursionError()",
        "MemoryError()",
        "AssertionError('a\\n::warning::b')",
        "EOFError()",
    ],
)
def test_an_unexpected_error_is_one_paragraph_and_exits_with_70(error: str) -> None:
    done = broken(error, "check", str(FLOWS))
    assert done.returncode == 70
    assert done.stdout == ""
    assert done.stderr.lstrip().startswith("error: internal error in ")
    assert error.partition("(")[0] in done.stderr
    assert "Please report it" in done.stderr
    assert "--debug" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["--debug", "check"], ["check", "--debug"]])
def test_debug_prints_the_traceback_too(arguments: list[str]) -> None:
    done = broken("KeyError('x')", *arguments, str(FLOWS))
    assert done.returncode == 70
    assert done.stderr.startswith("Traceback (most recent call last)")
    assert "error: internal error in " in done.stderr


def test_a_failing_disk_is_named_and_is_not_a_fault_of_busyhour() -> None:
    done = broken("OSError(28, 'No space left on device', '/some/file')", "check", str(FLOWS))
    assert done.returncode == 5
    assert "/some/file: No space left on device" in done.stderr
    assert "report" not in done.stderr


def project(folder: Path, rule: str) -> Path:
    (folder / "busyhour.toml").write_text("", encoding="utf-8")
    rules = folder / "contract_tests" / "rules"
    rules.mkdir(parents=True)
    (rules / "own_rule.py").write_text(rule, encoding="utf-8")
    return folder


@pytest.mark.parametrize("line", ["import sys; sys.exit(1)", "1 / 0", "raise SystemExit(0)", "def f(:"])
def test_a_rule_of_the_team_that_cannot_be_imported_is_named(tmp_path: Path, line: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "busyhour", "check", "--trust", str(FLOWS)],
        cwd=project(tmp_path, f"# own\n{line}\n"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "own_rule.py:2" in done.stderr
    assert "Traceback" not in done.stderr
    assert "report it" not in done.stderr


def closed_pipe(arguments: Sequence[str]) -> int:
    """Run a command whose reader closes the pipe before anything is written; return its exit code."""
    reading, writing = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "busyhour", *arguments], stdout=writing, stderr=subprocess.PIPE
    ) as process:
        os.close(writing)
        os.close(reading)
        _, said = process.communicate(timeout=60)
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said
    return process.returncode


@pytest.fixture
def finding(tmp_path: Path) -> Path:
    """A flow in which `check` finds errors."""
    path = tmp_path / "flow.json"
    path.write_text('{"Version": "2019-10-30", "StartAction": "x", "Actions": []}', encoding="utf-8")
    return path


def test_a_closed_pipe_changes_no_exit_code(finding: Path) -> None:
    assert closed_pipe(["check", str(finding)]) == 1
    assert closed_pipe(["check", "--format", "json", str(finding)]) == 1
    assert closed_pipe(["quotas"]) == 0
    assert closed_pipe(["--help"]) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_standard_output_exits_with_5(finding: Path) -> None:
    for arguments in (
        ["check", str(finding)],
        ["quotas"],
        ["--help"],
        ["check", "--format", "sarif", str(finding)],
    ):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "busyhour", *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=60,
                check=False,
            )
        assert done.returncode == 5, arguments
        assert "standard output cannot be written: No space left on device" in done.stderr
        assert "Traceback" not in done.stderr
