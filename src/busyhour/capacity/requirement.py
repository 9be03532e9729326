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
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any, ClassVar, Protocol

from busyhour.capacity.requirement_kinds import (
    LARGEST,
    MOST_TOLERATED,
    REQUESTS_PER_EXECUTION,
    ROUNDING,
    Bucket,
    Count,
    Executions,
    Lines,
)
from busyhour.capacity.staffing_requirements import Abandoned, Agents, QueuedLines, Waiting
from busyhour.capacity.theory.finite_buffer import volume_at
from busyhour.capacity.throughput_requirements import Partitions, Throughput
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.quotas.figures import tolerance
from busyhour.quotas.headroom import with_headroom as with_headroom  # computed once, for requests as well


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


_MODELS: dict[str, type[Any]] = {
    kind.model: kind
    for kind in (
        Lines,
        QueuedLines,
        Executions,
        Bucket,
        Throughput,
        Partitions,
        Count,
        Agents,
        Abandoned,
        Waiting,
    )
}


def needed(requirement: Requirement, factor: float = 1.0) -> float:
    """Return the value that the plan needs.

    The smallest whole value that rejects at most the tolerated share.

    Headroom is not included. Infinite if no value suffices.

    Args:
        requirement: of the limit.
        factor: multiple of the planned volume.
    """
    if isinstance(requirement, Lines | QueuedLines | Executions):
        return float(requirement.smallest(factor))
    if requirement.load(factor) <= 0:
        return 0.0
    if _even(requirement):
        return float(math.ceil(requirement.load(factor) * (1.0 - ROUNDING)))
    low, high = 0.0, float(max(1, math.ceil(requirement.load(factor))))
    while requirement.rejected(high, factor) > requirement.share:
        low, high = high, high * 2.0
        if high > LARGEST:
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
    if requirement.share >= MOST_TOLERATED:
        return math.inf
    if isinstance(requirement, Executions):
        return requirement.largest_factor(value)
    if load <= 0:
        return math.inf
    if isinstance(requirement, QueuedLines):
        return requirement.largest_factor(value)
    if isinstance(requirement, Count) and not requirement.grows:
        return math.inf if requirement.rejected(value) == 0 else 0.0
    if isinstance(requirement, Lines):
        return requirement.largest_load(value) / load
    if _even(requirement):
        return value / load
    beyond = requirement.share + ROUNDING * max(requirement.share, ROUNDING)
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
        case QueuedLines():
            redials = " and redials" if requirement.redial_share else ""
            return f"{load} erlang{redials}, callers who wait for agents included, at most {share} blocked, by a network of queues"
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
    return tuple(_figure(each) for each in value) if isinstance(value, list) else value
