"""How blocked calls come in clumps: one full moment blocks several."""

from __future__ import annotations

import math

_FAR = 40.0
"""Standard deviations of the calls at once."""


def of_blocked(load: float, lines: float) -> float:
    """Variance of the number of blocked calls over a long time, as a multiple of its mean; 1: one by one.

    1 + 2 lambda D, where D = pi_n * sum over k < n of F_k^2 / (lambda pi_k) is the deviation of the full state's time
    from its mean, given that all lines are taken now (birth and death process; Whitt 1992, "Asymptotic formulas for
    Markov processes", Operations Research 40(2)). Holding times are taken as exponential.

    Args:
        load: offered, erlang.
        lines: all of them.
    """
    if load <= 0.0 or lines < 1.0 or math.isinf(lines):
        return 1.0
    # For the last k: `below` is F_k / pi_k, `squares` the sum over j < k of F_j^2 / (pi_j pi_k).
    below, squares = 1.0, 0.0
    # Far below the load hardly any time is spent: what comes before `first` adds less than a float can tell.
    first = max(1, math.floor(min(lines, load) - _FAR * math.sqrt(load)))
    for k in range(first, math.floor(lines) + 1):
        # pi_(k-1) = pi_k * k / load.
        step = k / load
        squares = (squares + below * below) * step
        below = 1.0 + below * step
        if squares > 1e200:
            break
    return 1.0 + 2.0 * squares / (below * below)
