"""Every reader has limits of size, depth, values and time, and says which one a file exceeds."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from busyhour import input_files
from busyhour.input_files import (
    MAX_DEPTH,
    count,
    depth,
    parse_json,
    parse_toml,
    read_bytes,
    read_text,
    time_limit,
)


def test_a_file_is_read_with_newlines_of_one_kind(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes("é\r\nb\rc\n".encode())
    assert read_text(path) == "é\nb\nc\n"
    assert read_bytes(path) == path.read_bytes()


@pytest.mark.parametrize("size", [11, 5_000_000])
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, size: int) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(OSError, match="larger than 10 bytes"):
        read_bytes(path, 10)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
def test_a_device_is_not_read(device: str) -> None:
    with pytest.raises(OSError, match="is a device, not a file"):
        read_bytes(Path(device))


def test_a_folder_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="Is a directory"):
        read_bytes(tmp_path)


def pipe(folder: Path, write: Callable[[int], None]) -> Path:
    """A named pipe, and a thread that writes to it."""
    path = folder / "pipe"
    os.mkfifo(path)

    def work() -> None:
        descriptor = os.open(path, os.O_WRONLY)
        try:
            write(descriptor)
        except BrokenPipeError:
            pass
        finally:
            os.close(descriptor)

    threading.Thread(target=work, daemon=True).start()
    return path


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    def write(descriptor: int) -> None:
        os.write(descriptor, b"one ")
        time.sleep(0.2)
        os.write(descriptor, b"two")

    assert read_bytes(pipe(tmp_path, write)) == b"one two"


def test_a_pipe_without_an_end_is_left(tmp_path: Path) -> None:
    def write(descriptor: int) -> None:
        while True:
            os.write(descriptor, bytes(65536))

    with pytest.raises(OSError, match="larger than 1 MiB"):
        read_bytes(pipe(tmp_path, write), 1024 * 1024)


def test_a_silent_pipe_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_files, "SILENT_SECONDS", 0.3)
    with pytest.raises(TimeoutError, match=r"nothing came for 0\.3 s"):
        read_bytes(pipe(tmp_path, lambda _: time.sleep(1.5)))


def test_a_pipe_without_a_writer_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_bytes(tmp_path / "pipe") == b""


NUMBER = "9" * 5000


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 254 + "]" * 254, "nested more than 100"),
        ("[" * 900 + "]" * 900, "nested more than 100"),
        ("[" * 100_000 + "]" * 100_000, "nested more than 100"),
        ('{"a":' * 100_000, "nested more than 100"),
        (f"[{NUMBER}]", "4,300 digits"),
        (f"[{NUMBER}.5]", "too large"),
        ("[1e999]", "too large"),
        ("[-1e400]", "too large"),
        ("[NaN]", "NaN is not a JSON number"),
        ("[-Infinity]", "-Infinity is not a JSON number"),
        ("[", "Expecting value"),
    ],
)
def test_json_beyond_a_limit_is_no_json(text: str, problem: str) -> None:
    with pytest.raises(json.JSONDecodeError, match=problem):
        parse_json(text)


def test_json_within_the_limits_is_read() -> None:
    text = "[" * MAX_DEPTH + "1e300" + "]" * MAX_DEPTH
    assert depth(parse_json(text)) == MAX_DEPTH
    assert parse_json(b'{"a": [1e5, 9223372036854775808]}') == {"a": [1e5, 9223372036854775808]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = " + "[" * 500 + "]" * 500, "ested more than 100"),
        ("a = " + "[" * 150 + "]" * 150, "ested more than 100"),
        ("a = " + "{ a = " * 500 + "1" + "}" * 500, "ested more than 100"),
        (".".join("a" * 20_000) + " = 1", "more than 100 parts"),
        ("[" + " . ".join("a" * 20_000) + "]", "more than 100 parts"),
        ("x = {" + ".".join(['"a"'] * 20_000) + " = 1}", "more than 100 parts"),
        (f"a = {NUMBER}", "4300"),
        ("a = 2026-02-31", "day is out of range|Invalid date"),
    ],
)
def test_toml_beyond_a_limit_is_no_toml(text: str, problem: str) -> None:
    begun = time.monotonic()
    with pytest.raises(tomllib.TOMLDecodeError, match=problem):
        parse_toml(text)
    assert time.monotonic() - begun < 5


def test_dots_in_texts_are_no_parts_of_a_key() -> None:
    words = ".".join("a" * 500)
    text = f'a.b = \'{words}\' # {words}\nc = """{words}\n{words}"""\n'
    assert parse_toml(text)["a"] == {"b": words}


@pytest.mark.parametrize(
    "piece", ["a", '{"a":', '"""\\', '""""\\"', "'''", " ", "a ", "a.", "#", "[", '"', "\\", "a = '", "-"]
)
def test_a_long_toml_of_one_piece_is_read_or_rejected_in_time(piece: str) -> None:
    begun = time.process_time()
    with suppress(tomllib.TOMLDecodeError):
        parse_toml("x" + piece * (400_000 // len(piece)))
    assert time.process_time() - begun < 5


def test_values_are_counted() -> None:
    assert count({"a": [1, 2, {"b": 3}], "c": 4}) == 7
    assert count([0] * 50, 10) > 10


def busy_without_end() -> None:
    while True:
        pass


def test_parsing_takes_a_limited_time() -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match=r"within 0\.2 s"), time_limit("a file", 0.2):
        busy_without_end()
    assert time.monotonic() - begun < 5
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_limit_within_a_limit_changes_nothing() -> None:
    with (
        pytest.raises(TimeoutError, match=r"within 0\.2 s"),
        time_limit("outer", 0.2),
        time_limit("inner", 60),
    ):
        busy_without_end()


def test_a_limit_of_another_thread_has_no_effect() -> None:
    done = []

    def work() -> None:
        with time_limit("a file", 0.01):
            time.sleep(0.05)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
