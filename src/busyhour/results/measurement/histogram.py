"""Latency histograms with HDR buckets: three significant digits, microseconds, merged exactly.

The bucket layout is HdrHistogram's (lowest value 1, 3 significant digits), so that an encoded histogram is read by
any HDR tool. Counts are kept in a plain dict while recording: `hdrh`'s own `record_value` takes about 2 us, too
much beside a request that costs 50 us in all, and most of the 30,000 buckets are never used.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from busyhour.results.entries import Percentiles

SIGNIFICANT_DIGITS = 3
HIGHEST_US = 3_600_000_000
"""One hour; anything longer is counted as one hour."""

_HALF_BITS = 10
_HALF = 1 << _HALF_BITS
_FULL = _HALF << 1


def highest_in(bucket: int) -> int:
    """Return the highest value, in microseconds, of the bucket."""
    if bucket < _FULL:
        return bucket
    shift = (bucket >> _HALF_BITS) - 1
    return (((bucket & (_HALF - 1)) + _HALF + 1) << shift) - 1


class Histogram:
    """Counts of durations. Values are in microseconds; `summary` is in milliseconds."""

    __slots__ = ("counts", "highest", "lowest", "sum_us", "total")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self.sum_us = 0
        self.lowest = HIGHEST_US
        self.highest = 0

    def record(self, value_us: int) -> None:
        """Count one duration; negative ones count as 0, those over an hour as an hour."""
        if value_us < 0:
            value_us = 0
        elif value_us > HIGHEST_US:
            value_us = HIGHEST_US
        if value_us < _FULL:
            bucket = value_us
        else:
            shift = value_us.bit_length() - 11
            bucket = (shift << 10) + (value_us >> shift)
        counts = self.counts
        counts[bucket] = counts.get(bucket, 0) + 1
        self.total += 1
        self.sum_us += value_us
        if value_us > self.highest:
            self.highest = value_us
        if value_us < self.lowest:
            self.lowest = value_us

    def merge(self, other: Histogram) -> None:
        """Add another histogram's counts: the same result as recording all its values here."""
        counts = self.counts
        if counts:
            for bucket, count in other.counts.items():
                counts[bucket] = counts.get(bucket, 0) + count
        else:
            counts.update(other.counts)
        self.total += other.total
        self.sum_us += other.sum_us
        self.highest = max(self.highest, other.highest)
        self.lowest = min(self.lowest, other.lowest)

    def percentile(self, percent: float) -> int:
        """Return the smallest recorded value that at least `percent` % of the values do not exceed.

        To three significant digits.

        Returns:
            Microseconds; 0 if nothing was recorded.
        """
        return self.percentiles((percent,))[0]

    def percentiles(self, percents: Iterable[float]) -> list[int]:
        """Return several percentiles in one pass, in the given order."""
        wanted = sorted(
            (max(1, math.ceil(self.total * percent / 100.0 - 1e-9)), i) for i, percent in enumerate(percents)
        )
        values = [0] * len(wanted)
        if not self.total:
            return values
        seen, at = 0, 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            while at < len(wanted) and seen >= wanted[at][0]:
                values[wanted[at][1]] = min(highest_in(bucket), self.highest)
                at += 1
        return values

    @property
    def mean_us(self) -> float:
        """Exact mean, microseconds; 0 when nothing was recorded."""
        return self.sum_us / self.total if self.total else 0.0

    def summary(self) -> Percentiles | None:
        """Return the usual percentiles in milliseconds, None if nothing was recorded."""
        if not self.total:
            return None
        p50, p90, p95, p99 = (value / 1000.0 for value in self.percentiles((50, 90, 95, 99)))
        return Percentiles(
            count=self.total,
            mean=self.mean_us / 1000.0,
            p50=p50,
            p90=p90,
            p95=p95,
            p99=p99,
            max=self.highest / 1000.0,
        )

    def to_wire(self) -> dict[str, Any]:
        """Return a compact JSON form for messages between processes: buckets and counts as flat pairs."""
        pairs: list[int] = []
        for bucket, count in self.counts.items():
            pairs += (bucket, count)
        return {"c": pairs, "s": self.sum_us, "l": self.lowest, "h": self.highest}

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Histogram:
        """Read the histogram that `to_wire` wrote."""
        made = cls()
        pairs = data["c"]
        made.counts = dict(zip(pairs[::2], pairs[1::2], strict=True))
        made.total = sum(pairs[1::2])
        made.sum_us, made.lowest, made.highest = data["s"], data["l"], data["h"]
        return made

    def to_json(self) -> dict[str, Any]:
        """Return a JSON form.

        `hdr` is HdrHistogram's own compressed V2 encoding (base64), beside the exact sum and bounds that it
        does not contain.
        """
        from hdrh.histogram import HdrHistogram

        encoded = HdrHistogram(1, HIGHEST_US, SIGNIFICANT_DIGITS)
        for bucket, count in self.counts.items():
            encoded.counts[bucket] = count
        encoded.set_internal_tacking_values(
            min(self.counts, default=0), max(self.counts, default=0), self.total
        )
        return {
            "hdr": encoded.encode().decode("ascii"),
            "unit": "us",
            "count": self.total,
            "sum": self.sum_us,
            "min": self.lowest if self.total else None,
            "max": self.highest if self.total else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Histogram:
        """Read the histogram that `to_json` wrote.

        Raises:
            ValueError: its counts cannot be decoded.
        """
        from hdrh.histogram import HdrHistogram

        try:
            decoded = HdrHistogram.decode(data["hdr"])
        except Exception as error:  # of zlib, base64 and hdrh
            raise ValueError(f"a histogram cannot be decoded: {error}") from None
        made = cls()
        made.counts = {
            index: count
            for index in range(decoded.counts_len)
            if (count := decoded.get_count_at_index(index))
        }
        made.total = sum(made.counts.values())
        made.sum_us = data["sum"]
        made.lowest = HIGHEST_US if data["min"] is None else data["min"]
        made.highest = data["max"] or 0
        return made
