"""95 % confidence intervals of what is simulated: means of a series, and ratios over runs that are cut into slices.

Calls that wait together are alike, and blocked calls come in clumps: the variance is that of sums over batches or slices,
with the covariance of neighbouring ones (Law, "Simulation Modeling and Analysis", 2015, chapter 9; Newey and West 1987).
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
"""Fewer batches than these of one run show no spread."""
_PRIOR = 10.0
"""Degrees of freedom that a variance known from theory counts for."""
_MOST_ALIKE = 0.9
"""Correlation of neighbouring batches beyond which it is not estimated any further."""
_MOST_ABOVE = 3.0
"""Half width in logarithms beyond which an interval is not widened any further."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`: covers the true value in 95 of 100 cases."""

    low: float
    high: float

    def as_json(self) -> list[float]:
        """For the run record."""
        return [self.low, self.high]


def student(freedom: float, level: float = 0.95) -> float:
    """Two-sided point of Student's t distribution."""
    if freedom == math.inf:
        return NormalDist().inv_cdf((1.0 + level) / 2.0)
    from scipy.special import stdtrit  # scipy.stats has it too, and takes a second and a half to import

    return float(stdtrit(freedom, (1.0 + level) / 2.0))


def of_series(values: Sequence[float]) -> float:
    """Half width of the mean's interval, of values in the order in which they were seen; infinite for too few.

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
    # An estimated correlation is too small by (1 + 4 r) / n in the mean (Kendall 1954).
    alike = min(max(alike + (1.0 + 4.0 * max(alike, 0.0)) / count, 0.0), _MOST_ALIKE)
    factor = (1.0 + alike) / (1.0 - alike)
    point = student(max(3.0, (count - 1) / factor))
    # What seldom occurs and is large then is missed as often as not: the side of the skew (Hall 1992), on both.
    skew = abs(math.fsum(a * a * a for a in apart)) / count / math.pow(spread, 1.5)
    point += skew / (6.0 * math.sqrt(count)) * (1.0 + 2.0 * point * point)
    half = point * math.sqrt(spread / count * factor)
    if middle > 0.0 and min(values) >= 0.0:
        # Of what cannot be negative the interval is one of its logarithm: seen seldom, it may well be several times more.
        half = middle * math.expm1(min(half / middle, _MOST_ABOVE))
    return half


def of_quantile(ordered: Sequence[float], values: Sequence[float], share: float) -> Interval | None:
    """Of the value that a share does not exceed, by order statistics; None for too few.

    Args:
        ordered: the values in ascending order.
        values: in the order in which they were seen.
        share: 0 to 1.
    """
    n = len(ordered)
    if not n:
        return None
    at = ordered[min(n - 1, max(0, math.ceil(share * n) - 1))]
    below, same = bisect_left(ordered, at), bisect_right(ordered, at) - bisect_left(ordered, at)
    # What is seen of the share itself, with no less spread than independent values have; equal values count in part.
    part = (share * n - below) / same
    inside = [1.0 if value < at else part if value == at else 0.0 for value in values]
    # The smaller side of it is what is seen seldom.
    seen = of_series(inside if share < 0.5 else [1.0 - one for one in inside])
    half = max(seen, 1.96 * math.sqrt(share * (1.0 - share) / n))
    if half == math.inf:
        return None
    low, high = math.floor((share - half) * n) - 1, math.ceil((share + half) * n)
    if low < 0 or high > n - 1:
        return None
    return Interval(ordered[low], ordered[high])


def of_mean(values: Sequence[float], level: float = 0.95) -> float | None:
    """Half width of the interval of the mean of independent values (Student's t); None for fewer than two."""
    if len(values) < 2:
        return None
    import statistics

    return student(len(values) - 1, level) * statistics.stdev(values) / math.sqrt(len(values))


def of_peaks(values: Sequence[float], mean: float) -> float | None:
    """Half width of the interval of the mean of some runs' peaks; None for fewer than two.

    The few peaks are helped by what theory knows of their spread: beyond n, a Poisson number falls off by about mean / n
    a step, so that its highest value is a Gumbel variable of scale 1 / ln(n / mean) (Gumbel 1958). It counts like
    a variance that was seen in `_PRIOR` runs.

    Args:
        values: highest numbers at once, or in a second.
        mean: of the number whose peaks these are.
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
    """Of the mean number of events in a run: by their spread, and no less than independent events have (Poisson)."""
    total = math.fsum(counted)
    # With the upper end of the exact interval of a Poisson count, which for none is 3.69 (Garwood 1936).
    low, high = (total + 1.92 + sign * 1.96 * math.sqrt(total + 0.96) for sign in (-1.0, 1.0))
    around = Interval(max(0.0, low / runs), high / runs)
    spread = of_mean([*counted, *[0.0] * (runs - len(counted))])
    if spread is None:
        return around
    mean = total / runs
    return Interval(min(around.low, max(0.0, mean - spread)), max(around.high, mean + spread))


Counts = Sequence[Sequence[tuple[float, float]]]
"""By run and slice: part and whole."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A part over a whole, over all runs and slices. Without `interval` nothing shows how far it is off."""

    value: float
    interval: Interval | None

    @property
    def low(self) -> float:
        """Lower end of the interval; of a share whose interval is not known, 0."""
        return self.interval.low if self.interval is not None else 0.0

    @property
    def high(self) -> float:
        """Upper end of the interval; of a share whose interval is not known, 1."""
        return self.interval.high if self.interval is not None else 1.0


CERTAIN = Ratio(1.0, Interval(1.0, 1.0))
"""All of them, without any doubt."""


def of_share(counts: Counts, clump: float = 1.0, *, known: bool = False) -> Ratio | None:
    """A share of a whole, 0 to 1, by Wilson's interval on the number of independent cases that the spread shows.

    Args:
        counts: how many of how many.
        clump: variance that the cases have at least, as a multiple of independent ones: they come in clumps.
        known: `clump` is known from theory, and counts like a variance that was seen in `_PRIOR` slices.

    Returns:
        None where there is no whole.
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
        # None or all of them were seen: that shows no spread, and none is estimated.
        effect, freedom = clump, math.inf
    return Ratio(share, wilson(share, whole / max(effect, 1.0), student(freedom)))


def of_ratio(counts: Counts, unseen: float = 0.0) -> Ratio | None:
    """A ratio of any kind that cannot be negative: seconds for each contact. None where there is no whole.

    The upper end is that of the ratio's logarithm: long waits are rare, and runs that saw few of them show both too small a
    ratio and too small a spread.

    Args:
        counts: how much for how many.
        unseen: how much one case of a kind that was not seen would count; bounds a ratio of 0.
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
    """Interval of a share that was seen in so many independent cases (Wilson 1927)."""
    if cases <= 0.0:
        return Interval(0.0, 1.0)
    squared = point * point / cases
    middle = (share + squared / 2.0) / (1.0 + squared)
    half = point / (1.0 + squared) * math.sqrt(share * (1.0 - share) / cases + squared / (4.0 * cases))
    low, high = middle - half, middle + half
    return Interval(max(0.0, low) if share > 0.0 else 0.0, min(1.0, high) if share < 1.0 else 1.0)


def _pooled(counts: Counts) -> tuple[float, float, float | None, float] | None:
    """Ratio of the sums, their whole, the ratio's variance (None: not known) and its degrees of freedom."""
    part = math.fsum(p for run in counts for p, _ in run)
    whole = math.fsum(w for run in counts for _, w in run)
    if whole <= 0.0:
        return None
    ratio = part / whole
    apart = [[p - ratio * w for p, w in run] for run in counts]
    runs, slices = len(apart), min(map(len, apart))
    if runs >= 2 and slices:
        # Slices differ in what happens in them by plan, runs by chance alone: compare a slice with itself.
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
