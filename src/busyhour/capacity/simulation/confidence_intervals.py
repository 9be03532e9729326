"""95 % confidence intervals of simulation results: means of a series, and ratios over runs cut into slices.

Consecutive waits are correlated, and blocked calls come in clumps. The variance is therefore that of sums
over batches or slices, with the covariance of neighbouring ones (Law, "Simulation Modeling and Analysis",
2015, chapter 9; Newey and West 1987).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

_BATCHES = 40
_FEWEST = 8
"""Fewer batches of one run give no estimate of the spread."""
_PRIOR = 10.0
"""Degrees of freedom assigned to a variance known from theory."""
_MOST_ALIKE = 0.9
"""Correlation of neighbouring batches above which it is not estimated further."""
_MOST_ABOVE = 3.0
"""Half-width in logarithms beyond which an interval is not widened further."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Interval from `low` to `high` that covers the true value in 95 % of cases."""

    low: float
    high: float

    def as_json(self) -> list[float]:
        """Return the interval for the run record."""
        return [self.low, self.high]


def student(freedom: float, level: float = 0.95) -> float:
    """Return the two-sided quantile of Student's t distribution."""
    if freedom == math.inf:
        return NormalDist().inv_cdf((1.0 + level) / 2.0)
    from scipy.special import stdtrit  # scipy.stats takes 1.5 s to import

    return float(stdtrit(freedom, (1.0 + level) / 2.0))


def of_series(values: Sequence[float]) -> float:
    """Compute the half-width of the mean's interval, of values in the order of observation.

    Infinite if too few.

    Batch means, with the correlation that neighbouring batches still have.
    """
    n = len(values)
    count = min(_BATCHES, n)
    if count < _FEWEST:
        return math.inf
    size = n / count
    means = []
    for batch in range(count):
        part = values[round(batch * size) : round((batch + 1) * size)]
        means.append(math.fsum(part) / len(part))
    middle = math.fsum(means) / count
    apart = [mean - middle for mean in means]
    spread = math.fsum(a * a for a in apart) / (count - 1)
    if spread <= 0.0:
        return 0.0
    alike = math.fsum(a * b for a, b in pairwise(apart)) / (spread * (count - 1))
    # The estimated correlation is too small by (1 + 4 r) / n in the mean (Kendall 1954).
    alike = min(max(alike + (1.0 + 4.0 * max(alike, 0.0)) / count, 0.0), _MOST_ALIKE)
    factor = (1.0 + alike) / (1.0 - alike)
    point = student(max(3.0, (count - 1) / factor))
    # Rare large values are often missed: use the side of the skew (Hall 1992) on both sides.
    skew = abs(math.fsum(a * a * a for a in apart)) / count / math.pow(spread, 1.5)
    point += skew / (6.0 * math.sqrt(count)) * (1.0 + 2.0 * point * point)
    half = point * math.sqrt(spread / count * factor)
    if middle > 0.0 and min(values) >= 0.0:
        # For a value that cannot be negative, the interval is one of its logarithm: a rare event may be
        # several times as frequent.
        half = middle * math.expm1(min(half / middle, _MOST_ABOVE))
    return half


def of_quantile(ordered: Sequence[float], values: Sequence[float], share: float) -> Interval | None:
    """Compute the interval of a quantile by order statistics; None if there are too few values.

    Args:
        ordered: the values in ascending order.
        values: the values in the order of observation.
        share: 0 to 1.
    """
    n = len(ordered)
    if not n:
        return None
    at = ordered[min(n - 1, max(0, math.ceil(share * n) - 1))]
    below, same = bisect_left(ordered, at), bisect_right(ordered, at) - bisect_left(ordered, at)
    # Observed variance of the share, at least that of independent values; equal values count in part.
    part = (share * n - below) / same
    inside = [1.0 if value < at else part if value == at else 0.0 for value in values]
    # Its smaller side is the rarely observed one.
    seen = of_series(inside if share < 0.5 else [1.0 - one for one in inside])
    half = max(seen, 1.96 * math.sqrt(share * (1.0 - share) / n))
    if half == math.inf:
        return None
    low, high = math.floor((share - half) * n) - 1, math.ceil((share + half) * n)
    if low < 0 or high > n - 1:
        return None
    return Interval(ordered[low], ordered[high])


def of_mean(values: Sequence[float], level: float = 0.95) -> float | None:
    """Compute the half-width of the interval of the mean of independent values (Student's t).

    None for fewer than two.
    """
    if len(values) < 2:
        return None
    import statistics

    return student(len(values) - 1, level) * statistics.stdev(values) / math.sqrt(len(values))


def of_peaks(values: Sequence[float], mean: float) -> float | None:
    """Compute the half-width of the interval of the mean of several runs' peaks; None for fewer than two.

    The few peaks are supplemented by the theoretical spread: beyond n, a Poisson number falls off by about
    mean / n a step, so its highest value is a Gumbel variable of scale 1 / ln(n / mean) (Gumbel 1958). It
    counts like a variance observed in `_PRIOR` runs.

    Args:
        values: peaks of concurrency, or of events per second.
        mean: mean of the number whose peaks these are.
    """
    n = len(values)
    if n < 2:
        return None
    import statistics

    highest = math.fsum(values) / n
    seen, freedom = statistics.variance(values), float(n - 1)
    if highest > mean > 0.0:
        scale = 1.0 / math.log(highest / mean)
        seen = (freedom * seen + _PRIOR * math.pi**2 / 6.0 * scale**2) / (freedom + _PRIOR)
        freedom += _PRIOR
    return student(freedom) * math.sqrt(seen / n)


