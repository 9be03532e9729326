"""Handlers in a process of their own: what comes back, and what happens to those that do not come back."""

import json
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


# --------------------------------------------------------------------------- several functions in one process


WHO = "import os\nimport common\nAT_IMPORT = os.environ.get('STAGE')\ncount = 0\n"
TELLS = """
def handler(event, context):
    global count
    count += 1
    return [common.WHO, AT_IMPORT, os.environ.get('STAGE'), os.environ['AWS_LAMBDA_FUNCTION_NAME'], count,
            context.function_name, context.memory_limit_in_mb, os.path.basename(os.getcwd())]
"""


def test_each_function_finds_its_own_variables_modules_and_globals(process: HandlerProcess, tmp_path: Path):
    made = {}
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_text(WHO + TELLS, encoding="utf-8")
        (tmp_path / folder / "common.py").write_text(f"WHO = {folder!r}\n", encoding="utf-8")
    made["a"] = Handler("a", tmp_path / "one" / "app.py", "handler", {"STAGE": "x"})
    made["b"] = Handler("b", tmp_path / "two" / "app.py", "handler", {"STAGE": "y"}, memory_mb=512)
    made["c"] = Handler("c", tmp_path / "one" / "app.py", "handler", {})
    seen = []
    for name in "abcab":
        found = process.call(made[name], EVENT, 5.0)
        assert found is not None
        seen.append(found.answer)
    assert seen == [
        ["one", "x", "x", "a", 1, "a", "128", "one"],
        ["two", "y", "y", "b", 1, "b", "512", "two"],
        ["one", None, None, "c", 1, "c", "128", "one"],
        ["one", "x", "x", "a", 2, "a", "128", "one"],
        ["two", "y", "y", "b", 2, "b", "512", "two"],
    ]


def test_functions_share_the_tables_and_a_file_may_have_the_name_of_a_library_that_the_stand_in_uses(
    tmp_path: Path,
):
    definition = tmp_path / "table.json"
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    types = [{"AttributeName": "id", "AttributeType": "S"}]
    table = {
        "TableName": "t",
        "KeySchema": key,
        "AttributeDefinitions": types,
        "BillingMode": "PAY_PER_REQUEST",
    }
    definition.write_text(json.dumps(table), encoding="utf-8")
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "responses.py").write_text("def answer():\n    return 'mine'\n", encoding="utf-8")
    (folder / "app.py").write_text(
        "import boto3\nimport responses\nt = boto3.resource('dynamodb').Table('t')\n"
        "def put(event, context):\n    t.put_item(Item={'id': '1', 'n': 2})\n    return responses.answer()\n"
        "def get(event, context):\n    return t.get_item(Key={'id': '1'})['Item']\n",
        encoding="utf-8",
    )
    process = HandlerProcess([(definition, None)])
    try:
        put = process.call(Handler("put", folder / "app.py", "put", {}), EVENT, 20.0)
        got = process.call(Handler("get", folder / "app.py", "get", {}), EVENT, 20.0)
    finally:
        process.close()
    assert put is not None
    assert (put.answer, put.error, put.operations) == ("mine", "", {"t.PutItem": 1})
    assert got is not None
    assert (got.answer, got.error) == ({"id": "1", "n": 2}, "")  # Decimal('2') of DynamoDB


def test_a_copy_of_awss_libraries_among_a_functions_files_does_not_reach_aws(tmp_path: Path):
    for name in ("boto3", "botocore"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the copy')\n", encoding="utf-8")
    file = tmp_path / "app.py"
    file.write_text(
        "import botocore\nimport boto3\nfrom botocore.config import Config\n"
        "s3 = boto3.client('s3', config=Config(retries={'total_max_attempts': 1}))\n"
        "def handler(event, context):\n    s3.create_bucket(Bucket='one')\n"
        "    return [one['Name'] for one in s3.list_buckets()['Buckets']]\n",
        encoding="utf-8",
    )
    process = HandlerProcess()
    try:
        found = process.call(Handler("f", file, "handler", {}), EVENT, 20.0)
    finally:
        process.close()
    assert found is not None
    assert (found.answer, found.error) == (["one"], "")


def test_after_an_exit_the_next_invocation_finds_a_new_environment(process: HandlerProcess, tmp_path: Path):
    file = tmp_path / "app.py"
    file.write_text(
        "import sys\nseen = []\ndef handler(event, context):\n    seen.append(1)\n"
        "    if event.get('exit'):\n        sys.exit(2)\n    return len(seen)\n",
        encoding="utf-8",
    )
    handler = Handler("f", file, "handler", {})
    found = [process.call(handler, event, 5.0) for event in ({}, {}, {"exit": True}, {})]
    assert [one and (one.answer, one.error.partition(":")[0]) for one in found] == [
        (1, ""),
        (2, ""),
        (None, "Runtime.ExitError"),
        (1, ""),
    ]
    assert found[2] is not None
    assert found[2].read == {("exit",)}
    assert process.running


@pytest.mark.parametrize("value", ["float('nan')", "{'a': float('inf')}", "b'text'"])
def test_a_response_that_is_not_json_is_an_error_of_the_caller(
    process: HandlerProcess, tmp_path: Path, value: str
):
    file = tmp_path / "app.py"
    file.write_text(f"def handler(event, context):\n    return {value}\n", encoding="utf-8")
    found = process.call(Handler("f", file, "handler", {}), EVENT, 5.0)
    assert found is not None
    assert found.error.startswith("the response is not JSON: ")
    assert found.answer is None
