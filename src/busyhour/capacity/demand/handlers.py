"""Answers of a scenario's real handlers for forecasts: run once for each different event, then cached.

The handlers run in a process of their own against moto's DynamoDB with the scenario's tables and items, so
that a forecast takes the same branches as a run. Two events are equal if they agree in everything that the
handler read, except the contact's own ids. The duration of handlers there differs from Lambda's and is not
used.
"""

from __future__ import annotations

import json
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from busyhour.capacity.markov.outcomes import NotFiniteError
from busyhour.flows.protocol import LambdaFailed, LambdaResult
from busyhour.handlers.noting import Path as Read
from busyhour.handlers.noting import at
from busyhour.handlers.process import (
    GRACE_SECONDS,
    START_SECONDS,
    Handler,
    HandlerError,
    HandlerProcess,
    ProcessError,
)
from busyhour.handlers.runtime.variables import RESERVED
from busyhour.scenarios.model import Function, Scenario

FIRST_SECONDS = 10.0
"""Extra seconds that the first invocation of a handler may take beyond its timeout."""
QUESTIONS = 300
"""Different invocations of one function that are run; later ones get one of these answers."""
SECONDS = 20.0
"""Seconds that all functions together may run: a forecast must not take minutes. Each has an equal part."""
_OWN_IDS = frozenset({"ContactId", "InitialContactId", "PreviousContactId"})

Answer = LambdaResult | LambdaFailed


@dataclass(frozen=True, slots=True)
class HandlerResult:
    """The result of one event.

    The answer, the paths in the event that it depends on, and its DynamoDB operations.
    """

    answer: Answer
    read: frozenset[Read]
    operations: Mapping[str, int]


_Known = dict[frozenset[Read], dict[str, HandlerResult]]
"""By the paths that were read, then by their values."""


