"""Patterns of whole numbers between bounds, as strings."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.contracts.schema.ranges import pattern, with_patterns


@given(st.integers(0, 1200), st.integers(0, 1200), st.integers(0, 3000), st.sampled_from(["", "0", "000"]))
def test_a_number_fits_exactly_when_it_is_within_the_bounds(
    least: int, more: int, number: int, zeros: str
) -> None:
    fits = re.search(pattern(least, least + more), f"{zeros}{number}") is not None
    assert fits == (least <= number <= least + more)


@given(st.integers(0, 1200), st.integers(0, 20_000))
def test_without_an_upper_bound_every_larger_number_fits(least: int, number: int) -> None:
    assert (re.search(pattern(least, None), str(number)) is not None) == (number >= least)


@pytest.mark.parametrize("text", ["", "-1", "1.0", " 1", "1 ", "ten", "+1", "$.Attributes.x"])
def test_nothing_but_digits_fits(text: str) -> None:
    assert re.search(pattern(0, 100), text) is None


def test_bounds_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="no whole numbers from 3 to 2"):
        pattern(3, 2)


def test_a_reference_is_allowed_unless_the_value_is_static() -> None:
    node = {"type": "string", "x-minimum": 1, "x-maximum": 600, "x-class": "SJ"}
    made = with_patterns({"properties": {"a": node, "b": [node | {"x-class": "S"}]}}, r"^\$\.[a-z]+$")
    assert re.search(made["properties"]["a"]["pattern"], "$.x")
    assert not re.search(made["properties"]["b"][0]["pattern"], "$.x")
    assert made["properties"]["b"][0]["pattern"] == "^(?:0*(?:[1-9]|[1-9][0-9]|[1-5][0-9]{2}|600))$"
