"""Caps of a live run in one process: contacts started, contacts at once, cost. Pure: the time is passed in.

A run has several workers, each with a whole share of every cap, so that the shares add up to the cap and never to more.
"""

from __future__ import annotations

from collections.abc import Callable

from busyhour.load.safety.policy import PRICE_PER_VOICE_MINUTE_USD
from busyhour.scenarios.account import AwsTarget


def share_of(total: int, k: int, n: int) -> int:
    """Return worker `k`'s share of `total` whole things among `n` workers: calls k, k + n, k + 2n, ... of them."""
    return max(0, -(-(total - k) // n))


class RequestCaps:
    """The requests by which a run without voice calls loads its service, and what its share of the caps leaves.

    A call makes at most `each` requests at once one after the other, retries included, so the caps on calls bound them.

    Args:
        aws: the caps.
        each: most requests of one call; None: not bounded by the plan.
        k: number of this worker.
        n: number of workers.
    """

    def __init__(self, aws: AwsTarget, each: int | None, k: int, n: int) -> None:
        self._aws = aws
        self._most = None if each is None or aws.max_calls is None else share_of(aws.max_calls, k, n) * each
        self._places = None if aws.max_concurrent is None else share_of(aws.max_concurrent, k, n)
        self.sent = 0
        self.in_flight = 0

    def objection(self) -> str:
        """Return why one more request would exceed a cap; empty if it would not."""
        if self._most is not None and self.sent + 1 > self._most:
            return f"max_calls is {self._aws.max_calls}, for which this worker may send {self._most} requests"
        if self._places is not None and self.in_flight + 1 > self._places:
            return (
                f"max_concurrent is {self._aws.max_concurrent}, of which this worker may have {self._places} requests "
                "in flight"
            )
        return ""

    def asked(self) -> None:
        """Count a request that is being sent."""
        self.sent += 1
        self.in_flight += 1

    def answered(self) -> None:
        """Count the end of a request, with or without an answer."""
        self.in_flight -= 1


class Caps:
    """The contacts of this process and what its share of the caps leaves.

    Args:
        aws: the caps.
        k: number of this worker.
        n: number of workers.
    """

    def __init__(self, aws: AwsTarget, k: int, n: int) -> None:
        self._aws = aws
        self._calls = share_of(aws.max_calls or 0, k, n)
        self._places = share_of((aws.max_concurrent or 0) // aws.slots, k, n)
        self._usd = (aws.max_cost_usd or 0.0) / n
        self._waiting = 0
        self._open: set[str] = set()
        self._followed: list[Callable[[], float]] = []
        self._minutes = 0.0
        self._at: float | None = None
        self.started = 0
        """Contacts that were asked for."""

    def objection(self, now: float) -> str:
        """Return why one more contact would exceed a cap; empty if it would not. `now`: seconds, never set back."""
        self._advance(now)
        if self.started + 1 > self._calls:
            return f"max_calls is {self._aws.max_calls}, of which this worker may start {self._calls}"
        if self.full:
            return (
                f"max_concurrent is {self._aws.max_concurrent}, of which this worker may have {self._places} calls "
                "at once"
            )
        if self.spent_usd >= self._usd:
            return f"the contacts have cost about {self.spent_usd:.2f} USD; max_cost_usd is {self._aws.max_cost_usd}"
        return ""

    def asked(self, now: float) -> None:
        """Count a contact that is being asked for."""
        self._advance(now)
        self.started += 1
        self._waiting += 1

    def answered(self, contact: str, now: float) -> None:
        """Count the answer: a contact that is in progress, or none (empty)."""
        self._advance(now)
        self._waiting -= 1
        if contact:
            self._open.add(contact)

    def found(self, contact: str, now: float) -> None:
        """Count a contact in progress that a repeated request named, the first having had no answer."""
        self._advance(now)
        self._open.add(contact)

    def over(self, contact: str, now: float) -> bool:
        """Count a contact as ended; return whether it was in progress here, and not left to an estimate."""
        self._advance(now)
        was_open = contact in self._open
        self._open.discard(contact)
        return was_open

    def follow(self, weight: Callable[[], float]) -> None:
        """Add an estimate of contacts in progress, which replaces the contacts that it claims."""
        self._followed.append(weight)

    def claim(self, contact: str) -> None:
        """Leave a contact to an estimate of `follow`."""
        self._open.discard(contact)

    def inherit(self, calls: int) -> None:
        """Add the calls that a lost worker did not start."""
        self._calls += max(0, calls)

    @property
    def full(self) -> bool:
        """Whether no more contact may be in progress."""
        return self.in_progress + 1 > self._places

    @property
    def in_progress(self) -> float:
        """Contacts in progress: asked for, not known to have ended, and estimated."""
        return self._waiting + len(self._open) + sum(weight() for weight in self._followed)

    @property
    def spent_usd(self) -> float:
        """Estimated cost so far: minutes in progress, all legs."""
        return self._minutes * self._aws.legs * PRICE_PER_VOICE_MINUTE_USD

    def _advance(self, now: float) -> None:
        if self._at is not None:
            self._minutes += max(0.0, now - self._at) * self.in_progress / 60.0
        self._at = now
