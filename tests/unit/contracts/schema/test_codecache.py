"""Compiled contracts are kept, and made again when what they were made from has changed."""

import os

import pytest

from busyhour.contracts.schema.codecache import compiled


@pytest.fixture
def made(tmp_path):
    """Asks for the contract `x` of one source file; says its value and how often it was written."""
    source = tmp_path / "x.schema.json"
    source.write_text("1")
    written = []

    def make():
        written.append(source.read_text())
        return f"value = {written[-1]}"

    def ask(folder=tmp_path):
        namespace = {}
        exec(compiled("x", folder, [source], make), namespace)
        return namespace["value"], len(written)

    ask.source = source
    ask.kept = tmp_path / "__pycache__"
    return ask


def test_it_is_made_once(made):
    assert made() == (1, 1)
    assert made() == (1, 1)


def test_it_is_made_again_when_the_source_changes(made):
    made()
    made.source.write_text("2")
    os.utime(made.source, ns=(1, 1))
    assert made() == (2, 2)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xe3\x00"], ids=["empty", "nonsense", "cut off"])
def test_a_spoilt_file_is_made_again(made, content):
    made()
    (kept,) = made.kept.glob("*.contract")
    kept.write_bytes(content)
    assert made() == (1, 2)
    assert made() == (1, 2)


def test_without_a_place_to_keep_it_it_is_made_each_time(made, tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    assert made(blocked) == (1, 1)
    assert made(blocked) == (1, 2)
