"""Durations of a call's steps as distributions: pieces of the scenario's distributions, shifted and scaled.

Every random duration in a call is a mixture of such pieces: a pause cut off at a bound, ringing that is
answered in time, an invocation with retries. Times are in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.scenarios.model import Distribution

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BELOW_0 = -1.0
"""Lower bound of a piece that includes a value of exactly 0."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a mixture: with probability `share` the duration is `shift + scale * X`.

    X has the distribution `law`, given `low` < X <= `high`. Without `law` the duration is `shift`.
    """

    share: float
    law: Distribution | None = None
    low: float = BELOW_0
    high: float = math.inf
    scale: float = 1.0
    shift: float = 0.0

    @property
    def mean(self) -> float:
        """The mean."""
        if self.law is None:
            return self.shift
        within, part = _between(ProbabilityDistribution(self.law), self.low, self.high)
        return self.shift + self.scale * part / within if within > 0.0 else self.shift

    @property
    def constant(self) -> float | None:
        """The only value of a constant piece; None for any other."""
        if self.law is None:
            return self.shift
        value = ProbabilityDistribution(self.law).constant
        return None if value is None else self.shift + self.scale * value


Part = tuple[Piece, ...]
"""A random duration: a mixture of pieces, weighted by their shares."""
Lasting = tuple[Part, ...]
"""The sum of independent durations."""
Mixture = Mapping[Lasting, float]
"""Sums of durations with their probabilities."""


def fixed(seconds: float) -> Lasting:
    """Return a constant duration."""
    return ((Piece(1.0, shift=seconds),),) if seconds else ()


def whole(law: Distribution) -> Lasting:
    """Return a duration with distribution `law`."""
    value = ProbabilityDistribution(law).constant
    return ((Piece(1.0, law),),) if value is None else fixed(value)


def least(law: Distribution, bound: float) -> Lasting:
    """Return the smaller of a duration with distribution `law` and `bound`."""
    below = ProbabilityDistribution(law).below(bound)
    if below >= 1.0:
        return whole(law)
    return ((Piece(below, law, high=bound), Piece(1.0 - below, shift=bound)),)


def until(law: Distribution, bound: float) -> Lasting:
    """Return a duration with distribution `law`, given that it is at most `bound`."""
    return ((Piece(1.0, law, high=bound),),)


def uniform(seconds: float) -> Lasting:
    """Return a uniform duration between 0 and `seconds`."""
    return ((Piece(1.0, Distribution("uniform", seconds / 2.0, high=seconds)),),) if seconds > 0.0 else ()


def together(mixtures: Iterable[tuple[float, Mixture]]) -> dict[Lasting, float]:
    """Mix mixtures with these weights."""
    found: dict[Lasting, float] = {}
    for weight, mixture in mixtures:
        for lasting, share in mixture.items():
            found[lasting] = found.get(lasting, 0.0) + weight * share
    return found


def in_a_row(first: Mixture, second: Mixture) -> dict[Lasting, float]:
    """Return the sum of two independent durations."""
    found: dict[Lasting, float] = {}
    for one, share in first.items():
        for other, part in second.items():
            both = _added(one, other)
            found[both] = found.get(both, 0.0) + share * part
    return found


def _added(one: Lasting, other: Lasting) -> Lasting:
    """Add two sums of durations; constants are collected in one part, so that equal sums compare equal."""
    constant, rest = 0.0, []
    for part in (*one, *other):
        value = part[0].constant if len(part) == 1 else None
        if value is None:
            rest.append(part)
        else:
            constant += value
    return (*fixed(round(constant, 9)), *rest)


def constant_of(lasting: Lasting) -> float | None:
    """Return the value of a constant duration; None for a random one."""
    total = 0.0
    for part in lasting:
        value = part[0].constant if len(part) == 1 else None
        if value is None:
            return None
        total += value
    return total


def on_grid(part: Part, step: float, points: int) -> Floats:
    """Discretise a piece: probabilities at 0, step, ..., (points - 1) * step; probability beyond is left out.

    The probability within a cell is assigned to its two ends such that the mean is kept.
    """
    import numpy as np

    found = np.zeros(points)
    for piece in part:
        if piece.law is None or (ProbabilityDistribution(piece.law).constant is not None):
            _at(found, piece.constant or 0.0, piece.share, step)
        else:
            _spread(found, piece, step)
    return found


def _at(found: Floats, value: float, share: float, step: float) -> None:
    place = max(value, 0.0) / step
    cell = int(place)
    for index, part in ((cell, 1.0 - (place - cell)), (cell + 1, place - cell)):
        if index < len(found):
            found[index] += share * part


def _spread(found: Floats, piece: Piece, step: float) -> None:
    assert piece.law is not None
    within, _ = _between(ProbabilityDistribution(piece.law), piece.low, piece.high)
    if within <= 0.0:
        return
    if piece.scale == 0.0:
        _at(found, piece.shift, piece.share, step)
        return
    weight = piece.share / within
    cell = max(0, int((piece.shift + piece.scale * max(piece.low, 0.0)) / step))
    low = piece.low
    while cell < len(found) and low < piece.high:
        high = min(((cell + 1) * step - piece.shift) / piece.scale, piece.high)
        if high > low:
            probability, part = _cell(piece.law, low, high)
            if probability > 0.0:
                # Mean of the probability in the cell, as a fraction of the cell's width.
                mean = piece.shift + piece.scale * part / probability
                inside = min(max(mean / step - cell, 0.0), 1.0)
                found[cell] += weight * probability * (1.0 - inside)
                if cell + 1 < len(found):
                    found[cell + 1] += weight * probability * inside
            low = high
            if _measure(piece.law, low)[0] >= 1.0 - 1e-15:
                break
        cell += 1


def _between(law: ProbabilityDistribution, low: float, high: float) -> tuple[float, float]:
    """Return the probability of `low` < X <= `high`, and the partial expectation."""
    return law.below(high) - law.below(low), law.up_to(high) - law.up_to(low)


@lru_cache(maxsize=1 << 15)
def _measure(law: Distribution, x: float) -> tuple[float, float]:
    of = ProbabilityDistribution(law)
    return of.below(x), of.up_to(x)


def _cell(law: Distribution, low: float, high: float) -> tuple[float, float]:
    (a, b), (c, d) = _measure(law, low), _measure(law, high)
    return c - a, d - b
