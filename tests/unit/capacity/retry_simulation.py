"""A simulation of Lambda executions with Connect's retries, to compare `requirement.Executions` with."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random

from busyhour.calls.policy import RetryPolicy

_INVOCATIONS = 40_000
_HOLDING_TIMES = 40
"""Fewest executions that pass through each place, since throttles come in bunches."""


def share_throttled(
    load: float, executions: int, seconds: float, policy: RetryPolicy | None = None, seed: int = 1
) -> float:
    """Share of first attempts that find every execution taken.

    Args:
        load: of the first attempts, erlang; they come as a Poisson process.
        executions: that may run at once.
        seconds: mean duration of one; exponential, to which blocking is insensitive.
        policy: Connect's retries; the documented number and the emulator's pauses when None.
        seed: of the simulation; the same gives the same share.
    """
    policy = policy or RetryPolicy()
    chance = Random(seed)
    per_second, per_execution = load / seconds, 1.0 / seconds
    arrivals = max(_INVOCATIONS, _HOLDING_TIMES * executions)
    ends: list[float] = []
    retries: list[tuple[float, int]] = []
    throttled = arrived = 0
    next_arrival = chance.expovariate(per_second)
    while arrived < arrivals or retries:
        if retries and (arrived >= arrivals or retries[0][0] < next_arrival):
            now, attempt = heappop(retries)
        else:
            now, attempt = next_arrival, 0
            arrived += 1
            next_arrival = now + chance.expovariate(per_second)
        while ends and ends[0] <= now:
            heappop(ends)
        if len(ends) < executions:
            heappush(ends, now + chance.expovariate(per_execution))
            continue
        throttled += attempt == 0
        if attempt < policy.max_retries:
            heappush(retries, (now + policy.delay(attempt), attempt + 1))
    return throttled / arrived
