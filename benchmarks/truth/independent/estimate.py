"""A number with its standard error, from batches of one long run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

BATCHES = 20


@dataclass(frozen=True)
class Estimate:
    """`value` with standard error `error`; 0: exact. `freedom` degrees of freedom of the error."""

    value: float
    error: float = 0.0
    freedom: float = math.inf


def of_ratio(parts: Sequence[float], wholes: Sequence[float]) -> Estimate | None:
    """Share of the sums over batches; None where there is no whole.

    The error is the larger of the batches' and the binomial one with one success and one failure more, so that a share
    of 0 is not taken for certain.
    """
    whole, part = math.fsum(wholes), math.fsum(parts)
    if whole <= 0:
        return None
    share, n = part / whole, len(parts)
    spread = math.fsum((p - share * w) ** 2 for p, w in zip(parts, wholes, strict=True))
    batches = math.sqrt(n / (n - 1) * spread) / whole
    guess = min(1.0, (max(0.0, part) + 1.0) / (whole + 2.0))
    binomial = math.sqrt(guess * (1.0 - guess) / whole)
    return Estimate(share, max(batches, binomial), n - 1)


def of_means(values: Sequence[float]) -> Estimate:
    """Mean of batch means."""
    n = len(values)
    mean = math.fsum(values) / n
    spread = math.fsum((each - mean) ** 2 for each in values) / (n - 1)
    return Estimate(mean, math.sqrt(spread / n), n - 1)
