"""The loss system of Erlang B with quotas on, simulated without flows: for benchmarks and for checking the formulas."""

from __future__ import annotations

import heapq
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LossResult:
    """The outcome of the calls."""

    calls: int
    blocked: int
    """Rejected because all servers were taken."""
    throttled: int
    """Rejected by the token bucket."""
    peak: int
    """Most calls at once."""

    @property
    def blocked_share(self) -> float:
        """Share of the calls that passed the token bucket and found no server."""
        passed = self.calls - self.throttled
        return self.blocked / passed if passed else 0.0


def erlang_b_simulation(
    load: float,
    servers: int,
    calls: int,
    *,
    holding: float = 180.0,
    seed: int = 1,
    rate: float = float("inf"),
    burst: float = float("inf"),
) -> LossResult:
    """Simulate `calls` Poisson arrivals with exponential holding times on `servers` servers.

    Args:
        load: offered load in erlangs.
        servers: calls at once that the quota allows.
        calls: how many arrive.
        holding: mean holding time in seconds.
        seed: same seed, same result.
        rate: tokens per second of the API's bucket.
        burst: size of the bucket.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    gap = holding / load
    ends: list[float] = []
    push, pop = heapq.heappush, heapq.heappop
    limited = rate != float("inf")
    tokens, refilled = burst, 0.0
    now = 0.0
    busy = blocked = throttled = peak = done = 0
    first = float("inf")
    while done < calls:
        size = min(65536, calls - done)
        done += size
        arrivals = (now + np.cumsum(generator.exponential(gap, size))).tolist()
        lengths = generator.exponential(holding, size).tolist()
        for now, length in zip(arrivals, lengths, strict=True):
            while first <= now:
                pop(ends)
                busy -= 1
                first = ends[0] if ends else float("inf")
            if limited:
                tokens = min(burst, tokens + (now - refilled) * rate)
                refilled = now
                if tokens < 1.0:
                    throttled += 1
                    continue
                tokens -= 1.0
            if busy < servers:
                busy += 1
                push(ends, now + length)
                first = ends[0]
                if busy > peak:
                    peak = busy
            else:
                blocked += 1
    return LossResult(calls, blocked, throttled, peak)
