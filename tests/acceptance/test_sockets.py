"""Which command may open a socket, and to where: a guard in every process of the command fails the test.

The guard is an audit hook that Python calls for each connection and each look-up of a name, in the command and in its
children; variables of botocore play no part. A command that is not in the table fails the test of completeness.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from busyhour.results import store
from busyhour.shipped import shipped_root

ROOT = shipped_root()
NOWHERE, LOOPBACK = "nowhere", "loopback"

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


TABLE: list[tuple[str, Sequence[str], str]] = [
    ("check", ["FLOW"], NOWHERE),
    ("compare", ["RUN", "--baseline", "RUN"], NOWHERE),
    ("contract", ["FLOW"], NOWHERE),
    ("convert", ["FLOW"], NOWHERE),
    ("diff", ["FLOW", "FLOW"], NOWHERE),
    ("emulator", ["--help"], NOWHERE),
    ("explore", ["FLOW"], NOWHERE),
    ("forecast", ["helpdesk"], NOWHERE),
    ("history", ["list"], NOWHERE),
    ("init", ["--help"], NOWHERE),
    ("paths", ["FLOW"], NOWHERE),
    ("plan", ["outbound"], NOWHERE),
    ("quotas", [], NOWHERE),
    (
        "quotas",
        [
            "--endpoint-url",
            "http://127.0.0.1:9",
            "--source",
            "aws",
            "--region",
            "us-east-1",
            "--service",
            "lambda",
        ],
        LOOPBACK,
    ),
    ("report", ["RUN", "--format", "text"], NOWHERE),
    ("request", ["RUN"], NOWHERE),
    ("request", ["RUN", "--status"], NOWHERE),
    ("request", ["FILED", "--status"], NOWHERE),
    ("request", ["FILED", "--status", "--endpoint-url", "http://127.0.0.1:9"], LOOPBACK),
    ("request", ["FILED", "--attach", "nothing.pdf"], NOWHERE),
    ("request", ["RUN", "--submit"], NOWHERE),
    ("run", ["outbound", "--target", "aws"], NOWHERE),
    ("stop", ["RUN"], NOWHERE),
    ("stop", ["RUN", "--live"], NOWHERE),
    ("trace", ["FLOW"], NOWHERE),
]
"""Command, its arguments, and where its sockets may go."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A run of the emulator, and the same with a request that was filed there."""
    folder = tmp_path_factory.mktemp("runs")
    spec = importlib.util.spec_from_file_location(
        "records", ROOT / "tests" / "unit" / "report" / "conftest.py"
    )
    assert spec is not None
    assert spec.loader is not None
    records = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(records)
    record = records._record()
    record.target = {**record.target, "kind": "emulator"}
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
    ("command", "arguments", "allowed"), TABLE, ids=[" ".join([name, *words]) for name, words, _ in TABLE]
)
def test_a_command_opens_no_socket_but_where_it_was_asked_to(
    busyhour: Busyhour,
    runs: dict[str, Path],
    tmp_path: Path,
    command: str,
    arguments: Sequence[str],
    allowed: str,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    log = tmp_path / "sockets"
    log.touch()
    paths = {"FLOW": flow(), **{name: str(path) for name, path in runs.items()}}
    unset = {name: "" for name in os.environ if name.startswith("AWS_")}
    done = busyhour(
        command,
        *[paths.get(word, word) for word in arguments],
        cwd=ROOT,
        PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
        SOCKET_LOG=str(log),
        HOME=str(tmp_path),
        **{**unset, "AWS_EC2_METADATA_DISABLED": "false"},
    )
    assert "Usage:" not in done.err, "the command did not begin"
    opened = log.read_text().splitlines()
    if allowed == NOWHERE:
        assert opened == [], done.err
    assert all(line.split()[1] in ("127.0.0.1", "::1", "localhost") for line in opened), done.err


def test_every_command_is_in_the_table() -> None:
    commands = {path.stem for path in (ROOT / "src" / "busyhour" / "cli").glob("[a-z]*.py")}
    assert commands == {name for name, _, _ in TABLE}


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
