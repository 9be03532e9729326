"""Erlang's sums for very many servers: the sums of `erlang`, over the states that matter.

Terms are products of ratios of neighbouring states, computed in blocks; terms below float precision are left
out. A sum takes some thousand terms times the square root of the load instead of one for each server.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

_BLOCK = 8192
_NEGLIGIBLE = 1e-18
_BEYOND = 1e300
_NODES = 1000.0
"""Largest number of states per standard deviation at which a wide sum is evaluated."""
_LENGTHS = 60.0
"""Range that is summed when terms fall from the first on, in lengths over which they fall to 1/e."""
_WIDTHS = 12.0
"""Range that is summed on either side of the most likely state, in standard deviations."""


def erlang_b(load: float, servers: float) -> float:
    """Compute Erlang B by 1/B = sum over k of n (n-1) ... (n-k+1) / a^k (Jagerman 1974); 0 below 1e-300.

    Args:
        load: offered load in erlangs, above 0.
        servers: many; need not be whole.
    """
    import numpy as np

    total, last, done = 1.0, 1.0, 0
    while done < servers:
        steps = (servers - np.arange(done, min(done + _BLOCK, math.ceil(servers)))) / load
        with np.errstate(over="ignore"):
            terms = last * np.cumprod(steps)
            total += float(terms.sum())
        last, done = float(terms[-1]), done + len(steps)
        if not total < _BEYOND:
            return 0.0
        if steps[-1] < 1.0 and last <= _NEGLIGIBLE * total * (1.0 - float(steps[-1])):
            break
    return 1.0 / total


def servers_for_blocking(load: float, blocking: float) -> int:
    """Return the fewest servers that block at most the share `blocking` of a large load, by bisection."""
    low, step = math.floor(load * (1.0 - blocking)), math.ceil(math.sqrt(load))
    low, high = max(0, low - step), low + step
    while erlang_b(load, high) > blocking:
        low, high = high, high + 2 * (high - low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if erlang_b(load, middle) > blocking else (low, middle)
    return high


def waiting_states(rate: float, serve: float, leave: float) -> tuple[float, float, float]:
    """Sum r_k and k r_k over k from 1; returns both divided by 10^scale, and the scale.

    r_k is the product over i up to k of rate / (serve + i leave). Wide sums are evaluated at some thousand
    states by the trapezoidal rule with the Euler-Maclaurin correction at the ends.
    """
    import numpy as np

    mean, places = rate / leave, serve / leave
    # r_k is largest where rate = serve + k leave; its width there is that of a Poisson variable with mean
    # rate / leave.
    top = max(0.0, mean - places)
    width = math.sqrt(mean)
    first = max(1, math.floor(top - _WIDTHS * width) + 1)
    reach = _WIDTHS * width
    if top == 0.0 and places + 1.0 > mean:  # below full load r_k falls from the first state on
        falls = -1.0 / math.log(mean / (places + 1.0))
        width, reach = min(width, falls), min(reach, _LENGTHS * falls)
    step = max(1, math.floor(width / _NODES))
    steps = math.ceil((top + reach - first) / step) + 1
    peak = max(first - 1, math.floor(top))
    k = first + step * np.arange(steps + 1, dtype=float)
    terms = np.exp(_log_ratio(places + peak, mean, k - peak))
    # Derivatives in k of log r_k at the ends: log of the ratio of neighbouring states, half a state further.
    slope = np.log(mean / (places + k[[0, -1]] + 0.5))

    def summed(values: Any, derivatives: Any) -> float:
        ends = values[[0, -1]]
        trapezium = step * float(values.sum() - ends.sum() / 2.0)
        return (
            trapezium
            + float(ends.sum()) / 2.0
            - (step * step - 1) / 12.0 * float(derivatives[1] - derivatives[0])
        )

    ends = terms[[0, -1]]
    total = summed(terms, ends * slope)
    weighted = summed(k * terms, ends + k[[0, -1]] * ends * slope)
    log_of_peak = float(_log_ratio(places, mean, np.array([float(peak)]))[0]) if peak else 0.0
    return total, weighted, max(0.0, log_of_peak) / math.log(10.0)


def _log_ratio(start: float, mean: float, k: Any) -> Any:
    """Compute the log of the product over i from 1 to k of mean / (start + i), by Stirling's series.

    K is real.
    """
    import numpy as np

    base = start + 1.0
    end = base + k
    apart = np.log1p(k / base)
    log_gammas = (base + k - 0.5) * apart - k + k * math.log(base)
    for divisor, power in ((12.0, 1), (-360.0, 3), (1260.0, 5)):
        log_gammas = log_gammas + (end**-power - base**-power) / divisor
    return k * math.log(mean) - log_gammas


def last_place(rate: float, serve: float, leave: float, capacity: int, blocking: float) -> float:
    """Compute the probability that all of very many places of a queue are taken.

    `blocking` is Erlang B of its agents. See `finite_buffer.queue_full_share`; the sum runs from the last
    place down.
    """
    import numpy as np

    if serve + leave == 0.0:
        return 1.0
    total, last, done = 1.0, 1.0, 0
    while done < capacity:
        k = np.arange(capacity - done, max(0, capacity - done - _BLOCK), -1, dtype=float)
        with np.errstate(over="ignore"):
            terms = last * np.cumprod((serve + k * leave) / rate)
            total += float(terms.sum())
        last, done = float(terms[-1]), done + len(k)
        if not total < _BEYOND:
            return 0.0
        if last <= _NEGLIGIBLE * total and serve + leave * float(k[-1]) <= rate:
            return 1.0 / total
    # The states below "all agents busy, none waits" have 1/B of its probability together, including that
    # state.
    return 1.0 / (total + last * (1.0 / blocking - 1.0))


def answered_after(start: float, rate: float, serve: float, leave: float, waited: float) -> float:
    """Compute the share of all calls answered after more than `start` seconds.

    `waited` is the share answered after any wait. The density of `erlang.waiting_with_abandonment`, relative
    to its largest value: the exponents are too large to subtract.
    """
    from scipy.integrate import quad

    peak = math.log(rate / (serve + leave)) / leave if rate > serve + leave else 0.0
    power = min(rate, serve + leave)
    width = 1.0 / math.sqrt(leave * (serve + leave))

    def density(x: float) -> float:
        away = x - peak
        exponent = power * -math.expm1(-leave * away) / leave - (serve + leave) * away
        return math.exp(exponent) if exponent > -745.0 else 0.0

    def beyond(low: float) -> float:
        marks = [peak + step * width for step in (-12, -4, -1, 0, 1, 4, 12) if peak + step * width > low]
        return float(
            sum(quad(density, a, b, limit=200)[0] for a, b in itertools.pairwise([low, *marks]))
            if marks
            else 0.0
        )

    return waited * beyond(start) / beyond(0.0)
