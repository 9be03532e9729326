"""The quick way to a document gives what the careful way gives, and steps back where it cannot be sure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.contracts.reading.fast_path import quick
from busyhour.contracts.reading.locate import Locator
from busyhour.flows.export.document import DocumentError, parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
SPACE = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")])


@given(VALUES, SPACE, st.booleans())
def test_the_fast_path_gives_the_same_document_as_the_slow_one(value, separators, ascii_only):
    text = json.dumps(value, separators=separators, ensure_ascii=ascii_only)
    found = quick(text.encode(errors="surrogatepass"), None)
    if found is not None:
        careful = parse(text)
        assert found.data == careful.data
        assert found.text == careful.text
        assert careful.duplicate_keys == []


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a" : 1, "a" : 2}',
        '{"b": {"a": 1, "a": {"c": ":"}}}',
        '{"a": NaN}',
        '{"a": ',
        "[1]",
        '{"a": "\\u003a", "a": 1}',
        '{"a": "\\ud800"}',
        '{"ContactFlow": {"Content": "{}"}}',
        "\ufeff{}",
        '{"a":' * 120 + "1" + "}" * 120,
    ],
    ids=["twice", "twice with spaces", "twice inside", "NaN", "cut off", "a list", "colon as escape", "half a character",
         "a response", "byte order mark", "deep"],
)  # fmt: skip
def test_the_fast_path_declines_documents_that_need_the_slow_one(text):
    assert quick(text.encode(), None) is None


@given(VALUES, SPACE, st.sampled_from(["\n", "\r\n"]))
def test_positions_of_the_fast_path_equal_those_of_the_slow_one(value, separators, newline):
    text = json.dumps({"a": value}, separators=separators, indent=1).replace("\n", newline)
    try:
        document = parse(text)
    except DocumentError:
        return
    locator = Locator(document.text)

    def walk(inner, pointer):
        for key in (False, True):
            assert locator.position(pointer, key) == document.position(pointer, key)
        items = (
            inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
        )
        for part, deeper in items:
            walk(deeper, (*pointer, part))

    walk(document.data, ())
    assert locator.position(("a", "missing", 3)) == document.position(("a", "missing", 3))


@pytest.mark.parametrize("levels", [101, 254, 255, 900, 1100, 100_000])
def test_a_document_that_is_nested_too_deeply_takes_the_slow_path(levels):
    assert quick(b'{"a":' + b"[" * levels + b"]" * levels + b"}", None) is None
