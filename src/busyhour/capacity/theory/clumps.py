"""Clumping of blocked calls: one moment with all lines busy blocks several calls in a row."""

from __future__ import annotations

import math

_FAR = 40.0
"""Range that is summed, in standard deviations of the calls in progress."""


def of_blocked(load: float, lines: float) -> float:
    """Compute the index of dispersion of blocked calls: variance of their number over a long time / its mean.

    The value 1 means that calls are blocked independently. It is 1 + 2 lambda D, where D = pi_n * sum over k
    < n of F_k^2 / (lambda pi_k) is the deviation of the full state's time from its mean, given that all lines
    are busy now (birth and death process; Whitt 1992, "Asymptotic formulas for Markov processes", Operations
    Research 40(2)). Holding times are assumed exponential.

    Args:
        load: offered load in erlangs.
        lines: number of lines.
    """
    if load <= 0.0 or lines < 1.0 or math.isinf(lines):
        return 1.0
    # For the last k: `below` is F_k / pi_k, `squares` the sum over j < k of F_j^2 / (pi_j pi_k).
    below, squares = 1.0, 0.0
    # Far below the load the process spends hardly any time: terms before `first` are below float precision.
    first = max(1, math.floor(min(lines, load) - _FAR * math.sqrt(load)))
    for k in range(first, math.floor(lines) + 1):
        # pi_(k-1) = pi_k * k / load.
        step = k / load
        squares = (squares + below * below) * step
        below = 1.0 + below * step
        if squares > 1e200:
            break
    return 1.0 + 2.0 * squares / (below * below)
