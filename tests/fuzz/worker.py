"""One process of the fuzzer: runs a range of inputs in process, with limits of memory and time, a JSON line for each.

python worker.py SEED FIRST LAST STEP
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parent))

from targets import Input, kinds, make

MEMORY_BYTES = 3 * 1024**3
CPU_SECONDS = 10.0
OUTPUT_BYTES = 5_000_000
PLACE = re.compile(r"internal error in (\S+ \(\S+\)): (\w+)")


class _HangError(BaseException):
    """The input took too long."""


def _over(_number: int, _frame: FrameType | None) -> None:
    raise _HangError


def load(arguments: Sequence[str]) -> int:
    """Read a scenario, with the errors of a command."""
    from busyhour import cli
    from busyhour.errors import BusyhourError
    from busyhour.scenarios import reader

    try:
        reader.load(Path(arguments[0]), overrides=arguments[2:])
    except BusyhourError as error:
        return cli._fail(error)
    except Exception as error:
        return cli._unexpected(error, False)
    return 0


def run(one: Input, folder: Path) -> dict[str, object]:
    """Run the command of an input in this process; `problem` is empty where it ended as it should."""
    from busyhour.cli import _run

    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    os.chdir(folder)
    begun = time.process_time()
    problem = ""
    code: object = None
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = (
                load(one.arguments[1:]) if one.arguments[0] == "@load" else _run(list(one.arguments), False)
            )
    except _HangError:
        frames = [f for f in traceback.extract_tb(sys.exc_info()[2]) if "busyhour" in f.filename]
        problem = "hang in " + (f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "a library")
    except BaseException as error:  # nothing may come through
        problem = f"{type(error).__name__} came through: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    assert isinstance(out.buffer, io.BytesIO)
    said = out.buffer.getvalue()
    if not problem:
        found = PLACE.search(said.decode("utf-8", "replace"))
        if code == 70 or code not in range(6):
            problem = f"exit code {code}: {found[2]} in {found[1]}" if found else f"exit code {code}"
        elif b"Traceback (most recent call last)" in said:
            problem = "a traceback"
        elif len(said) > OUTPUT_BYTES:
            problem = f"a flood of {len(said):,} bytes"
    return {
        "number": one.number,
        "kind": one.kind,
        "command": one.arguments,
        "code": code,
        "seconds": round(time.process_time() - begun, 2),
        "problem": problem,
        "said": said[-600:].decode("utf-8", "replace") if problem else "",
    }


def main() -> None:
    """Run inputs FIRST, FIRST + STEP, … below LAST."""
    seed, first, last, step = map(int, sys.argv[1:5])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000_000, 200_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, _over)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with tempfile.TemporaryDirectory(prefix="busyhour-fuzz-") as name:
        base = Path(name)
        known = kinds(base)
        folder = base / "input"
        for number in range(first, last, step):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            answers.write(json.dumps({"begun": number}) + "\n")
            answers.write(json.dumps(run(make(number, seed, known, folder), folder)) + "\n")
        os.chdir("/")


if __name__ == "__main__":
    main()
