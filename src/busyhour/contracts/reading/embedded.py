"""Flows as text inside other files: found, decoded, with the place in the file of every character.

Templates contain the content of a flow as it is (a block of YAML, a heredoc) or as a quoted string. Values that
a template fills in later (`${…}`) stay in the content as placeholders. Quotes inside them are replaced, and a
placeholder for a number becomes a string, so that the rest can be read. No replacement changes a length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from busyhour.flows.export.document import Document, DocumentError
from busyhour.flows.export.positions import Lines, Offsets, depth_exceeds, half_character, scan
from busyhour.flows.model import Position
from busyhour.input_files import MAX_DEPTH

_FIRST_KEY = r"(?:Version|StartAction|Actions|Metadata|Settings)"
_PLAIN = re.compile(rf'\{{\s*"{_FIRST_KEY}"\s*:')
_QUOTED = re.compile(rf'"\s*(?:\\n\s*)*\{{(?:\s|\\[nrt])*\\"{_FIRST_KEY}\\"')
_READ = json.JSONDecoder(strict=False)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "e": "\x1b", "_": "\xa0"}


class EmbeddedDocument(Document):
    """A flow inside a file.

    Args:
        path: the file.
        text: the whole text of the file.
        data: the flow.
        content: the flow's text; `places` is the offset in the file of each of its characters and of its end.
        offsets: starts of values, by pointer, for a flow that is not written as JSON; then `content` is not
            needed.
        envelope: name and type in the template around it (`Name`, `Type`).
    """

    def __init__(
        self,
        path: Path,
        text: str,
        data: Any,
        *,
        content: str | None = None,
        places: Sequence[int] | None = None,
        offsets: Offsets | None = None,
        envelope: Mapping[str, Any],
    ) -> None:
        super().__init__(path, text, data, envelope=envelope, content=content, prefix=("Content",))
        self._places = places
        self._given = offsets

    @cached_property
    def _offsets(self) -> Offsets:
        return self._given or scan(self.content)

    @cached_property
    def _inner(self) -> list[int] | None:
        return None if self._places is None else list(self._places)


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a flow in a file, decoded: the place of each character and of the end.

    `start` and `end` are its place in the file.
    """

    content: str
    places: Sequence[int]
    start: int
    end: int


def pieces(text: str) -> Iterator[Piece]:
    """Return every piece of text that begins like a flow, in order."""
    at = 0
    while True:
        plain, quoted = _PLAIN.search(text, at), _QUOTED.search(text, at)
        if plain is not None and (quoted is None or plain.start() < quoted.start()):
            start = plain.start()
            content, end = balanced(text, start)
            yield Piece(content, range(start, end + 1), start, end)
            at = max(end, start + 1)
        elif quoted is not None:
            piece = unquoted(text, quoted.start())
            first = len(piece.content) - len(piece.content.lstrip())
            content, end = balanced(piece.content, first)
            yield Piece(content, piece.places[first : end + 1], piece.start, piece.end)
            at = max(piece.end, quoted.start() + 1)
        else:
            return


def balanced(text: str, start: int) -> tuple[str, int]:
    """Return the object that begins at `start`, with placeholders made readable, and its end.

    If its brackets do not close it extends to the end of the text.
    """
    made: list[str] = []
    depth = 0
    in_string = False
    at = start
    while at < len(text):
        character = text[at]
        if text.startswith("${", at) and (end := _placeholder_end(text, at)) is not None:
            inside = text[at:end]
            made.append(_in_a_string(inside) if in_string else _as_a_string(inside))
            at = end
            continue
        made.append(character)
        at += 1
        if in_string:
            if character == "\\" and at < len(text):
                made.append(text[at])
                at += 1
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "{[":
            depth += 1
        elif character in "}]":
            depth -= 1
            if depth == 0:
                break
    return "".join(made), at


def _placeholder_end(text: str, start: int) -> int | None:
    """Return the end of the placeholder that begins at `start`; None if it does not end on its line."""
    depth = 0
    for at in range(start + 1, len(text)):
        character = text[at]
        if character == "\n":
            return None
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return at + 1
    return None


def _in_a_string(placeholder: str) -> str:
    return placeholder.replace('"', "'").replace("\\", "/")


def _as_a_string(placeholder: str) -> str:
    return '"<' + "v" * (len(placeholder) - 4) + '>"'


def unquoted(text: str, start: int) -> Piece:
    """Decode the double-quoted string that begins at `start`, as in JSON, HCL and YAML (folded lines included)."""
    made: list[str] = []
    places: list[int] = []
    at = start + 1
    while at < len(text) and text[at] != '"':
        character, after = text[at], at + 1
        if character == "\\" and after < len(text):
            character, after = _escape(text, after)
        elif character == "\n":
            while made and made[-1] in " \t" and text[places[-1]] in " \t\r":
                made.pop()
                places.pop()
            after = _after_blanks(text, after)
            character = " "
        for one in character:
            made.append(one)
            places.append(at)
        at = after
    places.append(at)
    return Piece("".join(made), places, start, at + 1)


def _escape(text: str, at: int) -> tuple[str, int]:
    """Return the character of the escape whose letter is at `at`, and its end."""
    letter = text[at]
    size = {"x": 2, "u": 4, "U": 8}.get(letter)
    if size is not None:
        digits = text[at + 1 : at + 1 + size]
        try:
            return chr(int(digits, 16)), at + 1 + size
        except (ValueError, OverflowError):
            return letter, at + 1
    if letter == "\n":
        return "", _after_blanks(text, at + 1)
    return _SIMPLE.get(letter, letter), at + 1


def _after_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def document_of(
    path: Path, text: str, content: str, places: Sequence[int], envelope: Mapping[str, Any]
) -> Document:
    """Read the flow in `content`.

    Raises:
        DocumentError: the content is not JSON; the position is one in the file.
    """

    def place(offset: int) -> Position:
        return Lines(text).at(places[min(offset, len(places) - 1)])

    if (deep := depth_exceeds(content, MAX_DEPTH)) is not None:
        raise DocumentError(f"the flow is nested more than {MAX_DEPTH} levels deep", path, place(deep))
    try:
        data, _ = _READ.raw_decode(content)
    except json.JSONDecodeError as error:
        problem = f"the content of the flow is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        raise DocumentError(problem, path, place(error.pos)) from None
    except ValueError:  # an integer of more than 4,300 digits
        raise DocumentError("the flow has a number that cannot be read", path, place(0)) from None
    if (half := half_character(content)) is not None:
        raise DocumentError(
            "the flow has a string with an unpaired surrogate, which is not a valid character",
            path,
            place(half),
        )
    return EmbeddedDocument(path, text, data, content=content, places=places, envelope=envelope)


def looks_whole(document: Document) -> bool:
    """Whether the object is a flow, and not a part of one or something that only begins alike."""
    data = document.data
    return isinstance(data, dict) and isinstance(data.get("Actions"), list) and "StartAction" in data
