"""Positions of the values of a JSON text: pointer -> offset, offset -> line and column.

The standard library's parser keeps no positions. This scan is made only when a position is needed, on text
that is known to be valid JSON, without recursion.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from busyhour.flows.model import Pointer, Position

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_NEWLINE = re.compile(r"\r\n|\n|\r")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_PIECE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(slots=True)
class Offsets:
    """Offsets into one JSON text, by pointer, and the pointers of duplicate keys."""

    values: dict[Pointer, int] = field(default_factory=dict)
    keys: dict[Pointer, int] = field(default_factory=dict)
    duplicates: list[Pointer] = field(default_factory=list)


def scan(text: str) -> Offsets:
    """Find every value and key of `text`, which must be valid JSON.

    For a duplicate key the offsets are those of its last occurrence, whose value applies.
    """
    found = Offsets()
    path: list[str | int] = []
    is_object: list[bool] = []
    seen: list[set[str]] = []
    expect_key = False
    for token in _TOKEN.finditer(text):
        first = token.group()[0]
        if first == ",":
            if is_object[-1]:
                expect_key = True
            else:
                index = path[-1]
                assert isinstance(index, int)
                path[-1] = index + 1
        elif first == ":":
            expect_key = False
        elif first in "}]":
            is_object.pop()
            seen.pop()
            path.pop()
            expect_key = False
        elif expect_key:
            key = _decode(token.group())
            path[-1] = key
            pointer = tuple(path)
            if key in seen[-1]:
                found.duplicates.append(pointer)
            seen[-1].add(key)
            found.keys[pointer] = token.start()
        else:
            found.values[tuple(path)] = token.start()
            if first in "{[":
                is_object.append(first == "{")
                seen.append(set())
                path.append("" if first == "{" else 0)
                expect_key = first == "{"
    return found


def depth_exceeds(text: str, limit: int) -> int | None:
    """Return the offset of the first bracket nested deeper than `limit`, or None.

    The text need not be valid JSON.
    """
    depth = 0
    for token in _TOKEN.finditer(text):
        first = token.group()[0]
        if first in "{[":
            depth += 1
            if depth > limit:
                return token.start()
        elif first in "}]":
            depth -= 1
    return None


def find_token(text: str, token: str) -> int:
    """Return the offset of the first `token` outside any string, 0 without one."""
    return next((found.start() for found in _TOKEN.finditer(text) if found.group() == token), 0)


def half_character(text: str) -> int | None:
    """Return the offset of the first string with an unpaired surrogate, or None; `text` is valid JSON.

    Such a string can be neither written to a file nor sent to a service.
    """
    if not _SURROGATE.search(text):
        return None
    for token in _TOKEN.finditer(text):
        literal = token.group()
        if literal[0] == '"' and _SURROGATE.search(literal):
            try:
                _decode(literal).encode()
            except UnicodeEncodeError:
                return token.start()
    return None


class Lines:
    """Line and column of an offset; both 1-based. A line ends at CR LF, LF or CR."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]

    def at(self, offset: int) -> Position:
        """Return the position of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)


def inner_offsets(text: str, start: int) -> list[int]:
    """Return the offset in `text` of each character of the JSON string that begins at `start`, and of its end."""
    literal = _TOKEN.match(text, start)
    assert literal is not None
    end = literal.end() - 1
    return [*(piece.start() for piece in _PIECE.finditer(text, start + 1, end)), end]


def _decode(literal: str) -> str:
    if "\\" not in literal:
        return literal[1:-1]
    import json

    value = json.loads(literal)
    assert isinstance(value, str)
    return value
