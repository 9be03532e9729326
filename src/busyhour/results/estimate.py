"""Shares that are known of every call, and shares estimated from a sample with a 95 % interval.

Wilson's interval (1927) with the finite population correction: the interval narrows as the sample approaches
all calls.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964
_BATCHES = 10
_T_9 = 2.262157
"""97.5 % point of Student's t with 9 degrees of freedom."""


def alike(ones: Sequence[bool]) -> float:
    """Return how many consecutive calls count as one, since calls that wait together end alike.

    Ratio of the variance of batch means (10 batches, widened for their small number) to that of independent
    calls; at least 1.
    """
    size = len(ones) // _BATCHES
    share = sum(ones) / len(ones) if ones else 0.0
    if not size or share in (0.0, 1.0):
        return 1.0
    means = [sum(ones[i * size : (i + 1) * size]) / size for i in range(_BATCHES)]
    middle = math.fsum(means) / _BATCHES
    spread = math.fsum((mean - middle) ** 2 for mean in means) / (_BATCHES - 1)
    return max(1.0, (_T_9 / _Z) ** 2 * spread * size / (share * (1.0 - share)))


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
