"""Redials of blocked callers: the load they add, and the share of callers that finally get through.

Every attempt is assumed to meet the same blocking as any other (retrials see time averages). That is accurate
when callers wait long compared with the time in which a line becomes free. A caller who redials at once meets
the same full lines and is blocked more often, which the simulation shows.

Wilkinson and Radnik 1968, "The character and effect of customer retries in intertoll circuit operation",
Proc. 5th International Teletraffic Congress; Falin and Templeton 1997, Retrial Queues, 2.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from busyhour.scenarios.model import Distribution, Redial


@dataclass(frozen=True, slots=True)
class WithRedials:
    """Traffic including redials. Shares are 0..1."""

    attempts: float
    """Attempts per call."""
    refused: float
    """Share of attempts that are blocked."""
    lost: float
    """Share of calls that never get through."""


def with_redials(refused_at: Callable[[float], float], redial: Redial | None) -> WithRedials:
    """Find the equilibrium in which attempts and blocking agree.

    Args:
        refused_at: share of attempts blocked, as a function of attempts per call.
        redial: how blocked callers redial; None: they do not.
    """
    if redial is None:
        refused = refused_at(1.0)
        return WithRedials(1.0, refused, refused)
    # More attempts raise blocking and more blocking raises attempts: there is one crossing, found by
    # bisection.
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if refused_at(attempts_per_call(middle, redial)) > middle:
            low = middle
        else:
            high = middle
    refused = (low + high) / 2
    let_in = (1.0 - refused) * attempts_per_call(refused, redial)
    return WithRedials(attempts_per_call(refused, redial), refused, max(0.0, 1.0 - let_in))


def at_once(share: float, attempts: int) -> Redial | None:
    """Return redials without a pause, by `share` of blocked callers, at most `attempts` of each; None if the share is 0."""
    return Redial(share, Distribution("constant", 0.0), attempts) if share else None


def attempts_per_call(refused: float, redial: Redial | None) -> float:
    """Return the mean attempts per call if the share `refused` of attempts is blocked; 1 without redials."""
    if redial is None:
        return 1.0
    again = refused * redial.share
    if again >= 1.0:
        return 1.0 + redial.attempts
    return float((1.0 - again ** (redial.attempts + 1)) / (1.0 - again))
