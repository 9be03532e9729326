"""Retries requests as an application's SDK would; counts every attempt, and every operation as well."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from busyhour.load.client.load_client import Answer, Done
from busyhour.load.client.retry_policies import Policy, Tries, failure_of
from busyhour.load.error_classes import Class
from busyhour.load.event_loop import GeventClock
from busyhour.load.recorder import Recorder

Send = Callable[[float, Done], None]
"""Makes one attempt: its intended time, and the callback for the response."""


class _Request:
    __slots__ = ("answer", "done", "due", "intended", "name", "send", "tries")

    def __init__(self, name: str, send: Send, intended: float, done: Done | None) -> None:
        self.name = name
        self.send = send
        self.intended = intended
        self.due = intended
        self.done = done
        self.tries = Tries()
        self.answer: Answer | None = None


class Retrier:
    """Sends the requests of one client by a retry policy, until `give_up`.

    Args:
        policy: decides whether and when to retry.
        clock: schedules retries.
        recorder: receives the application's view of every operation.
    """

    def __init__(self, policy: Policy, clock: GeventClock, recorder: Recorder) -> None:
        self._policy = policy
        self._clock = clock
        self._recorder = recorder
        self._held: deque[_Request] = deque()
        self._backing_off: dict[_Request, None] = {}
        self._pumping = False
        self._over = False

    def send(self, name: str, send: Send, intended: float, done: Done | None) -> None:
        """Begin an operation, `service:Name`; `done` is called with its last response."""
        self._queue(_Request(name, send, intended, done))

    def give_up(self) -> None:
        """Make no further attempts: operations that wait for one end with their last response."""
        self._over = True
        waiting = [*self._held, *self._backing_off]
        self._held.clear()
        self._backing_off.clear()
        for request in waiting:
            self._finish(request)

    def _queue(self, request: _Request) -> None:
        if self._over:
            self._finish(request)
            return
        self._held.append(request)
        if not self._pumping:
            self._pump()

    def _pump(self) -> None:
        """Send the requests that may be sent, in order; then wait for the policy."""
        self._pumping = False
        while self._held:
            now = self._clock.real()
            wait = self._policy.hold(now)
            if wait > 0.0:
                self._pumping = True
                self._clock.call_later(wait, self._pump)
                return
            request = self._held.popleft()
            request.tries.attempts += 1
            request.send(request.due, partial(self._answered, request))

    def _answered(self, request: _Request, answer: Answer) -> None:
        request.answer = answer
        now = self._clock.real()
        if answer.ok:
            self._policy.succeeded(request.tries, now)
            self._finish(request)
            return
        failure = failure_of(answer.kind, answer.status, answer.code)
        wait = self._policy.failed(request.tries, failure, now)
        if wait is None or self._over:
            self._finish(request)
            return
        self._recorder.count(f"retry/{request.name}/{failure}")
        self._backing_off[request] = None
        self._clock.call_later(wait, partial(self._again, request, now + wait))

    def _again(self, request: _Request, due: float) -> None:
        if request in self._backing_off:
            del self._backing_off[request]
            request.due = due
            self._queue(request)

    def _finish(self, request: _Request) -> None:
        answer = request.answer
        now = self._clock.real()
        if answer is None:
            answer = Answer(Class.CONNECTION, code="given up", finished_at=now)
        recorder, name, tries = self._recorder, request.name, request.tries
        recorder.count(f"attempts/{name}/{tries.attempts}")
        if answer.ok and tries.attempts > 1:
            recorder.count(f"retry/{name}/recovered")
        if tries.quota_empty:
            recorder.count(f"retry/{name}/quota_empty")
        recorder.duration(f"retried/{name}/{answer.kind.value}", now - request.intended)
        if request.done is not None:
            request.done(answer)
