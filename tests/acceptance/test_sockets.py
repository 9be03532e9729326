"""Which command may open a socket, and to where: a guard in every process of the command fails the test.

The guard is an audit hook that Python calls for each connection and each look-up of a name, in the command and in its
children; variables of botocore play no part. A command that is not in the table fails the test of completeness.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from busyhour.results import store
from busyhour.shipped import shipped_root

ROOT = shipped_root()
NOWHERE, LOOPBACK = "nowhere", "loopback"
FROM_AWS = ("--source", "aws", "--region", "us-east-1", "--service", "lambda")

GUARD = """
import os, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = (arguments[0],)
    else:
        return
    if not isinstance(address, tuple):
        return  # a Unix socket, or a socketpair
    host = address[0].decode() if isinstance(address[0], bytes) else str(address[0])
    number = os.open(os.environ["SOCKET_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(number, f"{event} {host}\\n".encode())
    os.close(number)
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(101, "the guard of the test lets nothing out")

sys.addaudithook(watch)
"""

Busyhour = Callable[..., Any]


def flow() -> str:
    """An exported flow of the shipped examples."""
    found = sorted((ROOT / "examples" / "helpdesk").rglob("*.json"))
    return str(next(path for path in found if '"Actions"' in path.read_text()))


def old(folder: Path) -> Path:
    """A flow in the console's old format."""
    path = folder / "old"
    ends = {"id": "a", "type": "Disconnect", "branches": [], "parameters": []}
    path.write_text(json.dumps({"modules": [ends], "start": "a", "version": "1"}))
    return path


def intervals(folder: Path) -> Path:
    """Two intervals of another centre."""
    path = folder / "acd.csv"
    path.write_text("row_date,starttime,callsoffered\n2026-11-02,800,5\n2026-11-02,830,6\n")
    return path


TABLE: list[tuple[str, Sequence[str], str, int, str]] = [
    ("alarms", ["lookup"], NOWHERE, 0, "AWS::CloudWatch::Alarm"),
    (
        "alarms",
        ["lookup", "--check", "--region", "us-east-1", "--emulator", "http://127.0.0.1:9"],
        LOOPBACK,
        5,
        "127.0.0.1:9",
    ),
    ("check", ["FLOW"], NOWHERE, 0, "1 flow: no errors"),
    ("compare", ["RUN", "--baseline", "RUN"], NOWHERE, 0, "metrics equivalent"),
    ("contract", ["FLOW"], NOWHERE, 0, '"functions"'),
    ("convert", ["OLD"], NOWHERE, 0, '"2019-10-30"'),
    ("diff", ["FLOW", "FLOW"], NOWHERE, 0, "no difference that matters"),
    ("explore", ["FLOW", "--examples", "3"], NOWHERE, 0, "3 of 3 coverable transitions taken"),
    ("forecast", ["lookup", "--calls", "100"], NOWHERE, 0, "First bottleneck"),
    ("history", ["list"], NOWHERE, 0, "The history is empty"),
    ("init", ["NEW"], NOWHERE, 0, "files written to"),
    ("learn", ["--calls", "CALLS"], NOWHERE, 0, "callsoffered (offered)"),
    ("learn", ["--iam-policy"], NOWHERE, 0, "connect:GetMetricDataV2"),
    (
        "learn",
        ["--from", "14d", "--region", "us-east-1", "--emulator", "http://127.0.0.1:9"],
        LOOPBACK,
        5,
        "127.0.0.1:9",
    ),
    ("paths", ["FLOW"], NOWHERE, 0, "path"),
    ("plan", ["outbound"], NOWHERE, 0, "# Load test plan"),
    ("pull", ["--iam-policy"], NOWHERE, 0, "connect:DescribeContactFlow"),
    ("pull", ["--from-answers", "ANSWERS", "--into", "NEW"], NOWHERE, 4, "files written"),
    (
        "pull",
        ["--instance", "i", "--region", "us-east-1", "--emulator", "http://127.0.0.1:9", "--into", "NEW"],
        LOOPBACK,
        5,
        "127.0.0.1:9",
    ),
    ("quotas", [], NOWHERE, 0, "Concurrent active calls"),
    ("quotas", ["--endpoint-url", "http://127.0.0.1:9", *FROM_AWS], LOOPBACK, 5, "127.0.0.1:9"),
    ("report", ["RUN", "--format", "text"], NOWHERE, 0, "Quotas"),
    ("request", ["RUN"], NOWHERE, 0, "--quota-code L-12AB7C57"),
    ("request", ["RUN", "--status"], NOWHERE, 0, "For AWS Support"),
    ("request", ["FILED", "--status"], NOWHERE, 2, "was driven against the emulator"),
    ("request", ["FILED", "--status", "--endpoint-url", "http://127.0.0.1:9"], LOOPBACK, 5, "127.0.0.1:9"),
    ("request", ["FILED", "--attach", "nothing.pdf"], NOWHERE, 2, "was driven against the emulator"),
    ("request", ["RUN", "--submit"], NOWHERE, 2, "was driven against the emulator"),
    ("run", ["outbound", "--target", "aws"], NOWHERE, 3, "Refused"),
    (
        "run",
        ["lookup", "--smoke", "--set", "traffic.duration=4s", "--out", "NEW"],
        LOOPBACK,
        0,
        "report.html",
    ),
    ("scenario", ["check", "lookup"], NOWHERE, 0, "lookup: 0 unused"),
    ("scenario", ["new", "x"], NOWHERE, 2, "no instance was pulled"),
    ("stop", ["RUN"], NOWHERE, 0, "has no journal of contacts"),
    ("stop", ["RUN", "--live"], NOWHERE, 0, "has no journal of contacts"),
    ("trace", ["FLOW"], NOWHERE, 0, "-- "),
]
"""Command, its arguments, where its sockets may go, its exit code, a part of its output."""

ELSEWHERE = {"emulator": "a test of its own: it serves until it is stopped"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the shipped scenarios with their flows: what a command writes stays there."""
    for room in ("examples", "scenarios"):
        shutil.copytree(ROOT / room, tmp_path / "project" / room)
    return tmp_path / "project"


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, Path]:
    """A run of the emulator, and the same with a request that was filed there."""
    folder = tmp_path / "runs"
    folder.mkdir()
    spec = importlib.util.spec_from_file_location(
        "records", ROOT / "tests" / "unit" / "report" / "conftest.py"
    )
    assert spec is not None
    assert spec.loader is not None
    records = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(records)
    record = records.example_record()
    arn = "arn:aws:connect:us-east-1:123456789012:instance/i"
    where = {"endpoint": "http://127.0.0.1:9", "region": "us-east-1", "account": "123456789012"}
    record.target = {"kind": "emulator", **where, "instance_id": "i", "instance_arn": arn, "caller": ""}
    made = {"RUN": folder / "run", "FILED": folder / "filed"}
    for path in made.values():
        path.mkdir()
        store.write_run(path, record)
    filed = {
        "id": "r-1",
        "service": "connect",
        "code": "L-12AB7C57",
        "name": "Concurrent active calls per instance",
        "desired": 500.0,
        "status": "PENDING",
        "context": None,
        "filed_at": "2026-11-01T00:00:00+00:00",
    }
    (made["FILED"] / "requests.json").write_text(json.dumps({"requests": [filed]}))
    return made


@pytest.mark.parametrize(
    ("command", "arguments", "allowed", "code", "shown"),
    TABLE,
    ids=[" ".join([name, *words]) for name, words, *_ in TABLE],
)
def test_a_command_opens_no_socket_but_where_it_was_asked_to(
    monkeypatch: pytest.MonkeyPatch,
    busyhour: Busyhour,
    runs: dict[str, Path],
    project: Path,
    tmp_path: Path,
    command: str,
    arguments: Sequence[str],
    allowed: str,
    code: int,
    shown: str,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    log = tmp_path / "sockets"
    log.touch()
    paths = {
        "FLOW": flow(),
        "OLD": str(old(tmp_path)),
        "CALLS": str(intervals(tmp_path)),
        "ANSWERS": str(ROOT / "tests" / "fuzz" / "seeds" / "answers.jsonl"),
        "NEW": str(tmp_path / "new"),
        **{name: str(path) for name, path in runs.items()},
    }
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    done = busyhour(
        command,
        *[paths.get(word, word) for word in arguments],
        cwd=project,
        PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
        SOCKET_LOG=str(log),
        HOME=str(tmp_path),
        AWS_EC2_METADATA_DISABLED="false",
    )
    assert "Usage:" not in done.err, "the command did not begin"
    assert done.code == code, done.out + done.err
    assert shown in done.out + done.err, "the command did not do its work"
    opened = log.read_text().splitlines()
    if allowed == NOWHERE:
        assert opened == [], done.err
    else:
        assert opened, "nothing was connected, so that nothing was shown"
    assert all(line.split()[1] in ("127.0.0.1", "::1", "localhost") for line in opened), done.err


def test_every_command_is_in_the_table() -> None:
    commands = {path.stem for path in (ROOT / "src" / "busyhour" / "cli").glob("[a-z]*.py")}
    assert commands == {name for name, *_ in TABLE} | set(ELSEWHERE)


def test_an_emulator_serves_loopback_and_connects_nowhere(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    log, ready = tmp_path / "sockets", tmp_path / "ready.json"
    log.touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "busyhour", "emulator", "--port", "0", "--ready-file", str(ready)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
            "SOCKET_LOG": str(log),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 90
        while not ready.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        url = json.loads(ready.read_text())["url"]
        assert urlsplit(url).hostname == "127.0.0.1"
        with urllib.request.urlopen(f"{url}/_busyhour/health", timeout=10) as answer:
            assert answer.status == 200
        ports = Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]
        port = f"{urlsplit(url).port:04X}"
        listening = [
            line.split()[1] for line in ports if line.split()[3] == "0A" and line.split()[1].endswith(port)
        ]
        assert listening == [f"0100007F:{port}"]
    finally:
        process.terminate()
        process.communicate(timeout=30)
    assert {line.split()[1] for line in log.read_text().splitlines()} <= {"127.0.0.1", "::1", "localhost"}


def test_the_guard_sees_a_connection(busyhour: Busyhour, tmp_path: Path) -> None:
    """Quotas read from AWS itself go out where the user said so, and the guard notices."""
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    log = tmp_path / "sockets"
    log.touch()
    busyhour(
        *("quotas", "--source", "aws", "--region", "us-east-1", "--service", "lambda"),
        cwd=ROOT,
        PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
        SOCKET_LOG=str(log),
        AWS_ACCESS_KEY_ID="AKID",
        AWS_SECRET_ACCESS_KEY="secret",
    )
    assert "amazonaws.com" in log.read_text()
