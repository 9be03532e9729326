"""Counts of calls whose end is known of a sample alone, scaled to all calls, with 95 % intervals.

Voice calls that the target plays: every start is known, accepted or refused; how an accepted one ended is asked of a
sample (`load.outcomes.describe_contact`), or told by events of which some may be lost. What a count of the sample means for all calls
is worked out here, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from busyhour.results.estimate import Estimate, estimate, interval

CONTACTS = "contacts/"
"""Prefix of counts: `accepted` contacts, those that were drawn (`followed`), and of these `completed`, `blocked`,
`cut_off`. What a count means is worked out with all that were drawn, not with those known so far: while a run goes on the
short calls are known first."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How many accepted contacts there were, and how many of them were drawn to have their end followed."""

    accepted: int
    drawn: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Sampling:
        """From the counts of a run; without accepted contacts all that is counted is known of every call."""
        return cls(counts.get(f"{CONTACTS}accepted", 0), counts.get(f"{CONTACTS}followed", 0))

    @property
    def partial(self) -> bool:
        """Whether some accepted contact was not drawn."""
        return self.drawn < self.accepted

    @property
    def factor(self) -> float:
        """Calls that each of the sample stands for."""
        return self.accepted / self.drawn if self.drawn else 0.0

    def scaled(self, count: int) -> int:
        """A count of the sample as one of all accepted contacts."""
        return round(count * self.factor) if self.partial else count

    def bounds(self, count: int) -> tuple[float, float]:
        """The 95 % interval of a scaled count."""
        low, high = interval(count, self.drawn, self.accepted)
        return low * self.accepted, high * self.accepted

    def share(self, hits: int, of: int) -> Estimate | None:
        """Share of calls of one kind (those that were queued), `of` of which are in the sample; None: none is."""
        return estimate(hits, of, max(of, self.scaled(of))) if of else None


def in_all(counts: Mapping[str, int], what: str) -> int:
    """Calls that ended as `arrivals/<what>` says: those known of every call, and the sample scaled to all."""
    seen = counts.get(CONTACTS + what, 0)
    return counts.get(f"arrivals/{what}", 0) - seen + Sampling.of(counts).scaled(seen)
