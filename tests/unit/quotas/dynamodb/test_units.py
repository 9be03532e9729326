"""Sizes and capacity units by the Developer Guide's rules."""

from __future__ import annotations

import pytest

from busyhour.quotas.dynamodb.units import InvalidValueError, item_size, read_units, value_size, write_units


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "ä€"}, 5),
        ({"N": "27"}, 2),
        ({"N": "-27"}, 3),
        ({"N": "10000"}, 2),  # zeros at the end are not stored
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": b"12345"}, 5),
        ({"SS": ["ab", "c"]}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}]}, 3 + 1 + 2),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
    ],
)
def test_the_size_of_a_value(value, size):
    assert value_size(value) == size


def test_an_item_is_its_names_and_its_values():
    assert item_size({"id": {"S": "abc"}, "n": {"N": "1"}}) == 2 + 3 + 1 + 2


@pytest.mark.parametrize("value", [{}, {"X": "1"}, {"S": "a", "N": "1"}, "text", None])
def test_what_is_no_value_is_refused(value):
    with pytest.raises(InvalidValueError, match="Supplied AttributeValue"):
        value_size(value)


@pytest.mark.parametrize(
    ("size", "eventual", "strong", "transactional"),
    [(0, 0.5, 1, 2), (1, 0.5, 1, 2), (4096, 0.5, 1, 2), (4097, 1, 2, 4), (400_000, 49, 98, 196)],
)
def test_read_units(size, eventual, strong, transactional):
    assert read_units(size) == eventual
    assert read_units(size, consistent=True) == strong
    assert read_units(size, transactional=True) == transactional


@pytest.mark.parametrize(("size", "plain", "transactional"), [(0, 1, 2), (1024, 1, 2), (1025, 2, 4)])
def test_write_units(size, plain, transactional):
    assert write_units(size) == plain
    assert write_units(size, transactional=True) == transactional
