"""Checks of real handlers against the flows' expectations, with every shape of event that Connect sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.lambda_contract.contract import Answers, Contract, FunctionContract, Invocation
from busyhour.lambda_contract.handler import Handlers, Outcome

LARGEST = 32_768
"""Largest response that Connect accepts, in bytes."""


@dataclass(frozen=True, slots=True)
class HandlerFinding:
    """A behaviour of a handler that the flows cannot use. `event` is the smallest event that shows it."""

    check: str
    function: str
    message: str
    fix: str
    place: str
    event: Mapping[str, Any] | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {
            "check": self.check,
            "function": self.function,
            "message": self.message,
            "fix": self.fix,
            "handler": self.place,
            "event": None if self.event is None else dict(self.event),
        }

    def text(self) -> str:
        """Format the finding for people."""
        lines = [f"{self.check}: Lambda `{self.function}` {self.message}", f"  at {self.place}"]
        if self.event is not None:
            lines += [f"  event: {one}" for one in _event_lines(self.event)]
        return "\n".join([*lines, f"  fix: {self.fix}"])


@dataclass(frozen=True, slots=True)
class _Problem:
    check: str
    message: str
    fix: str
    where: str = ""


def check_handlers(handlers: Handlers, contract: Contract, examples: int = 50) -> list[HandlerFinding]:
    """Return everything that the handlers do and the flows cannot use.

    Raises:
        BusyhourError: a handler is for a function that no flow invokes, or cannot be imported.
    """
    return [finding for name in handlers for finding in _check(handlers, _known(contract, name), examples)[0]]


def ensure_invoked(handlers: Handlers, contract: Contract) -> None:
    """Check that some flow invokes every function that has a handler.

    Raises:
        BusyhourError: no flow invokes a function; names the nearest function.
    """
    for name in handlers:
        _known(contract, name)


def observed(handlers: Handlers, contract: Contract, examples: int = 50) -> Contract:
    """Return the contract with the observed responses of the handlers.

    Raises:
        BusyhourError: as `check_handlers`.
    """
    functions = dict(contract.functions)
    for name in handlers:
        one = _known(contract, name)
        functions[name] = replace(one, answers=_check(handlers, one, examples)[1])
    return Contract(functions)


def _known(contract: Contract, name: str) -> FunctionContract:
    found = contract.functions.get(name)
    if found is None:
        raise BusyhourError(
            f"--lambda {name}: no flow invokes this function.{did_you_mean(name, contract.functions)}",
            f"The flows invoke: {', '.join(contract.functions) or 'none'}.",
        )
    return found


def _check(
    handlers: Handlers, function: FunctionContract, examples: int
) -> tuple[list[HandlerFinding], Answers]:
    name = function.name
    found: dict[str, HandlerFinding] = {}
    seen: dict[str, int] = {}
    read: set[str] = set()
    answered = 0

    def show(invocation: Invocation, event: dict[str, Any], known: set[str]) -> set[str]:
        nonlocal answered
        limit = invocation.seconds
        outcome = handlers.call(name, event, limit + 2.0)
        read.update(outcome.read)
        problems = list(_problems(outcome, invocation))
        if not outcome.error and isinstance(outcome.answer, Mapping):
            answered += 1
            for key in _paths(outcome.answer):
                seen[key] = seen.get(key, 0) + 1
            if name in handlers.idempotent:
                again = handlers.call(name, event, limit + 2.0)
                if again.error or again.answer != outcome.answer:
                    problems.append(
                        _Problem(
                            "idempotent",
                            f"returns a different response to a retry: {_short(outcome.answer)}, then {again.error or _short(again.answer)}",
                            "Derive keys and values from the event alone; Connect retries up to three times.",
                        )
                    )
        new = [one for one in problems if one.check not in known]
        for one in new:
            place = one.where or handlers.shown(name)
            found[one.check] = HandlerFinding(one.check, name, one.message, one.fix, place, event)
        return {one.check for one in new}

    for invocation in function.invocations:
        samples = dict.fromkeys(invocation.parameters, handlers.values())
        _play(invocation, samples, examples, show)
    # A key that no event produced may occur with other data in the tables, if the source contains it at all.
    literals = handlers.literals(name)
    if answered:
        for reading in function.readings:
            if reading.key not in seen and reading.key.rpartition(".")[2] not in literals:
                where = reading.places[0]
                found[f"keys {reading.key}"] = HandlerFinding(
                    "keys",
                    name,
                    f"never returns {reading.key!r}, which flow {where.flow!r} reads at {where.action!r}."
                    f"{did_you_mean(reading.key, seen)}",
                    "Return the key, or read the one that is returned.",
                    handlers.shown(name),
                )
    answers = Answers({key: count == answered for key, count in seen.items()}, tuple(sorted(read)))
    return list(found.values()), answers


def _play(
    invocation: Invocation,
    samples: Mapping[str, tuple[str, ...]],
    examples: int,
    show: Callable[[Invocation, dict[str, Any], set[str]], set[str]],
) -> None:
    """Pass events to the handler; a finding is repeated with the smallest event that Hypothesis finds."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import HypothesisException

    from busyhour.lambda_contract.events import events

    known: set[str] = set()
    slow = False
    for _ in range(8):
        latest: set[str] = set()

        def test(event: dict[str, Any]) -> None:
            nonlocal slow
            if slow:
                return
            new = show(invocation, event, known)
            if new:
                latest.clear()  # noqa: B023  # called before the loop goes on
                latest.update(new)  # noqa: B023  # as above
                # A slow handler is not shrunk: every attempt costs its time.
                slow = "budget" in new
                raise _FoundError

        run = settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
        )(given(events(invocation, samples))(test))
        try:
            run()
        except _FoundError:
            known.update(latest)
        except HypothesisException:
            known.update(latest)
        else:
            return
        if slow:
            return


