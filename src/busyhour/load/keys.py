"""Which item a request asks for: evenly spread keys, a few hot ones (Zipf), or keys as they were recorded. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate

from busyhour.calls.chance import Stream
from busyhour.errors import BusyhourError


class Uniform:
    """Every one of `count` keys is as likely as the others.

    Args:
        count: number of keys; they are 0..count-1.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise BusyhourError(f"{count} keys are no keys to draw from.", "Give a count of at least 1.")
        self.count = count

    def draw(self, stream: Stream) -> int:
        """A key's number."""
        return min(int(stream.random() * self.count), self.count - 1)


class Zipf:
    """Key of rank r (from 1) is drawn with probability proportional to 1 / r^exponent: hot keys, hot partitions.

    Args:
        count: number of keys; 0 is the hottest.
        exponent: 0 is uniform; about 1 is usual for requests by customer (Breslau et al., INFOCOM 1999: 0.64 to 0.83
            for Web requests).
    """

    def __init__(self, count: int, exponent: float = 1.0) -> None:
        if count < 1 or exponent < 0:
            raise BusyhourError(
                f"Zipf over {count} keys with exponent {exponent} makes no sense.",
                "Give a count of at least 1 and an exponent of at least 0.",
            )
        self.count = count
        weights = list(accumulate(rank**-exponent for rank in range(1, count + 1)))
        self._bounds = [weight / weights[-1] for weight in weights]

    def draw(self, stream: Stream) -> int:
        """A key's number."""
        return min(bisect_left(self._bounds, stream.random()), self.count - 1)


class Recorded:
    """Keys in the order in which they were recorded, again from the start when they are used up.

    Args:
        keys: numbers of keys.
    """

    def __init__(self, keys: Sequence[int]) -> None:
        if not keys:
            raise BusyhourError("An empty record has no keys to replay.", "Record at least one key.")
        self.count = max(keys) + 1
        self._keys = keys
        self._at = -1

    def draw(self, stream: Stream) -> int:
        """The next key's number; chance has no say."""
        self._at = (self._at + 1) % len(self._keys)
        return self._keys[self._at]


Keys = Uniform | Zipf | Recorded
