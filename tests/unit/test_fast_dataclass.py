from dataclasses import field, replace

import pytest

from busyhour.fast_dataclass import value


@value
class Point:
    """A place."""

    x: int
    y: int = 0
    names: tuple[str, ...] = field(default=())


def test_it_compares_hashes_and_is_replaced_as_a_frozen_dataclass():
    assert Point(1) == Point(1, 0)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert replace(Point(1), y=3) == Point(1, 3)


def test_it_has_no_other_members():
    with pytest.raises(AttributeError):
        Point(1).z = 2