def of_count(counted: Sequence[float], runs: int) -> Interval:
    """Compute the interval of the mean number of events per run.

    At least as wide as for independent events (Poisson).
    """
    total = math.fsum(counted)
    # Upper end of the exact interval of a Poisson count, which is 3.69 for a count of 0 (Garwood 1936).
    low, high = (total + 1.92 + sign * 1.96 * math.sqrt(total + 0.96) for sign in (-1.0, 1.0))
    around = Interval(max(0.0, low / runs), high / runs)
    spread = of_mean([*counted, *[0.0] * (runs - len(counted))])
    if spread is None:
        return around
    mean = total / runs
    return Interval(min(around.low, max(0.0, mean - spread)), max(around.high, mean + spread))


Counts = Sequence[Sequence[tuple[float, float]]]
"""Part and whole by run and slice."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part over a whole, over all runs and slices. `interval` is None if it cannot be estimated."""

    value: float
    interval: Interval | None

    @property
    def low(self) -> float:
        """Lower end of the interval; 0 for a share whose interval is unknown."""
        return self.interval.low if self.interval is not None else 0.0

    @property
    def high(self) -> float:
        """Upper end of the interval; 1 for a share whose interval is unknown."""
        return self.interval.high if self.interval is not None else 1.0


CERTAIN = Ratio(1.0, Interval(1.0, 1.0))
"""A share of 1 that is certain."""


def of_share(counts: Counts, clump: float = 1.0, *, known: bool = False) -> Ratio | None:
    """Estimate a share by Wilson's interval with the number of independent cases that the spread implies.

    Args:
        counts: part and whole by run and slice.
        clump: minimum variance of the cases as a multiple of independent ones, since they come in clumps.
        known: `clump` is known from theory and counts like a variance observed in `_PRIOR` slices.

    Returns:
        None if the whole is 0.
    """
    found = _pooled(counts)
    if found is None:
        return None
    share, whole, variance, freedom = found
    single = share * (1.0 - share) / whole
    if known:
        seen = clump if variance is None or single <= 0.0 else variance / single
        freedom = freedom if variance is not None and single > 0.0 else 0.0
        effect = (freedom * seen + _PRIOR * clump) / (freedom + _PRIOR)
        freedom += _PRIOR
    elif variance is None:
        return Ratio(share, None)
    elif variance > 0.0 and single > 0.0:
        effect = max(clump, variance / single)
    else:
        # A share of 0 or 1 shows no spread, and none is estimated.
        effect, freedom = clump, math.inf
    return Ratio(share, wilson(share, whole / max(effect, 1.0), student(freedom)))


def of_ratio(counts: Counts, unseen: float = 0.0) -> Ratio | None:
    """Estimate a ratio that cannot be negative, such as seconds per contact; None if the whole is 0.

    The upper end is that of the ratio's logarithm: long waits are rare, and runs that saw few of them show
    both too small a ratio and too small a spread.

    Args:
        counts: part and whole by run and slice.
        unseen: size of one case of a kind that was not observed; bounds a ratio of 0.
    """
    found = _pooled(counts)
    if found is None:
        return None
    ratio, whole, variance, freedom = found
    if ratio == 0.0 and unseen > 0.0:
        return Ratio(ratio, Interval(0.0, unseen * wilson(0.0, whole).high))
    if variance is None:
        return Ratio(ratio, None)
    half = student(freedom) * math.sqrt(variance)
    above = ratio * math.exp(min(half / ratio, _MOST_ABOVE)) if ratio > 0.0 else half
    return Ratio(ratio, Interval(max(0.0, ratio - half), above))


def wilson(share: float, cases: float, point: float = 1.96) -> Interval:
    """Compute the interval of a share observed in this number of independent cases (Wilson 1927)."""
    if cases <= 0.0:
        return Interval(0.0, 1.0)
    squared = point * point / cases
    middle = (share + squared / 2.0) / (1.0 + squared)
    half = point / (1.0 + squared) * math.sqrt(share * (1.0 - share) / cases + squared / (4.0 * cases))
    low, high = middle - half, middle + half
    return Interval(max(0.0, low) if share > 0.0 else 0.0, min(1.0, high) if share < 1.0 else 1.0)


def _pooled(counts: Counts) -> tuple[float, float, float | None, float] | None:
    """Return the ratio of the sums, their whole, the ratio's variance (None.

    Unknown) and its degrees of freedom.
    """
    part = math.fsum(p for run in counts for p, _ in run)
    whole = math.fsum(w for run in counts for _, w in run)
    if whole <= 0.0:
        return None
    ratio = part / whole
    apart = [[p - ratio * w for p, w in run] for run in counts]
    runs, slices = len(apart), min(map(len, apart))
    if runs >= 2 and slices:
        # Slices differ by plan, runs by chance only: compare a slice with the same slice of other runs.
        means = [math.fsum(run[s] for run in apart) / runs for s in range(slices)]
        off = [[run[s] - means[s] for s in range(slices)] for run in apart]
        own = math.fsum(a * a for run in off for a in run)
        beside = math.fsum(a * b for run in off for a, b in pairwise(run))
        total = runs / (runs - 1) * (own + 2.0 * max(0.0, beside))
        freedom = slices * (runs - 1) / (1.0 + max(0.0, beside) / own if own > 0.0 else 1.0)
        return ratio, whole, total / whole**2, max(1.0, freedom)
    line = apart[0]
    if len(line) < _FEWEST:
        return ratio, whole, None, 1.0
    own = math.fsum(a * a for a in line)
    beside = math.fsum(a * b for a, b in pairwise(line))
    total = len(line) / (len(line) - 1) * (own + 2.0 * max(0.0, beside))
    return ratio, whole, total / whole**2, max(3.0, (len(line) - 1) / 1.5)
