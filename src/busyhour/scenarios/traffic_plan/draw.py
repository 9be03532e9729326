"""Draw durations from the scenario's distributions, with random generators that belong to one call.

A sampler needs only uniform numbers from its source, so anything with `random()` will do.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from hashlib import blake2b
from statistics import NormalDist
from typing import Protocol

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.scenarios.model import Distribution

KINDS = ("constant", "exponential", "lognormal", "gamma", "uniform")

_NORMAL = NormalDist()
_SMALLEST = 2.0**-53
_NO_CV = 1e-6
"""Coefficient of variation below which a distribution is constant.

1 / cv^2 would exceed the range of floats.
"""
_TRIES = 100
"""Draws above the bound before the bound itself is used.

A bound far below the mean must not loop for long.
"""


class Chance(Protocol):
    """A source of uniform numbers; `random.Random` is one."""

    def random(self) -> float:
        """Return the next number in [0, 1)."""


Sampler = Callable[[Chance], float]
"""Draws one duration, in seconds."""


def rng_for(seed: int, call: int, purpose: str) -> random.Random:
    """Return a generator for one purpose of one call; the same in every process and on every machine.

    Seeded by a BLAKE2b digest: nearby seeds, calls and names give independent streams, and Python's
    per-process `hash()` is not used. Any integer is a valid call, -1 included; the schedule itself is call 0,
    purpose "arrivals".
    """
    digest = blake2b(f"{seed}/{call}/{purpose}".encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest, "big"))


def sampler(distribution: Distribution) -> Sampler:
    """Compile a distribution into a function that draws from it.

    `high`, if set, truncates: a value above it is drawn again, which also lowers the mean. A constant is cut.

    Raises:
        BusyhourError: unknown kind, or invalid parameters.
    """
    kind, mean, low, high = distribution.kind, distribution.mean, distribution.low, distribution.high
    if kind not in KINDS:
        raise BusyhourError(
            f"unknown distribution {kind!r}.{did_you_mean(kind, KINDS)}", f"Use one of {', '.join(KINDS)}."
        )
    if kind == "uniform":
        top = 2 * mean - low if high is None else high
        if not 0 <= low <= top:
            raise BusyhourError(
                f"uniform distribution from {low:g} to {top:g} seconds: the bounds are the wrong way round",
                "Give low and high with 0 <= low <= high.",
            )
        return lambda chance: low + (top - low) * chance.random()
    if mean < 0 or distribution.cv < 0:
        raise BusyhourError(
            f"{kind} distribution with mean {mean:g} and cv {distribution.cv:g}: neither may be negative",
            "Give a mean in seconds and a coefficient of variation of at least 0.",
        )
    if mean == 0 or kind == "constant" or (kind != "exponential" and distribution.cv < _NO_CV):
        value = mean if high is None else min(mean, high)
        return lambda chance: value
    draw = _UNBOUNDED[kind](mean, distribution.cv)
    return draw if high is None else _truncated(draw, high)


def _truncated(draw: Sampler, high: float) -> Sampler:
    def redraw(chance: Chance) -> float:
        for _ in range(_TRIES):
            value = draw(chance)
            if value <= high:
                return value
        return high

    return redraw


def _exponential(mean: float, cv: float) -> Sampler:
    """Draw by inversion: -mean ln(1 - u)."""
    return lambda chance: -mean * math.log(1.0 - chance.random())


def _lognormal(mean: float, cv: float) -> Sampler:
    """Use sigma^2 = ln(1 + cv^2) and mu = ln(mean) - sigma^2 / 2, which give the required mean and cv."""
    variance = math.log1p(cv * cv)
    sigma = math.sqrt(variance)
    mu = math.log(mean) - variance / 2
    return lambda chance: math.exp(mu + sigma * _normal(chance))


def _gamma(mean: float, cv: float) -> Sampler:
    """Use shape 1 / cv^2 and scale mean cv^2."""
    shape = 1.0 / (cv * cv)
    scale = mean / shape
    return lambda chance: scale * _unit_gamma(shape, chance)


def _unit_gamma(shape: float, chance: Chance) -> float:
    """Draw a gamma number of scale 1 (Marsaglia and Tsang, ACM TOMS 26(3), 2000)."""
    if shape < 1.0:
        return _unit_gamma(shape + 1.0, chance) * math.pow(1.0 - chance.random(), 1.0 / shape)
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = _normal(chance)
        v = (1.0 + c * x) ** 3
        if v > 0.0 and math.log(1.0 - chance.random()) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v


def _normal(chance: Chance) -> float:
    return _NORMAL.inv_cdf(chance.random() or _SMALLEST)


_UNBOUNDED: dict[str, Callable[[float, float], Sampler]] = {
    "exponential": _exponential,
    "lognormal": _lognormal,
    "gamma": _gamma,
}
