"""`make fuzz`: mutated inputs for every command that reads files, in process and as real commands.

Every input must end within its limits of time, memory and output, with an exit code from 0 to 5, without a traceback.
Inputs depend on the seed and their number alone: `--only NUMBER` repeats one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from targets import Input

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

SILENT_SECONDS = 180.0
"""A worker that gives no answer for so long is killed, and its input is a hang."""
REAL_SECONDS = 120.0
PLAN_EVERY = 20
"""One in N inputs that only read a scenario is run as `busyhour plan`, the others are passed over."""
Answer = dict[str, Any]


class _Worker:
    """A worker process, started again behind an input that killed it."""

    def __init__(self, seed: int, first: int, last: int, step: int) -> None:
        self._seed, self._last, self._step = seed, last, step
        self.at = first - step
        self._start(first)

    def _start(self, first: int) -> None:
        command = [
            sys.executable,
            str(HERE / "worker.py"),
            *map(str, (self._seed, first, self._last, self._step)),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        self.output = self.process.stdout
        os.set_blocking(self.output.fileno(), False)
        self._rest = b""
        self.heard = time.monotonic()

    def answers(self) -> list[Answer]:
        """Return the answers since the last call; one of its own where the process died or was silent."""
        found: list[Answer] = []
        data = self.output.read()
        if data:
            self.heard = time.monotonic()
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in map(json.loads, lines):
                if "begun" in line:
                    self.at = line["begun"]
                else:
                    found.append(line)
        silent = time.monotonic() > self.heard + SILENT_SECONDS
        if data == b"" or silent:
            problem = "hang: no answer" if silent else f"the process ended with {self.process.wait()}"
            self.close()
            if self.at + self._step < self._last or silent or self.process.returncode:
                found.append(
                    {
                        "number": self.at,
                        "kind": "?",
                        "command": [],
                        "code": None,
                        "problem": problem,
                        "said": "",
                    }
                )
            if self.at + self._step < self._last:
                self._start(self.at + self._step)
        return found

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def in_process(seed: int, count: int, workers: int, first: int = 0) -> list[Answer]:
    """Run `count` inputs in `workers` processes; return an answer for each."""
    running = [_Worker(seed, first + k, first + count, workers) for k in range(workers)]
    found: list[Answer] = []
    told = time.monotonic()
    try:
        while any(one.process.returncode is None for one in running):
            with selectors.DefaultSelector() as ready:
                for one in running:
                    if one.process.returncode is None:
                        ready.register(one.output, selectors.EVENT_READ)
                ready.select(1.0)
            for one in running:
                if one.process.returncode is None:
                    new = one.answers()
                    found += new
                    for answer in new:
                        if answer["problem"]:
                            print(f"  {answer['number']} {answer['kind']}: {answer['problem']}", flush=True)
            if time.monotonic() > told + 30:
                told = time.monotonic()
                print(
                    f"  {len(found):,} of {count:,}, {sum(bool(a['problem']) for a in found)} problems",
                    flush=True,
                )
    finally:
        for one in running:
            one.close()
    return found


def as_commands(seed: int, count: int, first: int, workers: int = 1) -> list[Answer]:
    """Run `count` inputs as real commands, `workers` at a time."""
    from targets import kinds, make

    with tempfile.TemporaryDirectory(prefix="busyhour-fuzz-") as name:
        base = Path(name)
        known = kinds(base)

        def command(number: int) -> Answer:
            with tempfile.TemporaryDirectory(dir=base) as inside:
                return _command(make(number, seed, known, Path(inside)), inside)

        def wanted() -> Iterator[int]:
            for number in itertools.count(first):
                with tempfile.TemporaryDirectory(dir=base) as inside:
                    reads = make(number, seed, known, Path(inside)).arguments[0] == "@load"
                if count == 1 or not reads or number % PLAN_EVERY == 0:
                    yield number

        found: list[Answer] = []
        told = time.monotonic()
        with ThreadPoolExecutor(workers) as pool:
            for answer in pool.map(command, itertools.islice(wanted(), count)):
                found.append(answer)
                if answer["problem"]:
                    print(f"  {answer['number']} {answer['kind']}: {answer['problem']}", flush=True)
                if time.monotonic() > told + 30:
                    told = time.monotonic()
                    print(f"  {len(found):,} of {count:,} commands", flush=True)
    return found


def _command(one: Input, inside: str) -> Answer:
    """Run one input as a real command in the folder `inside`."""
    words = ["plan" if word == "@load" else word for word in one.arguments]
    problem, said, code = "", "", None
    try:
        done = subprocess.run(
            [sys.executable, "-m", "busyhour", *words],
            cwd=inside,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=REAL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        problem = f"hang: {REAL_SECONDS:g} s"
    else:
        code, said = done.returncode, (done.stdout + done.stderr)[-600:].decode("utf-8", "replace")
        if code not in range(6):
            problem = f"exit code {code}"
        elif b"Traceback" in done.stderr:
            problem = "a traceback"
        elif len(done.stdout) + len(done.stderr) > 5_000_000:
            problem = "a flood"
    return {
        "number": one.number,
        "kind": one.kind,
        "command": one.arguments,
        "code": code,
        "problem": problem,
        "said": said,
    }


def main() -> int:
    """Run the fuzzer, print figures and problems; return 1 if there is one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=2026)
    options.add_argument("--count", type=int, default=20_000, help="inputs in process")
    options.add_argument("--real", type=int, default=500, help="inputs as real commands")
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--only", type=int, help="run this input alone, as a real command")
    given = options.parse_args()
    begun = time.monotonic()
    if given.only is not None:
        answers = as_commands(given.seed, 1, given.only)
        print(answers[0])
    else:
        answers = in_process(given.seed, given.count, given.workers)
        print(f"in process: {len(answers):,} inputs in {time.monotonic() - begun:.0f} s", flush=True)
        answers += as_commands(given.seed, given.real, given.count, given.workers)
    bad = [one for one in answers if one["problem"]]
    codes = Counter(one["code"] for one in answers)
    print(
        f"{len(answers):,} inputs, seed {given.seed}, {time.monotonic() - begun:.0f} s; exit codes {dict(codes)}"
    )
    alike: dict[tuple[str, str], list[Answer]] = {}
    for one in bad:
        alike.setdefault((one["kind"], one["problem"]), []).append(one)
    for (kind, problem), ones in sorted(alike.items(), key=lambda entry: -len(entry[1])):
        print(f"{len(ones):5} {kind}: {problem} (--only {ones[0]['number']}: {' '.join(ones[0]['command'])})")
    print(f"{len(bad)} problems")
    return int(bool(bad))


if __name__ == "__main__":
    raise SystemExit(main())
