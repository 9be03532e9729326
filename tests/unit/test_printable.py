"""Foreign text in output: on its line, without control characters, without commands to terminals and CI systems."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.printable import json_text, markdown, printable, printable_lines

HOSTILE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["::warning::", "::error file=x::", "##[error]", "##vso[task.setvariable]", "\n", "\r", "\x1b[31m",
             "\x9b2J", " ", "a", "\u202e", "\u2028", "]", "[x](http://e)", "|", "<img>", "\ud800", "#", ":", "\t"]
        )
    ).map("".join),
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Helpdesk",
        "arn:aws:iam::123456789012:role/x",
        "arn:aws:s3:::bucket/key",
        "Grüße 日本 😀",
        "a [b] #3: c",
        "[/de]",
        "",
    ],
)
def test_other_text_is_unchanged(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "a\\nb"),
        ("a\r\tb", "a\\r\\tb"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("::warning::x", "\\x3a:warning::x"),
        ("a ::warning::x", "a \\x3a:warning::x"),
        ("x##[error]y", "x\\x23#[error]y"),
        ("##vso[task.x]y", "\\x23#vso[task.x]y"),
    ],
)
def test_what_would_act_is_shown_as_an_escape(text, shown):
    assert printable(text) == shown


@given(HOSTILE)
def test_no_text_acts(text):
    shown = printable(text)
    assert not [one for one in shown if unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")]
    assert not re.search(r"(^|\s)::", shown)
    assert not re.search(r"##\w*\[", shown)
    assert printable(shown) == shown
    shown.encode()


@given(HOSTILE)
def test_lines_of_our_own_stay_lines(text):
    assert printable_lines(f"one\n{text}").count("\n") == 1 + text.count("\n")


@given(st.recursive(HOSTILE, lambda inner: st.lists(inner) | st.dictionaries(HOSTILE, inner), max_leaves=5))
def test_json_keeps_its_value(value):
    text = json.dumps(value, indent=2, ensure_ascii=False)
    shown = json_text(text)
    assert json.loads(shown) == value
    assert not re.search(r"##\w*\[", shown)
    assert not [one for one in shown if one != "\n" and unicodedata.category(one) in ("Cc", "Cs", "Zl", "Zp")]
    assert not re.search(r"^\s*::", shown, re.MULTILINE)


@given(HOSTILE)
def test_markdown_makes_no_html_link_or_row(text):
    shown = markdown(text)
    assert "<" not in shown
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(\\\\)*\|", shown)
    assert not re.search(r"(?<!\\)(\\\\)*\]\(", shown)
    assert not shown.startswith(("#", ">"))
