"""Fluid limit of a queue with very many agents, without a simulation.

Below the agents' capacity all contacts are answered at once. Above it, contacts wait until the excess has
lost patience (fluid limit of many-server queues: Whitt 2006, "Fluid models for multiserver queues with
abandonments", Operations Research 54). Patience is the scenario's own distribution; of handling times only
the mean matters.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import accumulate

from busyhour.capacity.simulation.agent_queue import ServiceLevel
from busyhour.capacity.simulation.confidence_intervals import Interval, Ratio
from busyhour.scenarios.traffic_plan.draw import Sampler, rng_for

MANY = 5000
"""Number of agents above which the limit replaces a simulation, whose warm-up would take too long."""
_DRAWN = 20_000
_WIDTH = 3.0
"""Distance to full load, in standard deviations of the contacts in progress, within which the limit is
inaccurate.
"""


class FluidQueue:
    """The queue at any volume.

    Args:
        aht: average handle time in seconds. patience: seconds until a waiting contact abandons. seed: of the
            sampled patience.
    """

    method = "the limit of many agents with the scenario's own patience"
    sampled = False

    def __init__(self, aht: float, patience: Sampler, seed: int) -> None:
        stream = rng_for(seed, 0, "staffing")
        self._aht = aht
        self._patience = sorted(patience(stream) for _ in range(_DRAWN))
        self._sums = [0.0, *accumulate(self._patience)]

    def patience_quantile(self, share: float) -> float:
        """Return the seconds after which `share` (0..1) of the contacts have lost patience."""
        return self._patience[min(_DRAWN - 1, math.floor(share * _DRAWN))]

    def serve(
        self, per_second: float, agents: int, capacity: int | None = None, threshold: float = 20.0
    ) -> ServiceLevel:
        """Compute the shares; their interval is from the shares slightly below and above the volume.

        Args:
            per_second: contacts/s.
            agents: agents staffed, many.
            capacity: largest number of waiting contacts; None: unlimited.
            threshold: seconds within which a contact is answered in time.
        """
        width = _WIDTH / math.sqrt(agents)
        low, at, high = (
            self._shares(per_second * factor, agents, capacity, threshold)
            for factor in (1.0 - width, 1.0, 1.0 + width)
        )
        late, full, gone = (
            Ratio(value, Interval(least, most)) for least, value, most in zip(low, at, high, strict=True)
        )
        return ServiceLevel(
            1.0 - late.value,
            gone.value,
            full.value,
            late_ratio=late,
            blocked_ratio=full,
            abandoned_ratio=gone,
        )

    def _shares(
        self, per_second: float, agents: int, capacity: int | None, threshold: float
    ) -> tuple[float, float, float]:
        """Compute the shares not answered in time (of those admitted), blocked, and abandoned."""
        load = per_second * self._aht
        if load <= agents:
            return 0.0, 0.0, 0.0
        place = math.ceil((1.0 - agents / load) * _DRAWN)
        if capacity is not None and self._waiting(per_second, place) > capacity:
            # Fewer contacts are admitted until those that wait fit.
            place = bisect_left(
                range(place),
                float(capacity),
                key=lambda one: self._waiting(self._let_in(per_second, agents, one), one),
            )
        wait = self._patience[min(place, _DRAWN - 1)]
        gone = place / _DRAWN
        let_in = min(1.0, self._let_in(per_second, agents, place) / per_second)
        return 1.0 if wait > threshold else gone, 1.0 - let_in, let_in * gone

    def _let_in(self, per_second: float, agents: int, place: int) -> float:
        """Return the contacts/s of which the agents answer those that have not lost patience."""
        return agents / self._aht / (1.0 - place / _DRAWN) if place < _DRAWN else per_second

    def _waiting(self, per_second: float, place: int) -> float:
        """Return the waiting contacts if each waits until it is answered or loses patience."""
        wait = self._patience[min(place, _DRAWN - 1)]
        return per_second * (self._sums[min(place, _DRAWN)] + (_DRAWN - place) * wait) / _DRAWN
