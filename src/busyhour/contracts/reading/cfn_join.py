"""`!Join` and `Fn::Join` in YAML templates: the parts of a flow's content joined.

Lists in brackets and lists by indentation are read, of scalars in any of YAML's styles. Any other element
(`!GetAtt Queue.Arn`) is filled in by CloudFormation later, and is a placeholder in the content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from busyhour.contracts.reading.embedded import Piece, balanced, unquoted

_JOIN = re.compile(r"(?:!Join|[\"']?Fn::Join[\"']?\s*:)(?=\s)")
_BLANK = re.compile(r"(?:\s|#.*)*")
_DASH = re.compile(r"-(?=\s)")
_TAG = re.compile(r"![\w:]+\s*")
_LINE = re.compile(r"[^\n]*\n?")
_STYLE = re.compile(r"([|>])[+\-\d]*[ \t]*(?:#.*)?\n")


@dataclass(frozen=True, slots=True)
class _Text:
    """A scalar, or a placeholder for any other value; the place of each character, and its end."""

    content: str
    places: Sequence[int]
    end: int


class _UnreadError(Exception):
    """The list is written in a form that is not supported here."""


def joined(text: str) -> Iterator[Piece]:
    """Return the joined content of each join in the file that begins like a flow."""
    at = 0
    while (match := _JOIN.search(text, at)) is not None:
        at = match.end()
        try:
            separator, parts = _argument(text, match.end())
        except (_UnreadError, IndexError):
            continue
        made: list[str] = []
        places: list[int] = []
        for number, part in enumerate(parts):
            between = separator if number else ""
            made += [between, part.content]
            places += [part.places[0] if part.places else part.end] * len(between)
            places += part.places[: len(part.content)]
        content = "".join(made)
        first = len(content) - len(content.lstrip())
        if not parts or content[first : first + 1] != "{":
            continue
        end = parts[-1].end
        whole, last = balanced(content, first)
        yield Piece(whole, [*places, end][first : last + 1], match.start(), end)
        at = end


def _argument(text: str, at: int) -> tuple[str, list[_Text]]:
    """Read the separator, and the list to join."""
    at = _blank(text, at)
    if text[at] == "[":
        return _pair(text, at)
    indent = _column(text, at)
    separator = _item(text, _dash(text, at), indent)
    at = _dash(text, _blank(text, separator.end))
    if text[at] == "[":
        return separator.content, _bracketed(text, at)
    inner = _column(text, at)
    parts: list[_Text] = []
    while at < len(text) and _column(text, at) == inner and _DASH.match(text, at):
        part = _item(text, _dash(text, at), inner)
        parts.append(part)
        at = _blank(text, part.end)
    return separator.content, parts


def _pair(text: str, at: int) -> tuple[str, list[_Text]]:
    """Read `[separator, [part, …]]`."""
    separator = _scalar(text, _blank(text, at + 1), in_brackets=True)
    at = _blank(text, separator.end)
    if text[at] != ",":
        raise _UnreadError
    at = _blank(text, at + 1)
    if text[at] != "[":
        raise _UnreadError
    return separator.content, _bracketed(text, at)


def _bracketed(text: str, at: int) -> list[_Text]:
    """Read `[part, …]`."""
    parts: list[_Text] = []
    at = _blank(text, at + 1)
    while text[at] != "]":
        part = _scalar(text, at, in_brackets=True)
        parts.append(part)
        at = _blank(text, part.end)
        if text[at] == ",":
            at = _blank(text, at + 1)
        elif text[at] != "]":
            raise _UnreadError
    return parts


def _item(text: str, at: int, indent: int) -> _Text:
    """Read the item after a dash in column `indent`."""
    found = _scalar(text, at, in_brackets=False, indent=indent)
    # An item that continues below (`Fn::GetAtt:` with its list) is a placeholder up to the end of its lines.
    end = found.end
    while (following := _blank(text, end)) < len(text) and _column(text, following) > indent:
        end = _LINE.match(text, following).end()  # type: ignore[union-attr]  # matches anything
    return found if end == found.end else _placeholder(text, at, end)


def _scalar(text: str, at: int, *, in_brackets: bool, indent: int = 0) -> _Text:
    start = at
    tag = _TAG.match(text, at)
    if tag is not None:
        if tag.group().strip() != "!Sub":
            return _placeholder(text, start, _end_of_plain(text, tag.end(), in_brackets))
        at = tag.end()
    character = text[at]
    if character == '"':
        piece = unquoted(text, at)
        return _Text(piece.content, piece.places, piece.end)
    if character == "'":
        return _single_quoted(text, at)
    style = _STYLE.match(text, at)
    if style is not None and not in_brackets:
        return _block(text, style.end(), indent, style[1] == ">")
    if character in "{[!" or tag is not None:
        return _placeholder(text, start, _end_of_plain(text, at, in_brackets))
    end = _end_of_plain(text, at, in_brackets)
    plain = text[at:end].rstrip()
    if re.match(r"[\w:]+:(\s|$)", plain):
        return _placeholder(text, start, end)
    return _Text(plain, range(at, at + len(plain) + 1), end)


def _end_of_plain(text: str, at: int, in_brackets: bool) -> int:
    """Return the end of a value without quotes: the end of its line, or the comma or bracket that follows it."""
    depth = 0
    while at < len(text) and text[at] != "\n":
        character = text[at]
        if in_brackets and depth == 0 and character in ",]":
            break
        depth += (character in "{[") - (character in "}]")
        at += 1
    return at


def _single_quoted(text: str, at: int) -> _Text:
    made: list[str] = []
    places: list[int] = []
    at += 1
    while True:
        if text[at] == "'":
            if text[at + 1 : at + 2] != "'":
                break
            at += 1
        made.append(text[at])
        places.append(at)
        at += 1
    return _Text("".join(made), [*places, at], at + 1)


def _block(text: str, at: int, indent: int, folded: bool) -> _Text:
    """Return the lines deeper than `indent`, without their common leading blanks."""
    made: list[str] = []
    places: list[int] = []
    own = None
    while at < len(text):
        line = _LINE.match(text, at).group()  # type: ignore[union-attr]  # matches anything
        depth = len(line) - len(line.lstrip(" "))
        if line.strip():
            if depth <= indent:
                break
            own = depth if own is None else own
            for offset in range(min(own, depth), len(line)):
                made.append(" " if folded and line[offset] == "\n" else line[offset])
                places.append(at + offset)
        at += len(line)
    while made and made[-1] in " \n":  # a newline between two pieces would break a string in two
        made.pop()
        places.pop()
    return _Text("".join(made), [*places, at], at)


def _placeholder(text: str, start: int, end: int) -> _Text:
    name = "_".join(re.findall(r"[\w:.]+", text[start:end]))
    content = "${" + name + "}"
    return _Text(content, [start] * (len(content) + 1), end)


def _dash(text: str, at: int) -> int:
    """Return the offset behind the dash at `at`."""
    if not _DASH.match(text, at):
        raise _UnreadError
    return _blank(text, at + 1)


def _blank(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]  # matches nothing too


def _column(text: str, at: int) -> int:
    return at - (text.rfind("\n", 0, at) + 1)
