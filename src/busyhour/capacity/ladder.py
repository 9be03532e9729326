"""The ladder: which limit binds first as volume grows, at what calls per hour and how it shows, then which.

Each rung is computed on its own, for volume that is held for longer than a call lasts and staffing that grows with
it, so the rungs in order are what is met when each has been raised out of the way of the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from busyhour.capacity import peaked
from busyhour.capacity.demand import CallDemand
from busyhour.capacity.insisting import MOST_EXECUTIONS, share_throttled
from busyhour.capacity.overflow import queue_full_share, token_bucket_loss, volume_at
from busyhour.capacity.retrials import attempts_per_call
from busyhour.capacity.rungs import (
    BINDS,
    LAMBDA_429,
    QUEUE_FULL,
    REORDER,
    SERVICE_LEVEL,
    TOO_MANY,
    UNDERSTAFFED,
    Limit,
    Rung,
    Staffed,
)
from busyhour.capacity.theory import load_for_blocking, servers_for_blocking, waiting_with_abandonment
from busyhour.scenarios.model import ArrivalProcess, Direction, Scenario

_FAR = 1.5
"""A simulated volume is looked for within this factor of the theory's."""
_CLOSE = 0.005
"""Share of the volume to which it is looked for."""
REQUESTS_PER_EXECUTION = 10.0
"""Requests a second that Lambda serves for each concurrent execution (Developer Guide, lambda-concurrency)."""


