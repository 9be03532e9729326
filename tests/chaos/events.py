"""Random events on what busyhour runs, and what must be true after each. The seed and a number decide an event alone.

After an event: nothing measured is lost, or it is reported as missing; no process is left (all carry a marker in their
environment); every file is of this run; no contact is live.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from busyhour.harness import target as targets
from busyhour.harness.target import Target
from busyhour.results import journal
from busyhour.scenarios import reader
from busyhour.shipped import shipped_root

ROOT = shipped_root()
MARKER = "BUSYHOUR_CHAOS"
LIVE = "live run"
KINDS = ("run", "run with 2 workers", LIVE, "emulator with state", "report", "history")
RUNS = KINDS[:3]
SIGNALS = ("KILL", "TERM", "INT", "HUP", "STOP")
ENDS_WITHIN = 90.0
"""Seconds in which everything must have ended; a starved machine included."""
PYTHON_SECONDS = 1.0
"""Time that Python itself takes to start on a busy machine; Ctrl-C before that never reaches busyhour."""
EXIT_CODES = {0, 1, 2, 3, 4, 5, 130, -signal.SIGKILL, -signal.SIGTERM, 143}


@dataclass(frozen=True, slots=True)
class Event:
    """A signal to one of the processes, at a moment between the command's start and its usual end."""

    number: int
    kind: str
    signal: str
    victim: str
    """`command`, or a child of it: `emulator`, `generator`."""
    at: float
    """0.0 to 1.0: from the start to the usual end."""


@dataclass(slots=True)
class Outcome:
    """What was found after an event."""

    event: Event
    exit_code: int | None
    seconds: float
    findings: list[str] = field(default_factory=list)


def event(seed: int, number: int) -> Event:
    """Draw event `number`: kinds in turn, the rest at random."""
    draw = random.Random(f"{seed}/{number}")
    kind = KINDS[number % len(KINDS)]
    victim = draw.choice(("command", "emulator", "generator")) if kind in RUNS else "command"
    return Event(number, kind, draw.choice(SIGNALS), victim, draw.random())


def perform(one: Event, folder: Path, finished: Path) -> Outcome:
    """Start the command, let the event happen, wait for the end and look at what is left.

    Args:
        one: the event.
        folder: an empty one.
        finished: folder of a finished run, for `report` and `history`.
    """
    with _aws(one, folder) as aws:
        return _performed(one, folder, finished, aws)


@contextlib.contextmanager
def _aws(one: Event, folder: Path) -> Iterator[Target | None]:
    """An emulator that stands in for AWS during a live run; None for other events."""
    if one.kind != LIVE:
        yield None
        return
    place = folder / "aws"
    place.mkdir()
    with targets.emulator(reader.load(ROOT / "scenarios" / "outbound.toml", root=ROOT), place) as (target, _):
        yield target


def _performed(one: Event, folder: Path, finished: Path, aws: Target | None) -> Outcome:
    command, usual = _command(one, folder, finished, aws)
    marker = f"{os.getpid()}-{one.number}-{time.monotonic_ns()}"
    environment = {**os.environ, MARKER: marker, "NO_COLOR": "1"}
    environment |= {
        "BUSYHOUR_SLIP_P99_MS": "9000",
        "BUSYHOUR_CPU_SHARE": "9",
        "BUSYHOUR_LATE_MS": "9000",
    }
    if aws is not None:
        environment |= {"AWS_ENDPOINT_URL": str(aws.endpoint), "AWS_ACCESS_KEY_ID": "AKID"}
        environment |= {"AWS_SECRET_ACCESS_KEY": "secret"}
    begun = time.monotonic()
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        if one.kind in RUNS and one.at > 0.4:  # most events while calls are placed
            _wait(lambda: process.poll() is not None or (folder / "run" / "progress.jsonl").exists(), 60.0)
            time.sleep((one.at - 0.4) * 8.0)
        else:
            time.sleep(max(PYTHON_SECONDS, one.at * usual))
        _strike(one, process)
        _wait(lambda: process.poll() is not None, ENDS_WITHIN)
        if one.kind == "emulator with state" and process.poll() is None:
            process.terminate()  # a freeze does not end it
            _wait(lambda: process.poll() is not None, 30.0)
        found = Outcome(one, process.poll(), time.monotonic() - begun)
        _wait(lambda: not marked(marker), 40.0)
        _look(found, folder, finished, marker)
        if aws is not None and (live := _live_calls(aws)):
            found.findings.append(f"{live} contacts are live at the target")
    finally:
        for pid in marked(marker):
            os.kill(pid, signal.SIGKILL)
        process.wait()
    return found


def _live_calls(aws: Target) -> int:
    with urllib.request.urlopen(f"{aws.endpoint}/_busyhour/health", timeout=20) as answer:
        return int(json.load(answer)["contacts_in_progress"])


