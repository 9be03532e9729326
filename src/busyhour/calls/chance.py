"""Chance for one call: small seeded streams of random numbers, and durations drawn from them.

A `random.Random` weighs 2.5 KB, too much for each of 100,000 waiting calls. A `Stream` is one integer. Streams
are keyed by (seed, call index, purpose), so what one call draws never depends on what other calls did, nor on
the clock that drives it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from statistics import NormalDist

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.scenarios.model import Distribution

_MASK = 0xFFFFFFFFFFFFFFFF
_STEP = 0x9E3779B97F4A7C15
_TO_UNIT = 1.0 / (1 << 53)
_TRIES = 100
_NORMAL = NormalDist()

Sampler = Callable[["Stream"], float]
"""Draws one duration in seconds from a stream."""


def _mix(value: int) -> int:
    """Spread the bits of a 64-bit integer (the finaliser of SplitMix64: Steele, Lea, Flood, OOPSLA 2014)."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def key_of(text: str) -> int:
    """Turn a name into a purpose for `Stream`; the same in every process (unlike `hash`)."""
    return zlib.crc32(text.encode())


class Stream:
    """An endless sequence of random numbers that belongs to one call and one purpose.

    Args:
        seed: the scenario's seed.
        index: number of the call.
        purpose: separates the streams of one call, so that one draw more here moves nothing there.
    """

    __slots__ = ("_state",)

    def __init__(self, seed: int, index: int, purpose: int = 0) -> None:
        self._state = _mix((_mix((_mix(seed & _MASK) + index * _STEP) & _MASK) + purpose * _STEP) & _MASK)

    def integer(self) -> int:
        """The next 64 random bits."""
        self._state = state = (self._state + _STEP) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return state ^ (state >> 31)

    def random(self) -> float:
        """The next number, uniform in [0, 1)."""
        return (self.integer() >> 11) * _TO_UNIT

    def normal(self) -> float:
        """A standard normal number, by the inverse of its distribution function."""
        return _NORMAL.inv_cdf(self.random() or _TO_UNIT)


def uuid_of(stream: Stream) -> str:
    """A version 4 UUID made of the stream's next 128 bits."""
    high, low = stream.integer(), stream.integer()
    text = f"{(high & ~0xF000) | 0x4000:016x}{(low & (_MASK >> 2)) | (1 << 63):016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def sampler(distribution: Distribution) -> Sampler:
    """Compile a distribution into a function that draws from a stream.

    `high`, where set, truncates: values above it are drawn again (uniform: it is the upper bound).

    Raises:
        BusyhourError: the distribution's kind is unknown or its numbers make no sense.
    """
    kind, mean, high = distribution.kind, distribution.mean, distribution.high
    if mean < 0 or distribution.cv < 0:
        raise BusyhourError(
            f"distribution {kind!r} has mean {mean} and cv {distribution.cv}; neither may be negative",
            "Give a mean in seconds of at least 0 and a cv of at least 0.",
        )
    if kind == "uniform":
        low = distribution.low
        top = high if high is not None else 2 * mean - low
        return lambda stream: low + (top - low) * stream.random()
    draw = _unbounded(distribution)
    if high is None:
        return draw
    bound = high
    if kind == "constant":
        return lambda stream: min(mean, bound)

    def truncated(stream: Stream) -> float:
        for _ in range(_TRIES):
            value = draw(stream)
            if value <= bound:
                return value
        return bound

    return truncated


def _unbounded(distribution: Distribution) -> Sampler:
    kind, mean, cv = distribution.kind, distribution.mean, distribution.cv
    if kind == "constant" or mean == 0:
        return lambda stream: mean
    if kind == "exponential":
        return lambda stream: -mean * math.log(1.0 - stream.random())
    if kind in ("lognormal", "gamma") and cv == 0:
        return lambda stream: mean
    if kind == "lognormal":
        sigma = math.sqrt(math.log1p(cv * cv))
        mu = math.log(mean) - sigma * sigma / 2
        return lambda stream: math.exp(mu + sigma * stream.normal())
    if kind == "gamma":
        shape = 1.0 / (cv * cv)
        scale = mean / shape
        return lambda stream: scale * _gamma(shape, stream)
    known = ("constant", "exponential", "lognormal", "gamma", "uniform")
    raise BusyhourError(
        f"unknown distribution {kind!r}.{did_you_mean(kind, known)}", f"Use one of {', '.join(known)}."
    )


def _gamma(shape: float, stream: Stream) -> float:
    """A gamma number of scale 1 (Marsaglia and Tsang, ACM TOMS 26(3), 2000)."""
    if shape < 1.0:
        return _gamma(shape + 1.0, stream) * math.pow(1.0 - stream.random(), 1.0 / shape)
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = stream.normal()
        v = (1.0 + c * x) ** 3
        if v > 0 and math.log(1.0 - stream.random()) < 0.5 * x * x + d - d * v + d * math.log(v):
            return d * v
