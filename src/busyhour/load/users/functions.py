"""Lambda as Connect drives it: one Invoke request per attempt, over the signed client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from busyhour.flows.actions.functions import function_name
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult
from busyhour.load.client.load_client import Answer
from busyhour.load.client.operations import Operation
from busyhour.load.error_classes import Class

if TYPE_CHECKING:
    from busyhour.calls.live import LiveCall
    from busyhour.load.runner.generator import Drive

Outcome = LambdaResult | LambdaFailed

MISSING = "ResourceNotFoundException"
"""Lambda's error code for a missing function."""

_FAILED_AS: Mapping[Class, str] = {
    Class.RATE_THROTTLE: "throttled",
    Class.LIMIT: "throttled",
    Class.SERVER_ERROR: "unreachable",
    Class.CONNECTION: "unreachable",
    Class.TIMEOUT: "timeout",
    Class.CLIENT_ERROR: "invalid",
}
"""Kind of `LambdaFailed` by class of response.

The calls' retry policy determines which of these Connect retries.
"""


def outcome_of(answer: Answer) -> Outcome:
    """Convert a response of Invoke to the flow's event.

    HTTP 200 with a FunctionError is an error of the handler.
    """
    if answer.kind is Class.FUNCTION_ERROR:
        return LambdaFailed("function_error", answer.body[:200].decode("utf-8", "replace"))
    if answer.code == MISSING:
        return LambdaFailed("missing", answer.code)
    if answer.kind is not Class.OK:
        return LambdaFailed(_FAILED_AS[answer.kind], answer.code)
    if not answer.body:
        return LambdaResult(None, 0)
    try:
        return LambdaResult(orjson.loads(answer.body), len(answer.body))
    except orjson.JSONDecodeError:
        return LambdaFailed("invalid", "the answer is not JSON")


class LambdaFunctions:
    """The `Functions` port: invokes functions at the target and counts them by name."""

    def __init__(self, drive: Drive) -> None:
        self._drive = drive
        self._service = drive.service("lambda")
        self._operations: dict[tuple[str, bool], Operation] = {}
        self._running: dict[str, int] = {}

    def prepare(self, reference: str) -> None:
        """Prepare the requests for one function now, not at its first invocation."""
        for asynchronous in (False, True):
            self._operation(reference, asynchronous)

    def invoke(self, call: LiveCall, effect: Invoke, done: Callable[[Outcome], None]) -> None:
        """Make one attempt for a call."""
        retry = call.latest_attempt > 1
        self.send(effect.function_arn, effect.event, done, asynchronous=effect.asynchronous, retry=retry)

    def send(
        self,
        reference: str,
        event: Mapping[str, Any],
        done: Callable[[Outcome], None],
        *,
        asynchronous: bool = False,
        retry: bool = False,
    ) -> None:
        """Make one attempt: invoke the function (name or ARN) with `event`; its intended start is now.

        `retry`: Connect's retry of a failed invocation.
        """
        name = function_name(reference)
        clock, recorder = self._drive.clock, self._drive.recorder
        running = self._running.get(name, 0) + 1
        self._running[name] = running
        recorder.gauge(f"concurrency/{name}", running)
        recorder.count(f"invocations/{name}")
        body = orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS)
        operation = self._operation(reference, asynchronous)
        operation.send(body, clock.now(), partial(self._answered, name, done), retry=retry)

    def _answered(self, name: str, done: Callable[[Outcome], None], answer: Answer) -> None:
        running = self._running[name] - 1
        self._running[name] = running
        recorder = self._drive.recorder
        recorder.gauge(f"concurrency/{name}", running)
        outcome = outcome_of(answer)
        if isinstance(outcome, LambdaFailed):
            recorder.count(f"function_errors/{name}/{outcome.kind}")
        done(outcome)

    def _operation(self, reference: str, asynchronous: bool) -> Operation:
        key = (reference, asynchronous)
        found = self._operations.get(key)
        if found is None:
            # Scenarios name functions; exports have ARNs of their own account. The name is common to both.
            parameters = {
                "FunctionName": reference if self._drive.settings.aws else function_name(reference),
                "InvocationType": "Event" if asynchronous else "RequestResponse",
                "Payload": b"{}",
            }
            found = self._operations[key] = self._service.operation(
                "Invoke", parameters, function_name(reference), application=False
            )
        return found

    @property
    def has_room(self) -> bool:
        """Whether an invocation would get a connection."""
        return self._service.client.has_room