class HandlerAnswers:
    """Callable as `capacity.simulation.functions.Answers`; a context manager that owns the process.

    Args:
        scenario: functions with handlers, tables. questions: number of different invocations of one function
            that are run. seconds: time for all functions together; each has an equal part.
    """

    def __init__(self, scenario: Scenario, questions: int = QUESTIONS, seconds: float = SECONDS) -> None:
        self._scenario = scenario
        self._questions = questions
        handlers = sum(1 for function in scenario.functions.values() if function.handler is not None)
        self._seconds = seconds / max(handlers, 1)
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._known: dict[str, _Known] = {}
        self._process = HandlerProcess(
            [(table.definition, table.items) for table in scenario.tables.values()], scenario.aws.region
        )
        self._broken = False
        self._invoked: Counter[str] = Counter()
        self._operations: dict[str, Counter[str]] = {}
        self.problems: dict[str, str] = {}
        """Errors by function; "" for those that concern all functions."""
        for name, function in scenario.functions.items():
            if function.handler is not None and (
                reserved := sorted(RESERVED.intersection(function.environment))
            ):
                self.problems[f"{name}.environment"] = (
                    f"functions.{name}.environment: {', '.join(reserved)} is not set: Lambda reserves it; take it out"
                )
        self.observed: set[str] = set()
        """Operations whose mean was estimated from observed handlers, see
        `capacity.demand.observed_operations`.
        """

    def __enter__(self) -> HandlerAnswers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, name: str, event: Mapping[str, Any]) -> Answer | None:
        """Return the answer of function `name` to `event`; None if it could not be run.

        After `questions` different events, or its part of `seconds`, one of the earlier answers is returned.
        """
        answered = self._one_of(name, event)
        if answered is None:
            return None
        self._invoked[name] += 1
        self._operations.setdefault(name, Counter()).update(answered.operations)
        return answered.answer

    def ask(self, name: str, event: Mapping[str, Any]) -> tuple[Answer, frozenset[Read]] | None:
        """Return the answer without the limit on events, and the paths in the event that it depends on.

        Raises:
            NotFiniteError: the function has used up its time, and this event is new.
        """
        if self._slow(name) and _find(self._known[name], event) is None:
            raise NotFiniteError(f"function {name!r} is too slow to be invoked with all its inputs")
        answered = self._answer_to(name, event)
        return None if answered is None else (answered.answer, answered.read)

    def operations(self, name: str) -> dict[str, float]:
        """Return the mean DynamoDB operations of one invocation so far, by `table.Operation`."""
        counts = self._operations.get(name, Counter())
        return {operation: count / self._invoked[name] for operation, count in sorted(counts.items())}

    def _one_of(self, name: str, event: Mapping[str, Any]) -> HandlerResult | None:
        known = self._known.get(name, {})
        if sum(map(len, known.values())) < self._questions and not self._slow(name):
            return self._answer_to(name, event)
        found = _find(known, event)
        if found is not None:
            return found
        all_ = [answer for answers in known.values() for answer in answers.values()]
        return all_[zlib.crc32(_question(event).encode()) % len(all_)]

    def _slow(self, name: str) -> bool:
        """Whether the function has used up its time and has answered at least once."""
        if self._spent[name] < self._seconds or not self._known.get(name):
            return False
        self.problems.setdefault(
            name,
            f"the handler of {name!r} is slow: its answers of the first {self._spent[name]:.0f} s are used for all invocations",
        )
        return True

    def _answer_to(self, name: str, event: Mapping[str, Any]) -> HandlerResult | None:
        function = self._scenario.functions.get(name)
        if function is None or function.handler is None:
            return None
        known = self._known.setdefault(name, {})
        found = _find(known, event)
        if found is not None or self._broken:
            return found
        began = time.monotonic()
        answered = self._run(name, function, event)
        self._spent[name] += time.monotonic() - began
        if answered is not None:
            known.setdefault(answered.read, {})[_values(event, answered.read)] = answered
        return answered

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _run(self, name: str, function: Function, event: Mapping[str, Any]) -> HandlerResult | None:
        file, _, attribute = str(function.handler).rpartition(":")
        handler = Handler(name, Path(file), attribute, function.environment, function.memory_mb)
        try:
            imported = self._process.load(handler, START_SECONDS)
        except ProcessError as error:
            return self._unusable(name, error)
        # The first invocation of a handler also creates its clients, which takes longer here than on Lambda.
        grace = GRACE_SECONDS if self._known.get(name) else FIRST_SECONDS
        answered = self._process.call(handler, event, function.timeout, grace) if imported else None
        if answered is None:
            limit = function.timeout if imported else START_SECONDS
            self.problems[name] = f"the handler of {name!r} did not answer within {limit:g} s"
            self._broken = True
            return None
        read = frozenset(path for path in answered.read if not path or path[-1] not in _OWN_IDS)
        if answered.error:
            self.problems.setdefault(name, f"the handler of {name!r} raised {answered.error}")
            return HandlerResult(LambdaFailed("function_error", answered.error), read, answered.operations)
        return HandlerResult(LambdaResult(answered.answer), read, answered.operations)

    def _unusable(self, name: str, error: ProcessError) -> HandlerResult | None:
        if isinstance(error, HandlerError):
            self.problems.setdefault(name, f"the handler of {name!r} cannot be used: {error}")
            return HandlerResult(LambdaFailed("function_error", str(error)), frozenset(), {})
        self.problems[""] = f"handlers were not run for the forecast: {error}"
        self._broken = True
        return None


def _find(known: _Known, event: Mapping[str, Any]) -> HandlerResult | None:
    for read, answers in known.items():
        found = answers.get(_values(event, read))
        if found is not None:
            return found
    return None


def _values(event: Mapping[str, Any], read: frozenset[Read]) -> str:
    return json.dumps([at(event, path) for path in sorted(read)], sort_keys=True, default=_plain)


def _question(event: Mapping[str, Any]) -> str:
    """Return the parts of the event that an answer may depend on.

    Parameters, attributes and caller, not the contact's ids.
    """
    details = event.get("Details", {})
    contact = details.get("ContactData", {})
    kept = [details.get("Parameters"), contact.get("CustomerEndpoint"), contact.get("Attributes")]
    return json.dumps(kept, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else repr(value)
