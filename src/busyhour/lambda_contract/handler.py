"""Real Python handlers, called in a process of their own with a time limit."""

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
from busyhour.input_files import DATA_BYTES, parse_json, read_text

LONGEST = 15.0
"""Seconds after which a handler is abandoned: beyond every limit that a flow can set."""
MOST_VALUES = 40
"""Texts of the tables' items from which events are made."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one call of a handler.

    `answer` is JSON if `error` is empty. Otherwise `kind` is `function_error` or `timeout`. `read` are the
    parameters that the handler read.
    """

    answer: Any
    seconds: float
    error: str = ""
    kind: str = ""
    read: tuple[str, ...] = ()
    where: str = ""
    """File and line of the handler that raised the error."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Environment of handlers: variables, and tables of an in-memory DynamoDB."""

    environment: Mapping[str, Mapping[str, str]]
    """By function."""
    tables: tuple[Table, ...] = ()
    region: str = "us-east-1"


class Handlers:
    """Handlers by the name of the function. Use as a context manager: their process ends with it.

    AWS is not reachable: if moto is installed it answers every AWS call, and credentials are dummies.

    Args:
        handlers: `FILE.py:HANDLER` by function.
        idempotent: functions that were declared to return the same response to a retry.
        setup: environment and tables.

    Raises:
        BusyhourError: a handler has another form, or its file does not exist.
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
        """Start the process and import the handlers, so that later calls do not include that time.

        Raises:
            BusyhourError: a handler cannot be imported.
        """
        for name in self._handlers:
            self._import(name)

    def values(self) -> tuple[str, ...]:
        """Texts in the tables' items, and parts of keys (`customer#+15555550100`): candidates for lookups."""
        found: dict[str, None] = {}
        for _, items in self._tables:
            if items is not None:
                for text in _texts(parse_json(read_text(items, DATA_BYTES))):
                    found.update(dict.fromkeys((text, *text.split("#"))))
        return tuple(found)[:MOST_VALUES]

    def literals(self, name: str) -> frozenset[str]:
        """Return every string and keyword in a handler's source: keys of its responses are usually among them."""
        source = read_text(self._handlers[name].file)
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
        """Return the location of a function's handler: `FILE.py:HANDLER`."""
        handler = self._handlers[name]
        return f"{handler.file}:{handler.attribute}"

    def functions(self) -> dict[str, Callable[[Mapping[str, object]], LambdaResult | LambdaFailed]]:
        """Return callables by function, for exploration: the same event gets the same response."""
        return {name: self._remembering(name) for name in self._handlers}

    def call(self, name: str, event: Mapping[str, Any], limit: float = LONGEST) -> Outcome:
        """Call a handler once; a new process is started if the last one was lost.

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
            problem = f"did not return within {limit:g} s"
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
                "Avoid waiting at import.",
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
    """Parse `FILE.py:HANDLER`, or `MODULE:HANDLER` as in Lambda's own setting, relative to the current folder."""
    file, colon, attribute = text.rpartition(":")
    if not colon or not file or not attribute.isidentifier():
        raise BusyhourError(f"--lambda {name}={text}: is not a handler", "Give NAME=FILE.py:HANDLER.")
    path, root = Path(file), None
    if not path.is_file() and all(part.isidentifier() for part in file.split(".")):
        path, root = Path(*file.split(".")).with_suffix(".py"), Path.cwd().resolve()
    if not path.is_file():
        raise BusyhourError(f"--lambda {name}={text}: {file} does not exist", "Give NAME=FILE.py:HANDLER.")
    return Handler(name, path.resolve(), attribute, environment, root=root)


def _functions_in(file: Path) -> list[str]:
    """Return the names of the functions that a file defines."""
    tree = ast.parse(read_text(file))
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
