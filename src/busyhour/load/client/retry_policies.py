"""Retry policies of the AWS SDKs as objects: none, standard, adaptive. Pure: outcomes and times are passed in.

What an application's SDK does with a throttle determines the effect of a busy hour on the application. A
scenario can therefore name its application's policy, and the effect is measured. The rules are those that the
AWS SDKs and Tools Reference Guide describes under "Retry behavior" (as of 2026: error-dependent backoff, retry
quota, CUBIC rate limiter) and that botocore 1.44 implements; a test compares these objects with botocore's own.
The one rule left out is the `x-amz-retry-after` header, which none of the services driven here documents.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from busyhour.load.error_classes import Class
from busyhour.scenarios.account import Client, RetryMode

MAX_ATTEMPTS = 3
MAX_ATTEMPTS_OF = {"dynamodb": 4}
"""Attempts of one request in total, unless scenario or service set another number."""

BASE_SECONDS = 0.05
BASE_SECONDS_OF = {"dynamodb": 0.025}
THROTTLED_BASE_SECONDS = 1.0
LONGEST_SECONDS = 20.0
"""Backoff before attempt i + 1 (i from 1): random from 0 to min(base * 2^(i - 1), longest), in seconds."""

QUOTA = 500
COST = 14
THROTTLED_COST = 5
REFUND = 1
"""The retry quota of one client: initial and maximum value, cost of a retry, refund for a success."""

_ROUNDING = 1e-9
"""Tolerance in tokens: a caller that waits exactly as long as a token takes gets it."""

THROTTLES = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "EC2ThrottledException", "SlowDown"),
        *(
            "RequestThrottled",
            "RequestThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
        ),
        *(
            "ProvisionedThroughputExceededException",
            "TransactionInProgressException",
            "LimitExceededException",
        ),
        *("BandwidthLimitExceeded", "PriorRequestNotComplete"),
    }
)
"""Error codes that an SDK treats as a throttle, for any service."""

TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException"})
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})

OWN_FAULTS = frozenset({"ConnectionLimit", "closed"})
"""Codes of failures of the generator itself; an application would not have had them."""


class Failure(StrEnum):
    """Kind of failure for which an SDK would retry."""

    THROTTLE = "throttle"
    TRANSIENT = "transient"


def failure_of(kind: Class, status: int, code: str) -> Failure | None:
    """Return the kind of failure that an SDK would retry; None for a success or any other response."""
    if kind in (Class.OK, Class.FUNCTION_ERROR) or code in OWN_FAULTS:
        return None
    if code in THROTTLES or status == 429:
        return Failure.THROTTLE
    if kind in (Class.TIMEOUT, Class.CONNECTION) or status in TRANSIENT_STATUSES or code in TRANSIENT_CODES:
        return Failure.TRANSIENT
    return None


@dataclass(slots=True)
class Tries:
    """State of a policy for one request."""

    attempts: int = 0
    cost: int = 0
    """Tokens that its last retry took from the quota."""
    quota_empty: bool = False


class Policy(Protocol):
    """Decisions of an SDK before and after an attempt.

    One object for one client; times are seconds of any clock.
    """

    def hold(self, now: float) -> float:
        """Return the seconds until an attempt may be sent; 0: it may be sent now and counts as sent."""

    def succeeded(self, tries: Tries, now: float) -> None:
        """Record the success of an attempt."""

    def failed(self, tries: Tries, failure: Failure | None, now: float) -> float | None:
        """Record a failed attempt; return the seconds until the next one, or None for no retry.

        `failure`: see `failure_of`.
        """


class Standard:
    """Limited attempts, jittered exponential backoff, and a retry quota that is used up by continued failures.

    Args:
        service: botocore's name of the service; DynamoDB has its own values.
        uniform: returns numbers from 0 to 1.
        max_attempts: attempts of one request in total; None: the SDKs' default.
    """

    def __init__(self, service: str, uniform: Callable[[], float], max_attempts: int | None = None) -> None:
        self.max_attempts = max_attempts or MAX_ATTEMPTS_OF.get(service, MAX_ATTEMPTS)
        self.quota = QUOTA
        self._uniform = uniform
        self._base = BASE_SECONDS_OF.get(service, BASE_SECONDS)

    def hold(self, now: float) -> float:
        """Return 0: this policy never delays a first attempt."""
        return 0.0

    def succeeded(self, tries: Tries, now: float) -> None:
        """Refund the cost of the last retry, or a small amount."""
        self.quota = min(QUOTA, self.quota + (tries.cost or REFUND))

    def failed(self, tries: Tries, failure: Failure | None, now: float) -> float | None:
        """Back off, if attempts and quota are left."""
        if failure is None or tries.attempts >= self.max_attempts:
            return None
        throttled = failure is Failure.THROTTLE
        cost = THROTTLED_COST if throttled else COST
        if cost > self.quota:
            tries.quota_empty = True
            return None
        self.quota -= cost
        tries.cost = cost
        base = THROTTLED_BASE_SECONDS if throttled else self._base
        return self._uniform() * min(base * 2.0 ** (tries.attempts - 1), LONGEST_SECONDS)


class Adaptive(Standard):
    """As `Standard`; from the first throttle on, every attempt waits for a rate that adapts to throttles.

    Args:
        now: time of creation.
    """

    def __init__(
        self, service: str, uniform: Callable[[], float], max_attempts: int | None = None, *, now: float = 0.0
    ) -> None:
        super().__init__(service, uniform, max_attempts)
        self.limiter = RateLimiter(now)

    def hold(self, now: float) -> float:
        """Return the seconds until the rate limiter has a token."""
        return self.limiter.acquire(now)

    def succeeded(self, tries: Tries, now: float) -> None:
        """Record a success; the rate may grow."""
        super().succeeded(tries, now)
        self.limiter.update(throttled=False, now=now)

    def failed(self, tries: Tries, failure: Failure | None, now: float) -> float | None:
        """Record a failure; a throttle lowers the rate."""
        self.limiter.update(throttled=failure is Failure.THROTTLE, now=now)
        return super().failed(tries, failure, now)


def make_policy(client: Client, service: str, uniform: Callable[[], float], now: float) -> Policy | None:
    """Return the scenario's policy for one client of one service; None: one attempt for each request."""
    match client.retry:
        case RetryMode.NONE:
            return None
        case RetryMode.STANDARD:
            return Standard(service, uniform, client.max_attempts)
        case RetryMode.ADAPTIVE:
            return Adaptive(service, uniform, client.max_attempts, now=now)


