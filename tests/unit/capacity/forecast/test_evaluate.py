"""Formulas are arithmetic over named figures, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.capacity.forecast.evaluate import Formula
from busyhour.errors import BusyhourError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a + b * 2", 7.0),
        ("(a + b) * 2 - 1 / 4", 7.75),
        ("max(a, b, 2)", 3.0),
        ("ceil(b / 2)", 2.0),
        ("min(a, b)", 1.0),
    ],
)
def test_arithmetic(text: str, value: float) -> None:
    assert Formula(text)({"a": 1.0, "b": 3.0}) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "a.b",
        "a[0]",
        "a ** 9",
        "lambda: 1",
        "'x'",
        "abs(a)",
        "max(a, key=b)",
        "ceil()",
        "a if b else 1",
        "True and a",
    ],
)
def test_nothing_else_is_allowed(text: str) -> None:
    with pytest.raises(BusyhourError, match="is not allowed"):
        Formula(text)


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(BusyhourError, match="column 4: invalid syntax"):
        Formula("a + ")
    with pytest.raises(BusyhourError, match="needs 'b', which is not known"):
        Formula("a + b")({"a": 1.0})
    with pytest.raises(BusyhourError, match="divides by 0: a is 0"):
        Formula("1 / a")({"a": 0.0})


def test_it_shows_its_figures() -> None:
    assert Formula("ceil(max(a / 1000, a * b / 1024))").shown({"a": 2.5, "b": 8.0}) == (
        "ceil(max(2.5 / 1000, 2.5 * 8 / 1024))"
    )


@given(a=st.floats(0.1, 1e6), b=st.floats(0.1, 1e6))
def test_what_is_shown_is_what_is_computed(a: float, b: float) -> None:
    a, b = float(f"{a:.4g}"), float(f"{b:.4g}")
    formula = Formula("a * 0.4 * b / 60")
    assert Formula(formula.shown({"a": a, "b": b}))({}) == pytest.approx(formula({"a": a, "b": b}))
