"""Requirements by kind of limit: lines, executions, a token bucket, a number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from scipy.optimize import brentq

from busyhour.capacity.theory import peakedness as peaked
from busyhour.capacity.theory.bucket_retries import first_throttled_by_bucket
from busyhour.capacity.theory.erlang import (
    erlang_b,
    load_for_blocking,
    servers_for_blocking,
)
from busyhour.capacity.theory.finite_buffer import token_bucket_loss
from busyhour.capacity.theory.lambda_retries import PAUSES, first_throttled
from busyhour.capacity.theory.retrials import at_once, attempts_per_call, with_redials
from busyhour.scenarios.model import Redial

TOLERATED = 0.01
"""Share of first attempts that may be rejected without an objective for it."""

CONNECT_RETRIES = 3
"""Most retries by Connect of a throttled invocation (Admin Guide, connect-lambda-functions)."""

REQUESTS_PER_EXECUTION = 10.0
"""Requests/s that Lambda serves for each concurrent execution (Developer Guide, lambda-concurrency)."""

ROUNDING = 1e-9

MOST_TOLERATED = 1.0 - ROUNDING
"""Largest share that an objective tolerates: all may be rejected."""

LARGEST = 1e15

CLOSE = 1e-8
"""Relative accuracy of a load that is searched."""


def tolerated_share(at_most: float | None, attempts_per_hour: float) -> float:
    """Return the share of first attempts that an objective tolerates.

    Args:
        at_most: the objective's bound, a share; None: no objective, 1 % is tolerated. 0 means less than one
            expected rejection in the planned busy hour.
        attempts_per_hour: first attempts in the planned busy hour.
    """
    if at_most is None:
        return TOLERATED
    if at_most > 0:
        return min(at_most, MOST_TOLERATED)
    return MOST_TOLERATED / max(attempts_per_hour, 2.0)


@dataclass(frozen=True, slots=True)
class OfferedLoad:
    """A requirement whose load is in erlangs: `erlang` at the planned volume."""

    erlang: float

    def load(self, factor: float = 1.0) -> float:
        """Return the offered load of first attempts in erlangs at `factor` times the planned volume."""
        return self.erlang * factor


@dataclass(frozen=True, slots=True)
class Lines(OfferedLoad):
    """Lines without a waiting room (concurrent calls): Erlang B, or Hayward's approximation.

    `erlang` is the load of first attempts, `peakedness` the variance-to-mean ratio of the calls in progress
    (1: Poisson). Blocked callers redial with probability `redial_share`, at most `redial_attempts` times.
    """

    model: ClassVar[str] = "lines"
    share: float = TOLERATED
    peakedness: float = 1.0
    redial_share: float = 0.0
    redial_attempts: int = 0

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of attempts that find every line busy."""
        load, lines = self.load(factor), math.floor(value + ROUNDING)
        return with_redials(
            lambda attempts: lines_blocked(load * attempts, lines, self.peakedness), self._redial
        ).refused

    def smallest(self, factor: float) -> int:
        """Return the fewest lines that block at most `share`."""
        load = self.load(factor) * self._attempts
        if self.peakedness == 1.0:
            return servers_for_blocking(load, self.share)
        return peaked.lines_for_blocking(load, self.share, self.peakedness)

    def largest_load(self, value: float) -> float:
        """Return the load of first attempts in erlangs of which `value` lines block `share`."""
        lines = math.floor(value + ROUNDING)
        if lines <= 0:
            return 0.0
        if self.peakedness == 1.0:
            return load_for_blocking(lines, self.share) / self._attempts
        return peaked.load_for_blocking(lines, self.share, self.peakedness) / self._attempts

    @property
    def _redial(self) -> Redial | None:
        return at_once(self.redial_share, self.redial_attempts)

    @property
    def _attempts(self) -> float:
        return attempts_per_call(self.share, self._redial)


