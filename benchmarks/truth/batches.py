"""What is counted of one long run: batches of time after a filling, shares by the batch of arrival, levels by overlap."""

from __future__ import annotations

import math

from .independent.estimate import BATCHES, Estimate, of_means, of_ratio
from .independent.plan import Plan
from .independent.simulated import CALLS, STAYS


class Batches:
    """Counts of a run at the plan's held rate.

    Args:
        plan: how long calls stay, about.
        calls: that are counted at least.
    """

    def __init__(self, plan: Plan, calls: int = CALLS) -> None:
        stay = plan.flow_seconds + (plan.talk.mean + plan.wrap_up.mean if plan.agents else 0.0)
        if plan.agents and plan.patience < math.inf:
            stay = max(stay, plan.patience)
        stay = max(stay, 1.0)
        self.width = max(calls / BATCHES / plan.per_second, STAYS * stay)
        self.fill = STAYS * stay
        self.end = self.fill + BATCHES * self.width
        self.last = self.end + self.fill
        """Calls arrive until then, so that the last counted ones meet a full centre."""
        self._counts: dict[str, list[float]] = {}

    def count(self, name: str, at: float, by: float = 1.0) -> None:
        """Something happened at `at` seconds."""
        batch = math.floor((at - self.fill) / self.width)
        if 0 <= batch < BATCHES:
            self._counts.setdefault(name, [0.0] * BATCHES)[batch] += by

    def stay(self, name: str, begin: float, end: float) -> None:
        """Something was there from `begin` to `end`."""
        begin, end = max(begin, self.fill), min(end, self.end)
        first = max(0, math.floor((begin - self.fill) / self.width))
        areas = self._counts.setdefault(name, [0.0] * BATCHES)
        for batch in range(first, BATCHES):
            low = max(begin, self.fill + batch * self.width)
            high = min(end, self.fill + (batch + 1) * self.width)
            if high <= low:
                break
            areas[batch] += high - low

    def share(self, part: str, whole: str) -> Estimate | None:
        """`part` of `whole`; None where nothing of `whole` happened."""
        wholes = self._counts.get(whole)
        return None if wholes is None else of_ratio(self._counts.get(part, [0.0] * BATCHES), wholes)

    def level(self, name: str) -> Estimate | None:
        """Mean number there at once; None where there never was one."""
        areas = self._counts.get(name)
        return None if areas is None else of_means([area / self.width for area in areas])
