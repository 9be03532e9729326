"""Shares that are known of every call, and shares estimated from a sample with a 95 % interval.

Wilson's interval (1927) with the finite population correction: the interval narrows as the sample approaches
all calls. A share of calls that wait in queues (`of_plan`) is an estimate even if every call of the run is known:
another run of the same plan has other waits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_Z = 1.959964
_BATCHES = 10
_T_9 = 2.262157
"""97.5 % point of Student's t with 9 degrees of freedom."""


def alike(ones: Sequence[bool]) -> float:
    """Return how many consecutive calls count as one, since calls that wait together end alike; at least 1."""
    return clumping((int(one), 1) for one in ones)


def clumping(pieces: Iterable[tuple[int, int]]) -> float:
    """Return how many consecutive calls count as one, from (hits, calls) of consecutive pieces; at least 1.

    Ratio of the variance of batch means (10 batches of about as many calls, widened for their small number) to that
    of independent calls.
    """
    known = [(hits, calls) for hits, calls in pieces if calls]
    hits, calls = (sum(column) for column in zip(*known, strict=True)) if known else (0, 0)
    if calls < _BATCHES or hits in (0, calls):
        return 1.0
    batches = [[0, 0] for _ in range(_BATCHES)]
    before = 0
    for part, whole in known:
        # A piece belongs to the batch of its middle.
        batch = batches[(2 * before + whole) * _BATCHES // (2 * calls)]
        batch[0] += part
        batch[1] += whole
        before += whole
    share = hits / calls
    spread = math.fsum((part - share * whole) ** 2 / whole for part, whole in batches if whole)
    return max(1.0, (_T_9 / _Z) ** 2 * spread / (_BATCHES - 1) / (share * (1.0 - share)))


def of_plan(hits: int, calls: int, pieces: Iterable[tuple[int, int]]) -> tuple[float, float] | None:
    """Compute the 95 % interval of a share of calls under a plan, of which a run was one sample; None without calls.

    Args:
        hits: calls of the run with the property.
        calls: calls of the run.
        pieces: (hits, calls) of consecutive pieces of the run, from which follows how many calls count as one.
    """
    if not calls:
        return None
    together = clumping(pieces)
    return interval(hits / together, calls / together)


def in_words(around: Sequence[float], calls: int | None) -> str:
    """Format a 95 % interval and the number of calls that it was estimated from."""
    low, high = around
    return f"{low:.3g} to {high:.3g}, estimated from {calls or 0:,} calls"


def interval(hits: float, sample: float, population: float = math.inf) -> tuple[float, float]:
    """Compute the 95 % interval of a share of a population from a sample.

    Args:
        hits: members of the sample with the property, at most `sample`.
        sample: size of the sample; 0: nothing is known.
        population: size of the population; infinite if calls are drawn by a model.
    """
    if sample <= 0:
        return 0.0, 1.0
    share = hits / sample
    if sample >= population:
        return share, share
    n = sample if math.isinf(population) else sample * (population - 1.0) / (population - sample)
    middle = (share + _Z * _Z / (2.0 * n)) / (1.0 + _Z * _Z / n)
    wide = _Z / (1.0 + _Z * _Z / n) * math.sqrt(share * (1.0 - share) / n + _Z * _Z / (4.0 * n * n))
    # The sampled members are known: at least these, and at most these and all members outside the sample.
    least, most = hits / population, 1.0 - (sample - hits) / population
    return max(0.0, least, middle - wide), min(1.0, most, middle + wide)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, 0..1. `interval` and `sampled` are None if it is known of every call."""

    share: float
    interval: tuple[float, float] | None = None
    sampled: int | None = None
    """Number of calls that it was estimated from."""


def estimate(hits: int, sample: int, population: float, certain: int = 0, others: int = 0) -> Estimate | None:
    """Estimate a share of `certain + others + population` calls.

    `certain` calls are known to have the property, `others` not to. Of the population a sample is known, of
    which `hits` have it.

    Returns:
        None if there was no call, or no sample of the population.
    """
    whole = certain + others + population
    if not whole or (population and not sample):
        return None
    if sample >= population:
        return Estimate((certain + hits) / whole)
    low, high = interval(hits, sample, population)

    def of_all(share: float) -> float:
        return (certain + share * population) / whole

    return Estimate(of_all(hits / sample), (of_all(low), of_all(high)), sample)
