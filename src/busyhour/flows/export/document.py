"""Read an exported file as JSON, with positions for messages and errors instead of tracebacks.

A document is independent of flows. It takes UTF-8 (a byte order mark is tolerated), unwraps the output of
`aws connect describe-contact-flow`, and gives the position of every value of the content in the file.
"""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.flows.export.other_kinds import kind_of_bytes, kind_of_text
from busyhour.flows.export.positions import (
    Lines,
    Offsets,
    depth_exceeds,
    find_token,
    half_character,
    inner_offsets,
    scan,
)
from busyhour.flows.model import Pointer, Position
from busyhour.input_files import MAX_DEPTH, MAX_VALUES, count, depth, read_bytes

_EXPORT_HINT = (
    "Export the flow in the Connect console, or save the output of `aws connect describe-contact-flow`."
)

INSIDE_HINT = (
    "The file contains an embedded flow. `busyhour check`, `explore` and `paths` read it in place; "
    "for other commands save the flow as a file of its own."
)
"""Hint for a file with an embedded flow that was given as a flow."""
_REFERRING_HINT = "Name the file of a flow that it refers to; `busyhour check` and `explore` find the flows of a folder with its templates."
_TEMPLATES = ("Terraform", "a CloudFormation template")


class DocumentError(BusyhourError):
    """A file that is not a readable JSON document.

    Args:
        problem: what is wrong, without the place.
        path: the file, None for text.
        position: place in the text.
        hint: how to fix it.
    """

    def __init__(self, problem: str, path: Path | None, position: Position, hint: str | None = None) -> None:
        super().__init__(f"{path or '<text>'}:{position.line}:{position.column}: {problem}", hint)
        self.problem = problem
        self.path = path
        self.position = position


class Document:
    """A JSON document and the positions of its values in the file.

    Args:
        path: the file it came from, None for text.
        text: the whole text of the file.
        data: the content as plain JSON values; for a describe response the flow inside it.
        envelope: the other members of the describe response around the content (`Name`, `Type`, `Arn`, ...).
        content: text of `data`: `text` itself, or the string inside the describe response.
        prefix: pointer of the content inside the file.
    """

    __slots__ = ("__dict__", "_repeated", "content", "data", "envelope", "path", "prefix", "text")

    def __init__(
        self,
        path: Path | None,
        text: str,
        data: Any,
        *,
        envelope: Mapping[str, Any] | None = None,
        content: str | None = None,
        prefix: Pointer = (),
        repeated: bool = True,
    ) -> None:
        self.path = path
        self.text = text
        self.data = data
        self.envelope: Mapping[str, Any] = envelope or {}
        self.content = text if content is None else content
        self.prefix = prefix
        self._repeated = repeated

    @property
    def name(self) -> str:
        """The file's stem, or `<text>` without a file."""
        return self.path.stem if self.path else "<text>"

    def position(self, pointer: Pointer, key: bool = False) -> Position:
        """Return the start of the value at `pointer` of `data` (with `key`: the start of its key).

        For a pointer without a value, the position of the nearest enclosing value is returned, so that "a key
        is missing" can point at the object that lacks it.
        """
        pointer = tuple(pointer)
        offset: int | None = None
        while True:
            if key:
                offset = self._offsets.keys.get(pointer)
            if offset is None:
                offset = self._offsets.values.get(pointer)
            if offset is not None or not pointer:
                break
            pointer, key = pointer[:-1], False
        offset = offset or 0
        if self._inner is not None:
            offset = self._inner[min(offset, len(self._inner) - 1)]
        return self._lines.at(offset)

    @cached_property
    def duplicate_keys(self) -> list[Pointer]:
        """Pointers of the keys that occur twice in an object; `data` has the last value."""
        return self._offsets.duplicates if self._repeated else []

    @cached_property
    def _offsets(self) -> Offsets:
        found = scan(self.content)
        if self.content is self.text and self.prefix:
            size = len(self.prefix)
            return Offsets(
                {p[size:]: at for p, at in found.values.items() if p[:size] == self.prefix},
                {p[size:]: at for p, at in found.keys.items() if p[:size] == self.prefix},
                [p[size:] for p in found.duplicates if p[:size] == self.prefix],
            )
        return found

    @cached_property
    def _inner(self) -> list[int] | None:
        """Offsets in the file of each character of the content if the content is a string in the file."""
        if self.content is self.text:
            return None
        return inner_offsets(self.text, scan(self.text).values[self.prefix])

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)


