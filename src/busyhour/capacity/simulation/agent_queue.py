"""Simulation of one queue with its agents, with handling times and patience as declared.

Erlang A covers exponential times only. Here every contact is served first come, first served from samples of
the scenario's distributions. The simulation is exact and needs no event list: the next contact takes the
agent who is free first.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Protocol

from busyhour.capacity.simulation.confidence_intervals import Ratio, of_share
from busyhour.scenarios.traffic_plan.draw import Sampler, rng_for

_BATCHES = 40
"""Number of batches that are compared for the confidence interval."""
_SETTLING = 0.1
"""Share of the contacts used as warm-up and not counted."""


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Shares of the offered contacts with their 95 % intervals.

    `late_ratio` is 1 - service level (of contacts answered or abandoned), `blocked` the share that finds the queue
    full; a `..._ratio` has the interval.
    """

    service_level: float
    abandoned: float
    blocked: float
    late_ratio: Ratio
    blocked_ratio: Ratio
    abandoned_ratio: Ratio


class Queueing(Protocol):
    """A queue with its agents at any volume, with the scenario's own times."""

    @property
    def method(self) -> str:
        """How the shares are computed, as printed with a calculation."""
        ...

    @property
    def sampled(self) -> bool:
        """Whether the shares are estimated from sampled contacts; their interval is then the estimate's."""
        ...

    def patience_quantile(self, share: float) -> float:
        """Return the seconds after which `share` (0..1) of the contacts have lost patience."""
        ...

    def serve(
        self, per_second: float, agents: int, capacity: int | None = None, threshold: float = 20.0
    ) -> ServiceLevel:
        """Compute the shares for `per_second` contacts/s."""
        ...


class QueueSample:
    """The same contacts at any volume: gaps, handling times and patience are drawn once.

    Args:
        contacts: number of contacts. handling: average handle time, seconds, as a distribution. patience:
            seconds until a waiting contact abandons. seed: same seed, same contacts.
    """

    method = "a simulation with the scenario's own times"
    sampled = True

    def __init__(self, contacts: int, handling: Sampler, patience: Sampler, seed: int) -> None:
        stream = rng_for(seed, 0, "staffing")
        self._gaps = [stream.expovariate(1.0) for _ in range(contacts)]
        self._handling = [handling(stream) for _ in range(contacts)]
        self._patience = [patience(stream) for _ in range(contacts)]

    def patience_quantile(self, share: float) -> float:
        """Return the seconds after which `share` (0..1) of the contacts have lost patience."""
        ordered = sorted(self._patience)
        return ordered[min(len(ordered) - 1, math.floor(share * len(ordered)))]

    def serve(
        self, per_second: float, agents: int, capacity: int | None = None, threshold: float = 20.0
    ) -> ServiceLevel:
        """Simulate the contacts.

        Args:
            per_second: contacts/s, Poisson.
            agents: agents staffed, at least 1.
            capacity: largest number of waiting contacts; None: unlimited.
            threshold: seconds within which a contact is answered in time.
        """
        free = [0.0] * agents
        leaving: list[float] = []
        offered = answered = in_time = abandoned = blocked = 0
        counted_from = len(self._gaps) * _SETTLING / per_second
        times: Sequence[float] = list(accumulate(gap / per_second for gap in self._gaps))
        replace, push, pop = heapq.heapreplace, heapq.heappush, heapq.heappop
        so_far: list[tuple[int, int, int, int, int]] = []
        size = max(1, len(times) // _BATCHES)
        contacts = zip(times, self._handling, self._patience, strict=True)
        for index, (now, seconds, patience) in enumerate(contacts):
            if index % size == 0:
                so_far.append((answered + abandoned, in_time, offered, blocked, abandoned))
            counts = now >= counted_from
            offered += counts
            wait = free[0] - now
            if wait <= 0.0:
                replace(free, now + seconds)
                answered += counts
                in_time += counts
                continue
            if capacity is not None:
                while leaving and leaving[0] <= now:
                    pop(leaving)
                if len(leaving) >= capacity:
                    blocked += counts
                    continue
                push(leaving, now + min(wait, patience))
            if wait > patience:
                abandoned += counts
                continue
            replace(free, free[0] + seconds)
            answered += counts
            in_time += counts and wait <= threshold
        stayed = answered + abandoned
        return ServiceLevel(
            in_time / stayed if stayed else 1.0,
            abandoned / offered if offered else 0.0,
            blocked / offered if offered else 0.0,
            late_ratio=_around((stayed - timely, stayed) for stayed, timely, _, _, _ in so_far),
            blocked_ratio=_around((blocked, offered) for _, _, offered, blocked, _ in so_far),
            abandoned_ratio=_around((abandoned, offered) for _, _, offered, _, abandoned in so_far),
        )


def _around(so_far: Iterable[tuple[float, float]]) -> Ratio:
    """Compute a share with its interval, from the cumulative counts at the end of each batch."""
    batches = [(part - p, whole - w) for (p, w), (part, whole) in pairwise(so_far)]
    return of_share([[batch for batch in batches if batch[1]]]) or Ratio(0.0, None)
