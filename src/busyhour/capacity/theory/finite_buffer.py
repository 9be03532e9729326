"""When what may wait is limited: token buckets and queues that can be full."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import lru_cache

from busyhour.capacity.theory import large_systems
from busyhour.capacity.theory.erlang import MANY, erlang_b

_EXACT_BURST = 100
"""Up to this the sum is computed; above it the bound of `_deep_bucket_loss`, which is then less than 4 % too high from
a loss of 0.1 % on."""
_CRITICAL = 1e-6
"""Rates that differ by less of the tokens' rate are taken to be that rate."""
_UNDERFLOW = 700.0
_DIGITS_PER_TOKEN = 2
"""Decimal digits that the alternating sum may lose for each token of the bucket."""


@lru_cache(maxsize=4096)
def token_bucket_loss(per_second: float, rate: float, burst: float) -> float:
    """Share of Poisson requests that a token bucket refuses.

    Missing tokens are the work of a queue with one server: a request adds 1/rate seconds of it and is let through
    while no more than (burst - 1)/rate are there. Up to that bound the work is distributed as in M/D/1, so with
    rho = per_second/rate and U = sum over k < burst of (-rho (burst-1-k))^k / k! * exp(rho (burst-1-k)), the share
    let through is U / (1 + rho U) (Erlang 1909 for M/D/1; Cohen, The Single Server Queue, 1982, III.5, for the bound).
    The sum alternates and is computed with as many decimal digits as it may lose. For a burst above 100 an upper bound is
    given, see `_deep_bucket_loss`.

    Args:
        per_second: requests per second.
        rate: tokens per second.
        burst: size of the bucket, at least 1.
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
    """Share of Poisson requests that a deep bucket refuses, from above.

    The work of M/D/1 beyond x falls as exp(-decay x), where rho (exp(decay) - 1) = decay (Cramer and Lundberg). With the
    work held below a bound as a reflected Brownian motion of that decay is, (1 - rho) / (exp(decay places) - 1) is lost
    (Harrison, Brownian Motion and Stochastic Flow Systems, 1985, 5.5), and of requests that divided by rho.
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
    """Share of contacts that find `capacity` others waiting: M/M/n/n+K with impatience (Palm 1957).

    k waiting has probability r_k = r_(k-1) lambda / (n mu + k theta) relative to "all agents busy, no call waits";
    fewer than n or n busy is 1/B(n) relative to it.

    Args:
        load: offered load in erlangs.
        agents: agents staffed.
        capacity: contacts that may wait.
        aht: seconds that an agent is busy with one contact.
        patience: mean seconds until a waiting contact gives up; may be infinite.
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
    """Smallest volume at which `share`, which grows with volume, reaches `bound`; infinite where it never does."""
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
