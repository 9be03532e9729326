"""Reads the object inside Terraform's `jsonencode({…})` as JSON values, with the place of each.

Only literals are read: objects, lists, strings, numbers, true, false and null. Any other expression
(`aws_connect_queue.main.queue_id`, a function call) has a value known only to Terraform, and becomes a
placeholder.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from busyhour.flows.export.positions import Offsets
from busyhour.flows.model import Pointer
from busyhour.input_files import MAX_DEPTH, MAX_VALUES

_SPACE = re.compile(r"(?:\s|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w-]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[\s,\]}#)/]|$)")
_CONSTANTS = {"true": True, "false": False, "null": None}


class HclError(Exception):
    """The text is not a literal; `offset` is where reading stopped."""

    def __init__(self, problem: str, offset: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.offset = offset


@dataclass
class HclReader:
    """Reads one literal from `text`; `offsets` then has the place of each value."""

    text: str
    offsets: Offsets = field(default_factory=Offsets)

    def value(self, at: int, pointer: Pointer = ()) -> tuple[Any, int]:
        """Return the value that begins at or after `at`, and its end.

        Raises:
            HclError: brackets or quotes do not close, or it is nested too deeply, or has too many values.
        """
        at = self._skip(at)
        if at >= len(self.text):
            raise HclError("a value is missing", at)
        if len(pointer) > MAX_DEPTH:
            raise HclError(f"it is nested more than {MAX_DEPTH} levels deep", at)
        self.offsets.values[pointer] = at
        if len(self.offsets.values) > MAX_VALUES:
            raise HclError(f"it has more than {MAX_VALUES:,} values", at)
        match self.text[at]:
            case "{":
                return self._object(at, pointer)
            case "[":
                return self._list(at, pointer)
            case '"':
                end = self._string_end(at)
                after = self._skip_line(end)
                if after >= len(self.text) or self.text[after] in ",}]\n#/":
                    return _decoded(self.text[at + 1 : end - 1]), end
        number = _NUMBER.match(self.text, at)
        if number is not None:
            return json.loads(number.group()), number.end()
        end = self._expression_end(at)
        expression = self.text[at:end].strip()
        if not expression:
            raise HclError(f"a value is missing before {self.text[at : at + 1] or 'the end'!r}", at)
        return _CONSTANTS.get(expression, "${" + expression.replace('"', "'") + "}"), end

    def _object(self, at: int, pointer: Pointer) -> tuple[dict[str, Any], int]:
        made: dict[str, Any] = {}
        at = self._skip(at + 1)
        while at < len(self.text) and self.text[at] != "}":
            start = at
            key, at = self._key(at)
            at = self._skip(at)
            if at >= len(self.text) or self.text[at] not in "=:":
                raise HclError("a key without = or :", at)
            if key in made:
                self.offsets.duplicates.append((*pointer, key))
            self.offsets.keys[(*pointer, key)] = start
            made[key], at = self.value(at + 1, (*pointer, key))
            at = self._after_member(at)
        return made, self._closed(at)

    def _list(self, at: int, pointer: Pointer) -> tuple[list[Any], int]:
        made: list[Any] = []
        at = self._skip(at + 1)
        while at < len(self.text) and self.text[at] != "]":
            one, at = self.value(at, (*pointer, len(made)))
            made.append(one)
            at = self._after_member(at)
        return made, self._closed(at)

    def _key(self, at: int) -> tuple[str, int]:
        if self.text[at] == '"':
            end = self._string_end(at)
            return _decoded(self.text[at + 1 : end - 1]), end
        if self.text[at] == "(":
            end = self._expression_end(at)
            return "${" + self.text[at:end].strip() + "}", end
        name = _NAME.match(self.text, at)
        if name is None:
            raise HclError("an invalid key", at)
        return name.group(), name.end()

    def _after_member(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if at < len(self.text) and self.text[at] == "," else at

    def _closed(self, at: int) -> int:
        if at >= len(self.text):
            raise HclError("a bracket that is not closed", at)
        return at + 1

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return at if found is None else found.end()

    def _skip_line(self, at: int) -> int:
        while at < len(self.text) and self.text[at] in " \t\r":
            at += 1
        return at

    def _string_end(self, at: int) -> int:
        """Return the end of the quoted string at `at`, including quotes inside `${…}`."""
        depth = 0
        here = at + 1
        while here < len(self.text):
            character = self.text[here]
            if character == "\\":
                here += 1
            elif self.text.startswith(("${", "%{"), here):
                depth += 1
                here += 1
            elif depth and character == "}":
                depth -= 1
            elif not depth and character == '"':
                return here + 1
            here += 1
        raise HclError("a string that is not closed", at)

    def _expression_end(self, at: int) -> int:
        """Return the end of an expression: the comma, line end or bracket that is not inside its own brackets."""
        depth = 0
        while at < len(self.text):
            character = self.text[at]
            if character == '"':
                at = self._string_end(at)
                continue
            if character in "([{":
                depth += 1
            elif character in ")]}":
                if not depth:
                    break
                depth -= 1
            elif not depth and character in ",\n":
                break
            at += 1
        return at


_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}


def _decoded(inside: str) -> str:
    """Return a quoted string without its escapes."""
    if "\\" not in inside:
        return inside

    def one(match: re.Match[str]) -> str:
        letter = match[1]
        if len(letter) > 1:
            character = int(letter[1:], 16)
            return "\ufffd" if 0xD800 <= character < 0xE000 else chr(min(character, 0x10FFFF))
        return _LETTERS.get(letter, letter)

    return _ESCAPE.sub(one, inside)
