"""Interface to the process in which handlers run: one request, one response, and a time limit for each."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.handlers.noting import Path as Read
from busyhour.handlers.runtime import failures
from busyhour.handlers.runtime.importing import handler_name
from busyhour.handlers.runtime.variables import variables
from busyhour.lifeline import Lifeline, descendants, kill

START_SECONDS = 30.0
"""Maximum seconds for the start of the process and the import of a handler; Lambda does not count them either."""

GRACE_SECONDS = 1.0
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
REQUEST_ID = "00000000-0000-4000-8000-000000000000"
"""Request id of every invocation, so that responses do not differ by it."""

Table = tuple[Path, Path | None]
"""Definition (CreateTable arguments) and items of a DynamoDB table, both JSON files."""


@dataclass(frozen=True, slots=True)
class Handler:
    """One handler: the function's name, location of its code, environment variables, size in MB.

    `root` is the folder that modules are imported from; by default that of the file.
    """

    name: str
    file: Path
    attribute: str
    environment: Mapping[str, str]
    memory_mb: int = 128
    root: Path | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """Result of a handler for one event: `answer` is JSON if `error` is empty.

    `payload` is what the caller of Invoke receives: the response or Lambda's error document.

    `read` are the paths in the event that it read; `where` is the file and line that raised the error;
    `operations` are its DynamoDB operations, by `table.Operation`.
    """

    answer: Any
    seconds: float
    error: str = ""
    where: str = ""
    read: frozenset[Read] = frozenset()
    operations: Mapping[str, int] = field(default_factory=dict)
    payload: str = ""


class EndedError(Exception):
    """The process exited, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"exit status {status}")
        self.status = status


class ProcessError(Exception):
    """The process, or a handler, cannot be used; the text has the reason."""


class HandlerError(ProcessError):
    """One handler cannot be imported: Lambda's error type and text."""


class HandlerProcess:
    """Starts on the first request.

    A process that exceeds a time limit is ended, and the next request starts another.

    Args:
        tables: DynamoDB tables for the handlers.
        region: Region for the handlers.
    """

    def __init__(self, tables: Iterable[Table] = (), region: str = "us-east-1") -> None:
        self._region = region
        self._setup: dict[str, Any] = {
            "variables": {"AWS_DEFAULT_REGION": region, "AWS_REGION": region, **CREDENTIALS},
            "tables": [
                {"definition": str(definition), "items": str(items) if items else None}
                for definition, items in tables
            ],
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._line: Lifeline | None = None
        self._buffer = b""
        self._imported: set[tuple[Path, str]] = set()

    @property
    def running(self) -> bool:
        """Whether the process is running."""
        return self._process is not None

    def load(self, handler: Handler, seconds: float = START_SECONDS) -> bool:
        """Import a handler, once for each process; return False if that took too long.

        Raises:
            HandlerError: the handler cannot be imported.
            ProcessError: the process does not start.
        """
        key = (handler.file, handler.attribute)
        if key in self._imported and self._process is not None:
            return True
        try:
            if self._ask(handler, {}, seconds) is None:
                return False
        except EndedError as error:
            raise HandlerError(_text(json.loads(failures.exited(REQUEST_ID, error.status)))) from None
        self._imported.add(key)
        return True

    def call(
        self, handler: Handler, event: Mapping[str, Any], limit: float, grace: float = GRACE_SECONDS
    ) -> Answered | None:
        """Return the handler's result for `event`; None if it took more than `limit` seconds.

        A handler that exits its process fails with Runtime.ExitError, and may have read all of the event.

        `grace` is the number of seconds after the limit for which the caller waits, so that a busy machine does
        not make a handler within its limit look like one that exceeds it.

        Raises:
            ProcessError: as `load`.
        """
        payload = json.dumps(event, default=_plain)
        started = time.monotonic()
        try:
            found = self._ask(handler, {"payload": payload, "seconds": limit}, limit + grace)
        except EndedError as error:
            document = failures.exited(REQUEST_ID, error.status).decode()
            seconds = time.monotonic() - started
            return Answered(
                None, seconds, _text(json.loads(document)), read=frozenset({()}), payload=document
            )
        if found is None:
            return None
        answer, error_text = _judged(found)
        return Answered(
            answer,
            float(found["seconds"]),
            error_text,
            str(found["where"]),
            frozenset(tuple(path) for path in found["read"]),
            found["operations"],
            found["payload"],
        )

    def close(self) -> None:
        """End the process, and everything that handlers have started from it."""
        process, self._process = self._process, None
        line, self._line = self._line, None
        self._buffer = b""
        self._imported.clear()
        if process is not None:
            below = descendants(process.pid)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kill(below)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):  # what was not sent any more
                        pipe.close()
        if line is not None:
            line.close()

    def _ask(self, handler: Handler, message: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        if self._process is None:
            self._start()
        file = handler.file.absolute()
        folder = file.parent if handler.root is None else handler.root.absolute()
        name, root = handler_name(file, handler.attribute, folder), str(folder)
        request = {
            "key": f"{handler.name}:{file}:{handler.attribute}",
            "request_id": REQUEST_ID,
            "file": str(file),
            "root": root,
            "handler": name,
            "arn": f"arn:aws:lambda:{self._region}:123456789012:function:{handler.name}",
            "variables": variables(
                name=handler.name,
                handler=name,
                root=root,
                region=self._region,
                memory_mb=handler.memory_mb,
                own=handler.environment,
                access=CREDENTIALS,
            ),
            **message,
        }
        try:
            found = self._exchange(request, seconds)
        except EndedError:
            self.close()
            raise
        if found is None:
            self.close()
        elif "unusable" in found:
            raise HandlerError(_text(json.loads(found["unusable"])))
        return found

    def _start(self) -> None:
        # No AWS settings of the caller may reach the handlers.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        line = self._line = Lifeline()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-u", "-X", "utf8", "-m", "busyhour.handlers.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**environment, **line.environment},
                pass_fds=line.descriptors,
                start_new_session=True,  # Ctrl-C is ours to handle, and its group is ended with it
            )
        except OSError as error:
            line.close()
            raise ProcessError(
                f"the handlers' process cannot be started: {error.strerror or error}"
            ) from None
        line.started()
        try:
            ready = self._exchange(self._setup, START_SECONDS)
        except EndedError:
            ready = None
        if ready is None or "error" in ready:
            self.close()
            why = "it did not start" if ready is None else str(ready["error"])
            raise ProcessError(f"the handlers' process cannot be used: {why}")

    def _exchange(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        """Send one line and wait for one; return None if the process takes too long.

        Raises:
            EndedError: the process exited.
        """
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(message, default=_plain).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise EndedError(process.wait()) from None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return None
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    raise EndedError(process.wait())
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        found = json.loads(line)
        assert isinstance(found, dict)
        return found


def _judged(found: Mapping[str, Any]) -> tuple[Any, str]:
    """Return response and error; a response that is not JSON is the handler's error."""
    if not found["ok"]:
        return None, _text(json.loads(found["payload"]))
    try:
        return json.loads(found["payload"], parse_constant=_no_json), ""
    except ValueError as error:
        return None, f"the response is not JSON: {error}"


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is not a JSON number")


def _text(document: Mapping[str, Any]) -> str:
    """Format an error document in one line."""
    return f"{document['errorType']}: {document['errorMessage']}"[:500]


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
