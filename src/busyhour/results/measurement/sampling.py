"""Scale counts of a sample of calls to all calls, with 95 % intervals.

For voice calls that the target runs, every start is known, accepted or rejected. The end of an accepted call
is requested for a sample (`load.outcomes.describe_contact`), or reported by events, of which some may be
lost. The scaling of sampled counts is computed here only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from busyhour.results.estimate import interval

CONTACTS = "contacts/"
"""Prefix of counts.

`accepted` contacts, sampled ones (`followed`), and of these `completed`, `blocked`, `cut_off`. The scaling
uses all sampled contacts, not those whose end is known so far: during a run the short calls are known first.
"""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Number of accepted contacts, and of those sampled."""

    accepted: int
    drawn: int

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Sampling:
        """Read the counts of a run; without accepted contacts all counts are known of every call."""
        return cls(counts.get(f"{CONTACTS}accepted", 0), counts.get(f"{CONTACTS}followed", 0))

    @property
    def partial(self) -> bool:
        """Whether some accepted contact was not sampled."""
        return self.drawn < self.accepted

    @property
    def factor(self) -> float:
        """Number of calls that each sampled one represents."""
        return self.accepted / self.drawn if self.drawn else 0.0

    def scaled(self, count: int) -> int:
        """Scale a count of the sample to all accepted contacts."""
        return round(count * self.factor) if self.partial else count

    def bounds(self, count: int) -> tuple[float, float]:
        """Return the 95 % interval of a scaled count."""
        low, high = interval(count, self.drawn, self.accepted)
        return low * self.accepted, high * self.accepted


def in_all(counts: Mapping[str, int], what: str) -> int:
    """Return the number of calls with end `arrivals/<what>`.

    Those known of every call, and the sample scaled to all.
    """
    seen = counts.get(CONTACTS + what, 0)
    return counts.get(f"arrivals/{what}", 0) - seen + Sampling.of(counts).scaled(seen)
