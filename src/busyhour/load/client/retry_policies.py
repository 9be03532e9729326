"""Retry policies of the AWS SDKs as objects: none, standard, adaptive. Pure: are told what happened and when.

What an application's SDK does with a throttle decides what a busy hour does to the application, so a scenario may say
which policy its application has, and the effect is measured. The rules are those that the AWS SDKs and Tools Reference
Guide describes under "Retry behavior" (as of 2026: error-dependent backoff, retry quota, CUBIC rate limiter) and that
botocore 1.44 implements; a test holds these objects against botocore's own. The one rule that is left out is the
`x-amz-retry-after` header, which no service that is driven here documents.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from busyhour.load.error_classes import Class
from busyhour.scenarios.model import Client, RetryMode

MAX_ATTEMPTS = 3
MAX_ATTEMPTS_OF = {"dynamodb": 4}
"""Attempts of one request altogether, where neither scenario nor service says otherwise."""

BASE_SECONDS = 0.05
BASE_SECONDS_OF = {"dynamodb": 0.025}
THROTTLED_BASE_SECONDS = 1.0
LONGEST_SECONDS = 20.0
"""Backoff before attempt i + 1 (i from 1): random from 0 to min(base * 2^(i - 1), longest)."""

QUOTA = 500
COST = 14
THROTTLED_COST = 5
REFUND = 1
"""The retry quota of one client: what it starts with and never exceeds, what a retry takes, what a success gives."""

_ROUNDING = 1e-9
"""Of a token: who waits for exactly as long as a token takes shall have it."""

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
"""Error codes that an SDK takes for a throttle, by whatever service."""

TRANSIENT_CODES = frozenset({"RequestTimeout", "RequestTimeoutException"})
TRANSIENT_STATUSES = frozenset({500, 502, 503, 504})

OWN_FAULTS = frozenset({"ConnectionLimit", "closed"})
"""Codes of failures that are the generator's own; an application would not have had them."""


class Failure(StrEnum):
    """What kind of failure an SDK takes an answer for, where it would try again."""

    THROTTLE = "throttle"
    TRANSIENT = "transient"


def failure_of(kind: Class, status: int, code: str) -> Failure | None:
    """What an SDK would take this answer for; None: a success, or nothing that it would try again."""
    if kind in (Class.OK, Class.FUNCTION_ERROR) or code in OWN_FAULTS:
        return None
    if code in THROTTLES or status == 429:
        return Failure.THROTTLE
    if kind in (Class.TIMEOUT, Class.CONNECTION) or status in TRANSIENT_STATUSES or code in TRANSIENT_CODES:
        return Failure.TRANSIENT
    return None


@dataclass(slots=True)
class Tries:
    """What a policy keeps of one request."""

    attempts: int = 0
    cost: int = 0
    """What its last retry took from the quota."""
    quota_empty: bool = False


class Policy(Protocol):
    """What an SDK does before an attempt and after it. One object for one client; times are seconds of any clock."""

    def hold(self, now: float) -> float:
        """Seconds until an attempt may be sent; 0: it is sent now and counts as sent."""

    def succeeded(self, tries: Tries, now: float) -> None:
        """An attempt succeeded."""

    def failed(self, tries: Tries, failure: Failure | None, now: float) -> float | None:
        """An attempt failed: seconds until the next one, or None where there is none. `failure`: see `failure_of`."""


class Standard:
    """At most so many attempts, jittered exponential backoff, and a retry quota that empties when failures go on.

    Args:
        service: botocore's name of it; DynamoDB has values of its own.
        uniform: gives numbers from 0 to 1.
        max_attempts: attempts of one request altogether; None: the SDKs' default.
    """

    def __init__(self, service: str, uniform: Callable[[], float], max_attempts: int | None = None) -> None:
        self.max_attempts = max_attempts or MAX_ATTEMPTS_OF.get(service, MAX_ATTEMPTS)
        self.quota = QUOTA
        self._uniform = uniform
        self._base = BASE_SECONDS_OF.get(service, BASE_SECONDS)

    def hold(self, now: float) -> float:
        """Nothing is held back."""
        return 0.0

    def succeeded(self, tries: Tries, now: float) -> None:
        """Give back what the last retry took, or a little."""
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
    """As `Standard`, and from the first throttle on every attempt waits for a rate that follows the throttles.

    Args:
        now: the time of its making.
    """

    def __init__(
        self, service: str, uniform: Callable[[], float], max_attempts: int | None = None, *, now: float = 0.0
    ) -> None:
        super().__init__(service, uniform, max_attempts)
        self.limiter = RateLimiter(now)

    def hold(self, now: float) -> float:
        """Until the rate limiter has a token."""
        return self.limiter.acquire(now)

    def succeeded(self, tries: Tries, now: float) -> None:
        """The rate may grow."""
        super().succeeded(tries, now)
        self.limiter.heard(throttled=False, now=now)

    def failed(self, tries: Tries, failure: Failure | None, now: float) -> float | None:
        """A throttle lowers the rate."""
        self.limiter.heard(throttled=failure is Failure.THROTTLE, now=now)
        return super().failed(tries, failure, now)


def make_policy(client: Client, service: str, uniform: Callable[[], float], now: float) -> Policy | None:
    """The scenario's policy for one client of one service; None: one attempt for each request."""
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
        """Tokens a second, and where above 1 the size of the bucket too."""
        self.measured = 0.0
        self._tokens = 0.0
        self._filled_at = now
        self._highest = 0.0
        self._plateau = 0.0
        self._throttled_at = now
        self._bucket = float(math.floor(now))
        self._count = 0

    def acquire(self, now: float) -> float:
        """Take a token and return 0, or the seconds until there is one."""
        if not self.enabled:
            return 0.0
        self._fill(now)
        if self._tokens >= 1.0 - _ROUNDING:
            self._tokens = max(0.0, self._tokens - 1.0)
            return 0.0
        return (1.0 - self._tokens) / self.rate

    def heard(self, *, throttled: bool, now: float) -> None:
        """An answer came."""
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
