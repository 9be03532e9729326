"""Real Python handlers, called in a process of their own with a limit of time."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.flows.protocol import LambdaFailed, LambdaResult
from busyhour.handlers.noting import parameters_in
from busyhour.handlers.process import START_SECONDS, Handler, HandlerProcess, ProcessError, Table

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
    tables: tuple[Table, ...] = ()
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
        setup = setup or Setup({})
        self._handlers = {
            name: _handler(name, text, setup.environment.get(name, {})) for name, text in handlers.items()
        }
        unknown = idempotent - handlers.keys()
        if unknown:
            raise BusyhourError(
                f"--idempotent {min(unknown)}: no handler is given for that function",
                "Give it with --lambda NAME=FILE.py:HANDLER.",
            )
        self.idempotent = idempotent
        self._tables = setup.tables
        self._process = HandlerProcess(setup.tables, setup.region)
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
        for _, items in self._tables:
            if items is not None:
                for text in _texts(json.loads(items.read_text(encoding="utf-8"))):
                    found.update(dict.fromkeys((text, *text.split("#"))))
        return tuple(found)[:MOST_VALUES]

    def literals(self, name: str) -> frozenset[str]:
        """Every string and keyword in the source of a handler's file: a key that it answers is usually among them."""
        source = self._handlers[name].file.read_text(encoding="utf-8")
        found: set[str] = set()
        for node in ast.walk(ast.parse(source)):
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
        handler = self._handlers[name]
        return f"{handler.file}:{handler.attribute}"

    def functions(self) -> dict[str, Callable[[Mapping[str, object]], LambdaResult | LambdaFailed]]:
        """Callables by function, for exploration: the same event has the same answer."""
        return {name: self._remembering(name) for name in self._handlers}

    def call(self, name: str, event: Mapping[str, Any], limit: float = LONGEST) -> Outcome:
        """Call a handler once; a new process is started where the last one was lost.

        Raises:
            BusyhourError: no process can be started, or the handler's file cannot be imported.
        """
        self._import(name)
        started = time.perf_counter()
        try:
            found = self._process.call(self._handlers[name], event, limit)
        except ProcessError as error:
            raise self._unusable(name, error) from None
        if found is None:
            problem = f"did not answer within {limit:g} s"
            return Outcome(None, time.perf_counter() - started, problem, "timeout")
        return Outcome(
            found.answer,
            found.seconds,
            found.error,
            "function_error" if found.error else "",
            parameters_in(found.read, event),
            found.where,
        )

    def close(self) -> None:
        """End the process."""
        self._process.close()

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
        try:
            imported = self._process.load(self._handlers[name])
        except ProcessError as error:
            raise self._unusable(name, error) from None
        if not imported:
            raise BusyhourError(
                f"{self.shown(name)}: could not be imported within {START_SECONDS:g} s",
                "Do nothing at import that waits.",
            )

    def _unusable(self, name: str, error: ProcessError) -> BusyhourError:
        handler = self._handlers[name]
        near = (
            did_you_mean(handler.attribute, _functions_in(handler.file))
            if "HandlerNotFound" in str(error)
            else ""
        )
        return BusyhourError(f"{self.shown(name)}: {error}.{near}", "Give --lambda NAME=FILE.py:HANDLER.")


def _handler(name: str, text: str, environment: Mapping[str, str]) -> Handler:
    """`FILE.py:HANDLER`, or `MODULE:HANDLER` as Lambda's own setting has it, from the current folder."""
    file, colon, attribute = text.rpartition(":")
    if not colon or not file or not attribute.isidentifier():
        raise BusyhourError(f"--lambda {name}={text}: names no handler", "Give NAME=FILE.py:HANDLER.")
    path, root = Path(file), None
    if not path.is_file() and all(part.isidentifier() for part in file.split(".")):
        path, root = Path(*file.split(".")).with_suffix(".py"), Path.cwd().resolve()
    if not path.is_file():
        raise BusyhourError(f"--lambda {name}={text}: {file} does not exist", "Give NAME=FILE.py:HANDLER.")
    return Handler(name, path.resolve(), attribute, environment, root=root)


def _functions_in(file: Path) -> list[str]:
    """Names of the functions that a file defines."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
