"""Rows of CSV files: what csv reads, with the line and the reason where it cannot be read."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.project.csv_rows import csv_rows, listed

FIELDS = st.text(st.characters(exclude_characters="\0\r", codec="utf-8"), max_size=8)


class BrokenError(Exception):
    """What is wrong with a line."""


def rows(text, separator=","):
    return list(csv_rows(text, separator, lambda line, problem: BrokenError(line, problem)))


@given(st.lists(st.lists(FIELDS, min_size=2, max_size=4), max_size=5), st.sampled_from(",;\t|"))
def test_every_field_that_was_written_is_read(table, separator):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(table)
    assert [row for _, row in rows(out.getvalue(), separator) if row] == table


def test_the_line_is_the_last_one_of_a_row():
    assert rows('a,b\n"1\n2",3\n\n4,5') == [(1, ["a", "b"]), (3, ["1\n2", "3"]), (4, []), (5, ["4", "5"])]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n', 3, "opens quotes that are never closed"),
        ('a,b\n1,2\n3,4"\n5,"', 4, "opens quotes that are never closed"),
        ("a,b\n1," + "x" * 140_000, 2, "field larger than field limit"),
        ('a,b\n1,"' + "x\n" * 140_000, 2, "quotes may never be closed"),
        ("a,b\n1,\0\n", 2, "has a NUL character"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_first_line(text, line, said):
    with pytest.raises(BrokenError) as caught:
        rows(text)
    assert caught.value.args[0] == line
    assert said in caught.value.args[1]


def test_names_are_one_bounded_line():
    assert listed(["a", "b\nc"]) == "a, b c"
    assert listed(map(str, range(31))).endswith("28, 29 and 1 more")
    assert listed(["x" * 1000]) == "x" * 60 + "…"
