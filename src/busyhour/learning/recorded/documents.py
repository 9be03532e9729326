"""Files of records and logs: JSON values one behind the other, in lists or by line, in files, folders, gzip."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, MAX_DEPTH, depth, read_bytes
from busyhour.project.toml_file import shown

_SPACE = " \t\r\n,\x1e\ufeff"
"""Between values; Firehose writes nothing there, others a newline or a comma."""
_LISTS = ("events", "Records", "Contacts", "logEvents")
"""Members under which APIs and exports put their lists."""


@dataclass(frozen=True, slots=True)
class Text:
    """The text of one file."""

    path: Path
    text: str


def texts(path: Path) -> Iterator[Text]:
    """Yield the texts of a file, or of all files in a folder and below, by path; hidden ones and links are left out.

    Raises:
        BusyhourError: a file cannot be read, is no UTF-8, or the folder has no file.
    """
    files = [path]
    if path.is_dir():
        files = sorted(
            one
            for one in path.rglob("*")
            if one.is_file()
            and not one.is_symlink()
            and not any(part.startswith(".") for part in one.relative_to(path).parts)
        )
        if not files:
            raise BusyhourError(f"{shown(path)}: the folder has no files", "Copy the files from S3 into it.")
    for one in files:
        yield Text(one, _text(one))


def _text(path: Path) -> str:
    try:
        raw = read_bytes(path, DATA_BYTES)
    except OSError as error:
        raise BusyhourError(
            f"{shown(path)}: cannot be read: {error.strerror}", "Name a file or a folder of files."
        ) from error
    if raw.startswith(b"\x1f\x8b"):
        raw = _unzipped(path, raw)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BusyhourError(
            f"{shown(path)}: byte {error.start} is not UTF-8",
            "Give the files as AWS writes them: JSON in UTF-8.",
        ) from error


def _unzipped(path: Path, raw: bytes) -> bytes:
    """Return the content of a gzip file, all its members."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            content = packed.read(DATA_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BusyhourError(f"{shown(path)}: is damaged gzip: {error}", "Copy it again.") from error
    if len(content) > DATA_BYTES:
        raise BusyhourError(f"{shown(path)}: is larger than {DATA_BYTES:,} bytes unzipped", "Split the file.")
    return content


def values(document: Text) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line and object of each JSON object in a text; lists and the lists in API answers are taken apart.

    Text before a `{` on its line, as log tools write it, is passed over.

    Raises:
        BusyhourError: something is not JSON, or is nested too deep.
    """
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    text, at, line = document.text, 0, 1
    while True:
        begin = at
        while at < len(text) and text[at] in _SPACE:
            at += 1
        line += text.count("\n", begin, at)
        if at >= len(text):
            return
        if text[at] not in "[{":
            end = text.find("\n", at)
            brace = text.find("{", at, end if end >= 0 else len(text))
            if brace < 0:
                raise _not_json(document, line, text, at)
            at = brace
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise _not_json(document, line, text, at) from None
        if depth(value) > MAX_DEPTH:
            raise BusyhourError(
                f"{shown(document.path)}:{line}: is nested more than {MAX_DEPTH} levels deep",
                "Give the file as AWS writes it.",
            )
        yield from ((line, one) for one in _objects(value))
        line += text.count("\n", at, end)
        at = end


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a value: itself, those of a list, those of a member that is known to hold a list."""
    if isinstance(value, list):
        for one in value:
            yield from _objects(one)
    elif isinstance(value, dict):
        held = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
        if held is None:
            yield value
        else:
            yield from _objects(held)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _not_json(document: Text, line: int, text: str, at: int) -> BusyhourError:
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return BusyhourError(
        f"{shown(document.path)}:{line}:{column}: {text[at : at + 40]!r} is not JSON",
        "Give the file as AWS writes it: JSON objects, one behind the other or one a line.",
    )
