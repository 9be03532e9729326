"""How Connect invokes a Lambda function: one time limit, retries within it, asynchronous invocations without a wait.

The driver makes single attempts (`ports.Functions`); retries and the time limit are here, shared by all
drivers. Sources: "Invoke Lambda functions" in the Amazon Connect Administrator Guide; `policy.RetryPolicy`
for what the guide leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from busyhour.calls.policy import RetryPolicy
from busyhour.calls.ports import Clock, Functions, Handle
from busyhour.flows.actions.functions import function_name
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult

if TYPE_CHECKING:
    from busyhour.calls.live import LiveCall

Settled = Callable[["LambdaResult | LambdaFailed", "Invocation"], None]


@dataclass(slots=True)
class FunctionCounts:
    """Counts of one function's invocations by outcome.

    invocations = invocations that flows started; attempts = requests sent to Lambda, retries included.
    """

    invocations: int = 0
    attempts: int = 0
    succeeded: int = 0
    failed: int = 0
    """Invocations that ended on the flow's error branch, or whose call ended before the answer."""
    cancelled: int = 0
    """Of those, invocations whose call ended before the answer."""
    timed_out: int = 0
    """Of those, invocations that exceeded the time limit."""
    throttled: int = 0
    """Attempts that Lambda throttled."""
    errors: int = 0
    """Attempts that ended in an error of the function or of the service."""
    first_throttled: int = 0
    """First attempts that Lambda throttled; the number of first attempts equals `invocations`."""

    def restart(self) -> None:
        """Reset all counts."""
        for name in self.__slots__:
            setattr(self, name, 0)


class Invoker:
    """Invokes functions as Connect does.

    Args:
        clock: gives the time and schedules callbacks.
        functions: makes one attempt.
        policy: retries and pauses.
    """

    def __init__(self, clock: Clock, functions: Functions, policy: RetryPolicy | None = None) -> None:
        self.clock = clock
        self.functions = functions
        self.policy = policy or RetryPolicy()
        self.counts: dict[str, FunctionCounts] = {}

    def invoke(self, call: LiveCall, effect: Invoke, settled: Settled) -> Invocation:
        """Start an invocation.

        `settled` is called once with the outcome (maybe before this returns) unless cancelled.

        An asynchronous invocation has no outcome for the flow: the caller of this method continues at once, and
        `settled` is called when the last attempt is over.
        """
        name = function_name(effect.function_arn)
        counts = self.counts.get(name)
        if counts is None:
            counts = self.counts[name] = FunctionCounts()
        counts.invocations += 1
        invocation = Invocation(self, call, effect, settled, name, counts)
        invocation.begin()
        return invocation


class Invocation:
    """One invocation with its attempts. `cancel` suppresses its outcome when the flow has moved on."""

    __slots__ = (
        "_call",
        "_counts",
        "_deadline",
        "_invoker",
        "_limit_timer",
        "_over",
        "_retry_timer",
        "_settled",
        "attempts",
        "effect",
        "function",
        "started",
    )

    def __init__(
        self,
        invoker: Invoker,
        call: LiveCall,
        effect: Invoke,
        settled: Settled,
        function: str,
        counts: FunctionCounts,
    ) -> None:
        self._invoker = invoker
        self._call = call
        self._settled = settled
        self._counts = counts
        self._over = False
        self._limit_timer: Handle | None = None
        self._retry_timer: Handle | None = None
        self.effect = effect
        self.function = function
        self.attempts = 0
        self.started = invoker.clock.now()
        limit = invoker.policy.asynchronous_limit if effect.asynchronous else effect.timeout_seconds
        self._deadline = self.started + limit

    def begin(self) -> None:
        """Make the first attempt and set the time limit."""
        self._attempt()
        if not self._over:
            clock = self._invoker.clock
            self._limit_timer = clock.call_later(self._deadline - clock.now(), self._time_out)

    def cancel(self) -> None:
        """Report no outcome and make no further attempt. The attempt in progress continues at the function."""
        if not self._over:
            self._counts.failed += 1
            self._counts.cancelled += 1
            self._close()

    def described(self, result: LambdaResult | LambdaFailed) -> Mapping[str, Any]:
        """Return the details of its event `lambda` (`ports.Listener`)."""
        return {
            "function": self.function,
            "outcome": "succeeded" if isinstance(result, LambdaResult) else result.kind,
            "seconds": self._invoker.clock.now() - self.started,
            "attempts": self.attempts,
            "asynchronous": self.effect.asynchronous,
        }

    def _attempt(self) -> None:
        self._retry_timer = None
        self.attempts += 1
        self._counts.attempts += 1
        self._call.count_attempt(self.function, self.attempts)
        self._invoker.functions.invoke(self._call, self.effect, self._answered)

    def _answered(self, result: LambdaResult | LambdaFailed) -> None:
        if type(result) is LambdaResult:
            if not self._over:
                self._counts.succeeded += 1
                self._settle(result)
            return
        assert isinstance(result, LambdaFailed)
        if result.kind == "throttled":
            self._counts.throttled += 1
            if self.attempts == 1:
                self._counts.first_throttled += 1
        else:
            self._counts.errors += 1
        if self._over:
            return
        policy, clock = self._invoker.policy, self._invoker.clock
        delay = policy.delay(self.attempts - 1)
        if (
            result.kind in policy.retried
            and self.attempts <= policy.max_retries
            and clock.now() + delay < self._deadline
        ):
            self._retry_timer = clock.call_later(delay, self._attempt)
            return
        self._counts.failed += 1
        if result.kind == "timeout":
            self._counts.timed_out += 1
        self._settle(result)

    def _time_out(self) -> None:
        self._limit_timer = None
        if not self._over:
            self._counts.failed += 1
            self._counts.timed_out += 1
            seconds = self._deadline - self.started
            self._settle(LambdaFailed("timeout", f"no answer within {seconds:g} s, {self.attempts} attempts"))

    def _settle(self, result: LambdaResult | LambdaFailed) -> None:
        self._close()
        seconds = self._invoker.clock.now() - self.started
        if seconds > 0.0:
            if isinstance(result, LambdaResult):
                result = LambdaResult(result.payload, result.size, seconds)
            else:
                result = LambdaFailed(result.kind, result.detail, seconds)
        self._settled(result, self)

    def _close(self) -> None:
        self._over = True
        for timer in (self._limit_timer, self._retry_timer):
            if timer is not None:
                timer.cancel()
        self._limit_timer = self._retry_timer = None
