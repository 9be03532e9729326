"""Handlers in a process of their own: what comes back, and what happens to those that do not come back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from busyhour.handlers.process import Handler, HandlerProcess, ProcessError

SOURCE = """
import os
import time

def answers(event, context):
    print("not on the line of answers")
    return {"phone": event["Details"]["Parameters"]["phone"], "stage": os.environ["STAGE"],
            "key": os.environ["AWS_ACCESS_KEY_ID"]}

def raises(event, context):
    raise KeyError("tier")

def returns_no_json(event, context):
    return {1, 2}

def hangs(event, context):
    time.sleep(60)

def dies(event, context):
    os._exit(3)
"""
EVENT = {"Details": {"Parameters": {"phone": "+1"}}}


@pytest.fixture
def process() -> Iterator[HandlerProcess]:
    made = HandlerProcess()
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def test_an_answer_with_what_was_read(process: HandlerProcess, file: Path):
    found = process.call(Handler("f", file, "answers", {"STAGE": "test"}), EVENT, 5.0)
    assert found is not None
    assert found.answer == {"phone": "+1", "stage": "test", "key": "testing"}
    assert found.read == {("Details", "Parameters", "phone")}
    assert not found.error


@pytest.mark.parametrize(
    ("attribute", "error", "line"),
    [
        ("raises", "KeyError: 'tier'", 11),
        ("returns_no_json", "Runtime.MarshalError: Unable to marshal", None),
    ],
)
def test_an_error_with_its_place(
    process: HandlerProcess, file: Path, attribute: str, error: str, line: int | None
):
    found = process.call(Handler("f", file, attribute, {}), EVENT, 5.0)
    assert found is not None
    assert error in found.error
    assert line is None or found.where == f"{file}:{line}"


def test_a_handler_that_hangs_ends_the_process_and_the_next_starts_another(
    process: HandlerProcess, file: Path
):
    assert process.load(Handler("f", file, "hangs", {}))
    assert process.call(Handler("f", file, "hangs", {}), EVENT, 0.2, grace=0.1) is None
    assert not process.running
    assert process.call(Handler("f", file, "answers", {"STAGE": ""}), EVENT, 5.0) is not None


def test_a_handler_that_ends_the_process_fails_and_may_have_read_all_of_the_event(
    process: HandlerProcess, file: Path
):
    found = process.call(Handler("f", file, "dies", {}), EVENT, 5.0)
    assert found is not None
    assert found.error.startswith("Runtime.ExitError: ")
    assert found.error.endswith("exit status 3")
    assert found.read == {()}
    assert not process.running
    assert process.call(Handler("f", file, "answers", {"STAGE": ""}), EVENT, 5.0) is not None


@pytest.mark.parametrize(
    ("source", "attribute", "why"),
    [
        ("", "handler", "Runtime.HandlerNotFound: Handler 'handler' missing on module 'other'"),
        ("import nothing_of_the_kind", "handler", "Runtime.ImportModuleError: Unable to import module 'other'"),
        ("import sys; sys.exit(3)", "handler", "Runtime.ExitError: .* exit status 3"),
    ],
)  # fmt: skip
def test_a_handler_that_is_not_there_is_said_so(
    process: HandlerProcess, tmp_path: Path, source: str, attribute: str, why: str
):
    file = tmp_path / "other.py"
    file.write_text(source, encoding="utf-8")
    with pytest.raises(ProcessError, match=why):
        process.load(Handler("f", file, attribute, {}))
    assert process.running


def test_tables_that_cannot_be_made_are_said_so(tmp_path: Path):
    broken = tmp_path / "table.json"
    broken.write_text("{}", encoding="utf-8")
    process = HandlerProcess([(broken, None)])
    with pytest.raises(ProcessError, match="tables cannot be made"):
        process.load(Handler("f", broken, "f", {}))
    assert not process.running
