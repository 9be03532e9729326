"""The emulator and the load generator in one process and one virtual time: no HTTP, no processes, no waiting.

The generator's kinds of callers, its recorder and its sums are busyhour's own; only the clock and the wire are replaced.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from busyhour.emulator.app import Emulator
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.server.timers import Timer, VirtualClock
from busyhour.load.client.connection import Answer
from busyhour.load.client.operations import Service
from busyhour.load.client.sigv4 import Prepared
from busyhour.load.error_classes import Class, classify, error_code, error_reason
from busyhour.load.recorder import Recorder

REGION = "us-east-1"
_INVOCATIONS = "/invocations"


class LoadClock(VirtualClock):
    """The generator's and the emulator's clock in one: virtual seconds from 0."""

    def __init__(self) -> None:
        super().__init__()
        self.on_lag: Callable[[float], None] | None = None
        self.failures = 0
        self._over = False

    def start_at(self, moment: float) -> None:
        """Second 0 is second 0."""

    def real(self) -> float:
        """The same as `now`: nothing is ever late."""
        return self.now()

    def call_at(self, moment: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` at that second."""
        return self.call_later(moment - self.now(), callback)

    def post(self, moment: float, callback: Callable[[Any], None], argument: Any) -> None:
        """Run `callback(argument)` next."""
        self.call_later(0.0, lambda: callback(argument))

    deliver = post

    def overtake(self, moment: float) -> bool:
        """Every arrival has its own timer."""
        return False

    def report(self, callback: Callable[..., None]) -> None:
        """A step failed: say it at once."""
        raise

    def run(self) -> None:
        """Run until `stop`."""
        while not self._over:
            due = self._timers.next_due()
            if due is None:
                return
            self.advance(max(0.0, due - self.now()))

    def stop(self) -> None:
        """End `run`."""
        self._over = True


class Healthy:
    """A generator that is never at its limit."""

    memory_low = False

    def begin(self) -> None:
        """Nothing to measure."""

    def share(self) -> float:
        """Share of a CPU."""
        return 0.0


class InProcessClient:
    """What `load.client.load_client.Client` is to an operation: hands requests to the emulator, answers come back at once or later."""

    host = "127.0.0.1"
    has_room = True
    connections = 0

    def __init__(self, emulator: Emulator, clock: LoadClock) -> None:
        self._emulator = emulator
        self.clock = clock
        invoker = emulator.contacts.centre.invoker
        self._lambda = invoker.functions._runtime

    def send(
        self, prepared: Prepared, body: bytes, done: Callable[[Answer], None], path: str | None = None
    ) -> None:
        """Send a request; `done` hears its answer."""
        sent = self.clock.now()
        where = path or prepared.path
        if prepared.service == "lambda" and where.endswith(_INVOCATIONS):
            try:
                self._invoke(unquote(where.split("/")[-2]), body, done, sent)
                return
            except ApiError:
                pass  # it cannot be invoked: the service's own response says why
        answer = _answer(self._respond(prepared, where, body), prepared.service, sent, self.clock.now())
        self.clock.post(sent, done, answer)

    def call(self, prepared: Prepared, body: bytes, path: str | None = None) -> Answer:
        """Send a request whose answer is there at once."""
        now = self.clock.now()
        return _answer(self._respond(prepared, path or prepared.path, body), prepared.service, now, now)

    def _respond(self, prepared: Prepared, path: str, body: bytes) -> Response:
        request = Request(
            *(prepared.method, path, prepared.query, dict(prepared.headers), body),
            *(prepared.service, REGION, "emulator", "request"),
        )
        return respond(self._emulator, request)

    def _invoke(self, name: str, body: bytes, done: Callable[[Answer], None], sent: float) -> None:
        def answered(outcome: Any) -> None:
            kind, code = Class.OK, ""
            if outcome.status == 429:
                kind, code = classify(429, "TooManyRequestsException", outcome.throttled_reason or ""), "429"
                code = "TooManyRequestsException"
            elif outcome.function_error:
                kind, code = Class.FUNCTION_ERROR, outcome.function_error
            now = self.clock.now()
            answer = Answer(
                kind, outcome.status, code, outcome.payload, sent, now, outcome.function_error or ""
            )
            self.clock.post(now, done, answer)

        self._lambda.start(name, body, answered)


class InProcessServices:
    """The services that a generator talks to."""

    connections = 0

    def __init__(self, emulator: Emulator, clock: LoadClock, recorder: Recorder) -> None:
        self._client = InProcessClient(emulator, clock)
        self._recorder = recorder

    def get(self, name: str, worker: int) -> Service:
        """The service `name`."""
        return Service(name, self._client, self._recorder, None, REGION)  # type: ignore[arg-type]  # no wire

    def gate(self, k: int, n: int) -> None:
        """No request leaves the process."""

    def watch(self) -> None:
        """No connection can close."""

    def give_up_retries(self) -> None:
        """None are made."""

    def renew_credentials(self, note: Callable[[str], None]) -> None:
        """No keys are used."""

    def close(self) -> None:
        """Nothing is open."""


def respond(emulator: Emulator, request: Request) -> Response:
    """The emulator's response to a request that it answers without waiting."""
    service: Any = emulator.dynamodb if request.service == "dynamodb" else emulator.router.service_of(request)
    inner = getattr(service, "_service", service)  # the gate to moto: what it guards is loaded already
    try:
        answer = inner.handle(request)
        if not isinstance(answer, Response):
            answer = asyncio.run(_awaited(answer))
    except ApiError as error:
        answer = inner.error_response(error, request)
    return answer


async def _awaited(answer: Any) -> Response:
    response: Response = await answer
    return response


def _answer(response: Response, service: str, sent: float, now: float) -> Answer:
    status, body = response.status, response.body
    if 200 <= status < 300:
        return Answer(Class.OK, status, "", body, sent, now)
    headers = {name.lower(): value for name, value in response.headers.items()}
    code = error_code(body, headers.get("x-amzn-errortype", "")) or f"HTTP {status}"
    kind = classify(status, code, error_reason(body) if status == 429 else "")
    return Answer(kind, status, code, body, sent, now)


def parsed(response: Response) -> Any:
    """A JSON body."""
    return json.loads(response.body)
