"""What goes on beside a call's flow: asynchronous functions, and the wait beside which the flow continues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from busyhour.flows.actions.functions import RESULT
from busyhour.flows.protocol import (
    Done,
    Event,
    Failed,
    Invoke,
    LambdaFailed,
    LambdaResult,
    Pause,
    Service,
    Succeeded,
    WaitOver,
)

if TYPE_CHECKING:
    from busyhour.calls.invoker import Invocation
    from busyhour.calls.live import LiveCall
    from busyhour.calls.ports import Handle


DONE = Done()


class Background:
    """The asynchronous invocations and the wait of one call.

    A function that failed has returned too: a wait for it is over, and loading its result takes the error branch
    (decision: AWS describes neither).
    """

    __slots__ = ("_awaited", "_call", "_last", "_results", "_timer")

    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._results: dict[str, LambdaResult | LambdaFailed | None] = {}
        self._last = ""
        self._awaited: Pause | None = None
        self._timer: Handle | None = None

    def invoke(self, effect: Invoke) -> None:
        """Invoke a function whose flow continues at once; the flow may wait for its outcome later."""
        self._last = effect.invocation_id
        self._results[self._last] = None
        self._call.centre.invoker.invoke(self._call, effect, self._settled)

    def _settled(self, result: LambdaResult | LambdaFailed, invocation: Invocation) -> None:
        """Record the outcome of an invocation, and end the wait for it."""
        self._call.report_lambda(result, invocation)
        effect = invocation.effect
        self._results[effect.invocation_id] = result
        waited = self._awaited
        if waited is None or effect.invocation_id != self._last:
            return
        self._awaited = None
        if waited.continues:
            self._over(waited.returned)
        else:
            self._call.interrupt(Succeeded(branch=waited.returned))

    def wait(self, effect: Pause) -> Event | None:
        """Wait for the last invocation, at most the time of the wait; at once if it is over."""
        if self._has_returned():
            return Succeeded(branch=effect.returned)
        self._awaited = effect
        return self._call.later(effect.seconds, DONE)

    def wait_beside(self, effect: Pause) -> None:
        """Let the flow continue until the time of the wait is over or its function has returned."""
        self.end()
        clock = self._call.centre.clock
        if effect.returned and self._has_returned():
            self._timer = clock.call_later(0.0, lambda: self._over(effect.returned))
            return
        self._awaited = effect if effect.returned else None
        self._timer = clock.call_later(effect.seconds, self._over)

    def loaded(self, effect: Service) -> Event:
        """Return the result of the invocation whose id a parameter has, else of the last one."""
        given = json.dumps(effect.parameters, default=str)
        identity = next((one for one in self._results if one in given), self._last)
        result = self._results.get(identity)
        if isinstance(result, LambdaResult):
            return Succeeded({RESULT: result.payload})
        why = "has not returned" if result is None else f"failed: {result.kind}"
        return Failed(detail=f"the asynchronous function {why}" if identity else "no function was invoked")

    def end(self) -> None:
        """Forget the wait."""
        self._awaited = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _has_returned(self) -> bool:
        return self._results.get(self._last) is not None

    def _over(self, branch: str = "") -> None:
        self.end()
        if self._call.ended is None and self._call.machine_call.continues_beside:
            self._call.interrupt(WaitOver(branch))
