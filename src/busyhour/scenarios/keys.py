"""Choice of the item of a request: uniform keys, a few hot ones (Zipf), or recorded keys. Pure.

A run draws keys from these, and a forecast reads each key's share of all requests from the same object.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, read_text
from busyhour.scenarios.model import KeyChoice
from busyhour.scenarios.traffic_plan.draw import Chance

MADE_UP = 10_000
"""Number of keys of a table without items, unless the scenario gives it."""


class Uniform:
    """`count` equally likely keys.

    Args:
        count: number of keys; they are 0..count-1.
    """

    def __init__(self, count: int) -> None:
        if count < 1:
            raise BusyhourError(
                f"The number of keys must be at least 1 (got {count}).", "Give a count of at least 1."
            )
        self.count = count

    def draw(self, stream: Chance) -> int:
        """Draw the number of a key."""
        return min(int(stream.random() * self.count), self.count - 1)

    def shares(self) -> Sequence[float]:
        """Return the probability of each key, by its number."""
        return [1.0 / self.count] * self.count


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
                f"Zipf needs at least 1 key and an exponent of at least 0 (got {count} keys, exponent {exponent}).",
                "Give a count of at least 1 and an exponent of at least 0.",
            )
        self.count = count
        weights = list(accumulate(rank**-exponent for rank in range(1, count + 1)))
        self._bounds = [weight / weights[-1] for weight in weights]

    def draw(self, stream: Chance) -> int:
        """Draw the number of a key."""
        return min(bisect_left(self._bounds, stream.random()), self.count - 1)

    def shares(self) -> Sequence[float]:
        """Return the probability of each key, by its number."""
        return [high - low for low, high in pairwise((0.0, *self._bounds))]


class Recorded:
    """Keys in the order in which they were recorded, repeated from the start.

    Args:
        keys: numbers of keys. values: partition key value of each number; empty: those of the table's items,
            or generated ones. start: index of the first key. step: distance from one key to the next; with n
            workers each takes every n-th.
    """

    def __init__(
        self, keys: Sequence[int], values: Sequence[str] = (), *, start: int = 0, step: int = 1
    ) -> None:
        if not keys:
            raise BusyhourError("An empty record has no keys to replay.", "Record at least one key.")
        self.count = max(keys) + 1
        self.values = tuple(values)
        self._keys = keys
        self._at = start - step
        self._step = step

    @classmethod
    def read(cls, path: Path) -> Recorded:
        """Read partition key values from a text file, one a line in the order of the requests.

        An access log has this form.

        Raises:
            BusyhourError: it cannot be read, or is empty.
        """
        try:
            lines = [line.strip() for line in read_text(path, DATA_BYTES).splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise BusyhourError(
                f"{path}: recorded keys cannot be read: {getattr(error, 'strerror', None) or error}",
                "Name a text file in UTF-8 with a key on each line.",
            ) from None
        numbers: dict[str, int] = {}
        return cls([numbers.setdefault(line, len(numbers)) for line in lines], list(numbers))

    def part(self, k: int, n: int) -> Recorded:
        """Return the keys that worker `k` of `n` replays.

        Every n-th, so that all workers together replay the record.
        """
        return Recorded(self._keys, self.values, start=k, step=n)

    def draw(self, stream: Chance) -> int:
        """Return the next key's number; `stream` is not used."""
        self._at = (self._at + self._step) % len(self._keys)
        return self._keys[self._at]

    def shares(self) -> Sequence[float]:
        """Return each key's share of the record, by its number."""
        counts = Counter(self._keys)
        return [counts[number] / len(self._keys) for number in range(self.count)]


Keys = Uniform | Zipf | Recorded


def keys_of(choice: KeyChoice, known: int) -> Keys:
    """Return the keys that a scenario chose for a table.

    Args:
        choice: the scenario's.
        known: number of items in the table at the start.
    """
    if choice.recorded is not None:
        return Recorded.read(choice.recorded)
    count = choice.count or known or MADE_UP
    return Zipf(count, choice.zipf) if choice.zipf else Uniform(count)
