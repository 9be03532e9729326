"""Expected attempts and duration of one Lambda invocation under Connect's retries.

Same rules as `calls.invoker` with `capacity.simulation.functions`, integrated over the latency distribution
instead of drawn. All attempts of one invocation have the same latency and result, so seconds and attempts are
piecewise linear functions of the latency.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.durations import BELOW_0, Part, Piece


@dataclass(frozen=True, slots=True)
class RetryOutcome:
    """One outcome of an invocation: its probability, and the means given this outcome.

    `executing` are the seconds of all executions together, including those that Connect no longer waits for;
    `lasting` is the distribution of `seconds`.
    """

    share: float
    succeeded: bool
    seconds: float
    attempts: float
    executing: float = 0.0
    lasting: Part = ()


def retry_outcomes(
    latency: ProbabilityDistribution,
    error_share: float,
    own_timeout: float,
    limit: float,
    policy: RetryPolicy,
) -> list[RetryOutcome]:
    """Compute the outcomes of an invocation, at most two.

    Args:
        latency: seconds of one execution.
        error_share: probability that the function fails; 1 for a handler that raised.
        own_timeout: the function's own timeout, seconds.
        limit: seconds that Connect waits for all attempts together.
        policy: Connect's retry policy.
    """
    longest = min(own_timeout, limit)
    in_time, part = latency.below(longest), latency.up_to(longest)
    works = 1.0 - error_share
    ways = []
    if works * in_time > 0.0:
        whole = (Piece(1.0, latency.distribution, high=longest),)
        ways.append(RetryOutcome(works * in_time, True, part / in_time, 1.0, part / in_time, whole))
    share = 1.0 - works * in_time
    if share > 1e-15:
        # An attempt fails if the scenario declares a failure, or if it is slower than the function's or
        # Connect's timeout.
        pieces = _failing(latency, error_share, works, own_timeout, limit, policy)
        late = works * (latency.below(own_timeout) - in_time)
        if late > 0.0:
            running = latency.up_to(own_timeout) - part
            pieces.append((Piece(late, shift=limit), 1, running / late))
        seconds = sum(piece.share * piece.mean for piece, _, _ in pieces)
        attempts = sum(piece.share * n for piece, n, _ in pieces)
        executing = sum(piece.share * n * each for piece, n, each in pieces)
        lasting = tuple(replace(piece, share=piece.share / share) for piece, _, _ in pieces)
        ways.append(RetryOutcome(share, False, seconds / share, attempts / share, executing / share, lasting))
    return ways


def _failing(
    latency: ProbabilityDistribution,
    error_share: float,
    works: float,
    own_timeout: float,
    limit: float,
    policy: RetryPolicy,
) -> list[tuple[Piece, int, float]]:
    """Return seconds, attempts and mean seconds of one execution, if every attempt fails."""
    over = (error_share + works) * (1.0 - latency.below(own_timeout))
    found = []
    if over > 0.0:
        seconds, attempts = _repeated(own_timeout, limit, policy)
        found.append((Piece(over, shift=seconds), attempts, own_timeout))
    for low, high in pairwise(_thresholds(own_timeout, limit, policy)):
        share = latency.below(high) - latency.below(low)
        if share <= 0.0:
            continue
        # Linear between thresholds: two inner points determine the line.
        (left, n), (right, _) = (_repeated(low + part * (high - low), limit, policy) for part in (0.25, 0.75))
        slope = (right - left) / (0.5 * (high - low))
        start = left - slope * (low + 0.25 * (high - low))
        each = (latency.up_to(high) - latency.up_to(low)) / share
        piece = Piece(error_share * share, latency.distribution, low, high, slope, start)
        if piece.share > 0.0:
            found.append((piece, n, each))
    return found


def _thresholds(own_timeout: float, limit: float, policy: RetryPolicy) -> list[float]:
    """Return the latencies at which the number of attempts changes or the limit cuts the last one short."""
    pauses = [0.0, *accumulate(policy.delay(retry) for retry in range(policy.max_retries))]
    found = {
        (limit - pause) / n
        for n in range(1, policy.max_retries + 2)
        for pause in pauses[n - 1 : n + 1]
        if limit > pause
    }
    # Latencies are not negative; -1 includes a latency of exactly 0.
    return [BELOW_0, *sorted(one for one in found if one < own_timeout), own_timeout]


def _repeated(seconds: float, limit: float, policy: RetryPolicy) -> tuple[float, int]:
    """Return the seconds until Connect gives up, and the attempts made; each fails after `seconds`."""
    now, attempts = 0.0, 0
    while True:
        attempts += 1
        now += seconds
        if now >= limit:
            return limit, attempts
        pause = policy.delay(attempts - 1)
        if "function_error" not in policy.retried or attempts > policy.max_retries or now + pause >= limit:
            return now, attempts
        now += pause
