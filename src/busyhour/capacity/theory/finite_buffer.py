"""Loss probability of finite buffers: the token bucket, and the M/M/n/n+K queue with impatience."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import lru_cache

from busyhour.capacity.theory import large_systems
from busyhour.capacity.theory.erlang import MANY, erlang_b

_EXACT_BURST = 100
"""Bucket size up to which the sum is computed.

For larger buckets the bound of `_deep_bucket_loss` is used, which is less than 4 % too high for losses of at
least 0.1 %.
"""
_CRITICAL = 1e-6
"""Relative difference of request rate and token rate below which the two are taken as equal."""
_UNDERFLOW = 700.0
_DIGITS_PER_TOKEN = 2
"""Decimal digits that the alternating sum may lose for each token of the bucket."""


@lru_cache(maxsize=4096)
def token_bucket_loss(per_second: float, rate: float, burst: float) -> float:
    """Compute the share of Poisson requests that a token bucket throttles.

    Missing tokens are the work of a single-server queue: a request adds 1/rate seconds of work and is
    admitted while at most (burst - 1)/rate seconds are there. Up to that bound the work is distributed as in
    M/D/1, so with rho = per_second/rate and U = sum over k < burst of (-rho (burst-1-k))^k / k! * exp(rho
    (burst-1-k)), the admitted share is U / (1 + rho U) (Erlang 1909 for M/D/1; Cohen, The Single Server
    Queue, 1982, III.5, for the bound). The sum alternates and is computed with as many decimal digits as it
    may lose. For a burst above 100 the result is an upper bound, see `_deep_bucket_loss`.

    Args:
        per_second: requests per second.
        rate: tokens per second.
        burst: bucket size in tokens, at least 1.
    """
    if per_second <= 0:
        return 0.0
    if rate <= 0 or burst < 1:
        return 1.0
    rho = per_second / rate
    whole = math.floor(burst)
    if rho > 20:
        return 1.0 - 1.0 / rho
    if whole > _EXACT_BURST:
        return _deep_bucket_loss(rho, whole - 1)
    with localcontext() as context:
        context.prec = 30 + _DIGITS_PER_TOKEN * whole
        exact = Decimal(rho)
        decay, total, factor = (-exact).exp(), Decimal(0), (exact * (whole - 1)).exp()
        for k in range(whole):
            # factor is exp(rho (whole - 1 - k)) / k!
            total += (-exact * (whole - 1 - k)) ** k * factor if k else factor
            factor *= decay / (k + 1)
        return max(0.0, float(1 - total / (1 + exact * total)))


def _deep_bucket_loss(rho: float, places: int) -> float:
    """Compute an upper bound of the share of Poisson requests that a deep bucket throttles.

    The work of M/D/1 beyond x falls as exp(-decay x), where rho (exp(decay) - 1) = decay (Cramer and
    Lundberg). With the work approximated by a reflected Brownian motion of that decay, (1 - rho) / (exp(decay
    places) - 1) of the work is lost (Harrison, Brownian Motion and Stochastic Flow Systems, 1985, 5.5). The
    share of requests is that divided by rho.
    """
    if abs(rho - 1.0) < _CRITICAL:
        return 1.0 / (2.0 * places)
    low, high = (_CRITICAL, 60.0) if rho < 1.0 else (-rho - 1.0, -_CRITICAL)
    for _ in range(100):
        decay = (low + high) / 2.0
        if (rho * math.expm1(decay) < decay) == (rho < 1.0):
            low = decay
        else:
            high = decay
    if decay * places > _UNDERFLOW:
        return 0.0
    return (1.0 - rho) / math.expm1(decay * places) / rho


def queue_full_share(load: float, agents: int, capacity: int, aht: float, patience: float) -> float:
    """Compute the share of contacts that find a full queue of `capacity` contacts.

    M/M/n/n+K with impatience (Palm 1957).

    k waiting has probability r_k = r_(k-1) lambda / (n mu + k theta) relative to "all agents busy, no call
    waits"; fewer than n or n busy is 1/B(n) relative to it.

    Args:
        load: offered load in erlangs.
        agents: agents staffed.
        capacity: largest number of waiting contacts.
        aht: average handle time in seconds.
        patience: mean seconds until a waiting contact abandons; may be infinite.
    """
    if load <= 0 or aht <= 0:
        return 0.0
    rate, serve = load / aht, agents / aht
    leave = 0.0 if math.isinf(patience) else 1.0 / max(patience, 1e-9)
    blocking = erlang_b(load, agents)
    if blocking == 0.0:
        return 0.0
    if capacity > MANY:
        return large_systems.last_place(rate, serve, leave, capacity, blocking)
    below, term, total = 1.0 / blocking, 1.0, 0.0
    for k in range(1, capacity + 1):
        drain = serve + k * leave
        if drain == 0.0:
            return 1.0
        term *= rate / drain
        total += term
        if term > 1e200:
            below, term, total = below * 1e-200, term * 1e-200, total * 1e-200
    return term / (below + total)


def volume_at(share: Callable[[float], float], bound: float, start: float) -> float:
    """Return the smallest volume at which `share`, an increasing function of volume, reaches `bound`.

    Infinite if never.
    """
    low, high = 0.0, max(start, 1e-6)
    while share(high) < bound:
        low, high = high, high * 2.0
        if high > 1e15:
            return math.inf
    for _ in range(100):
        middle = (low + high) / 2
        if share(middle) < bound:
            low = middle
        else:
            high = middle
        if high - low <= 1e-9 * high:
            break
    return high
