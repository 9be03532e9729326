"""Patterns of whole numbers that exports write as strings, made from their bounds.

A schema declares `x-minimum` and `x-maximum`; `make generate` writes `pattern` and `x-words`, since JSON Schema's `minimum` is about
numbers and flows have strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def pattern(least: int, most: int | None, reference: str = "") -> str:
    """Return the pattern of whole numbers from `least` to `most`, leading zeros allowed.

    Args:
        least: 0 or more.
        most: None for no upper bound.
        reference: a pattern without anchors that is allowed as well; empty for none.

    Raises:
        ValueError: the bounds are not in order.
    """
    if least < 0 or (most is not None and most < least):
        raise ValueError(f"no whole numbers from {least} to {most}")
    numbers = "|".join(_from(least) if most is None else _between(least, most))
    return f"^(?:0*(?:{numbers}){'|' + reference if reference else ''})$"


def words(least: int, most: int | None, reference: bool) -> str:
    """Return the same for messages; `reference`: one is allowed as well."""
    bounds = f", at least {least:,}," if most is None else f" from {least:,} to {most:,},"
    return f"a whole number{bounds} written as a string{', or a reference' if reference else ''}"


def _from(least: int) -> Iterator[str]:
    if least == 0:
        yield "[0-9]+"
    elif least == 1:
        yield "[1-9][0-9]*"
    else:
        digits = len(str(least))
        yield from _same_length(str(least), "9" * digits)
        yield f"[1-9][0-9]{{{digits},}}"


def _between(least: int, most: int) -> Iterator[str]:
    for digits in range(len(str(least)), len(str(most)) + 1):
        low = max(least, 10 ** (digits - 1) if digits > 1 else 0)
        yield from _same_length(str(low), str(min(most, 10**digits - 1)))


def _same_length(low: str, high: str) -> Iterator[str]:
    """Alternatives for the numbers from `low` to `high`, which have as many digits."""
    if not low:
        yield ""
        return
    rest = len(low) - 1
    if low[0] == high[0]:
        yield from (low[0] + one for one in _same_length(low[1:], high[1:]))
        return
    first, last = int(low[0]), int(high[0])
    if low[1:] != "0" * rest:
        yield from (low[0] + one for one in _same_length(low[1:], "9" * rest))
        first += 1
    whole = high[1:] == "9" * rest
    if (end := last if whole else last - 1) >= first:
        digits = "" if rest == 0 else "[0-9]" if rest == 1 else f"[0-9]{{{rest}}}"
        yield (str(first) if first == end else f"[{first}-{end}]") + digits
    if not whole:
        yield from (high[0] + one for one in _same_length("0" * rest, high[1:]))


def with_patterns(schema: Any, reference: str) -> Any:
    """Return the schema with pattern and words of every node that declares bounds.

    Args:
        schema: a JSON Schema, or a part of one.
        reference: pattern of a reference, anchored; allowed where the node's `x-class` is not S (static).
    """
    if isinstance(schema, list):
        return [with_patterns(one, reference) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: with_patterns(value, reference) for key, value in schema.items()}
    if isinstance(made.get("x-minimum"), int):
        inner = "" if made.get("x-class") == "S" else reference.removeprefix("^").removesuffix("$")
        made["pattern"] = pattern(made["x-minimum"], made.get("x-maximum"), inner)
        made["x-words"] = words(made["x-minimum"], made.get("x-maximum"), bool(inner))
    return made
