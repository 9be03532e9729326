"""Peakedness (variance-to-mean ratio) and Hayward's approximation, for bursty and for regular arrivals.

Peakedness z is the variance over the mean of the calls in progress on infinitely many lines: 1 for Poisson
arrivals. Hayward's approximation treats traffic of load a and peakedness z on n lines as Poisson traffic of
a/z on n/z (Fredericks 1980, "Congestion in blocking systems: a simple approximation technique", Bell System
Technical Journal 59(6)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from busyhour.capacity.theory.erlang import erlang_b, poisson_quantile
from busyhour.capacity.theory.finite_buffer import volume_at
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.errors import BusyhourError


def of_intervals(counts: Sequence[float], interval_seconds: float, holding_seconds: float) -> float:
    """Estimate the peakedness of recorded interval counts.

    The variance of the counts beyond the Poisson share is attributed to a rate that is constant within an
    interval; with exponential holding times z = 1 + (s2/lambda) (1/mu - (1 - exp(-mu w))/(mu2 w)), where s2
    is the rate's variance and w the interval (from Var N = m + (1/mu) * integral of the rate's covariance
    times exp(-mu t)).
    """
    n = len(counts)
    if n < 2 or holding_seconds <= 0 or interval_seconds <= 0:
        return 1.0
    mean = math.fsum(counts) / n
    if mean <= 0:
        return 1.0
    variance = math.fsum((count - mean) ** 2 for count in counts) / (n - 1)
    rate, extra = mean / interval_seconds, max(0.0, variance - mean) / interval_seconds**2
    mu, width = 1.0 / holding_seconds, interval_seconds
    return 1.0 + extra / rate * (1.0 / mu - (1.0 - math.exp(-mu * width)) / (mu * mu * width))


def of_even_arrivals(holding: HoldingTime) -> float:
    """Compute the peakedness of calls at even intervals that are short compared with the holding time.

    z = 1 - integral of (1 - G)^2 / mean = 1 - E[min(S, S')] / E[S], the heavy-traffic limit of G/GI/infinity
    for arrivals without variance (Whitt 1982, "On the heavy-traffic limit theorem for GI/G/infinity queues",
    Advances in Applied Probability 14). Constant holding times give 0: the number in progress is constant.
    """
    if holding.mean <= 0:
        return 1.0
    return max(0.0, 1.0 - holding.mean_of_shorter() / holding.mean)


def blocking(load: float, lines: float, z: float) -> float:
    """Share of calls that find all `lines` taken: B(a/z, n/z).

    Raises:
        BusyhourError: `z` is negative.
    """
    if z < 0:
        raise BusyhourError(f"peakedness {z:g}: it must be at least 0", "Poisson arrivals have peakedness 1.")
    if z < _STEADY:
        # A constant number of calls in progress: only what exceeds the lines is blocked.
        return max(0.0, 1.0 - lines / load) if load > 0 else 0.0
    return erlang_b(load / z, lines / z)


def load_for_blocking(lines: float, share: float, z: float) -> float:
    """Return the load in erlangs of which `lines` block the share `share`."""
    return volume_at(lambda load: blocking(load, lines, z), share, max(lines, 0.5)) if lines > 0 else 0.0


def lines_for_blocking(load: float, share: float, z: float) -> int:
    """Return the fewest lines that block at most the share `share`."""
    if load <= 0:
        return 0
    low, high = 0, 1
    while blocking(load, high, z) > share:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if blocking(load, middle, z) > share else (low, middle)
    return high


def quantile(mean: float, share: float, z: float) -> int:
    """Return the calls in progress exceeded with probability at most 1 - `share`.

    A Poisson variable scaled by z.
    """
    if z < _STEADY:
        return math.ceil(mean - 1e-9)
    return math.ceil(poisson_quantile(mean / z, share) * z - 1e-9)


_STEADY = 1e-3
"""Peakedness below which the number of calls in progress is taken as constant."""