@dataclass(frozen=True, slots=True)
class Executions(OfferedLoad):
    """Concurrent Lambda executions with Connect's retries, and ten requests/s per execution.

    `erlang` is the load of first attempts, `per_second` their rate; `reserved` executions of the value are
    reserved for other functions. A throttled invocation is retried up to `retries` times, soon, when
    executions are still nearly all busy (see `lambda_retries`). `pauses` are the seconds before each retry.
    Places of an external system (`by_rate` false) have no limit of ten requests/s.
    """

    model: ClassVar[str] = "executions"
    per_second: float
    share: float = TOLERATED
    retries: int = CONNECT_RETRIES
    reserved: float = 0.0
    pauses: tuple[float, ...] = PAUSES
    by_rate: bool = True

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of first attempts that Lambda throttles, by the tighter of the two limits."""
        own = max(0.0, value - self.reserved)
        full = self._full(math.floor(own + ROUNDING), factor)
        if not self.by_rate:
            return full
        return max(full, excess(self.per_second * factor, REQUESTS_PER_EXECUTION * own))

    def _full(self, executions: int, factor: float) -> float:
        """Return the share of first attempts that find every execution busy.

        Without a rate, retries are assumed to be throttled like all requests.
        """
        if self.load(factor) <= 0:
            return 0.0
        if not self.retries or executions < 1 or self.per_second <= 0:
            return self._lines.rejected(executions, factor)
        seconds = self.erlang / self.per_second
        return first_throttled(self.per_second * factor, seconds, executions, self.pauses[: self.retries])

    def smallest(self, factor: float) -> int:
        """Return the fewest executions that throttle at most `share`."""
        served = self.per_second * factor * (1.0 - self.share)
        least = math.ceil(served / REQUESTS_PER_EXECUTION - ROUNDING) if self.by_rate else 0
        own, step = self._lines.smallest(factor), 1
        while self._full(own, factor) > self.share:
            own, step = own + step, 2 * step
        while own > 0 and self._full(own - 1, factor) <= self.share:
            own -= 1
        return math.ceil(self.reserved) + max(own, least)

    def largest_factor(self, value: float) -> float:
        """Return the multiple of the planned volume of which `value` executions throttle `share`."""
        own = max(0.0, value - self.reserved)
        by_lines = self._largest(math.floor(own + ROUNDING)) / self.erlang if self.erlang > 0 else math.inf
        if self.per_second <= 0 or not self.by_rate:
            return by_lines
        served = self.per_second * (1.0 - self.share)
        return min(by_lines, REQUESTS_PER_EXECUTION * own / served)

    def _largest(self, executions: int) -> float:
        """Return the load of first attempts in erlangs of which `share` find every execution busy."""
        about = self._lines.largest_load(executions)
        if not self.retries or executions < 1 or self.per_second <= 0:
            return about
        low, high = 0.5 * about, 1.1 * about
        while low > 0.0 and self._full(executions, low / self.erlang) > self.share:
            low, high = (0.5 * low if low > ROUNDING else 0.0), low
        while self._full(executions, high / self.erlang) <= self.share:
            low, high = high, 2.0 * high
        found: float = brentq(
            lambda load: self._full(executions, load / self.erlang) - self.share, low, high, rtol=CLOSE
        )
        return found

    @property
    def _lines(self) -> Lines:
        retried = 1.0 if self.retries else 0.0
        return Lines(self.erlang, self.share, redial_share=retried, redial_attempts=self.retries)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Requests/s through a token bucket (M/D/1, see `finite_buffer.token_bucket_loss`).

    `per_second` is the mean rate of requests. The bucket has `burst` tokens at a rate of `rate`; at another
    rate the burst differs by the same amount, as in AWS's documented pairs (2/5, 10/15, 20/25). Requests at
    even intervals (`even`) pass up to the rate. Throttled ones are retried after `pauses`, see
    `bucket_retries`; `at_once` of them come together, and are throttled together.
    """

    model: ClassVar[str] = "bucket"
    per_second: float
    rate: float
    burst: float
    share: float = TOLERATED
    even: bool = False
    pauses: tuple[float, ...] = ()
    at_once: float = 1.0

    def load(self, factor: float = 1.0) -> float:
        """Return the requests/s."""
        return self.per_second * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of requests that find no token."""
        load = self.load(factor)
        if self.even:
            return excess(load, value)
        burst = max(1.0, self.burst + value - self.rate) / self.at_once
        if load <= 0 or value <= 0 or burst < 1.0 - ROUNDING:
            return token_bucket_loss(load, value, burst)
        return first_throttled_by_bucket(
            load / self.at_once, value / self.at_once, math.floor(burst + ROUNDING), self.pauses
        )


@dataclass(frozen=True, slots=True)
class Count:
    """A number of resources: agents as users, queues, functions. `grows`: in proportion to the volume."""

    model: ClassVar[str] = "count"
    number: float
    grows: bool = False
    share: ClassVar[float] = 0.0

    def load(self, factor: float = 1.0) -> float:
        """Return the number."""
        return self.number * factor if self.grows else self.number

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of the resources that exceed the limit."""
        return excess(self.load(factor), value)


def lines_blocked(load: float, lines: int, peakedness: float) -> float:
    """Return the share blocked by Erlang B, or by Hayward's approximation if the arrivals are not Poisson."""
    return erlang_b(load, lines) if peakedness == 1.0 else peaked.blocking(load, lines, peakedness)


def excess(load: float, value: float) -> float:
    """Return the share of `load` above `value`."""
    return max(0.0, 1.0 - value / load) if load > 0 else 0.0