def load(path: Path) -> Document:
    """Read the file at `path`.

    Raises:
        DocumentError: the file cannot be read, is not UTF-8, not JSON, or nested too deeply.
    """
    start = Position(1, 1)
    try:
        raw = read_bytes(path)
    except FileNotFoundError:
        raise DocumentError("no such file", path, start, "Check the path.") from None
    except IsADirectoryError:
        raise DocumentError(
            "is a folder, not a file", path, start, "Name the exported file inside it."
        ) from None
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror or error}", path, start) from None
    kind = kind_of_bytes(raw)
    if kind is not None:
        raise DocumentError(f"is {kind}, not an exported flow (JSON)", path, start, _EXPORT_HINT)
    return parse(_decode(raw, path), path)


def parse(text: str, path: Path | None = None) -> Document:
    """Parse JSON text that came from `path`.

    Raises:
        DocumentError: the text is not JSON, or nested too deeply.
    """
    data, repeated = _read(text, path)
    for wrapper in ("ContactFlow", "ContactFlowModule"):
        envelope = data.get(wrapper) if isinstance(data, dict) else None
        if isinstance(envelope, dict) and "Content" in envelope:
            return _unwrap(text, path, envelope, (wrapper, "Content"), repeated)
    return Document(path, text, data, repeated=repeated)


def _unwrap(
    text: str, path: Path | None, envelope: dict[str, Any], prefix: Pointer, repeated: bool
) -> Document:
    content = envelope["Content"]
    rest = {key: value for key, value in envelope.items() if key != "Content"}
    if not isinstance(content, str):
        return Document(path, text, content, envelope=rest, prefix=prefix, repeated=repeated)

    def place(offset: int) -> Position:
        inner = inner_offsets(text, scan(text).values[prefix])
        return Lines(text).at(inner[min(offset, len(inner) - 1)])

    data, repeated = _read(content, path, place, f"{'.'.join(map(str, prefix))} ")
    return Document(path, text, data, envelope=rest, content=content, prefix=prefix, repeated=repeated)


def _read(text: str, path: Path | None, place: Any = None, what: str = "") -> tuple[Any, bool]:
    """Return the values of the text, and whether some object has a key twice."""
    place = place or (lambda offset: Lines(text).at(offset))
    repeated = False

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        made = dict(members)
        if len(made) != len(members):
            repeated = True
        return made

    def constant(name: str) -> Any:
        raise _NotJsonError(name)

    def number(literal: str) -> float:
        value = float(literal)
        if not math.isfinite(value):
            raise _NotJsonError(literal)
        return value

    if not text.strip():
        raise DocumentError(f"{what}is empty", path, place(0), _EXPORT_HINT)
    try:
        data = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number)
    except json.JSONDecodeError as error:
        is_other = text.lstrip()[0] not in "{[" and "StartAction" in text
        kind = None if what else kind_of_text(text)
        if kind is not None:
            beside = _REFERRING_HINT if kind in _TEMPLATES else _EXPORT_HINT
            hint = INSIDE_HINT if "StartAction" in text else beside
            raise DocumentError(f"is {kind}, not an exported flow (JSON)", path, place(0), hint) from None
        raise DocumentError(
            f"{what}is not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            path,
            place(error.pos),
            INSIDE_HINT if is_other else _EXPORT_HINT,
        ) from None
    except _NotJsonError as error:
        raise DocumentError(
            f"{what}is not JSON: {error.args[0]:.30} is not a JSON number",
            path,
            place(find_token(text, error.args[0])),
            _EXPORT_HINT,
        ) from None
    except RecursionError:
        raise _too_deep(text, path, place, what) from None
    except ValueError as error:
        # Python rejects integers of more than 4,300 digits.
        raise DocumentError(f"{what}holds a number that cannot be read: {error}", path, place(0)) from None
    if text.count(",") + text.count("[") + text.count("{") >= MAX_VALUES and count(data) > MAX_VALUES:
        raise DocumentError(f"{what}has more than {MAX_VALUES:,} values", path, place(0))
    half = half_character(text)
    if half is not None:
        raise DocumentError(
            f"{what}has a string with an unpaired surrogate, which is not a valid character",
            path,
            place(half),
        )
    if depth(data) > MAX_DEPTH:
        raise _too_deep(text, path, place, what)
    return data, repeated


class _NotJsonError(ValueError):
    """NaN, Infinity or a number beyond every float, which Python's parser accepts and JSON does not."""


def _too_deep(text: str, path: Path | None, place: Any, what: str) -> DocumentError:
    offset = depth_exceeds(text, MAX_DEPTH) or 0
    return DocumentError(
        f"{what}is nested more than {MAX_DEPTH} levels deep",
        path,
        place(offset),
        "A flow is never nested that deeply.",
    )


def _decode(raw: bytes, path: Path) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DocumentError(
            "is UTF-16, not UTF-8", path, Position(1, 1), "Save it as UTF-8 (PowerShell's `>` writes UTF-16)."
        )
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        raise DocumentError(
            f"is not UTF-8: invalid byte 0x{raw[error.start]:02x}",
            path,
            Lines(before).at(len(before)),
            "Save the file as UTF-8.",
        ) from None