class _FoundError(Exception):
    """A finding stops the current example."""


def _problems(outcome: Outcome, invocation: Invocation) -> Iterator[_Problem]:
    if outcome.kind == "timeout" or outcome.seconds > invocation.seconds:
        yield _Problem(
            "budget",
            f"takes {outcome.seconds:.1f} s; flow {invocation.place.flow!r} gives it {invocation.seconds:g} s",
            "Make it faster, or raise InvocationTimeLimitSeconds (8 at most).",
        )
        return
    if outcome.error:
        yield _Problem(
            "raises",
            f"raises {outcome.error}",
            "Expect null and missing members; return something that the flow can branch on.",
            outcome.where,
        )
        return
    if invocation.asynchronous:
        return
    answer = outcome.answer
    if not isinstance(answer, Mapping):
        if answer is not None and invocation.response == "JSON":
            yield from _size(answer)
            return
        yield _Problem(
            "object",
            f"returns {_short(answer)}, not an object",
            "Return an object of the keys that flows read.",
        )
        return
    if "statusCode" in answer and "body" in answer:
        yield _Problem(
            "envelope",
            "returns an API response with statusCode and body: flows read neither",
            "Return the object itself, without an envelope.",
        )
    elif invocation.response == "STRING_MAP":
        wrong = [key for key, value in answer.items() if not isinstance(value, str)]
        if wrong:
            shown = ", ".join(f"{key}={_short(answer[key])}" for key in wrong[:3])
            yield _Problem(
                "flat",
                f"returns a value that is not a string ({shown}) where flow {invocation.place.flow!r} expects a map of strings",
                "Convert every value to a string, or set the response type of the block to JSON.",
            )
    yield from _size(answer)


def _size(answer: Any) -> Iterator[_Problem]:
    size = len(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        yield _Problem("size", f"returns {size} bytes; Connect accepts {LARGEST}", "Return less.")


def _paths(answer: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in answer.items():
        yield f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{before}{key}.")


def _event_lines(event: Mapping[str, Any]) -> Iterator[str]:
    """Describe the relevant parts of an event: how the contact arrived, and unusual members."""
    details = event["Details"]
    contact = details["ContactData"]
    parts = [f"{contact['Channel']} {contact['InitiationMethod']}"]
    parts += [
        f"{key} is null"
        for key in ("CustomerEndpoint", "SystemEndpoint", "Queue")
        if contact.get(key) is None
    ]
    if contact["Attributes"]:
        parts.append(f"attributes {_short(contact['Attributes'])}")
    yield ", ".join(parts)
    yield f"parameters {_short(details['Parameters'])}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else f"{text[:97]}..."