def _command(one: Event, folder: Path, finished: Path, aws: Target | None) -> tuple[list[str], float]:
    """The arguments of Python, and the seconds that it usually takes."""
    if aws is not None:
        return [str(Path(__file__).with_name("live_run.py")), aws.instance_id, str(folder / "run")], 14.0
    words, usual = _words(one, folder, finished)
    return ["-m", "busyhour", *words], usual


def _words(one: Event, folder: Path, finished: Path) -> tuple[list[str], float]:
    if one.kind in RUNS:
        workers = "2" if one.kind == RUNS[1] else "1"
        words = [
            "run",
            str(ROOT / "scenarios" / "lookup.toml"),
            "--out",
            str(folder / "run"),
            "--workers",
            workers,
        ]
        return [*words, "--set", "test.hold=6s", "--set", "test.drain=2s"], 8.0
    if one.kind == "emulator with state":
        return ["emulator", "--port", "0", "--state", str(folder / "state")], 6.0
    if one.kind == "report":
        return ["report", str(finished), "--format", "html", "-o", str(folder / "report.html")], 4.0
    return ["history", "add", str(finished)], 4.0


def _strike(one: Event, process: subprocess.Popen[bytes]) -> None:
    """Send the signal; a freeze ends after two seconds."""
    pid = process.pid if one.victim == "command" else _child(process.pid, one.victim)
    if pid is None:
        return
    number = getattr(signal, f"SIG{one.signal}")
    try:
        os.kill(pid, number)
        if number == signal.SIGSTOP:
            time.sleep(2.0)
            os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return


def _child(parent: int, name: str) -> int | None:
    word = {"emulator": b"emulator", "generator": b"--headless"}[name]
    for pid in _pids():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1")
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == parent and word in words:
            return pid
    return None


def marked(marker: str) -> list[int]:
    """Ids of the processes that have the marker in their environment; zombies have none."""
    found = []
    wanted = f"{MARKER}={marker}".encode()
    for pid in _pids():
        try:
            if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
        except OSError:
            continue
    return found


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]  # noqa: PTH208  # names alone


def _wait(until: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.1)


# --------------------------------------------------------------------------------------- what must be true


def _look(found: Outcome, folder: Path, finished: Path, marker: str) -> None:
    wrong = found.findings
    text = (folder / "out.txt").read_text(encoding="utf-8", errors="replace")
    if found.exit_code is None:
        wrong.append(f"did not end within {ENDS_WITHIN:g} s")
    elif found.exit_code not in EXIT_CODES and not _ended_by(found):
        wrong.append(f"exit code {found.exit_code}: {text[-300:]}")
    if "Traceback" in text or "internal error" in text:
        wrong.append(f"a traceback: {text[-400:]}")
    left = marked(marker)
    if left:
        wrong.append(f"{len(left)} processes are left")
    for path in folder.rglob("*.json"):
        if path.is_file() and not path.name.startswith(
            "."
        ):  # a file that was being written; the one it replaces is whole
            _readable(path, wrong)
    _readable(finished / "run.json", wrong)
    if found.event.kind in RUNS and (folder / "run").is_dir():
        _look_at_run(found, folder / "run", text)


def _ended_by(found: Outcome) -> bool:
    return found.exit_code == -getattr(signal, f"SIG{found.event.signal}")


def _readable(path: Path, wrong: list[str]) -> None:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        wrong.append(f"{path.name} cannot be read: {error}")


def _look_at_run(found: Outcome, run: Path, text: str) -> None:
    wrong = found.findings
    if journal.live(run):
        wrong.append(f"{len(journal.live(run) or [])} contacts are live")
    ids = set()
    for name in ("load.json", "run.json", "target.json"):
        if (run / name).exists():
            ids.add(json.loads((run / name).read_text(encoding="utf-8")).get("run"))
    lines: list[dict[str, object]] = []
    if (run / "progress.jsonl").exists():
        whole = (run / "progress.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
        lines = [json.loads(line) for line in whole if line.endswith("\n")]
        ids |= {line["run"] for line in lines}
    if len(ids) > 1:
        wrong.append(f"files of several runs: {ids}")
    if (run / "load.json").exists() and lines:
        started = json.loads((run / "load.json").read_text(encoding="utf-8"))["arrivals"]["started"]
        if started < int(str(lines[-2 if len(lines) > 1 else -1]["started"])):
            wrong.append(f"load.json has {started} calls, progress.jsonl more")
    killed = found.event.victim == "command" and found.exit_code == -signal.SIGKILL
    said = killed or found.exit_code == 130 or "progress.jsonl" in text
    if lines and not said and not (run / "run.json").exists():
        wrong.append(f"no result, and it is not said: {text[-300:]}")
    if (run / "run.json").exists() and found.exit_code == 0:
        record = json.loads((run / "run.json").read_text(encoding="utf-8"))
        if record["verdict"]["outcome"] != "holds":
            wrong.append(f"exit code 0 and {record['verdict']['outcome']}")
