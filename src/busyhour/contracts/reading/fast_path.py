"""Fast path for valid exports (no position tracking).

`flows.export.document` tracks duplicate keys, depth and positions of errors. Here orjson reads, and a few
searches over the bytes prove that none of these is needed. If they do not, the slow path is
taken, so that both give the same document.
"""

from __future__ import annotations

from pathlib import Path

import orjson

from busyhour.flows.export.document import Document, load
from busyhour.input_files import MAX_DEPTH, MAX_VALUES, read_bytes

_TOO_DEEP = b"\n" + b"  " * MAX_DEPTH
_WRAPPERS = ("ContactFlow", "ContactFlowModule")


def read_file(path: Path) -> Document:
    """Read the document in the file at `path`.

    Raises:
        DocumentError: the file cannot be read, is not UTF-8, not JSON, or nested too deeply.
    """
    try:
        raw = read_bytes(path)
        return quick(raw, path) or load(path)
    except OSError:
        return load(path)


def quick(raw: bytes, path: Path | None) -> Document | None:
    """Return the document, None if it needs the slow path."""
    if raw.count(b",") + raw.count(b"[") + raw.count(b"{") >= MAX_VALUES:
        return None
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    if data.__class__ is not dict or _WRAPPERS[0] in data or _WRAPPERS[1] in data:
        return None
    # Written again, the text has each key once: the same number of colons means that no key was lost. Only a colon
    # that is written as an escape could upset the count.
    try:
        again = orjson.dumps(data, option=orjson.OPT_INDENT_2)
    except TypeError:  # nested deeper than orjson writes
        return None
    if raw.count(b":") != again.count(b":") or b"\\u003" in raw or _TOO_DEEP in again:
        return None
    return Document(path, raw.decode(), data, repeated=False)
