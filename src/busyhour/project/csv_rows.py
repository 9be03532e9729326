"""Rows of CSV files that others wrote, and lists of names for messages about them, both bounded."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator

_NAMED = 30
"""Names of a list in a message."""
_NAME_LENGTH = 60
"""Characters of each of them."""
_END = "\0"
"""A last line of our own: where quotes are never closed, it is inside a field."""


def csv_rows(
    text: str, separator: str, error: Callable[[int, str], Exception]
) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and fields of each row of a CSV text with LF at the ends of its lines, the header's too.

    Args:
        text: of the file.
        separator: one character between fields.
        error: makes the exception of a line and what is wrong with it.

    Raises:
        Exception: what `error` makes: a NUL character, a field of more than 131,072 characters, quotes that are
            never closed.
    """
    if _END in text:
        line = text.count("\n", 0, text.index(_END)) + 1
        raise error(line, "has a NUL character: it is binary, or UTF-16 or UTF-32 without a byte order mark")
    body = text.removesuffix("\n").split("\n")
    reader = csv.reader((f"{line}\n" for line in (*body, _END)), delimiter=separator)
    begun = 1
    try:
        for row in reader:
            if reader.line_num <= len(body):
                yield reader.line_num, row
            elif row != [_END]:
                raise error(begun, "opens quotes that are never closed")
            begun = reader.line_num + 1
    except csv.Error as failure:
        raise error(begun, f"{failure}; quotes may never be closed") from None


def listed(names: Iterable[str]) -> str:
    """Return names as a line of a message: the first 30, each cut at 60 characters, and the number of the others."""
    given = [" ".join(name.split()) for name in names]
    more = f" and {len(given) - _NAMED:,} more" if len(given) > _NAMED else ""
    shown = (name if len(name) <= _NAME_LENGTH else f"{name[:_NAME_LENGTH]}…" for name in given[:_NAMED])
    return ", ".join(shown) + more