class Ladder:
    """Computes rungs.

    Args:
        scenario: direction, arrivals, headroom.
        demand: of one call.
        planned: calls per hour that must be carried.
        peak_load: calls at once in the mean, at the busiest moment of the plan.
        z: peakedness of the calls at once, 1 for Poisson arrivals.
    """

    def __init__(
        self, scenario: Scenario, demand: CallDemand, planned: float, peak_load: float, z: float = 1.0
    ) -> None:
        self._scenario = scenario
        self._demand = demand
        self._planned = planned
        self._peak_load = peak_load
        self._z = z
        self._spare = 1.0 - scenario.headroom

    def concurrent_calls(self, limit: Limit, symptom: str = REORDER) -> Rung:
        """Erlang B: the load of which `value` lines turn 1 % away; Hayward's for arrivals that are not Poisson."""
        seconds = self._demand.mean("at once")
        lines = int(limit.value)
        if self._z == 1.0:
            load = load_for_blocking(lines, BINDS) if lines else 0.0
            needed = servers_for_blocking(self._peak_load, BINDS)
            how = "Erlang B"
        else:
            load = peaked.load_for_blocking(lines, BINDS, self._z)
            needed = peaked.lines_for_blocking(self._peak_load, BINDS, self._z)
            how = f"Erlang B by Hayward, peakedness {self._z:.2g} of even arrivals"
        volume = _per_hour(load, seconds)
        text = (
            f"{seconds:.1f} s a call: {limit.value:g} at once carry {load:.4g} erlangs at {BINDS:.0%} blocking "
            f"({how}), {load:.4g} x 3600 / {seconds:.1f} = {volume:,.0f} calls/h; "
            f"planned {self._peak_load:.4g} erlangs need {needed}"
        )
        redial = self._scenario.callers.redial
        if redial is not None:
            attempts = attempts_per_call(BINDS, redial)
            volume /= attempts
            text += f"; with {attempts:.4g} attempts a call at {BINDS:.0%}, redials included, {volume:,.0f} calls/h"
        return self._rung(limit, volume, _per_hour(limit.value, seconds), symptom, text, needed)

    def starts(self, rate: Limit, burst: Limit) -> Rung | None:
        """Token bucket of StartOutboundVoiceContact; None for inbound traffic."""
        if self._scenario.traffic.direction is not Direction.OUTBOUND:
            return None
        fluid = rate.value * 3600.0
        if self._scenario.traffic.arrivals is ArrivalProcess.EVEN or rate.value <= 0:
            volume, how = fluid, "even arrivals pass up to the rate"
        else:
            volume = volume_at(
                lambda v: token_bucket_loss(v / 3600.0, rate.value, burst.value), BINDS, fluid / 2
            )
            how = f"Poisson arrivals lose {BINDS:.0%} at burst {burst.value:g} from {volume:,.0f} calls/h on"
        needed = self._planned / 3600.0 * (fluid / volume if volume else 1.0)
        text = f"rate {rate.value:g}/s is {fluid:,.0f} calls/h; {how}"
        return self._rung(rate, volume, fluid, TOO_MANY, text, needed)

    def lambda_concurrency(self, limit: Limit, function: str | None = None) -> Rung | None:
        """Lambda executions at once, of the account or of one function with reserved concurrency.

        Erlang B says about where; the volume is that at which Connect's retries meet full executions as well.
        """
        per_call = {
            name: self._demand.mean(f"invocations:{name}") * seconds
            for name, seconds in self._demand.lambda_seconds.items()
            if function in (None, name)
        }
        seconds = math.fsum(per_call.values())
        if not seconds:
            return None
        requests = self._demand.mean("Lambda invocations" if function is None else f"invocations:{function}")
        by_formula = load_for_blocking(int(limit.value), BINDS) if limit.value >= 1 else 0.0
        load = by_formula
        if requests and limit.value <= MOST_EXECUTIONS:
            load = _refined(
                lambda erlangs: share_throttled(erlangs, int(limit.value), seconds / requests),
                BINDS,
                by_formula,
            )
        volume = _per_hour(load, seconds)
        insisting = by_formula / load if load else 1.0
        needed = servers_for_blocking(self._planned / 3600.0 * seconds * insisting, BINDS)
        text = (
            f"{seconds * 1000:.0f} ms of execution a call: {limit.value:g} at once carry {load:.4g} erlangs at "
            f"{BINDS:.0%} of requests throttled, Connect's retries included ({by_formula:.4g} by Erlang B), "
            f"{volume:,.0f} calls/h"
        )
        # Lambda serves ten requests a second for each execution; of quick functions that binds first.
        by_rate = _per_hour(limit.value * REQUESTS_PER_EXECUTION, requests)
        if by_rate < volume:
            volume = by_rate
            text += (
                f"; but {limit.value * REQUESTS_PER_EXECUTION:g} requests a second come with them, "
                f"{requests:.3g} a call: {volume:,.0f} calls/h"
            )
        needed = max(needed, math.ceil(self._planned / 3600.0 * requests / REQUESTS_PER_EXECUTION))
        return self._rung(limit, volume, _per_hour(limit.value, seconds), LAMBDA_429, text, needed)

    def rate(
        self, limit: Limit, per_call: float, what: str, symptom: str, kind: str | None = None
    ) -> Rung | None:
        """A throughput: so much per call, so much per second."""
        if per_call <= 0:
            return None
        volume = limit.value * 3600.0 / per_call
        text = (
            f"{per_call:.3g} {what} a call: {limit.value:g}/s x 3600 / {per_call:.3g} = {volume:,.0f} calls/h"
        )
        return self._rung(limit, volume, volume, symptom, text, self._planned / 3600.0 * per_call, kind)

    def queue(self, staffed: Staffed) -> Iterator[Rung]:
        """Queue capacity and staffing of one queue, with the agents that the scenario has."""
        if staffed.share <= 0 or staffed.aht <= 0:
            return
        per_hour = staffed.share * staffed.aht / 3600.0
        start = max(staffed.agents, 1) / per_hour
        whole = f"{staffed.agents} agents, {staffed.share:.3g} contacts a call of {staffed.aht:.1f} s each"
        if staffed.capacity is not None:
            room = staffed.capacity

            def full(volume: float) -> float:
                return queue_full_share(
                    volume * per_hour, staffed.agents, room, staffed.aht, staffed.patience
                )

            def seen_full(volume: float) -> float:
                return staffed.sample.serve(volume * staffed.share / 3600.0, staffed.agents, room).turned_away

            by_theory = volume_at(full, BINDS, start)
            volume = _refined(seen_full, BINDS, by_theory) if staffed.agents else by_theory
            limit = Limit(
                f"queue.{staffed.name}.capacity",
                f"Capacity of queue {staffed.name}",
                None,
                room,
                "contacts",
                "scenario",
            )
            text = (
                f"{whole}; mean patience {staffed.patience:.0f} s; {BINDS:.0%} find {room} places taken from "
                f"{volume:,.0f} calls/h on, simulated with the scenario's own times ({by_theory:,.0f} by Erlang A)"
            )
            yield self._rung(limit, volume, None, QUEUE_FULL, text, None, kind="setting")

        seconds = self._scenario.service_level_seconds
        wanted = next(
            (o.at_least for o in self._scenario.objectives if o.metric == "service_level" and o.at_least),
            SERVICE_LEVEL,
        )

        def late(volume: float) -> float:
            load = volume * per_hour
            waiting = waiting_with_abandonment(load, staffed.agents, staffed.aht, staffed.patience, seconds)
            return 1.0 - waiting.service_level

        def seen_late(volume: float) -> float:
            per_second = volume * staffed.share / 3600.0
            return 1.0 - staffed.sample.serve(per_second, staffed.agents, threshold=seconds).service_level

        by_theory = volume_at(late, 1.0 - wanted, start) if staffed.agents else 0.0
        volume = _refined(seen_late, 1.0 - wanted, by_theory)
        name = f"Agents of queue {staffed.name}"
        limit = Limit(f"queue.{staffed.name}.agents", name, None, staffed.agents, "agents", "scenario")
        text = (
            f"{whole}; {wanted:.0%} are answered within {seconds:g} s up to {volume:,.0f} calls/h, simulated with the "
            f"scenario's own times ({by_theory:,.0f} by Erlang A)"
        )
        yield self._rung(limit, volume, start, UNDERSTAFFED, text, None, kind="staffing")

    def _rung(
        self,
        limit: Limit,
        volume: float,
        by_little: float | None,
        symptom: str,
        calculation: str,
        needed: float | None,
        kind: str | None = None,
    ) -> Rung:
        return Rung(
            key=limit.key,
            name=limit.name,
            kind=kind or ("setting" if limit.origin == "scenario" else "quota"),
            value=limit.value,
            unit=limit.unit,
            origin=limit.origin,
            calls_per_hour=volume,
            by_little=None if by_little is None or math.isinf(by_little) else by_little,
            symptom=symptom,
            calculation=calculation,
            needed=None if needed is None else _round_up(needed / self._spare),
            binds_at_plan=volume < self._planned,
            code=limit.code,
            adjustable=limit.adjustable,
        )


def _refined(share: Callable[[float], float], bound: float, guess: float) -> float:
    """The volume at which a simulated `share` reaches `bound`, near what theory says; `guess` where it is far off."""
    if not 0.0 < guess < math.inf:
        return guess
    low, high = guess / _FAR, guess * _FAR
    if share(low) >= bound or share(high) < bound:
        return guess
    while high - low > _CLOSE * guess:
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) >= bound else (middle, high)
    return (low + high) / 2


def _per_hour(load: float, seconds: float) -> float:
    return load * 3600.0 / seconds if seconds > 0 else math.inf


def _round_up(value: float) -> float:
    """Whole numbers above 10; below, one decimal: a rate of 2.4/s is asked for as 2.4."""
    return float(math.ceil(value - 1e-9)) if value > 10 else math.ceil(value * 10 - 1e-9) / 10
