"""Distributions of durations fitted to what was recorded, with intervals and a test of fit.

Patience is known only of callers who abandoned; of those who were answered it is known to be longer than their wait
(censored). For exponential patience the estimate of greatest likelihood is all waiting time over the number of
abandoned calls (Mandelbaum and Zeltyn 2009, "Data-stories about (im)patient customers in tele-queues").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from busyhour.results.estimate import interval
from busyhour.scenarios.model import Distribution

CONFIDENCE = 0.95
_TESTED = 2_000
"""Values of a test of fit: of more, any small difference is found, and each test takes long."""
_DRAWS = 199
"""Samples drawn of the fitted distribution by the test."""
_DECIMALS = 6
"""Decimals of a duration in seconds: shorter ones are 0, since a fit of their logarithms may have no end."""
FEWEST = 20
"""Values of which a distribution is fitted; of fewer it is the mean alone, and exponential is assumed."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A distribution in seconds, fitted to `count` values. `p` is that of the test of fit; None: not tested."""

    distribution: Distribution
    count: int
    mean: Interval
    p: float | None
    assumed: str = ""
    """What of it is assumed, not learnt; empty if nothing is."""


def share(hits: float, of: float) -> Interval:
    """Return a share with its interval (`results.estimate`); 0 of 0 is 0 to 1."""
    return Interval(hits / of if of > 0 else 0.0, *interval(hits, of))


def ratio(parts: Sequence[tuple[float, float]]) -> Interval:
    """Return the sum of first parts over the sum of second ones, with an interval from how it varies between the pairs.

    The ratio estimator and its linearised variance (Cochran 1977, section 6.3). Of one pair, the interval is not known.
    """
    over, under = math.fsum(a for a, _ in parts), math.fsum(b for _, b in parts)
    if under <= 0:
        return Interval(math.nan, math.nan, math.nan)
    found, count = over / under, len(parts)
    if count < 2:
        return Interval(found, math.nan, math.nan)
    from scipy import stats

    spread = math.sqrt(math.fsum((a - found * b) ** 2 for a, b in parts) * count / (count - 1)) / under
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, count - 1)) * spread
    return Interval(found, max(0.0, found - half), found + half)


def duration(values: Sequence[float], seed: int = 0) -> Fitted:
    """Fit the distribution of durations in seconds: of exponential, lognormal and gamma the likeliest.

    Values of 0 are left out of the fit and of its test and stay in the mean.
    """
    import numpy as np
    from scipy import stats

    found = np.asarray(values, dtype=float).round(_DECIMALS)
    mean, count = float(found.mean()), len(found)
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, count - 1) * stats.sem(found)) if count > 1 else math.nan
    around = Interval(mean, max(mean - half, 0.0), mean + half)
    positive = found[found > 0]
    if len(positive) < FEWEST:
        return Fitted(
            Distribution("exponential", mean),
            count,
            around,
            None,
            f"its form: {count} values are too few to fit it",
        )
    spread = float(positive.std(ddof=1) / positive.mean())
    if spread < 1e-3:
        return Fitted(Distribution("constant", mean), count, around, None)
    logs = np.log(positive)
    candidates = {
        "exponential": (stats.expon(scale=positive.mean()), 1),
        "lognormal": (stats.lognorm(s=logs.std(), scale=math.exp(logs.mean())), 2),
        "gamma": (stats.gamma(*stats.gamma.fit(positive, floc=0)), 2),
    }
    criterion = {
        name: 2 * free - 2 * float(one.logpdf(positive).sum()) for name, (one, free) in candidates.items()
    }
    kind = min(criterion, key=lambda name: criterion[name])
    chosen = candidates[kind][0]
    cv = 1.0 if kind == "exponential" else float(chosen.std() / chosen.mean())
    rng = np.random.default_rng(seed)
    tested = positive if len(positive) <= _TESTED else rng.choice(positive, _TESTED, replace=False)
    form = {"exponential": stats.expon, "lognormal": stats.lognorm, "gamma": stats.gamma}[kind]
    test = stats.goodness_of_fit(
        form, tested, known_params={"loc": 0}, statistic="ks", n_mc_samples=_DRAWS, rng=rng
    )
    return Fitted(Distribution(kind, mean, cv), count, around, float(test.pvalue))


def patience(waited: float, abandoned: int) -> Fitted | None:
    """Return exponential patience of all seconds waited, by answered and by abandoned callers; None without abandons."""
    if abandoned < 1 or waited <= 0:
        return None
    from scipy import stats

    mean, tail = waited / abandoned, (1 - CONFIDENCE) / 2
    around = Interval(
        mean,
        2 * waited / float(stats.chi2.ppf(1 - tail, 2 * abandoned + 2)),
        2 * waited / float(stats.chi2.ppf(tail, 2 * abandoned)),
    )
    return Fitted(Distribution("exponential", mean), abandoned, around, None, "that patience is exponential")
