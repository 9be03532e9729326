"""Differences between two listings."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from busyhour.quotas.diff import differences


def row(key: str, value: float, origin: str = "AWS default") -> dict[str, Any]:
    return {
        "key": key,
        "name": key,
        "code": None,
        "service": "s",
        "value": value,
        "origin": origin,
        "read_at": "2026",
    }


LISTING = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3)).map(
    lambda values: {key: row(key, value) for key, value in values.items()}
)


def test_another_origin_of_the_same_value_is_no_difference() -> None:
    assert differences({"a": row("a", 1)}, {"a": row("a", 1, "override")}) == []


@given(a=LISTING, b=LISTING)
def test_exactly_the_differences_are_listed(a: dict[str, Any], b: dict[str, Any]) -> None:
    found = {difference.key: difference for difference in differences(a, b)}
    expected = {key for key in {*a, *b} if key not in a or key not in b or a[key]["value"] != b[key]["value"]}
    assert set(found) == expected
    lower = {key for key, difference in found.items() if difference.b_is_lower}
    assert lower == {key for key in a if key not in b or b[key]["value"] < a[key]["value"]}
    assert differences(a, a) == []
