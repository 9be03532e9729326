"""Positions of single values of a JSON text, without parsing every value.

Values on the way are skipped by the standard library's C scanner, and the members of each visited object or
list are remembered. A few positions cost about as much as one parse of the text.
"""

from __future__ import annotations

import json
import re

from busyhour.flows.export.positions import Lines
from busyhour.flows.model import Pointer, Position

_SKIP = re.compile(r"[ \t\r\n]*").match
_STEP = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # there since 3.1, not in the stubs
_MEMBER = re.compile(r'[ \t\r\n]*"([^"\\]*(?:\\.[^"\\]*)*)"[ \t\r\n]*:[ \t\r\n]*').match
_END = re.compile(r"[ \t\r\n]*,").match


class Locator:
    """Positions in one JSON text, which must be valid."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._members: dict[int, dict[str | int, tuple[int, int]]] = {}
        self._lines = Lines(text) if "\r" in text else None

    def position(self, pointer: Pointer, key: bool = False) -> Position:
        """Return the start of the value at `pointer` (with `key`: the start of its key).

        For a pointer without a value, the position of the nearest enclosing value is returned.
        """
        at = self._after_space(0)
        place = at
        last = len(pointer) - 1
        for number, part in enumerate(pointer):
            found = self._inside(at).get(part)
            if found is None:
                break
            at = found[1]
            place = found[0] if key and number == last else at
        return self._place(place)

    def _place(self, offset: int) -> Position:
        if self._lines is not None:
            return self._lines.at(offset)
        before = self._text.rfind("\n", 0, offset)
        return Position(self._text.count("\n", 0, offset) + 1, offset - before)

    def _after_space(self, at: int) -> int:
        found = _SKIP(self._text, at)
        assert found is not None
        return found.end()

    def _inside(self, start: int) -> dict[str | int, tuple[int, int]]:
        """Return (offset of the key, offset of the value) of each member of the object or list at `start`."""
        found = self._members.get(start)
        if found is None:
            opening = self._text[start]
            found = self._object(start) if opening == "{" else self._list(start) if opening == "[" else {}
            self._members[start] = found
        return found

    def _object(self, start: int) -> dict[str | int, tuple[int, int]]:
        text = self._text
        found: dict[str | int, tuple[int, int]] = {}
        member = _MEMBER(text, start + 1)
        while member is not None:
            key, value = member[1], member.end()
            found[json.loads(f'"{key}"') if "\\" in key else key] = (member.start(1) - 1, value)
            end = _END(text, _STEP(text, value)[1])
            member = _MEMBER(text, end.end()) if end is not None else None
        return found

    def _list(self, start: int) -> dict[str | int, tuple[int, int]]:
        text = self._text
        found: dict[str | int, tuple[int, int]] = {}
        at = self._after_space(start + 1)
        if text[at] == "]":
            return found
        while True:
            found[len(found)] = (at, at)
            end = _END(text, _STEP(text, at)[1])
            if end is None:
                return found
            at = self._after_space(end.end())
