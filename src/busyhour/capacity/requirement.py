"""Requirement of a plan on one limit, and `needed`, the one function for the value that the plan needs.

A requirement is data: the load at the plan's held rate, the share of first attempts that may be rejected, and
the closed form of the share that a value rejects. Forecast, bottlenecks, waves, what-if, requests, ledger and
reports all use `needed`, `carried` and `Requirement.rejected` of the same requirement; a run record contains
it as JSON.

`factor` is a multiple of the planned volume: 1 is the plan. Loads are in the unit of the limit: erlang for
calls, executions, agents and places in a queue; requests/s or units/s for rates; a number for counted
resources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, Protocol

from scipy.optimize import brentq

from busyhour.capacity.theory import peakedness as peaked
from busyhour.capacity.theory.bucket_retries import first_throttled_by_bucket
from busyhour.capacity.theory.erlang import (
    erlang_b,
    load_for_blocking,
    servers_for_blocking,
    waiting_with_abandonment,
)
from busyhour.capacity.theory.finite_buffer import queue_full_share, token_bucket_loss, volume_at
from busyhour.capacity.theory.lambda_retries import PAUSES, first_throttled
from busyhour.capacity.theory.retrials import attempts_per_call, with_redials
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.quotas.figures import tolerance
from busyhour.quotas.headroom import with_headroom as with_headroom  # computed once, for requests as well
from busyhour.scenarios.model import Distribution, Redial

TOLERATED = 0.01
"""Share of first attempts that may be rejected without an objective for it."""
CONNECT_RETRIES = 3
"""Most retries by Connect of a throttled invocation (Admin Guide, connect-lambda-functions)."""
REQUESTS_PER_EXECUTION = 10.0
"""Requests/s that Lambda serves for each concurrent execution (Developer Guide, lambda-concurrency)."""
_ROUNDING = 1e-9
_LARGEST = 1e15
_CLOSE = 1e-8
"""Relative accuracy of a load that is searched."""


class Requirement(Protocol):
    """Requirement of a plan on one limit."""

    model: ClassVar[str]
    """Name of the closed form in a run record."""

    @property
    def share(self) -> float:
        """Largest share of first attempts (0..1) that may be rejected at the plan."""
        ...

    def load(self, factor: float = 1.0) -> float:
        """Return the mean demand in the limit's unit."""
        ...

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of first attempts that a limit of `value` rejects, 0..1."""
        ...


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
        return min(at_most, 1.0 - _ROUNDING)
    return (1.0 - _ROUNDING) / max(attempts_per_hour, 2.0)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines without a waiting room (concurrent calls): Erlang B, or Hayward's approximation.

    `erlang` is the load of first attempts, `peakedness` the variance-to-mean ratio of the calls in progress
    (1: Poisson). Blocked callers redial with probability `redial_share`, at most `redial_attempts` times.
    """

    model: ClassVar[str] = "lines"
    erlang: float
    share: float = TOLERATED
    peakedness: float = 1.0
    redial_share: float = 0.0
    redial_attempts: int = 0

    def load(self, factor: float = 1.0) -> float:
        """Return the offered load of first attempts in erlangs."""
        return self.erlang * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of attempts that find every line busy."""
        load, lines = self.load(factor), math.floor(value + _ROUNDING)
        return with_redials(
            lambda attempts: _blocking(load * attempts, lines, self.peakedness), self._redial
        ).refused

    def smallest(self, factor: float) -> int:
        """Return the fewest lines that block at most `share`."""
        load = self.load(factor) * self._attempts
        if self.peakedness == 1.0:
            return servers_for_blocking(load, self.share)
        return peaked.lines_for_blocking(load, self.share, self.peakedness)

    def largest_load(self, value: float) -> float:
        """Return the load of first attempts in erlangs of which `value` lines block `share`."""
        lines = math.floor(value + _ROUNDING)
        if lines <= 0:
            return 0.0
        if self.peakedness == 1.0:
            return load_for_blocking(lines, self.share) / self._attempts
        return peaked.load_for_blocking(lines, self.share, self.peakedness) / self._attempts

    @property
    def _redial(self) -> Redial | None:
        if not self.redial_share:
            return None
        return Redial(self.redial_share, Distribution("constant", 0.0), self.redial_attempts)

    @property
    def _attempts(self) -> float:
        """Return the attempts per call if `share` of the attempts are blocked."""
        redial = self._redial
        return 1.0 if redial is None else attempts_per_call(self.share, redial)


@dataclass(frozen=True, slots=True)
class Executions:
    """Concurrent Lambda executions with Connect's retries, and ten requests/s per execution.

    `erlang` is the load of first attempts, `per_second` their rate; `reserved` executions of the value are
    reserved for other functions. A throttled invocation is retried up to `retries` times, soon, when
    executions are still nearly all busy (see `lambda_retries`). `pauses` are the seconds before each retry.
    Places of an external system (`by_rate` false) have no limit of ten requests/s.
    """

    model: ClassVar[str] = "executions"
    erlang: float
    per_second: float
    share: float = TOLERATED
    retries: int = CONNECT_RETRIES
    reserved: float = 0.0
    pauses: tuple[float, ...] = PAUSES
    by_rate: bool = True

    def load(self, factor: float = 1.0) -> float:
        """Return the mean concurrent executions in erlangs."""
        return self.erlang * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of first attempts that Lambda throttles, by the tighter of the two limits."""
        own = max(0.0, value - self.reserved)
        full = self._full(math.floor(own + _ROUNDING), factor)
        if not self.by_rate:
            return full
        return max(full, _excess(self.per_second * factor, REQUESTS_PER_EXECUTION * own))

    def _full(self, executions: int, factor: float) -> float:
        """Return the share of first attempts that find every execution busy.

        Without a rate, retries are assumed to be throttled like all requests.
        """
        if not self.retries or executions < 1 or self.load(factor) <= 0 or self.per_second <= 0:
            return self._lines.rejected(executions, factor)
        seconds = self.erlang / self.per_second
        return first_throttled(self.per_second * factor, seconds, executions, self.pauses[: self.retries])

    def smallest(self, factor: float) -> int:
        """Return the fewest executions that throttle at most `share`."""
        served = self.per_second * factor * (1.0 - self.share)
        least = math.ceil(served / REQUESTS_PER_EXECUTION - _ROUNDING) if self.by_rate else 0
        own, step = self._lines.smallest(factor), 1
        while self._full(own, factor) > self.share:
            own, step = own + step, 2 * step
        while own > 0 and self._full(own - 1, factor) <= self.share:
            own -= 1
        return math.ceil(self.reserved) + max(own, least)

    def largest_load(self, value: float) -> float:
        """Return the load of first attempts in erlangs of which `value` executions throttle `share`."""
        own = max(0.0, value - self.reserved)
        by_lines = self._largest(math.floor(own + _ROUNDING))
        if self.per_second <= 0 or not self.by_rate:
            return by_lines
        served = self.per_second * (1.0 - self.share)
        return min(by_lines, self.erlang * REQUESTS_PER_EXECUTION * own / served)

    def _largest(self, executions: int) -> float:
        """Return the load of first attempts in erlangs of which `share` find every execution busy."""
        about = self._lines.largest_load(executions)
        if not self.retries or executions < 1 or self.erlang <= 0 or self.per_second <= 0:
            return about
        low, high = 0.5 * about, 1.1 * about
        while low > 0.0 and self._full(executions, low / self.erlang) > self.share:
            low, high = (0.5 * low if low > _ROUNDING else 0.0), low
        while self._full(executions, high / self.erlang) <= self.share:
            low, high = high, 2.0 * high
        found: float = brentq(
            lambda load: self._full(executions, load / self.erlang) - self.share, low, high, rtol=_CLOSE
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
            return _excess(load, value)
        burst = max(1.0, self.burst + value - self.rate) / self.at_once
        if load <= 0 or value <= 0 or burst < 1.0 - _ROUNDING:
            return token_bucket_loss(load, value, burst)
        return first_throttled_by_bucket(
            load / self.at_once, value / self.at_once, math.floor(burst + _ROUNDING), self.pauses
        )


@dataclass(frozen=True, slots=True)
class Throughput:
    """Units/s of Poisson requests, from a bucket with the units of `seconds` seconds.

    `each` are the units of one request. With 0, as in records of older versions, units come evenly, and the
    excess over the limit is rejected. See `finite_buffer.token_bucket_loss`.
    """

    model: ClassVar[str] = "throughput"
    per_second: float
    share: float = 0.0
    each: float = 0.0
    seconds: float = 1.0

    def load(self, factor: float = 1.0) -> float:
        """Return the units/s."""
        return self.per_second * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of units beyond the limit."""
        return self._beyond(self.load(factor), value)

    def over(self, value: float, seconds: float) -> float:
        """Return the share of units beyond the limit in a test of `seconds`.

        The test starts with one second's units available.
        """
        return _with_credit(self.per_second, self.rejected(value), value, seconds)

    def _beyond(self, load: float, value: float) -> float:
        """Return the share of `load` units/s that find too few units in the bucket."""
        if not self.each:
            return _excess(load, value)
        # A request larger than the bucket passes a full one, see `token_bucket`.
        burst = max(1.0, value * self.seconds / self.each + _ROUNDING)
        return token_bucket_loss(load / self.each, value / self.each, float(math.floor(burst)))


@dataclass(frozen=True, slots=True)
class Partitions(Throughput):
    """Units/s of a table whose partitions all have the same limit.

    `per_second` is the load of the hottest one.

    `by_partition` are the units/s of each partition; the rejected share is of all of the table's units.
    """

    model: ClassVar[str] = "partitions"
    by_partition: tuple[float, ...] = ()

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of the table's units that are beyond the limit of a partition."""
        return self._share(factor, lambda units: self._beyond(units, value))

    def over(self, value: float, seconds: float) -> float:
        """Return the share as `Throughput.over`; each partition starts with its own units."""
        return self._share(1.0, lambda units: _with_credit(units, self._beyond(units, value), value, seconds))

    def _share(self, factor: float, beyond_of: Callable[[float], float]) -> float:
        """Compute the rejected share of the table's units from that of each partition."""
        total = math.fsum(self.by_partition) * factor
        beyond = math.fsum(units * factor * beyond_of(units * factor) for units in self.by_partition)
        return beyond / total if total > 0 else 0.0


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
        return _excess(self.load(factor), value)


@dataclass(frozen=True, slots=True)
class Agents:
    """Agents of one queue: Erlang A. A contact is rejected if it is not answered within `threshold` seconds.

    `erlang` is the offered load, `aht` the average handle time and `patience` the mean patience in seconds;
    `share` is 1 - the required service level.
    """

    model: ClassVar[str] = "agents"
    erlang: float
    aht: float
    patience: float
    threshold: float
    share: float

    def load(self, factor: float = 1.0) -> float:
        """Return the offered load in erlangs."""
        return self.erlang * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of contacts that are not answered in time."""
        agents = math.floor(value + _ROUNDING)
        waiting = waiting_with_abandonment(self.load(factor), agents, self.aht, self.patience, self.threshold)
        return 1.0 - waiting.service_level


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Agents of one queue: Erlang A. A contact is rejected if it abandons.

    `erlang` is the offered load, `aht` the average handle time and `patience` the mean patience in seconds;
    `share` is the objective's share of queued contacts that may be abandoned.
    """

    model: ClassVar[str] = "abandoned"
    erlang: float
    aht: float
    patience: float
    share: float

    def load(self, factor: float = 1.0) -> float:
        """Return the offered load in erlangs."""
        return self.erlang * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of contacts that are abandoned."""
        agents = math.floor(value + _ROUNDING)
        return waiting_with_abandonment(self.load(factor), agents, self.aht, self.patience).abandoned


@dataclass(frozen=True, slots=True)
class Waiting:
    """Places of one queue: M/M/n/n+K with impatience. A contact is rejected if every place is taken.

    `agents` serve `erlang` of offered load with an average handle time of `aht` seconds; waiting contacts
    abandon after a mean of `patience` seconds.
    """

    model: ClassVar[str] = "waiting"
    erlang: float
    agents: int
    aht: float
    patience: float
    share: float = TOLERATED

    def load(self, factor: float = 1.0) -> float:
        """Return the offered load in erlangs."""
        return self.erlang * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of contacts that find the queue full."""
        places = math.floor(value + _ROUNDING)
        return queue_full_share(self.load(factor), self.agents, places, self.aht, self.patience)


_MODELS: dict[str, type[Any]] = {
    kind.model: kind
    for kind in (Lines, Executions, Bucket, Throughput, Partitions, Count, Agents, Abandoned, Waiting)
}


def needed(requirement: Requirement, factor: float = 1.0) -> float:
    """Return the value that the plan needs.

    The smallest whole value that rejects at most the tolerated share.

    Headroom is not included. Infinite if no value suffices.

    Args:
        requirement: of the limit.
        factor: multiple of the planned volume.
    """
    if requirement.load(factor) <= 0:
        return 0.0
    if isinstance(requirement, Lines | Executions):
        return float(requirement.smallest(factor))
    if _even(requirement):
        return float(math.ceil(requirement.load(factor) * (1.0 - _ROUNDING)))
    low, high = 0.0, float(max(1, math.ceil(requirement.load(factor))))
    while requirement.rejected(high, factor) > requirement.share:
        low, high = high, high * 2.0
        if high > _LARGEST:
            return math.inf
    while high - low > 1.0:
        middle = float(math.floor((low + high) / 2.0))
        if requirement.rejected(middle, factor) > requirement.share:
            low = middle
        else:
            high = middle
    return 0.0 if high == 1.0 and requirement.rejected(0.0, factor) <= requirement.share else high


def carried(requirement: Requirement, value: float) -> float:
    """Return the largest multiple of the planned volume of which `value` rejects at most the tolerated share.

    Infinite if every volume is carried.
    """
    load = requirement.load()
    if load <= 0:
        return math.inf
    if isinstance(requirement, Count) and not requirement.grows:
        return math.inf if requirement.rejected(value) == 0 else 0.0
    if requirement.share >= 1.0 - 2.0 * _ROUNDING:  # all may be rejected
        return math.inf
    if isinstance(requirement, Lines | Executions):
        return requirement.largest_load(value) / load
    if _even(requirement):
        return value / load
    beyond = requirement.share + _ROUNDING * max(requirement.share, _ROUNDING)
    return volume_at(lambda factor: requirement.rejected(value, factor), beyond, max(value, 0.5) / load)


def _even(requirement: Requirement) -> bool:
    """Whether exactly the excess over the value is rejected, and none is tolerated."""
    return isinstance(requirement, Count) or (
        isinstance(requirement, Throughput) and not requirement.each and not requirement.share
    )


def in_words(requirement: Requirement) -> str:
    """Format the closed form of a need, with its load and the tolerated share."""
    load, share = f"{requirement.load():,.4g}", tolerance(requirement.share)
    match requirement:
        case Lines(peakedness=1.0, redial_share=0.0):
            return f"{load} erlang at most {share} blocked, by Erlang B"
        case Lines(redial_share=0.0):
            return f"{load} erlang of peakedness {requirement.peakedness:.2g} at most {share} blocked, by Hayward"
        case Lines():
            return f"{load} erlang and redials at most {share} blocked, by Erlang B"
        case Executions(by_rate=False):
            return f"{load} erlang at most {share} of first attempts rejected, by a Markov chain with Connect's retries"
        case Executions():
            rate = (
                f"{requirement.per_second:,.4g} requests/s at {REQUESTS_PER_EXECUTION:g} for each execution"
            )
            how = "by a Markov chain with its retries" if requirement.retries else "by Erlang B"
            return f"{load} erlang at most {share} of first attempts throttled, {how}; {rate}"
        case Bucket(even=True):
            return f"{load} requests/s at even intervals, at most {share} throttled"
        case Bucket(pauses=()):
            return f"{load} Poisson requests/s at most {share} throttled by a token bucket"
        case Bucket():
            retried = "by a token bucket, with Connect's retries"
            return f"{load} Poisson requests/s at most {share} of first attempts throttled {retried}"
        case Agents():
            level = f"{1.0 - requirement.share:.0%} answered within {requirement.threshold:g} s"
            return f"{load} erlang, {level}, by Erlang A"
        case Abandoned():
            return f"{load} erlang, at most {share} abandoned, by Erlang A"
        case Waiting():
            return f"{load} erlang at {requirement.agents} agents, at most {share} find the queue full"
        case Partitions():
            busiest = f"{load} a second on the busiest of {len(requirement.by_partition)} partitions"
            return f"{busiest}, {_throttled(requirement)}"
        case Throughput():
            return f"{load} a second, {_throttled(requirement)}"
        case _:
            return load


def _throttled(requirement: Throughput) -> str:
    """Format the tolerated share of a throughput, and the size of its requests."""
    if not requirement.each:
        return "in the mean"
    share = tolerance(requirement.share)
    return f"at most {share} throttled, by a token bucket with requests of {requirement.each:.3g} units"


def as_json(requirement: Requirement) -> dict[str, Any]:
    """Return the requirement for a run record; infinite figures are None."""
    given: dict[str, Any] = asdict(requirement)  # type: ignore[call-overload]  # every requirement is a dataclass
    finite = {k: None if isinstance(v, float) and math.isinf(v) else v for k, v in given.items()}
    return {"model": requirement.model, **finite}


def from_json(data: Mapping[str, Any]) -> Requirement:
    """Read a requirement written by `as_json`.

    Raises:
        BusyhourError: its model is unknown, or a figure is missing.
    """
    model = str(data.get("model"))
    kind = _MODELS.get(model)
    if kind is None:
        raise BusyhourError(
            f"Requirement with the model {model!r}, which is unknown.{did_you_mean(model, _MODELS)}",
            "Run the scenario again with this version of busyhour.",
        )
    names = [field.name for field in fields(kind)]
    missing = [field.name for field in fields(kind) if field.name not in data and field.default is MISSING]
    if missing:
        raise BusyhourError(
            f"Requirement {model!r} has no {', '.join(missing)}.",
            "Run the scenario again with this version of busyhour.",
        )
    made: Requirement = kind(**{name: _figure(data[name]) for name in names if name in data})
    return made


def _figure(value: Any) -> Any:
    """Convert a figure from JSON, which has neither infinity nor tuples."""
    if value is None:
        return math.inf
    return tuple(value) if isinstance(value, list) else value


def _with_credit(load: float, beyond: float, value: float, seconds: float) -> float:
    """Return the share of `load` units/s beyond a limit in a time that starts with `value` units available.

    The excess over the limit uses them up; below the limit they make no difference.
    """
    if load <= value or seconds <= 0:
        return beyond
    return max(0.0, beyond - value / (load * seconds))


def _blocking(load: float, lines: int, peakedness: float) -> float:
    return erlang_b(load, lines) if peakedness == 1.0 else peaked.blocking(load, lines, peakedness)


def _excess(load: float, value: float) -> float:
    """Return the share of `load` above `value`."""
    return max(0.0, 1.0 - value / load) if load > 0 else 0.0
