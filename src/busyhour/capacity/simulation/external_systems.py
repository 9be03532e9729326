"""External systems in the simulation: behind functions (a CRM, a database pool), and the carrier.

A function's requests to a system are made one after the other, within the function's own latency. Each
occupies one place of a concurrency limit while it runs. A rejected request is counted and makes the function
fail, so that Connect retries the invocation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from busyhour.calls.chance import Stream, key_of
from busyhour.calls.ports import Clock
from busyhour.capacity.simulation.gauges import Counter, Gauge
from busyhour.capacity.simulation.rejections import Rejections
from busyhour.flows.actions.functions import function_name
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult
from busyhour.scenarios.model import Distribution, ExternalLimit
from busyhour.scenarios.traffic_plan.draw import sampler
from busyhour.token_bucket import TokenBucket

if TYPE_CHECKING:
    from busyhour.calls.live import LiveCall
    from busyhour.calls.ports import Functions
    from busyhour.capacity.simulation.functions import Done

REJECTED = "rejected by the system behind it"


@dataclass(slots=True)
class ExternalUse:
    """Requests to one system, and how many it rejected."""

    requests: Counter
    level: Gauge
    """Requests in progress."""
    counted: int = 0
    rejected: Rejections = field(default_factory=Rejections)
    first_attempts: int = 0
    """Excludes requests of invocations that retry a failed one."""
    first_rejected: int = 0


class ExternalSystems:
    """The external systems of a simulated run.

    Args:
        clock: the run's clock. seed: of the run. limits: by name. enforced: whether anything is rejected.
    """

    def __init__(
        self, clock: Clock, seed: int, limits: Mapping[str, ExternalLimit], *, enforced: bool
    ) -> None:
        self._clock = clock
        self._seed = seed
        self._enforced = enforced
        self.use = {name: ExternalUse(Counter(clock), Gauge(clock)) for name in limits}
        """By name."""
        self._systems = [_System(limit, self.use[name]) for name, limit in limits.items()]

    def restart(self) -> None:
        """Count from now on."""
        for use in self.use.values():
            use.requests.restart()
            use.level.restart()
            use.counted, use.rejected = 0, Rejections()
            use.first_attempts = use.first_rejected = 0

    def is_used_by(self, function: str) -> bool:
        """Whether invocations of the function send requests to any system."""
        return any(function in system.limit.functions for system in self._systems)

    def invocation(self, function: str, call: int, attempt: int, *, again: bool = False) -> bool:
        """Make the requests of one invocation; return whether all were served.

        Args:
            again: whether the invocation retries a failed one.
            function: name of the function.
            call: the call it belongs to.
            attempt: number of the attempt.
        """
        for system in self._systems:
            if function in system.limit.functions:
                stream = Stream(self._seed, call, system.purpose + attempt)
                mean = system.limit.per_invocation
                times = int(mean) + (1 if stream.random() < mean % 1.0 else 0)
                if times and not self._ask(system, stream, times, again):
                    return False
        return True

    def call_starts(self, in_progress: int) -> bool:
        """Whether the carrier admits a call in addition to `in_progress` others."""
        for system in self._systems:
            if system.limit.calls and not self._admit(system, in_progress, 1):
                return False
        return True

    def _ask(self, system: _System, stream: Stream, times: int, again: bool) -> bool:
        if not self._admit(system, system.use.level.value, times, again):
            return False
        if system.takes is not None:
            system.use.level.up()
            self._clock.call_later(sum(system.takes(stream) for _ in range(times)), system.use.level.down)
        return True

    def _admit(self, system: _System, busy: int, times: int, again: bool = False) -> bool:
        now, use = self._clock.now(), system.use
        for _ in range(times):
            use.counted += 1
            use.first_attempts += not again
            use.requests.count()
            full = system.limit.concurrency is not None and busy >= system.limit.concurrency
            if self._enforced and (full or not system.bucket.take(now)):
                use.rejected.record(now)
                use.first_rejected += not again
                return False
        return True


class _System:
    """One system: its limit, its tokens, its requests."""

    def __init__(self, limit: ExternalLimit, use: ExternalUse) -> None:
        self.limit = limit
        self.use = use
        self.purpose = key_of(f"limits/{limit.name}")
        rate = float("inf") if limit.rate is None else limit.rate
        self.bucket = TokenBucket(rate, limit.burst)
        self.takes = sampler(limit.takes or Distribution("constant", 0.0)) if limit.functions else None


class ExternalFunctions:
    """A `calls.ports.Functions` that wraps another; external systems may make its invocations fail.

    Args:
        functions: makes the invocations. systems: receive the invocations' requests.
    """

    def __init__(self, functions: Functions, systems: ExternalSystems) -> None:
        self._functions = functions
        self._systems = systems

    def invoke(self, call: LiveCall, effect: Invoke, done: Done) -> None:
        """Make one attempt; it fails if a system rejects one of its requests."""
        name = function_name(effect.function_arn)
        if not self._systems.is_used_by(name):
            self._functions.invoke(call, effect, done)
            return
        attempt, again = call.attempts.get(name, 1), call.latest_attempt > 1

        def served(outcome: LambdaResult | LambdaFailed) -> None:
            if isinstance(outcome, LambdaResult) and not self._systems.invocation(
                name, call.index, attempt, again=again
            ):
                outcome = LambdaFailed("function_error", REJECTED)
            done(outcome)

        self._functions.invoke(call, effect, served)