class RateLimiter:
    """Token bucket whose rate falls to 0.7 of the measured one at a throttle and grows back along a cubic curve.

    The curve is that of CUBIC (RFC 9438, there for congestion windows) with the constants of the AWS SDKs.
    """

    BETA = 0.7
    SCALE = 0.4
    SMOOTHING = 0.8
    MEASURED_SECONDS = 0.5
    LEAST_RATE = 0.5
    MOST_OF_MEASURED = 2.0

    def __init__(self, now: float) -> None:
        self.enabled = False
        self.rate = 1.0
        """Tokens a second; above 1 also the size of the bucket."""
        self.measured = 0.0
        self._tokens = 0.0
        self._filled_at = now
        self._highest = 0.0
        self._plateau = 0.0
        self._throttled_at = now
        self._bucket = float(math.floor(now))
        self._count = 0

    def acquire(self, now: float) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        if not self.enabled:
            return 0.0
        self._fill(now)
        if self._tokens >= 1.0 - _ROUNDING:
            self._tokens = max(0.0, self._tokens - 1.0)
            return 0.0
        return (1.0 - self._tokens) / self.rate

    def update(self, *, throttled: bool, now: float) -> None:
        """Update the rate with a response."""
        self._measure(now)
        if throttled:
            current = min(self.measured, self.rate) if self.enabled else self.measured
            self._highest = current
            self._plateau = (current * (1.0 - self.BETA) / self.SCALE) ** (1.0 / 3.0)
            self._throttled_at = now
            wanted = current * self.BETA
            self.enabled = True
        else:
            since = now - self._throttled_at
            wanted = self.SCALE * (since - self._plateau) ** 3 + self._highest
        self._set(min(wanted, self.MOST_OF_MEASURED * self.measured), now)

    def _set(self, rate: float, now: float) -> None:
        self._fill(now)
        self.rate = max(rate, self.LEAST_RATE)
        self._tokens = min(self._tokens, max(rate, 1.0))

    def _fill(self, now: float) -> None:
        self._tokens = min(max(self.rate, 1.0), self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now

    def _measure(self, now: float) -> None:
        bucket = math.floor(now / self.MEASURED_SECONDS) * self.MEASURED_SECONDS
        self._count += 1
        if bucket > self._bucket:
            current = self._count / (bucket - self._bucket)
            self.measured = current * self.SMOOTHING + self.measured * (1.0 - self.SMOOTHING)
            self._count = 0
            self._bucket = bucket
