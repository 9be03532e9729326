"""A damaged history is named with its file and the number of the run; no part of it is shown as whole."""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from pathlib import Path

import pytest
from support.synthetic_runs import System, run

from busyhour.errors import BusyhourError
from busyhour.history.entry import Night
from busyhour.history.store import History

SYSTEM = System(seconds=20, calls_per_second=2.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "history.sqlite"
    one = run(SYSTEM, 1)
    one.started = "2026-03-01T03:00:00+00:00"
    with History.open(path) as history:
        history.add([Night(one)])
    return path


def change(path: Path, column: str, value: object) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE runs SET {column} = ?", (value,))
    database.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("observation", b"no zlib"),
        ("observation", zlib.compress(b"{}")),
        ("observation", zlib.compress(b"no JSON")),
        ("observation", zlib.compress(b"[" * 100_000)),
        ("observation", zlib.compress(b"{}")[:-3]),
        ("observation", zlib.compress(bytes(80_000_000))),
        ("observation", 7),
        ("flows", "{"),
        ("judgement", "[]"),
        ("judgement", "[" * 100_000),
        ("confirmation", "3"),
    ],
)
def test_a_damaged_run_is_named(path: Path, column: str, value: object) -> None:
    change(path, column, value)
    with History.open(path) as history, pytest.raises(BusyhourError, match="run number 1 is damaged: "):
        history.nights()


def test_damaged_pages_of_the_file_are_an_error_of_the_input(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(BusyhourError, match=r"history\.sqlite"), History.open(path) as history:
        history.nights()


def test_a_damaged_name_in_the_schema_is_an_error_of_the_input(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("PRAGMA writable_schema = 1")
        database.execute("UPDATE sqlite_master SET name = CAST(x'ff' AS TEXT), sql = CAST(x'ff' AS TEXT)")
    database.close()
    with pytest.raises(BusyhourError, match=r"history\.sqlite"), History.open(path) as history:
        history.nights()


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev"])
def test_what_is_not_a_file_is_not_opened(device: str) -> None:
    with pytest.raises(BusyhourError, match="not a file"):
        History.open(Path(device))
