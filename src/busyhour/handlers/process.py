"""The process in which handlers run, seen from outside: one question, one answer, and a limit of time for each."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.handlers.noting import Path as Read

START_SECONDS = 30.0
"""Longest that the process may take to start, and a handler to be imported; Lambda does not count that either."""

GRACE_SECONDS = 1.0

Table = tuple[Path, Path | None]
"""Definition (CreateTable arguments) and items of a DynamoDB table, files of JSON."""


@dataclass(frozen=True, slots=True)
class Handler:
    """One handler: the function's name, where its code is, and its environment variables."""

    name: str
    file: Path
    attribute: str
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a handler did with one event: `answer` is JSON where `error` is empty.

    `read` are the paths in the event that it looked at; `where` is the file and line that raised the error;
    `operations` are what it asked of DynamoDB, by `table.Operation`.
    """

    answer: Any
    seconds: float
    error: str = ""
    where: str = ""
    read: frozenset[Read] = frozenset()
    operations: Mapping[str, int] = field(default_factory=dict)


class ProcessError(Exception):
    """The process, or a handler, cannot be used; the text says why."""


class HandlerProcess:
    """Starts with the first question; once it was silent for too long it is ended, and the next starts another.

    Args:
        tables: what handlers find in DynamoDB.
        region: the Region that they are told.
    """

    def __init__(self, tables: Iterable[Table] = (), region: str = "us-east-1") -> None:
        self._setup = {
            "region": region,
            "tables": [
                {"definition": str(definition), "items": str(items) if items else None}
                for definition, items in tables
            ],
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._imported: set[tuple[Path, str]] = set()

    @property
    def running(self) -> bool:
        """Whether there is a process now."""
        return self._process is not None

    def load(self, handler: Handler, seconds: float = START_SECONDS) -> bool:
        """Import a handler, once for each process; False when that took too long.

        Raises:
            ProcessError: there is no such handler, or the process does not start.
        """
        key = (handler.file, handler.attribute)
        if key in self._imported and self._process is not None:
            return True
        if self._ask(handler, {"import": True}, seconds) is None:
            return False
        self._imported.add(key)
        return True

    def call(
        self, handler: Handler, event: Mapping[str, Any], limit: float, grace: float = GRACE_SECONDS
    ) -> Answered | None:
        """What the handler answers to `event`; None when it did not within `limit` seconds, or ended the process.

        `grace` are the seconds after the limit for which it is waited for: a handler that keeps its limit must not be
        taken for one that does not because this machine is busy.

        Raises:
            ProcessError: as `load`.
        """
        found = self._ask(handler, {"event": event, "seconds": limit}, limit + grace)
        if found is None:
            return None
        return Answered(
            found.get("answer"),
            float(found["seconds"]),
            str(found.get("error", "")),
            str(found.get("where", "")),
            frozenset(tuple(path) for path in found["read"]),
            found["operations"],
        )

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._buffer = b""
        self._imported.clear()
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _ask(self, handler: Handler, message: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        if self._process is None:
            self._start()
        asked = {
            "name": handler.name,
            "file": str(handler.file),
            "attribute": handler.attribute,
            "environment": dict(handler.environment),
            **message,
        }
        found = self._exchange(asked, seconds)
        if found is None:
            self.close()
        elif "unusable" in found:
            raise ProcessError(str(found["unusable"]))
        return found

    def _start(self) -> None:
        # Nothing of the caller's AWS setup may reach the handlers.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "busyhour.handlers.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        ready = self._exchange(self._setup, START_SECONDS)
        if ready is None or "error" in ready:
            self.close()
            why = "it did not start" if ready is None else str(ready["error"])
            raise ProcessError(f"the handlers' process cannot be used: {why}")

    def _exchange(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        """Send one line and wait for one; None when the process is silent for too long or gone."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(message, default=_plain).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return None
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    return None
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
