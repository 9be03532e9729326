"""Callers who are blocked and try again: how that adds to the load, and how many get in in the end.

Every attempt is taken to meet the same blocking as any other (retrials see time averages), which holds when callers
wait long beside the time in which a line becomes free; a caller who redials at once meets the same full lines and
fares worse, which the simulation shows. Wilkinson and Radnik 1968, "The character and effect of customer retries in
intertoll circuit operation", Proc. 5th International Teletraffic Congress; Falin and Templeton 1997, Retrial Queues, 2.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from busyhour.capacity.theory.erlang import erlang_b
from busyhour.scenarios.model import Redial


@dataclass(frozen=True, slots=True)
class WithRedials:
    """Traffic with its redials. Shares 0..1."""

    attempts: float
    """Attempts per call."""
    refused: float
    """Share of attempts that are blocked."""
    lost: float
    """Share of calls that never get in."""


def with_redials(refused_at: Callable[[float], float], redial: Redial | None) -> WithRedials:
    """The state in which attempts and refusals agree.

    Args:
        refused_at: share of attempts refused, where there are so many attempts for each call.
        redial: how those who are blocked try again; None: they do not.
    """
    if redial is None:
        refused = refused_at(1.0)
        return WithRedials(1.0, refused, refused)
    # More attempts are refused more, and more refusals make more attempts: one crossing, found by halving.
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


def attempts_per_call(refused: float, redial: Redial) -> float:
    """Attempts that one call makes in the mean, where `refused` of the attempts are blocked."""
    again = refused * redial.share
    if again >= 1.0:
        return 1.0 + redial.attempts
    return float((1.0 - again ** (redial.attempts + 1)) / (1.0 - again))


def erlang_b_with_redials(load: float, lines: int, redial: Redial | None) -> WithRedials:
    """Erlang B where those who are blocked redial; `load` is that of the calls, first attempts alone."""
    return with_redials(lambda attempts: erlang_b(load * attempts, lines), redial)
