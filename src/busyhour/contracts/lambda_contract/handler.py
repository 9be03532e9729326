"""Real Python handlers, called in a process of their own with a limit of time."""

from __future__ import annotations

import ast
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.flows.protocol import LambdaFailed, LambdaResult

START_SECONDS = 30.0
"""Longest that a process may take to start and import a handler; Lambda does not count that either."""
LONGEST = 15.0
"""Seconds after which a handler is given up: beyond every limit that a flow can set."""


MOST_VALUES = 40
"""Texts of the tables' items that events are made of."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call of a handler.

    `answer` is JSON where `error` is empty. `kind` is `function_error` or `timeout` otherwise. `read` are the
    parameters that the handler looked at.
    """

    answer: Any
    seconds: float
    error: str = ""
    kind: str = ""
    read: tuple[str, ...] = ()
    where: str = ""
    """File and line of the handler where the error was raised."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What handlers find around them: environment variables, and tables of an in-memory DynamoDB."""

    environment: Mapping[str, Mapping[str, str]]
    """By function."""
    tables: tuple[tuple[Path, Path | None], ...] = ()
    """Definition and items, files of JSON."""
    region: str = "us-east-1"


class Handlers:
    """Handlers by the name of the function. Use as a context manager: their process ends with it.

    Nothing reaches AWS: where moto is installed it answers every AWS call, and credentials are made up.

    Args:
        handlers: `FILE.py:HANDLER` by function.
        idempotent: functions that were declared to give the same answer to a retry.
        setup: environment and tables.

    Raises:
        BusyhourError: a handler is written otherwise, or its file does not exist.
    """

    def __init__(
        self,
        handlers: Mapping[str, str],
        idempotent: frozenset[str] = frozenset(),
        setup: Setup | None = None,
    ) -> None:
        self._handlers = {name: _where(name, text) for name, text in handlers.items()}
        unknown = idempotent - handlers.keys()
        if unknown:
            raise BusyhourError(
                f"--idempotent {min(unknown)}: no handler is given for that function",
                "Give it with --lambda NAME=FILE.py:HANDLER.",
            )
        self.idempotent = idempotent
        self._setup = setup or Setup({})
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._called: set[str] = set()
        self._known: dict[tuple[str, str], LambdaResult | LambdaFailed] = {}

    def __enter__(self) -> Handlers:
        return self

    def warm(self) -> None:
        """Start the process and import the handlers, so that no later call pays for that.

        Raises:
            BusyhourError: a handler cannot be imported.
        """
        for name in self._handlers:
            self._import(name)

    def values(self) -> tuple[str, ...]:
        """Texts in the tables' items, and the parts of keys such as `customer#+15555550100`: worth asking for."""
        found: dict[str, None] = {}
        for _, items in self._setup.tables:
            if items is not None:
                for text in _texts(json.loads(items.read_text(encoding="utf-8"))):
                    found.update(dict.fromkeys((text, *text.split("#"))))
        return tuple(found)[:MOST_VALUES]

    def literals(self, name: str) -> frozenset[str]:
        """Every string and keyword in the source of a handler's file: a key that it answers is usually among them."""
        path, _ = self._handlers[name]
        found: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
        return frozenset(found)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Any:
        return iter(self._handlers)

    def shown(self, name: str) -> str:
        """Where the handler of a function is: `FILE.py:HANDLER`."""
        path, attribute = self._handlers[name]
        return f"{path}:{attribute}"

    def functions(self) -> dict[str, Callable[[Mapping[str, object]], LambdaResult | LambdaFailed]]:
        """Callables by function, for exploration: the same event has the same answer."""
        return {name: self._remembering(name) for name in self._handlers}

    def call(self, name: str, event: Mapping[str, Any], limit: float = LONGEST) -> Outcome:
        """Call a handler once; a new process is started where the last one was lost.

        Raises:
            BusyhourError: no process can be started, or the handler's file cannot be imported.
        """
        if name not in self._called:
            self._import(name)
        started = time.perf_counter()
        found = self._ask(name, {"event": event, "seconds": limit}, limit + 1.0)
        if found is None:
            problem = f"did not answer within {limit:g} s"
            return Outcome(None, time.perf_counter() - started, problem, "timeout")
        error = str(found.get("error", ""))
        return Outcome(
            found.get("answer"),
            float(found["seconds"]),
            error,
            "function_error" if error else "",
            tuple(found.get("read", ())),
            str(found.get("where", "")),
        )

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._buffer = b""
        self._called.clear()
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _remembering(self, name: str) -> Callable[[Mapping[str, object]], LambdaResult | LambdaFailed]:
        def ask(event: Mapping[str, object]) -> LambdaResult | LambdaFailed:
            key = (name, json.dumps(event, sort_keys=True, default=str))
            found = self._known.get(key)
            if found is None:
                outcome = self.call(name, event)
                found = (
                    LambdaFailed(outcome.kind, outcome.error)
                    if outcome.error
                    else LambdaResult(outcome.answer)
                )
                self._known[key] = found
            return found

        return ask

    def _import(self, name: str) -> None:
        if self._ask(name, {"import": True}, START_SECONDS) is None:
            raise BusyhourError(
                f"{self.shown(name)}: could not be imported within {START_SECONDS:g} s",
                "Do nothing at import that waits.",
            )
        self._called.add(name)

    def _ask(self, name: str, message: Mapping[str, Any], seconds: float) -> dict[str, Any] | None:
        if self._process is None:
            self._start()
        path, attribute = self._handlers[name]
        environment = dict(self._setup.environment.get(name, {}))
        asked = {
            "name": name,
            "file": str(path),
            "attribute": attribute,
            "environment": environment,
            **message,
        }
        found = self._exchange(asked, seconds)
        if found is None:
            self.close()
        elif "unusable" in found:
            raise BusyhourError(
                f"{self.shown(name)}: {found['unusable']}", "Give --lambda NAME=FILE.py:HANDLER."
            )
        return found

    def _start(self) -> None:
        # Nothing of the caller's AWS setup may reach the handlers.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "busyhour.contracts.lambda_contract.handler_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        tables = [
            {"definition": str(one), "items": str(items) if items else None}
            for one, items in self._setup.tables
        ]
        ready = self._exchange({"region": self._setup.region, "tables": tables}, START_SECONDS)
        if ready is None or "error" in ready:
            why = "did not start" if ready is None else str(ready["error"])
            self.close()
            raise BusyhourError(f"the handlers' process cannot be used: {why}")

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


def _where(name: str, text: str) -> tuple[Path, str]:
    file, colon, attribute = text.rpartition(":")
    if not colon or not file or not attribute.isidentifier():
        raise BusyhourError(f"--lambda {name}={text}: names no handler", "Give NAME=FILE.py:HANDLER.")
    path = Path(file)
    if not path.is_file():
        raise BusyhourError(f"--lambda {name}={text}: {file} does not exist", "Give NAME=FILE.py:HANDLER.")
    return path.resolve(), attribute


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
