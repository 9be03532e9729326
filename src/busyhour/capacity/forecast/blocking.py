"""Blocking by the quotas on calls, by theory, with each moment's own load."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from busyhour.capacity.forecast.limits import Limit, at_busiest
from busyhour.capacity.forecast.quota_values import Values
from busyhour.capacity.theory import peakedness
from busyhour.capacity.theory.erlang import erlang_b
from busyhour.capacity.theory.finite_buffer import token_bucket_loss
from busyhour.capacity.theory.holding_times import HoldingTime
from busyhour.capacity.theory.retrials import with_redials
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import ArrivalProcess, Direction, Traffic
from busyhour.scenarios.traffic_plan.rate import Rate, rate_of

_POINTS = 60
"""Number of moments of the plan that are evaluated."""

_PEAKED = 1.2
"""Peakedness of recorded intervals above which a note is added."""


class Blocking:
    """Load, throttled starts and blocked calls at any moment of a plan.

    Args:
        scenario: direction, arrivals, redials. rate: of the planned calls. values: quota values. lines: limit
            of concurrent calls. holding: distribution of call duration.
    """

    def __init__(
        self, scenario: Scenario, rate: Rate, values: Values, lines: Limit, holding: HoldingTime
    ) -> None:
        self._scenario = scenario
        self._rate = rate
        self._bucket = values.bucket("connect", "StartOutboundVoiceContact")
        self._lines = int(lines.value)
        self._outbound = scenario.traffic.direction is Direction.OUTBOUND
        self._even = scenario.traffic.arrivals is ArrivalProcess.EVEN
        self._holding = holding
        self.z = peakedness.of_even_arrivals(holding) if self._even else 1.0
        """Peakedness of the calls in progress."""
        self._attempts: dict[float, float] = {}

    def peak_load(self) -> tuple[float, float]:
        """Return the mean calls in progress at the busiest moment, and its time."""
        return at_busiest(self._load, self._scenario.traffic.duration)

    def blocked(self, window: tuple[float, float] | None = None) -> float:
        """Compute the share of all attempts in the plan, or a window of it, that find every line busy."""

        def at(t: float) -> float:
            attempts = self._attempts_at(t)
            return (1.0 - self._refused(t, attempts)) * self._blocked(t, attempts)

        return self._over_plan(at, window)

    def throttled(self, window: tuple[float, float] | None = None) -> float:
        """Compute the share of all attempts that the token bucket of StartOutboundVoiceContact throttles."""
        return self._over_plan(lambda t: self._refused(t, self._attempts_at(t)), window)

    def attempts(self, window: tuple[float, float] | None = None) -> float:
        """Compute the mean attempts per call, redials included."""
        times = self._times(window)
        calls = math.fsum(map(self._rate.at, times))
        attempts = math.fsum(self._rate.at(t) * self._attempts_at(t) for t in times if self._rate.at(t))
        return attempts / calls if calls else 1.0

    def _load(self, t: float) -> float:
        return self._holding.in_progress(self._rate.cumulative, t)

    def _over_plan(self, share: Callable[[float], float], window: tuple[float, float] | None) -> float:
        times = self._times(window)
        weights = [self._rate.at(t) * self._attempts_at(t) if self._rate.at(t) else 0.0 for t in times]
        total = math.fsum(weights)
        if not total:
            return 0.0
        return math.fsum(w * share(t) for w, t in zip(weights, times, strict=True) if w) / total

    def _times(self, window: tuple[float, float] | None) -> list[float]:
        start, end = window or (0.0, self._scenario.traffic.duration)
        return [start + (end - start) * (i + 0.5) / _POINTS for i in range(_POINTS)]

    def _attempts_at(self, t: float) -> float:
        """Compute the attempts per call at time t, redials included."""
        redial = self._scenario.callers.redial
        if redial is None:
            return 1.0
        known = self._attempts.get(t)
        if known is None:

            def refused(attempts: float) -> float:
                at_bucket = self._refused(t, attempts)
                return at_bucket + (1.0 - at_bucket) * self._blocked(t, attempts)

            known = self._attempts[t] = with_redials(refused, redial).attempts
        return known

    def _refused(self, t: float, attempts: float) -> float:
        if not self._outbound:
            return 0.0
        rate, burst = self._bucket
        per_second = self._rate.at(t) * attempts
        if self._even:
            return max(0.0, 1.0 - rate.value / max(per_second, 1e-9))
        return token_bucket_loss(per_second, rate.value, burst.value)

    def _blocked(self, t: float, attempts: float) -> float:
        """Compute the blocked share of the attempts that reach the instance at time t.

        The modified offered load approximation: Erlang B at each moment's own load (Jagerman 1975).
        """
        load = self._load(t) * attempts * (1.0 - self._refused(t, attempts))
        return (
            erlang_b(load, self._lines) if self.z == 1.0 else peakedness.blocking(load, self._lines, self.z)
        )


def peaked_notes(
    day: Traffic | None, seconds: float, lines: float, blocked: float, simulated: float | None
) -> Iterator[str]:
    """Yield a note if the recorded intervals of a day vary too much for formulas of their mean.

    `seconds` is the mean duration of a call, `blocked` and `simulated` the shares blocked of `lines`.
    """
    if day is None or len(day.intervals) <= 2:
        return
    z = peakedness.of_intervals(day.intervals, day.interval_seconds, seconds)
    if z <= _PEAKED:
        return
    mean = rate_of(day).total / day.duration * seconds
    steady = erlang_b(mean, int(lines))
    seen = "" if simulated is None else f", in the simulation {simulated:.2%}"
    yield (
        f"the recorded intervals are peaked (z = {z:.2f}): Erlang B on the plan's mean load ({mean:.4g} erlangs) gives "
        f"{steady:.2%} of the calls blocked, Hayward's formula {peakedness.blocking(mean, lines, z):.2%}, "
        f"Erlang B at each moment's own load {blocked:.2%}{seen}; size quotas from the busiest interval, not from "
        "the daily mean"
    )
