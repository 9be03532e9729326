"""Admission of invocations: concurrency of the account and of a function, request rate, scaling rate of a function.

Pure: time is passed in. Facts: Lambda Developer Guide, gettingstarted-limits and lambda-concurrency
(concurrency 1,000 by default, 10 requests a second for each unit of it, 1,000 new environments in 10 s for each
function, 100 always unreserved); the reasons are those of botocore's TooManyRequestsException.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from busyhour.emulator.interfaces import Quotas
from busyhour.token_bucket import TokenBucket

ACCOUNT_CONCURRENCY = "lambda.concurrent-executions"
SCALING = "lambda.concurrency-scaling-rate"
INVOKE_RATE = "lambda.invoke.rate"
UNRESERVED_FLOOR = "lambda.unreserved-concurrency-floor"

RATE_PER_CONCURRENCY = 10.0
SCALING_WINDOW = 10.0
IDLE_LIFETIME = 600.0
"""Seconds that an idle environment stays warm. AWS publishes no figure; the emulator's own assumption."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """Why an invocation was rejected: AWS's `reason`, and its quota.

    `quota` is None for the function's own reserved concurrency.
    """

    reason: str
    quota: str | None
    retry_after: float = 1.0


@dataclass(slots=True)
class _Load:
    """Counters of one function, or of the account."""

    running: int = 0
    rate: TokenBucket = field(default_factory=lambda: TokenBucket(0.0, math.inf))
    scaling: TokenBucket = field(default_factory=lambda: TokenBucket(0.0, math.inf))
    """Full, regardless of the size that the first request gives them."""
    idle_since: list[float] = field(default_factory=list)
    """Last use of each warm environment, oldest first; the newest is reused first."""


class Admission:
    """Counts running invocations and admits new ones.

    Args:
        quotas: applied values; read at every request, because increases are applied while running.
    """

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._account = _Load()
        self._functions: dict[str, _Load] = {}
        self._unreserved = 0
        self._second = -1
        self._in_second = 0

    @property
    def running(self) -> int:
        """Number of invocations in progress in the account."""
        return self._account.running

    def running_of(self, name: str) -> int:
        """Number of invocations in progress of the function `name`."""
        load = self._functions.get(name)
        return load.running if load else 0

    def admit(self, name: str, reserved: int | None, reserved_total: int, now: float) -> Throttle | bool:
        """Admit one invocation of `name`, or return the reason. True: it needs a new environment, a cold start.

        Rejected invocations count as requested in the quotas' highest use.

        `reserved` is the function's reserved concurrency, `reserved_total` that of all functions together.
        """
        load = self._functions.setdefault(name, _Load())
        self._quotas.use(ACCOUNT_CONCURRENCY, self._account.running + 1, now)
        second = int(now)
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += 1
        self._quotas.use(INVOKE_RATE, self._in_second, now)
        account_limit = self._quotas.applied(ACCOUNT_CONCURRENCY)
        if reserved is not None:
            if load.running >= reserved:
                return Throttle("ReservedFunctionConcurrentInvocationLimitExceeded", None)
        elif self._unreserved >= account_limit - reserved_total:
            return Throttle("ConcurrentInvocationLimitExceeded", ACCOUNT_CONCURRENCY)
        bucket = load.rate if reserved is not None else self._account.rate
        limit = reserved if reserved is not None else account_limit - reserved_total
        rate = RATE_PER_CONCURRENCY * limit
        bucket.resize(rate, rate, now)
        if not bucket.covers(now, 1.0):
            if reserved is not None:
                return Throttle("ReservedFunctionInvocationRateLimitExceeded", None)
            return Throttle("FunctionInvocationRateLimitExceeded", INVOKE_RATE)
        while load.idle_since and load.idle_since[0] < now - IDLE_LIFETIME:
            load.idle_since.pop(0)
        cold = not load.idle_since
        if cold:
            step = self._quotas.applied(SCALING)
            load.scaling.resize(step / SCALING_WINDOW, step, now)
            if not load.scaling.take(now):
                return Throttle("ConcurrentInvocationLimitExceeded", SCALING)
            self._quotas.use(SCALING, step - load.scaling.tokens, now)
        else:
            load.idle_since.pop()
        bucket.pay(1.0)
        load.running += 1
        self._account.running += 1
        if reserved is None:
            self._unreserved += 1
        return cold

    def release(self, name: str, *, reserved: bool, now: float, reusable: bool = True) -> None:
        """End an admitted invocation. `reserved` as at its start; a broken environment is not reused."""
        load = self._functions[name]
        load.running -= 1
        self._account.running -= 1
        if not reserved:
            self._unreserved -= 1
        if reusable:
            load.idle_since.append(now)
