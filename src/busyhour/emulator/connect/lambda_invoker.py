"""Connect's Lambda invocations: the emulator's function runtime as `calls.ports.Functions`, without HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import orjson

from busyhour.calls.live import LiveCall
from busyhour.emulator.messages import ApiError
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult

Done = Callable[[LambdaResult | LambdaFailed], None]


class Outcome(Protocol):
    """Result of one attempt (`lambda_.result.InvocationResult`)."""

    @property
    def status(self) -> int:
        """HTTP status of Invoke."""

    @property
    def payload(self) -> bytes:
        """Response or error document."""

    @property
    def function_error(self) -> str | None:
        """`Unhandled`, or None."""


class FunctionRuntime(Protocol):
    """The part of the Lambda service that Connect needs."""

    def start(
        self, name_or_arn: str, payload: bytes, done: Callable[[Any], None], *, source: str = ""
    ) -> None:
        """Start one attempt; `done` is called once with its `Outcome`."""


class LambdaFunctions:
    """One attempt on the emulator's Lambda.

    Args:
        runtime: the Lambda service.
        notes: receives, once by name, missing functions that flows refer to.
    """

    def __init__(self, runtime: FunctionRuntime, notes: Counter[str]) -> None:
        self._runtime = runtime
        self._notes = notes

    def invoke(self, call: LiveCall, effect: Invoke, done: Done) -> None:
        """Start the attempt; `done` is called exactly once."""
        payload = orjson.dumps(effect.event, default=_plain)
        try:
            self._runtime.start(
                effect.function_arn, payload, lambda outcome: done(_judged(outcome)), source="connect"
            )
        except ApiError as error:
            if error.code == "ResourceNotFoundException":
                self._notes[f"no function {effect.function_arn!r}: its invocations fail"] += 1
                done(LambdaFailed("missing", f"{error.code}: {error.message}"))
            else:
                done(LambdaFailed("unreachable", f"{error.code}: {error.message}"))


def _judged(outcome: Outcome) -> LambdaResult | LambdaFailed:
    if outcome.status == 429:
        return LambdaFailed("throttled", "TooManyRequestsException")
    if not 200 <= outcome.status < 400:
        return LambdaFailed("unreachable", f"HTTP {outcome.status}")
    if outcome.function_error:
        return LambdaFailed("function_error", outcome.payload[:300].decode("utf-8", "replace"))
    try:
        payload = orjson.loads(outcome.payload) if outcome.payload else None
    except ValueError:
        return LambdaFailed("invalid", "the answer is no JSON")
    return LambdaResult(payload, len(outcome.payload))


def _plain(value: Any) -> Any:
    """Convert mappings other than dict (proxies), tuples and the like."""
    if hasattr(value, "items"):
        return dict(value)
    return list(value)
