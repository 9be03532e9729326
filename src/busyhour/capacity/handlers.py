"""What the real handlers of a scenario answer, for forecasts: run once for each different question, then remembered.

The handlers run in a process of their own against moto's DynamoDB with the scenario's tables and items, so that a
forecast takes the same branches as a run. How long they take there says nothing about Lambda and is not used.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
import zlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from busyhour.flows.protocol import LambdaFailed, LambdaResult
from busyhour.scenarios.model import Function, Scenario

QUESTIONS = 300
"""Different invocations of one function that are run; later ones get the answer of one of these."""
_START_SECONDS = 30.0


class HandlerAnswers:
    """Callable as `capacity.functions.Answers`. Use as a context manager: the process ends with it.

    Args:
        scenario: functions with handlers, tables.
        questions: different invocations of one function that are run.
    """

    def __init__(self, scenario: Scenario, questions: int = QUESTIONS) -> None:
        self._scenario = scenario
        self._questions = questions
        self._known: dict[str, dict[str, LambdaResult | LambdaFailed]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._broken = False
        self.problems: dict[str, str] = {}
        """What went wrong, by function; "" for what concerns all of them."""

    def __enter__(self) -> HandlerAnswers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __call__(self, name: str, event: Mapping[str, Any]) -> LambdaResult | LambdaFailed | None:
        """Return what function `name` answers to `event`; None: it could not be run."""
        function = self._scenario.functions.get(name)
        if function is None or function.handler is None:
            return None
        known = self._known.setdefault(name, {})
        question = _question(event)
        found = known.get(question)
        if found is not None:
            return found
        if len(known) >= self._questions:
            place = zlib.crc32(question.encode()) % len(known)
            return list(known.values())[place]
        if self._broken:
            return None
        answer = self._ask(name, function, event)
        if answer is not None:
            known[question] = answer
        return answer

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _ask(
        self, name: str, function: Function, event: Mapping[str, Any]
    ) -> LambdaResult | LambdaFailed | None:
        if self._process is None and not self._start():
            return None
        file, _, callable_ = str(function.handler).rpartition(":")
        asked = {
            "name": name,
            "file": file,
            "callable": callable_,
            "environment": dict(function.environment),
            "timeout": function.timeout,
            "event": event,
        }
        # The first question to a handler includes its imports, which Lambda does not count either.
        limit = function.timeout + (
            _START_SECONDS if name not in self._known or not self._known[name] else 0.0
        )
        outcome = self._exchange(asked, limit)
        if outcome is None:
            self.problems[name] = (
                f"the handler of {name!r} did not answer within {limit:g} s or ended its process"
            )
            self._broken = True
            self.close()
            return None
        if "error" in outcome:
            self.problems.setdefault(name, f"the handler of {name!r} raised {outcome['error']}")
            return LambdaFailed("function_error", outcome["error"])
        return LambdaResult(outcome["answer"])

    def _start(self) -> bool:
        tables = [
            {"definition": str(t.definition), "items": str(t.items) if t.items else None}
            for t in self._scenario.tables.values()
        ]
        # Nothing of the caller's AWS setup may reach the handlers.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "busyhour.capacity.handler_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        outcome = self._exchange({"region": self._scenario.aws.region, "tables": tables}, _START_SECONDS)
        if outcome is None or "error" in outcome:
            why = "did not start" if outcome is None else f"could not make the tables: {outcome['error']}"
            self.problems[""] = f"handlers were not run for the forecast: their process {why}"
            self._broken = True
            self.close()
            return False
        return True

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


def _question(event: Mapping[str, Any]) -> str:
    """What an answer may depend on: parameters, attributes and the caller, but not the contact's own ids."""
    details = event.get("Details", {})
    contact = details.get("ContactData", {})
    kept = [details.get("Parameters"), contact.get("CustomerEndpoint"), contact.get("Attributes")]
    return json.dumps(kept, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
