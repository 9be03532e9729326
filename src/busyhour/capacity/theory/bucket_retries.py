"""Share of first attempts that a token bucket refuses where refused requests are tried again: a Markov chain.

States are the parts of tokens in the bucket and the requests that wait for a retry. A token comes in up to four parts at
exponential times, which together come nearly as evenly as tokens do; what unevenness is left is taken out by the share
without retries, which is known exactly (`overflow.token_bucket_loss`). Solved level by level: a level-dependent
quasi-birth-and-death process (Bright and Taylor, Stochastic Models 11(3), 1995).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from busyhour.capacity.theory.finite_buffer import token_bucket_loss
from busyhour.capacity.theory.retrials import with_redials
from busyhour.scenarios.model import Distribution, Redial

LARGEST_BURST = 100
"""Tokens beyond which no chain is solved, see `refused_at_first`."""
MARGIN = 1.08
"""By how much the chain's share is raised: at 1 % it was 8 % too low to 20 % too high, compared with simulations."""
_STATES = 80
"""Parts of tokens in a bucket at most, where these are at least tokens."""
_LEVELS = (24, 96)
_SELDOM = 1e-9
_ROUNDS = 4

_Matrix = NDArray[np.float64]


@lru_cache(maxsize=2048)
def refused_at_first(per_second: float, rate: float, burst: int, pauses: tuple[float, ...]) -> float:
    """Share of first attempts that find no token.

    Of larger buckets than `LARGEST_BURST`, or where more requests wait than the chain looks at: below the tokens' rate
    an upper bound, as if refused requests waited for a token, which is M/D/1 (of a bucket that refuses the share L at a
    load rho, L / (1 - rho + rho L) wait); beyond it retries that meet the refusals of all requests.

    Args:
        per_second: first attempts, a Poisson process.
        rate: tokens per second.
        burst: size of the bucket.
        pauses: seconds from a refusal to the next attempt, of each retry.
    """
    alone = token_bucket_loss(per_second, rate, float(burst))
    if not pauses or not 0.0 < alone < 1.0:
        return alone
    rho = per_second / rate
    if burst > LARGEST_BURST:
        return _without_chain(per_second, rate, burst, len(pauses))
    again, share = 0.5, 0.0
    for _ in range(_ROUNDS):
        made = [again**number for number in range(len(pauses))]
        attempts = math.fsum(made)
        retry = attempts / math.fsum(pause * times for pause, times in zip(pauses, made, strict=True))
        for levels in _LEVELS:
            share, again, seldom = _solved(per_second, rate, burst, retry, made[-1] / attempts, levels)
            if seldom:
                break
        else:
            return _without_chain(per_second, rate, burst, len(pauses))
    if rho >= 1.0:
        return max(alone, share)
    single, _, _ = _solved(per_second, rate, burst, 1.0, 1.0, 0)
    return min(1.0, MARGIN * alone * share / single)


def _without_chain(per_second: float, rate: float, burst: int, retries: int) -> float:
    rho, alone = per_second / rate, token_bucket_loss(per_second, rate, float(burst))
    if rho < 1.0:
        return alone / (1.0 - rho + rho * alone)
    redial = Redial(1.0, Distribution("constant", 0.0), retries)
    return with_redials(
        lambda attempts: token_bucket_loss(per_second * attempts, rate, float(burst)), redial
    ).refused


def _solved(
    per_second: float, rate: float, burst: int, retry: float, last: float, levels: int
) -> tuple[float, float, bool]:
    """Probability that less than a token is there, the same for retries, and whether the highest level is seldom seen.

    Args:
        per_second: first attempts.
        rate: tokens per second.
        burst: size of the bucket.
        retry: retries per second of one waiting request.
        last: share of refused retries that are not followed by another.
        levels: most requests that wait.
    """
    each = max(1, min(4, _STATES // burst))
    size = each * burst + 1
    parts = each * rate
    takes = np.eye(size, k=each)  # state by column, the state after it by row: a request takes a token
    refuses = np.zeros((size, each))
    refuses[:each] = np.eye(each)
    flow = parts * np.eye(size, k=-1) + per_second * takes
    leaving = np.full(size, parts + per_second)
    leaving[-1] -= parts
    served = np.ones(size)
    served[:each] = 0.0
    down = takes + last * (np.diag(1.0 - served))

    def balance(waiting: int, above: _Matrix | None) -> _Matrix:
        out = leaving + waiting * retry * (served + (1.0 - served) * last)
        if above is None:
            out = out - per_second * (1.0 - served)  # at the highest level a refused request is lost
        matrix = np.diag(out) - flow
        if above is not None:
            matrix[:, :each] -= (waiting + 1) * retry * per_second * (down @ above)
        return matrix

    above: _Matrix | None = None
    steps: list[_Matrix] = []
    for waiting in range(levels, 0, -1):
        step: _Matrix = np.linalg.solve(balance(waiting, above), refuses).astype(np.float64, copy=False)
        steps.append(step)
        above = step
    ground = balance(0, above)
    ground[-1] = 1.0
    right = np.zeros(size)
    right[-1] = 1.0
    level = np.linalg.solve(ground, right)
    total, full, found, found_full = float(level.sum()), float(level[:each].sum()), 0.0, 0.0
    for waiting, step in enumerate(reversed(steps), start=1):
        level = step @ (per_second * level[:each])
        total += float(level.sum())
        full += float(level[:each].sum())
        found += waiting * float(level.sum())
        found_full += waiting * float(level[:each].sum())
    seldom = float(level.sum()) <= _SELDOM * total
    return full / total, found_full / found if found > 0.0 else 0.0, seldom
