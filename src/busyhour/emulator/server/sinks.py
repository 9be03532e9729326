"""Outputs of records and events: a file of JSON lines, or an HTTP endpoint that receives them by POST."""

from __future__ import annotations

import http.client
import queue
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TextIO
from urllib.parse import urlsplit

import orjson

from busyhour.errors import BusyhourError

_KEPT = 100_000
_BATCH = 500
_TIMEOUT = 10.0


class Sink(Protocol):
    """Receives JSON objects one after the other."""

    def write(self, document: Mapping[str, Any]) -> None:
        """Write an object; returns at once."""

    def close(self) -> None:
        """Write out remaining objects."""


class JsonLines:
    """Appends to a file, an object a line.

    Raises:
        BusyhourError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)
        except OSError as error:
            raise BusyhourError(
                f"{path} cannot be written: {error.strerror or error}.", "Name another file."
            ) from None

    def write(self, document: Mapping[str, Any]) -> None:
        """Append an object."""
        self._file.write(orjson.dumps(document).decode() + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class HttpSink:
    """Posts to a URL, from a thread of its own, as a JSON list of the objects since the last request.

    The emulator never waits for it: objects beyond 100,000 waiting ones are dropped, and so are those the
    endpoint rejects; `dropped` counts both.

    Raises:
        BusyhourError: `url` is not an HTTP URL.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BusyhourError(f"{url!r} is not an HTTP URL.", "For example http://127.0.0.1:8080/events.")
        self._parts = parts
        self._waiting: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def write(self, document: Mapping[str, Any]) -> None:
        """Queue an object; it is posted soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="busyhour-events", daemon=True)
            self._thread.start()
        if self._waiting.qsize() >= _KEPT:
            self.dropped += 1
            return
        self._waiting.put(document)

    def close(self) -> None:
        """Post remaining objects, for at most a few seconds."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(_TIMEOUT)
            self._thread = None

    def _work(self) -> None:
        going = True
        while going:
            batch = [self._waiting.get()]
            while len(batch) < _BATCH and not self._waiting.empty():
                batch.append(self._waiting.get())
            going = None not in batch
            documents = [document for document in batch if document is not None]
            if documents and not self._post(orjson.dumps(documents)):
                self.dropped += len(documents)

    def _post(self, body: bytes) -> bool:
        parts = self._parts
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            return connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def sink(where: str) -> Sink:
    """Return the sink of a URL or a file name.

    Raises:
        BusyhourError: it can be neither opened nor posted to.
    """
    return HttpSink(where) if where.startswith(("http:", "https:")) else JsonLines(Path(where))
