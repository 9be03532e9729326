"""Systems behind the functions in the simulation: a CRM, a database pool; and beside the calls, a carrier.

A function's requests to a system are made one after the other, within the function's own latency; they hold one place
of a concurrency for as long as they take. A rejected request is counted, and the function answers as with an error, so
that Connect invokes it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from busyhour.calls.chance import Stream, key_of
from busyhour.calls.invoker import function_name
from busyhour.calls.ports import Clock
from busyhour.capacity.simulation.gauges import Counter, Gauge
from busyhour.capacity.simulation.rejections import Turned
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
    """What one system was asked, and what it rejected."""

    requests: Counter
    level: Gauge
    """Requests at a time."""
    asked: int = 0
    rejected: Turned = field(default_factory=Turned)
    first_asked: int = 0
    """Without the requests of invocations that repeat one that failed."""
    first_rejected: int = 0


class ExternalSystems:
    """The systems of a simulated run.

    Args:
        clock: the run's clock.
        seed: of the run.
        limits: by name.
        enforced: whether anything is rejected.
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
            use.asked, use.rejected = 0, Turned()
            use.first_asked = use.first_rejected = 0

    def asked_by(self, function: str) -> bool:
        """Whether invocations of the function ask for anything."""
        return any(function in system.limit.functions for system in self._systems)

    def invocation(self, function: str, call: int, attempt: int, *, again: bool = False) -> bool:
        """Make the requests of one invocation; whether all were served. `again`: it repeats one that failed."""
        for system in self._systems:
            if function in system.limit.functions:
                stream = Stream(self._seed, call, system.purpose + attempt)
                mean = system.limit.per_invocation
                times = int(mean) + (1 if stream.random() < mean % 1.0 else 0)
                if times and not self._ask(system, stream, times, again):
                    return False
        return True

    def call_starts(self, in_progress: int) -> bool:
        """Whether a call may start beside this number of others."""
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
            use.asked += 1
            use.first_asked += not again
            use.requests.count()
            full = system.limit.concurrency is not None and busy >= system.limit.concurrency
            if self._enforced and (full or not system.bucket.take(now)):
                use.rejected.away(now)
                use.first_rejected += not again
                return False
        return True


class _System:
    """One system: its limit, its tokens, what it was asked."""

    def __init__(self, limit: ExternalLimit, use: ExternalUse) -> None:
        self.limit = limit
        self.use = use
        self.purpose = key_of(f"limits/{limit.name}")
        rate = float("inf") if limit.rate is None else limit.rate
        self.bucket = TokenBucket(rate, limit.burst)
        self.takes = sampler(limit.takes or Distribution("constant", 0.0)) if limit.functions else None


class ExternalFunctions:
    """`calls.ports.Functions` over others, which systems behind them may fail.

    Args:
        functions: what invokes.
        systems: what invocations ask.
    """

    def __init__(self, functions: Functions, systems: ExternalSystems) -> None:
        self._functions = functions
        self._systems = systems

    def invoke(self, call: LiveCall, effect: Invoke, done: Done) -> None:
        """Make one attempt; it fails where a system rejects one of its requests."""
        name = function_name(effect.function_arn)
        if not self._systems.asked_by(name):
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
