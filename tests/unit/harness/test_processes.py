"""Children of a run: gone for certain when they are left, and quoted when they fail."""

import os
import sys
import time
from pathlib import Path

import pytest

from busyhour.errors import ExitCode
from busyhour.harness.processes import child


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


def test_a_child_and_its_children_are_gone_afterwards(tmp_path: Path) -> None:
    code = "import subprocess,sys,time; p=subprocess.Popen([sys.executable,'-c','import time; time.sleep(60)']); print(p.pid, flush=True); time.sleep(60)"
    log = tmp_path / "log"
    with child("nest", python(code), log=log, environment={}) as nest:
        while not log.read_text().strip():
            time.sleep(0.02)
        grandchild = int(log.read_text())
        assert nest.running
    assert not nest.running
    deadline = time.monotonic() + 5
    while not gone(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_children_that_outlive_their_parent_may_be_waited_for(tmp_path: Path) -> None:
    nested = "import time; time.sleep(1.0)"
    code = f"import subprocess,sys; subprocess.Popen([sys.executable,'-c',{nested!r}])"
    with child("nest", python(code), log=tmp_path / "log", environment={}) as nest:
        assert nest.wait(20)
        assert not nest.wait_for_children(0.1)
        assert nest.wait_for_children(20)


def test_a_childs_own_error_is_passed_on_with_its_exit_code(tmp_path: Path) -> None:
    code = "import sys; print('error: Port 1 is in use.'); print('hint: Name another.'); sys.exit(2)"
    with child("server", python(code), log=tmp_path / "log", environment={}) as server:
        assert server.wait(20)
        error = server.error("It ended.", "Look.", ExitCode.UNREACHABLE)
    assert (error.message, error.hint, error.exit_code) == (
        "Port 1 is in use.",
        "Name another.",
        ExitCode.BAD_INPUT,
    )


@pytest.mark.parametrize("code", ["raise SystemExit(77)", "print('error: odd'); raise SystemExit(1)"])
def test_a_child_without_words_is_quoted_by_its_log(tmp_path: Path, code: str) -> None:
    with child("server", python(code), log=tmp_path / "log", environment={}) as server:
        assert server.wait(20)
        error = server.error("It ended.", "Look.", ExitCode.UNREACHABLE)
    assert error.message.startswith(f"It ended. The end of {tmp_path / 'log'}:")
    assert (error.hint, error.exit_code) == ("Look.", ExitCode.UNREACHABLE)


def test_the_environment_is_added_to_ours(tmp_path: Path) -> None:
    with child(
        "echo",
        python("import os; print(os.environ['ADDED'], 'PATH' in os.environ)"),
        log=tmp_path / "log",
        environment={"ADDED": "yes"},
    ) as echo:
        assert echo.wait(20)
    assert echo.last_lines() == "yes True"
