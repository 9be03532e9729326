"""Read an exported file as JSON, with positions for messages and without ever showing a traceback.

A document knows nothing of flows. It takes UTF-8 (a byte order mark is tolerated), unwraps what
`aws connect describe-contact-flow` prints, and says for every value of the content where it stands.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
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

MAX_DEPTH = 100
"""Deepest nesting that is read. Real exports reach about 15; anything deeper is a mistake or an attack."""

_EXPORT_HINT = (
    "Export the flow in the Connect console, or save the output of `aws connect describe-contact-flow`."
)

INSIDE_HINT = "There is a flow inside: put it into a file of its own. `busyhour check`, `explore` and `paths` read it where it is."
"""The way out for a file that holds a flow among other things and is asked for as one."""


class DocumentError(BusyhourError):
    """A file that is no readable JSON document.

    Args:
        problem: what is wrong, without the place.
        path: the file, None for text handed in.
        position: where in the text.
        hint: the way out.
    """

    def __init__(self, problem: str, path: Path | None, position: Position, hint: str | None = None) -> None:
        super().__init__(f"{path or '<text>'}:{position.line}:{position.column}: {problem}", hint)
        self.problem = problem
        self.path = path
        self.position = position


class Document:
    """A JSON document and where its values stand in the file.

    Args:
        path: the file it came from, None for text handed in.
        text: the whole text as it stands in the file.
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
        """The file's stem, `<text>` for text handed in."""
        return self.path.stem if self.path else "<text>"

    def position(self, pointer: Pointer, key: bool = False) -> Position:
        """Where the value at `pointer` of `data` begins (with `key`: where its key begins).

        A pointer that leads to nothing gives the nearest value on the way to it, so that "a key is missing"
        can point at the object that lacks it.
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
        """Pointers of the keys that an object has twice; the last value is the one in `data`."""
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
        """Offset in the file of each character of the content, where that is a string inside the file."""
        if self.content is self.text:
            return None
        return inner_offsets(self.text, scan(self.text).values[self.prefix])

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)


def load(path: Path) -> Document:
    """Read the file at `path`.

    Raises:
        DocumentError: it cannot be read, is not UTF-8, not JSON, or nested too deeply.
    """
    start = Position(1, 1)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DocumentError("no such file", path, start, "Check the path.") from None
    except IsADirectoryError:
        raise DocumentError(
            "is a folder, not a file", path, start, "Name the exported file inside it."
        ) from None
    except OSError as error:
        raise DocumentError(f"cannot be read: {error.strerror or error}", path, start) from None
    return parse(_decode(raw, path), path)


def parse(text: str, path: Path | None = None) -> Document:
    """Read JSON text that came from `path`.

    Raises:
        DocumentError: it is not JSON, or nested too deeply.
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
    """Values of the text, and whether some object has a key twice."""
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

    if not text.strip():
        raise DocumentError(f"{what}is empty", path, place(0), _EXPORT_HINT)
    try:
        data = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        is_other = text.lstrip()[0] not in "{[" and "StartAction" in text
        raise DocumentError(
            f"{what}is not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            path,
            place(error.pos),
            INSIDE_HINT if is_other else _EXPORT_HINT,
        ) from None
    except _NotJsonError as error:
        raise DocumentError(
            f"{what}is not JSON: {error.args[0]} is no JSON number",
            path,
            place(find_token(text, error.args[0])),
            _EXPORT_HINT,
        ) from None
    except RecursionError:
        raise _too_deep(text, path, place, what) from None
    except ValueError as error:
        # Python refuses to read integers of more than 4,300 digits.
        raise DocumentError(f"{what}holds a number that cannot be read: {error}", path, place(0)) from None
    half = half_character(text)
    if half is not None:
        raise DocumentError(
            f"{what}has a string with half a surrogate pair, which is no character", path, place(half)
        )
    if _depth(data) > MAX_DEPTH:
        raise _too_deep(text, path, place, what)
    return data, repeated


class _NotJsonError(ValueError):
    """NaN or Infinity, which Python's reader takes and JSON does not have."""


def _too_deep(text: str, path: Path | None, place: Any, what: str) -> DocumentError:
    offset = depth_exceeds(text, MAX_DEPTH) or 0
    return DocumentError(
        f"{what}is nested more than {MAX_DEPTH} levels deep",
        path,
        place(offset),
        "No flow is nested that deeply.",
    )


def _depth(data: Any) -> int:
    """Levels of nesting, counted no further than one over the limit."""
    level: list[Any] = [data]
    depth = 0
    while level and depth <= MAX_DEPTH:
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(v for v in value.values() if isinstance(v, dict | list))
            elif isinstance(value, list):
                below.extend(v for v in value if isinstance(v, dict | list))
        level = below
        depth += 1
    return depth


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
            f"is not UTF-8: byte 0x{raw[error.start]:02x} does not belong there",
            path,
            Lines(before).at(len(before)),
            "Save the file as UTF-8.",
        ) from None
