"""Bottlenecks of a scenario: every limit compared with the plan, and the volume at which it binds.

Each limit is computed independently: concurrent calls and Lambda executions by Erlang B, the rate of starts
by the token bucket, queues and agents by Erlang A and a simulation, proportional consumption by division. The
volume is the planned calls per hour with the scenario's caller behaviour. See `requirement` for the closed
forms and `tolerance` for the tolerated shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.limits import (
    IMPATIENT,
    LAMBDA_429,
    NO_LINE,
    NO_ROOM,
    QUEUE_FULL,
    REORDER,
    SYSTEM_FULL,
    TOO_MANY,
    UNDERSTAFFED,
    Limit,
    LimitForecast,
    Staffed,
    row_of,
)
from busyhour.capacity.requirement import (
    CONNECT_RETRIES,
    Abandoned,
    Agents,
    Bucket,
    Count,
    Executions,
    Lines,
    Partitions,
    Requirement,
    Throughput,
    Waiting,
    tolerated_share,
)
from busyhour.capacity.simulation.agent_queue import ServiceLevel
from busyhour.capacity.simulation.confidence_intervals import CERTAIN, Ratio
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.erlang import waiting_with_abandonment
from busyhour.capacity.theory.lambda_retries import PAUSES
from busyhour.capacity.tolerance import Tolerances
from busyhour.quotas.figures import volume as volume_in_words
from busyhour.scenarios.model import Distribution, ExternalLimit, Scenario
from busyhour.scenarios.traffic import ArrivalProcess, Direction

_AT_ONCE = Distribution("constant", 0.0)

_FAR = 1.5
"""A simulated volume is searched within this factor of the closed form's."""
_CLOSE = 0.005
"""Relative accuracy of the volume found."""
_BUSY = 0.95
"""Agent occupancy above which sampled waits are too short, since they take long to become stationary."""
_WAITS_SPREAD = 0.1
"""Half-width of calls in progress, as a share of the load, if waits are taken from Erlang A."""


