"""Asynchronous invocations: queued, retried, counted.

Sources: Lambda Developer Guide, "Asynchronous invocation": two more attempts after a function error, one and
two minutes later; throttles and system errors are retried with a pause from 1 s up to 5 minutes, for at most 6
hours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from busyhour.emulator.interfaces import Metrics
from busyhour.emulator.lambda_.runtime.engine import NAMESPACE, LambdaEngine

if TYPE_CHECKING:
    from busyhour.calls.ports import Clock
    from busyhour.emulator.lambda_.functions.store import Deployed
    from busyhour.emulator.lambda_.runtime.invocation_result import InvocationResult


@dataclass(frozen=True, slots=True)
class AsyncPolicy:
    """Pauses in seconds."""

    after_error: tuple[float, ...] = (60.0, 120.0)
    first_pause: float = 1.0
    longest_pause: float = 300.0
    longest_age: float = 6 * 3600.0


class EventQueue:
    """Runs events in the background until they succeed, have no attempts left or are too old.

    Args:
        engine: makes the attempts.
        metrics: receives AsyncEventsReceived, AsyncEventAge and AsyncEventsDropped.
        clock: timers.
        time: epoch seconds.
        policy: pauses.
    """

    def __init__(
        self,
        engine: LambdaEngine,
        metrics: Metrics,
        clock: Clock,
        time: Callable[[], float],
        policy: AsyncPolicy | None = None,
    ) -> None:
        self._engine = engine
        self._metrics = metrics
        self._clock = clock
        self._time = time
        self._policy = policy or AsyncPolicy()
        self.pending = 0
        """Number of events neither done nor dropped."""

    def put(self, deployed: Deployed, payload: bytes, request_id: str) -> None:
        """Queue an event; returns at once."""
        received = self._time()
        dimensions = (("FunctionName", deployed.name),)
        self._metrics.count(NAMESPACE, "AsyncEventsReceived", dimensions, 1, received)
        self.pending += 1
        errors, pauses = 0, 0

        def attempt() -> None:
            age = self._time() - received
            self._metrics.count(NAMESPACE, "AsyncEventAge", dimensions, age * 1000, self._time())
            self._engine.run(deployed, payload, heard, request_id=request_id)

        def heard(result: InvocationResult) -> None:
            nonlocal errors, pauses
            policy = self._policy
            if result.ok:
                self.pending -= 1
                return
            if result.status == 200 and errors < len(policy.after_error):
                pause = policy.after_error[errors]
                errors += 1
            elif result.status != 200:
                pause = min(policy.longest_pause, policy.first_pause * 2**pauses)
                pauses += 1
            else:
                pause = float("inf")
            if self._time() + pause - received > policy.longest_age:
                self.pending -= 1
                self._metrics.count(NAMESPACE, "AsyncEventsDropped", dimensions, 1, self._time())
                return
            self._clock.call_later(pause, attempt)

        attempt()
