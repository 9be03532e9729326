"""Share of first attempts that Lambda throttles when Connect retries throttled invocations: a Markov chain.

A state is the number of running executions and of invocations that wait for a retry: a retrial queue (Falin
and Templeton 1997, Retrial Queues, 2.4), solved level by level from the most waiting down to none. A retry
follows soon after a rejection, when nearly all executions are still busy, so it is rejected more often than a
first attempt. Erlang B with retries that see time averages leaves this out.

Executions and pauses are exponential with their means. One kind of waiting represents the pauses before the
first, second and third retry, weighted by their frequency. Compared with simulations of 1 to 50 requests/s of
0.1 to 2 s, constant and exponential, the share at 1 % was 5 % too high to 7 % too low: it is raised by
`MARGIN`.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.theory.erlang import erlang_c

MARGIN = 1.05
"""Factor by which the chain's share is raised."""
PAUSES = RetryPolicy().delays
LARGE = 500.0
"""Load (erlang) above which the chain takes too long.

The bound used instead is at most 2 % more at a share of 1 %.
"""
_ROUNDS = 5
"""Iterations of the share of rejected retries; it changes by less than 0.1 % after that."""
_LEVELS = (24, 96, 384, 1536)
"""Initial largest number of waiting invocations; raised if the chain gets there."""
_SELDOM = 1e-9
"""Probability below which the highest level is negligible."""
_WIDE = 9.0
"""Range of busy executions that is solved, in standard deviations below and above the load."""
_HUGE = 1e150


@lru_cache(maxsize=2048)
def first_throttled(per_second: float, seconds: float, executions: int, pauses: tuple[float, ...]) -> float:
    """Compute the share of first attempts that find every execution busy.

    Above `LARGE` erlang, when more invocations wait than the chain covers, and where it is negligible, the result is an
    upper bound:
    Erlang C, as if throttled invocations waited until they are served. Retrial queues approach it from below
    with short pauses and many retries (Falin and Templeton 1997).

    Args:
        per_second: first attempts per second, a Poisson process.
        seconds: mean duration of an execution.
        executions: limit of concurrent executions, at least 1.
        pauses: seconds from a rejection to the next attempt, for each retry.
    """
    bound = erlang_c(per_second * seconds, executions)
    if per_second * seconds > LARGE or bound < _SELDOM:
        return bound
    again, share = 0.5, 0.0
    for _ in range(_ROUNDS):
        made = [again**number for number in range(len(pauses))]
        attempts = math.fsum(made)
        rate = attempts / math.fsum(pause * times for pause, times in zip(pauses, made, strict=True))
        solved = _solved(per_second * seconds, executions, rate * seconds, made[-1] / attempts)
        if solved is None:
            return bound
        share, again = solved
    return min(1.0, share * MARGIN)


def _solved(load: float, executions: int, rate: float, last: float) -> tuple[float, float] | None:
    """Solve the chain: probability that every execution is busy, and that a retry finds it so.

    Times are in mean durations of an execution.

    Args:
        load: arrivals.
        executions: limit of concurrent executions.
        rate: retries of one waiting invocation.
        last: share of rejected retries that are not followed by another.
    """
    for levels in _LEVELS:
        levels_of = _levels(load, executions, rate, last, levels)
        total = math.fsum(float(level.sum()) for level in levels_of)
        if levels_of[0].sum() <= _SELDOM * total:
            break
    else:
        return None
    waiting = range(len(levels_of) - 1, -1, -1)
    full = math.fsum(float(level[-1]) for level in levels_of)
    found_full = math.fsum(k * float(level[-1]) for k, level in zip(waiting, levels_of, strict=True))
    found = math.fsum(k * float(level.sum()) for k, level in zip(waiting, levels_of, strict=True))
    return full / total, found_full / found if found > 0.0 else 0.0


def _levels(load: float, executions: int, rate: float, last: float, levels: int) -> list[NDArray[np.float64]]:
    """Compute the weights of the states, from the level with the most waiting invocations down to none.

    A level is entered from the one below when an arrival finds every execution busy, and from the one above
    by a retry. Each level is a tridiagonal system; its unknown entry from below is determined by what the
    level above needed.
    """
    spread = _WIDE * math.sqrt(max(load, 1.0))
    lowest = max(0, min(executions - 2, math.floor(min(load, executions) - spread)))
    ending = np.arange(lowest, executions + 1, dtype=np.float64)
    ending[0] *= lowest == 0  # states below are not solved
    size = len(ending)
    found: list[NDArray[np.float64]] = []
    above: NDArray[np.float64] | None = None
    needed = 1.0
    for waiting in range(levels, -1, -1):
        bands = np.zeros((3, size))
        bands[0, 1:] = -ending[1:]
        bands[1] = ending + load + waiting * rate
        bands[1, -1] += waiting * rate * (last - 1.0) - (load if waiting == levels else 0.0)
        bands[2, :-1] = -load
        entries = np.zeros((size, 2))
        entries[-1, 1] = 1.0
        if above is not None:
            entries[1:, 0] = (waiting + 1) * rate * above[:-1]
            entries[-1, 0] += (waiting + 1) * rate * last * above[-1]
        solved = solve_banded((1, 1), bands, entries, check_finite=False)
        below = 1.0 if above is None else max(0.0, (needed - solved[-1, 0]) / solved[-1, 1])
        level = solved[:, 0] + (below * solved[:, 1] if waiting else 0.0)
        found.append(level)
        above, needed = level, below / load
        if level[-1] > _HUGE:
            found = [one / _HUGE for one in found]
            above, needed = found[-1], needed / _HUGE
    return found
