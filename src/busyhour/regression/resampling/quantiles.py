"""Quantiles of latencies counted in buckets, by window."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from busyhour.regression.resampling.block_bootstrap import Floats
from busyhour.results.measurement.windows import coarse_bounds


class Buckets:
    """The buckets that several runs use, with their bounds in milliseconds."""

    def __init__(self, used: Sequence[int]) -> None:
        self._used = np.array(used, dtype=np.int64)
        bounds = [coarse_bounds(bucket) for bucket in used]
        self.low: Floats = np.array([low / 1000.0 for low, _ in bounds])
        self.width: Floats = np.array([(above - low) / 1000.0 for low, above in bounds])

    @classmethod
    def of(cls, *tables: Sequence[Sequence[int]]) -> Buckets:
        """Return all buckets that occur in the tables' rows (bucket, count, bucket, count, ...)."""
        return cls(sorted({bucket for table in tables for row in table for bucket in row[::2]}))

    def counts(self, rows: Sequence[Sequence[int]]) -> Floats:
        """Return counts as an array (windows, buckets)."""
        flat = np.array([n for row in rows for n in row], dtype=np.int64)
        at = np.repeat(np.arange(len(rows)), [len(row) // 2 for row in rows])
        size = len(self._used)
        columns = np.searchsorted(self._used, flat[::2])
        cells = np.bincount(at * size + columns, weights=flat[1::2], minlength=len(rows) * size)
        return cells.astype(float).reshape(len(rows), size)

    def quantiles(self, counts: Floats, shares: Sequence[float]) -> Floats:
        """Return quantiles of each row of `counts` (rows, buckets), in ms, as an array (shares, rows).

        Values are assumed to be uniform within a bucket. NaN for a row without values.
        """
        cumulated = np.cumsum(counts, axis=1)
        total = cumulated[:, -1]
        rows = np.arange(len(counts))
        out = np.empty((len(shares), len(counts)))
        for k, share in enumerate(shares):
            wanted = share * total
            at = np.argmax(cumulated >= np.maximum(wanted, 1e-12)[:, None], axis=1)
            inside = counts[rows, at]
            below = cumulated[rows, at] - inside
            part = np.divide(wanted - below, inside, out=np.zeros_like(wanted), where=inside > 0)
            out[k] = np.where(total > 0, self.low[at] + np.clip(part, 0.0, 1.0) * self.width[at], np.nan)
        return out

    def means(self, counts: Floats) -> Floats:
        """Return the mean of each row in milliseconds; NaN for a row without values."""
        total = counts.sum(axis=1)
        sums = counts @ (self.low + self.width / 2.0)
        means: Floats = np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)
        return means
