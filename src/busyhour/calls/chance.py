"""Random numbers for one call: small seeded streams.

A `random.Random` takes 2.5 KB, too much for each of 100,000 waiting calls. A `Stream` is one integer. Streams
are keyed by (seed, call index, purpose), so the draws of a call are independent of other calls and of
the clock. A stream serves the samplers of `scenarios.traffic_plan.draw`.
"""

from __future__ import annotations

import zlib
from functools import lru_cache

_MASK = 0xFFFFFFFFFFFFFFFF
_STEP = 0x9E3779B97F4A7C15
_TO_UNIT = 1.0 / (1 << 53)


def _mix(value: int) -> int:
    """Spread the bits of a 64-bit integer (the finaliser of SplitMix64: Steele, Lea, Flood, OOPSLA 2014)."""
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


@lru_cache(maxsize=64)
def _start(seed: int) -> int:
    """Return the state at which the streams of a seed begin."""
    return _mix(seed & _MASK)


def key_of(text: str) -> int:
    """Derive the purpose of a `Stream` from a name; the same in every process (unlike `hash`)."""
    return zlib.crc32(text.encode())


class Stream:
    """An endless sequence of random numbers that belongs to one call and one purpose.

    Args:
        seed: the scenario's seed.
        index: number of the call.
        purpose: separates the streams of one call, so that an extra draw in one leaves the others unchanged.
    """

    __slots__ = ("_state",)

    def __init__(self, seed: int, index: int, purpose: int = 0) -> None:
        state = (_start(seed) + index * _STEP) & _MASK
        # `_mix` inlined twice to save function calls: a contact has several streams.
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state = ((state ^ (state >> 31)) + purpose * _STEP) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        self._state = state ^ (state >> 31)

    def integer(self) -> int:
        """Return the next 64 random bits."""
        self._state = state = (self._state + _STEP) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return state ^ (state >> 31)

    def random(self) -> float:
        """Return the next number, uniform in [0, 1)."""
        self._state = state = (self._state + _STEP) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((state ^ (state >> 31)) >> 11) * _TO_UNIT


def uuid_of(stream: Stream) -> str:
    """Make a version 4 UUID from the stream's next 128 bits."""
    high, low = stream.integer(), stream.integer()
    text = f"{(high & ~0xF000) | 0x4000:016x}{(low & (_MASK >> 2)) | (1 << 63):016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
