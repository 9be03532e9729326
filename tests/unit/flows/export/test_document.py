"""Reading a file as JSON with positions."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.flows.export.document import DocumentError, load, parse
from busyhour.flows.model import Position

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def pointers(data, here=()):
    yield here, data
    members = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in members:
        yield from pointers(value, (*here, key))


def value_at(text, position):
    line = text.split("\n")[position.line - 1 :]
    rest = "\n".join(line)[position.column - 1 :]
    return json.JSONDecoder().raw_decode(rest)[0]


@given(JSON, st.sampled_from([None, 2]))
def test_every_pointer_gives_the_position_of_its_value(data, indent):
    text = json.dumps(data, indent=indent)
    document = parse(text)
    assert document.data == data
    for pointer, value in pointers(data):
        assert value_at(text, document.position(pointer)) == value
        if pointer and isinstance(pointer[-1], str):
            assert value_at(text, document.position(pointer, key=True)) == pointer[-1]


@given(JSON, st.booleans())
def test_positions_inside_a_describe_response_are_those_of_the_file(data, ascii_only):
    content = json.dumps(data, indent=1, ensure_ascii=ascii_only)
    text = json.dumps({"ContactFlow": {"Name": "Main", "Content": content}}, ensure_ascii=ascii_only)
    document = parse(text)
    assert document.data == data
    assert document.envelope == {"Name": "Main"}
    for pointer, value in pointers(data):
        position = document.position(pointer)
        assert position.line == 1
        first = json.dumps(value, ensure_ascii=ascii_only)[0]
        assert text[position.column - 1 :].startswith(json.dumps(first)[1:-1])


def test_a_one_line_export_has_columns():
    text = '{"StartAction":"a","Actions":[{"Identifier":"a"},{"Identifier":"b"}]}'
    assert parse(text).position(("Actions", 1, "Identifier")) == Position(1, text.index('"b"') + 1)


def test_carriage_return_line_feed_is_one_line_end():
    assert parse('{\r\n"a":\r\n 1}').position(("a",)) == Position(3, 2)


def test_a_missing_key_is_placed_at_the_object_that_lacks_it():
    document = parse('{"Actions":\n  [{"Type": "Loop"}]}')
    assert document.position(("Actions", 0, "Parameters", "LoopCount")) == Position(2, 4)


def test_content_that_is_an_object_inside_a_describe_response():
    document = parse('{"ContactFlow": {"Content": {"a": 1}}}')
    assert document.data == {"a": 1}
    assert document.position(("a",)) == Position(1, 35)


def test_duplicate_keys_are_listed_and_the_last_value_applies():
    document = parse('{"a": 1, "b": {"c": 1, "c": 2}, "a": 3}')
    assert document.data == {"a": 3, "b": {"c": 2}}
    assert document.duplicate_keys == [("b", "c"), ("a",)]
    assert document.position(("a",), key=True) == Position(1, 33)


def test_no_duplicate_keys_are_listed_without_any():
    assert parse('{"a": {"a": 1}}').duplicate_keys == []


def test_a_byte_order_mark_is_tolerated_and_not_counted_as_a_column(tmp_path):
    file = tmp_path / "flow.json"
    file.write_bytes(b"\xef\xbb\xbf" + b'{"a": 1}')
    assert load(file).position(("a",)) == Position(1, 7)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        pytest.param('{"a":\n  oops}', "2:3", "is not JSON: expecting value", id="no JSON"),
        pytest.param('{"NaN": 1, "b":\n NaN}', "2:2", "is not JSON: NaN is not a JSON number", id="NaN"),
        pytest.param("  ", "1:1", "is empty", id="empty"),
        pytest.param(
            "[" * 100_000, "1:101", "is nested more than 100 levels deep", id="brackets without end"
        ),
        pytest.param(
            "[" * 300 + "]" * 300, "1:101", "is nested more than 100 levels deep", id="deep nesting"
        ),
        pytest.param(
            '["\\ud83d\\ude00",\n "\\ud83d"]',
            "2:2",
            "has a string with an unpaired surrogate",
            id="half a character",
        ),
        pytest.param("9" * 5000, "1:1", "holds a number that cannot be read", id="endless number"),
        pytest.param(
            '{"ContactFlow": {"Content": "{\\"a\\":\\n}"}}',
            "1:39",
            "ContactFlow.Content is not JSON: expecting value",
            id="no JSON inside a describe response",
        ),
    ],
)
def test_an_error_message_names_problem_and_position(text, place, problem):
    with pytest.raises(DocumentError) as error:
        parse(text, Path("flows/main.json"))
    assert error.value.message.startswith(f"flows/main.json:{place}: {problem}")
    assert f"{error.value.position.line}:{error.value.position.column}" == place


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b'{"a":\n "\xff"}', ":2:3: is not UTF-8: invalid byte 0xff", id="Latin-1"),
        pytest.param("{}".encode("utf-16"), ":1:1: is UTF-16, not UTF-8", id="UTF-16"),
    ],
)
def test_other_encodings_are_rejected_with_a_hint(tmp_path, raw, message):
    file = tmp_path / "flow.json"
    file.write_bytes(raw)
    with pytest.raises(DocumentError) as error:
        load(file)
    assert error.value.message == f"{file}{message}"
    assert "UTF-8" in (error.value.hint or "")


def test_a_missing_file_and_a_folder_are_rejected(tmp_path):
    with pytest.raises(DocumentError, match="no such file"):
        load(tmp_path / "absent.json")
    with pytest.raises(DocumentError, match="is a folder"):
        load(tmp_path)


def test_a_program_with_an_embedded_flow_gets_a_hint():
    with pytest.raises(DocumentError) as raised:
        parse('const flow = {"StartAction": "end"};')
    assert "embedded flow" in raised.value.hint


@pytest.mark.parametrize("text", ['{"StartAction": "end",,}', "const flow = 1;"])
def test_a_broken_export_and_other_text_get_no_hint_about_embedded_flows(text):
    with pytest.raises(DocumentError) as raised:
        parse(text)
    assert "embedded flow" not in raised.value.hint


FLOW = '{"Version": "2019-10-30", "StartAction": "a", "Actions": []}'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f'resource "aws_connect_contact_flow" "m" {{\n  content = <<EOT\n{FLOW}\nEOT\n}}\n', "Terraform"),
        (f"# main\nlocals {{\n  flow = jsonencode({FLOW})\n}}\n", "Terraform"),
        (
            f"Resources:\n  M:\n    Properties:\n      Content: |\n        {FLOW}\n",
            "a CloudFormation template",
        ),
        (f"flows:\n  - content: '{FLOW}'\n", "YAML"),
        (f"[flow]\ncontent = '''{FLOW}'''\n", "TOML"),
        ("<!DOCTYPE html><p>Sign in</p>", "an HTML page"),
        ("<?xml version='1.0'?><Error/>", "XML"),
        (b"PK\x03\x04\x14\0\xff", "a ZIP archive"),
        (b"\x1f\x8b\x08\0", "a gzip archive"),
        (b"SQLite format 3\0", "an SQLite database"),
    ],
)
def test_a_file_of_another_kind_is_named_by_its_kind(tmp_path, text, kind):
    path = tmp_path / "main"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DocumentError) as raised:
        load(path)
    assert raised.value.message == f"{path}:1:1: is {kind}, not an exported flow (JSON)"
    assert ("embedded flow" in raised.value.hint) == (FLOW.encode() in path.read_bytes())


def test_a_template_whose_flows_are_files_names_them_as_the_way_out():
    with pytest.raises(DocumentError) as raised:
        parse('resource "aws_connect_contact_flow" "m" {\n  filename = "main.json"\n}\n')
    assert "Name the file of a flow that it refers to" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "const flow = 1;",
        "{",
        "[",
        "nul",
        "key value",
        "Note: read this first",
        "x = 1\nprint(x)\n",
        "a: b\nthis is prose\n",
    ],
)
def test_what_may_be_a_broken_export_is_not_said_to_be_of_another_kind(text):
    with pytest.raises(DocumentError, match="is not JSON"):
        parse(text)