class Bottlenecks:
    """Makes the rows.

    Args:
        scenario: direction, arrivals, objectives, headroom. demand: of one call. z: peakedness of the calls
            in progress, 1 for Poisson arrivals.
    """

    def __init__(self, scenario: Scenario, demand: CallDemand, z: float = 1.0) -> None:
        self._scenario = scenario
        self._demand = demand
        self._planned = scenario.plan.calls_per_hour
        self._per_second = self._planned / 3600.0
        self._z = z
        self._tolerated = Tolerances(scenario)

    def concurrent_calls(
        self, limit: Limit, symptom: str = REORDER, queues: Sequence[Staffed] = ()
    ) -> LimitForecast:
        """Compare concurrent calls: Erlang B, or Hayward's approximation for arrivals that are not Poisson.

        If agents of one of the `queues` are nearly all busy, sampled waits are shorter than stationary ones:
        the waits of Erlang A are used where they make calls clearly longer.
        """
        seconds, quantity, spread = self._demand.mean("at once"), "at once", 0.0
        if any(self._offered(queue) > _BUSY * queue.agents for queue in queues):
            waits = math.fsum(queue.share * self._wait(queue) for queue in queues)
            stationary = seconds - self._demand.mean("in queue") + waits
            if stationary > seconds * (1.0 + _WAITS_SPREAD):
                seconds, quantity, spread = stationary, "", _WAITS_SPREAD
        redial = self._scenario.callers.redial
        requirement = Lines(
            self._per_second * seconds,
            self._tolerated.calls(self._planned),
            self._z,
            redial.share if redial else 0.0,
            redial.attempts if redial else 0,
        )
        text = f"{self._planned:,.0f} calls/h x {seconds:.1f} s / 3600 = {requirement.erlang:,.4g} erlang"
        return self._row(limit, requirement, symptom, text, quantity=quantity, spread=spread)

    def _offered(self, queue: Staffed) -> float:
        """Return the offered load of a queue in erlangs."""
        return self._per_second * queue.share * queue.aht

    def _wait(self, queue: Staffed) -> float:
        """Return the stationary mean wait of a queue's contacts in seconds, by Erlang A.

        In overload it is at least the time until the excess contacts have lost patience.
        """
        load = self._offered(queue)
        wait = waiting_with_abandonment(load, queue.agents, queue.aht, queue.patience).mean_wait
        if load <= queue.agents:
            return wait
        return max(wait, queue.sample.patience_quantile(1.0 - queue.agents / load))

    def starts(self, rate: Limit, burst: Limit) -> LimitForecast | None:
        """Compare the token bucket of StartOutboundVoiceContact; None for inbound traffic."""
        traffic = self._scenario.traffic
        if traffic.direction is not Direction.OUTBOUND:
            return None
        share = self._tolerated.requests(
            "connect", "StartOutboundVoiceContact", self._planned, blocks_calls=True
        )
        even = traffic.arrivals is ArrivalProcess.EVEN
        requirement = Bucket(self._per_second, rate.value, burst.value, share, even)
        text = (
            f"{self._planned:,.0f} calls/h / 3600 = {self._per_second:.4g} requests/s; burst {burst.value:g}"
        )
        return self._row(rate, requirement, TOO_MANY, text)

    def lambda_concurrency(self, limit: Limit, function: str | None = None) -> LimitForecast | None:
        """Compare concurrent Lambda executions of the account, or of a function with reserved concurrency."""
        reserved = {
            name: each.reserved_concurrency
            for name, each in self._scenario.functions.items()
            if each.reserved_concurrency is not None and function is None
        }
        names = [
            name for name in self._demand.lambda_seconds if function in (None, name) and name not in reserved
        ]
        seconds = math.fsum(
            self._demand.mean(f"invocations:{name}") * self._demand.lambda_seconds[name] for name in names
        )
        if not seconds:
            return None
        quantity = "Lambda invocations" if function is None else f"invocations:{function}"
        requests = math.fsum(self._demand.mean(f"invocations:{name}") for name in names)
        share = self._tolerated.requests("lambda", "Invoke", self._planned * requests)
        requirement = Executions(
            self._per_second * seconds,
            self._per_second * requests,
            share,
            CONNECT_RETRIES if self._scenario.drive.has_calls else 0,
            float(sum(reserved.values())),
        )
        text = (
            f"{self._planned:,.0f} calls/h x {requests:.3g} invocations x {seconds / requests * 1000:,.0f} ms "
            f"/ 3600 = {requirement.erlang:,.4g} erlang"
        )
        if reserved:
            text += f"; {requirement.reserved:g} executions are reserved for {', '.join(reserved)}"
        sampled = math.fsum(
            self._demand.mean(f"invocations:{name}") * self._demand.lambda_half_width.get(name, 0.0)
            for name in names
        )
        return self._row(limit, requirement, LAMBDA_429, text, quantity=quantity, spread=sampled / seconds)

    def rate(
        self,
        limit: Limit,
        per_call: float,
        what: str,
        symptom: str,
        kind: str | None = None,
        quantity: str = "",
        *,
        each: float,
        seconds: float = 1.0,
    ) -> LimitForecast | None:
        """Compare a table's throughput: units per call, units per second.

        Args:
            quantity: the quantity of the demand that gives the interval.
            each: units of one request.
            seconds: time for which the table keeps unused capacity.
            limit: the limit.
            per_call: units per call.
            what: name of the unit.
            symptom: of the limit.
            kind: of the limit.
        """
        if per_call <= 0:
            return None
        share = self._tolerated.requests("dynamodb", "", self._planned * per_call / each)
        requirement = Throughput(self._per_second * per_call, share, each, seconds)
        text = (
            f"{self._planned:,.0f} calls/h x {per_call:.3g} {what} / 3600 = {requirement.per_second:,.4g}/s"
        )
        return self._row(limit, requirement, symptom, text, kind, quantity)

    def partition(
        self, limit: Limit, by_partition: Sequence[float], each: float, text: str, symptom: str
    ) -> LimitForecast:
        """Compare the busiest partition of a table, each of which has the limit.

        In units/s of all partitions.

        `each` are the units of one request.
        """
        requests = math.fsum(by_partition) / each
        share = self._tolerated.requests("dynamodb", "", requests * 3600.0)
        requirement = Partitions(max(by_partition), share, each, by_partition=tuple(by_partition))
        return self._row(limit, requirement, symptom, text, "partition")

    def external(self, limit: ExternalLimit) -> LimitForecast | None:
        """Compare an external system; None if no call uses it.

        A rate is a token bucket, a concurrency Erlang B, with Connect's retries of functions that failed.
        """
        per_call = 1.0
        if not limit.calls:
            invocations = math.fsum(self._demand.mean(f"invocations:{name}") for name in limit.functions)
            per_call = invocations * limit.per_invocation
        per_second = self._per_second * per_call
        if not per_second:
            return None
        share = tolerated_share(limit.tolerated, per_second * 3600.0)
        text = f"{self._planned:,.0f} calls/h x {per_call:.3g} requests / 3600 = {per_second:,.4g}/s"
        requirement: Requirement
        if limit.concurrency is None:
            requirement = Bucket(
                per_second,
                limit.value,
                limit.burst,
                share,
                pauses=self._pauses(limit),
                at_once=1.0 if limit.calls else max(1.0, limit.per_invocation),
            )
            unit = "requests/second"
        else:
            seconds = (
                self._demand.mean("at once")
                if limit.calls
                else ProbabilityDistribution(limit.takes or _AT_ONCE).mean()
            )
            pauses = self._pauses(limit)
            requirement = Lines(per_second * seconds, share)
            if pauses:
                requirement = Executions(
                    per_second * seconds, per_second, share, len(pauses), pauses=pauses, by_rate=False
                )
            unit = "requests at a time"
            text += f", of {seconds:,.3g} s each"
        quantity = ""
        if len(limit.functions) == 1:
            quantity = f"invocations:{limit.functions[0]}"
        elif limit.calls and limit.concurrency is not None:
            quantity = "at once"
        own = Limit(f"limits.{limit.name}", f"Limit {limit.name}", None, limit.value, unit, "scenario", False)
        symptom = NO_LINE if limit.calls else SYSTEM_FULL
        return self._row(own, requirement, symptom, text, "external", quantity)

    def _pauses(self, limit: ExternalLimit) -> tuple[float, ...]:
        """Return the seconds from a rejected request to the next attempt.

        The function answers, then Connect waits.
        """
        if limit.calls or not self._scenario.drive.has_calls:
            return ()
        known = [self._demand.lambda_seconds.get(name, 0.0) for name in limit.functions]
        answer = math.fsum(known) / len(known) if known else 0.0
        return tuple(pause + answer for pause in PAUSES)

    def counted(self, limit: Limit, number: float, what: str, *, grows: bool) -> LimitForecast:
        """Compare a number of resources of the scenario. `grows`: in proportion to the volume."""
        return self._row(limit, Count(number, grows), NO_ROOM, f"{what} in the scenario")

    def queue(self, staffed: Staffed) -> Iterator[LimitForecast]:
        """Compare capacity and staffing of one queue with the scenario's agents."""
        if staffed.share <= 0 or staffed.aht <= 0:
            return
        load = self._per_second * staffed.share * staffed.aht
        whole = (
            f"{self._planned:,.0f} calls/h x {staffed.share:.3g} contacts x {staffed.aht:.1f} s / 3600 = "
            f"{load:,.4g} erlang, mean patience {staffed.patience:.0f} s"
        )
        seconds = self._scenario.service_level_seconds
        agents = max(staffed.agents, 1)

        def served(factor: float) -> ServiceLevel:
            return staffed.sample.serve(
                self._per_second * staffed.share * factor, agents, staffed.capacity, seconds
            )

        if staffed.capacity is not None:
            full = Waiting(load, staffed.agents, staffed.aht, staffed.patience)
            yield self._queue_row(
                Limit(
                    f"queue.{staffed.name}.capacity",
                    f"Capacity of queue {staffed.name}",
                    None,
                    staffed.capacity,
                    "contacts",
                    "scenario",
                ),
                full,
                QUEUE_FULL,
                whole,
                "setting",
                lambda factor: served(factor).blocked_ratio if staffed.agents else CERTAIN,
                staffed,
            )
        late = Agents(load, staffed.aht, staffed.patience, seconds, self._tolerated.late())
        name = f"Agents of queue {staffed.name}"
        yield self._queue_row(
            Limit(f"queue.{staffed.name}.agents", name, None, staffed.agents, "agents", "scenario"),
            late,
            UNDERSTAFFED,
            whole,
            "staffing",
            lambda factor: served(factor).late_ratio if staffed.agents else CERTAIN,
            staffed,
        )
        at_most = self._tolerated.abandoned()
        if at_most is not None:
            yield self._queue_row(
                Limit(
                    f"queue.{staffed.name}.abandoned",
                    f"{name}, for abandoned contacts",
                    None,
                    staffed.agents,
                    "agents",
                    "scenario",
                ),
                Abandoned(load, staffed.aht, staffed.patience, at_most),
                IMPATIENT,
                whole,
                "staffing",
                lambda factor: served(factor).abandoned_ratio if staffed.agents else CERTAIN,
                staffed,
            )

    def _queue_row(
        self,
        limit: Limit,
        requirement: Requirement,
        symptom: str,
        text: str,
        kind: str,
        simulated: Callable[[float], Ratio],
        staffed: Staffed,
    ) -> LimitForecast:
        """Make a row of a queue: the closed form, and a simulation with the scenario's own times.

        The volume at which it binds is the simulated one. If the two disagree on the plan by more than the
        simulation's interval, the row is undecided. Very many agents are not simulated, see `fluid_queue`.

        Args:
            simulated: share rejected at a multiple of the planned volume, with its interval.
            staffed: the queue; its `spread` is that of the load, see `row_of`.
            limit: the limit.
            requirement: the closed form.
            symptom: of the limit.
            text: the calculation.
            kind: of the limit.
        """
        share, at_plan = requirement.share, simulated(1.0)
        exceeds = requirement.rejected(limit.value) > share
        if staffed.sample.sampled:
            apart = at_plan.high <= share if exceeds else at_plan.low > share
        else:  # near full load Erlang A replaces the fluid limit, but for exponential patience only
            apart = (at_plan.value > share) != exceeds
        around = f"{at_plan.value:.2%} ({at_plan.low:.2%} to {at_plan.high:.2%})"
        row = self._row(
            limit,
            requirement,
            symptom,
            f"{text}; {around} rejected in {staffed.sample.method}",
            kind,
            undecided=apart,
            spread=staffed.spread,
        )
        guess = row.calls_per_hour / self._planned
        factor = _refined(lambda one: simulated(one).value, share, guess)
        if factor != guess:
            volume = self._planned * factor
            half = math.hypot(self._planned * _uncertain(simulated, factor), volume * staffed.spread)
            where = "in the simulation" if staffed.sample.sampled else "there"
            text = f"{row.calculation}; binds at {volume_in_words(volume, half)} calls/h {where}"
            row = replace(row, calculation=text, calls_per_hour=volume, volume_half_width=half)
        return row

    def _row(
        self,
        limit: Limit,
        requirement: Requirement,
        symptom: str,
        text: str,
        kind: str | None = None,
        quantity: str = "",
        *,
        undecided: bool = False,
        spread: float = 0.0,
    ) -> LimitForecast:
        known = self._demand.quantities.get(quantity)
        if known is not None and known.mean:
            spread = math.hypot(spread, known.half_width / known.mean)
        return row_of(
            limit,
            requirement,
            self._planned,
            symptom=symptom,
            calculation=text,
            kind=kind or ("setting" if limit.origin == "scenario" else "quota"),
            headroom=self._scenario.headroom,
            spread=spread if math.isfinite(spread) else 1.0,
            undecided=undecided,
        )


def _refined(share: Callable[[float], float], bound: float, guess: float) -> float:
    """Return the volume at which a simulated `share` reaches `bound`, near the closed form's `guess`.

    `guess` if far off.
    """
    if not 0.0 < guess < math.inf:
        return guess
    low, high = guess / _FAR, guess * _FAR
    if share(low) >= bound or share(high) < bound:
        return guess
    while high - low > _CLOSE * guess:
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) >= bound else (middle, high)
    return (low + high) / 2


def _uncertain(simulated: Callable[[float], Ratio], factor: float) -> float:
    """Return the half-width of the volume's interval: that of the simulated share, divided by its slope."""
    found = simulated(factor)
    rise = simulated(1.02 * factor).value - simulated(0.98 * factor).value
    return (found.high - found.low) / 2.0 * 0.04 * factor / rise if rise > 0.0 else math.inf
