"""Values that make a flow's conditions true: one for each branch, and one that no branch tests."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from busyhour.flows.matching import holds, number
from busyhour.flows.model import Condition

OTHER = "something else"
"""A value that flows rarely test."""

Test = tuple[str, str]
"""Operator and operand."""


def tests_of(conditions: Iterable[Condition]) -> tuple[Test, ...]:
    """Return the tests of conditions whose operand is static."""
    return tuple(
        (one.operator, one.operands[0]) for one in conditions if one.operands and "$." not in one.operands[0]
    )


def first(tests: Sequence[Test], value: str) -> int | None:
    """Return the index of the first test that a value matches, None for none."""
    return next((at for at, (operator, operand) in enumerate(tests) if holds(operator, value, operand)), None)


def witnesses(tests: Sequence[Test]) -> list[str]:
    """Return values such that each test that can match first does so for one of them; then one that matches none.

    In the order of the tests. A test that is shadowed by those before it has no witness.
    """
    found: dict[int | None, str] = {}
    candidates = list(dict.fromkeys(_candidates(tests)))
    for value in candidates:
        found.setdefault(first(tests, value), value)
    ordered = [found[at] for at in range(len(tests)) if at in found]
    return [*ordered, found[None]] if None in found else ordered


def shadowed(tests: Sequence[Test], at: int) -> str:
    """Return why no value matches test `at` first; empty if one does."""
    if any(first(tests, value) == at for value in _candidates(tests)):
        return ""
    operator, operand = tests[at]
    before = next(
        (
            f"{tests[other][0]} {tests[other][1]!r}"
            for other in range(at)
            if all(
                first(tests[: other + 1], value) is not None
                for value in _candidates(tests)
                if holds(operator, value, operand)
            )
        ),
        "",
    )
    if before:
        return f"shadowed: any value for {operator} {operand!r} matches {before} or one before it first"
    return f"no value matches {operator} {operand!r}"


def _candidates(tests: Sequence[Test]) -> Iterator[str]:
    """Return values to try: the operands themselves and values around, between and beyond them."""
    numbers: set[float] = set()
    for operator, operand in tests:
        yield operand
        if operator.startswith("Text"):
            yield f"{operand}~"
            yield f"~{operand}"
            yield f"~{operand}~"
        value = number(operand)
        if value is not None:
            numbers.add(value)
    edges = sorted(numbers)
    points = [edge + step for edge in edges for step in (0.0, -1.0, 1.0)]
    points += [(low + high) / 2 for low, high in pairwise(edges)]
    for point in points:
        if math.isfinite(point):
            yield _digits(point)
    yield OTHER
    yield "~"


def _digits(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
