"""Bottlenecks of a scenario: every limit compared with the plan, and the volume at which it binds.

Each limit is computed independently: concurrent calls and Lambda executions by Erlang B, the rate of starts
by the token bucket, queues and agents by Erlang A and a simulation, proportional consumption by division. The
volume is the planned calls per hour with the scenario's caller behaviour. See `requirement` for the closed
forms and `tolerance` for the tolerated shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.limits import (
    LAMBDA_429,
    NO_LINE,
    NO_ROOM,
    REORDER,
    SYSTEM_FULL,
    TOO_MANY,
    Limit,
    LimitForecast,
    Staffed,
    row_of,
)
from busyhour.capacity.requirement import Requirement
from busyhour.capacity.requirement_kinds import (
    CONNECT_RETRIES,
    Bucket,
    Count,
    Executions,
    Lines,
    tolerated_share,
)
from busyhour.capacity.staffing_requirements import QueuedLines
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.lambda_retries import PAUSES
from busyhour.capacity.theory.queued_lines import mean_calls
from busyhour.capacity.throughput_requirements import Partitions, Throughput
from busyhour.capacity.tolerance import Tolerances
from busyhour.scenarios.model import Distribution, ExternalLimit, Scenario
from busyhour.scenarios.traffic import ArrivalProcess, Direction

_AT_ONCE = Distribution("constant", 0.0)

_BUSY = 0.95
"""Agent occupancy above which sampled waits are too short, since they take long to become stationary."""
_WAITS_SPREAD = 0.1
"""Half-width of calls in progress, as a share of the load, if waits are taken from Erlang A."""
_UNLIKE = 0.05
"""The same for what a network of queues leaves open if times are not exponential, or a queue can be full."""


class Bottlenecks:
    """Makes the rows.

    Args:
        scenario: direction, arrivals, objectives, headroom. demand: of one call. z: peakedness of the calls
            in progress, 1 for Poisson arrivals.
    """

    def __init__(self, scenario: Scenario, demand: CallDemand, z: float = 1.0) -> None:
        self.scenario = scenario
        self._demand = demand
        self.planned = scenario.plan.calls_per_hour
        self.per_second = self.planned / 3600.0
        self._z = z
        self.tolerated = Tolerances(scenario)

    def concurrent_calls(
        self, limit: Limit, symptom: str = REORDER, queues: Sequence[Staffed] = ()
    ) -> LimitForecast:
        """Compare concurrent calls: Erlang B, Hayward's approximation, or a network of queues if callers wait.

        Sampled waits are too short if agents are nearly all busy: those of Erlang A are used where clearly longer.
        """
        demand, quantity, spread = self._demand, "at once", 0.0
        seconds = demand.mean("at once")
        if any(queue.offered(self.per_second) > _BUSY * queue.agents for queue in queues):
            waits = math.fsum(queue.share * queue.wait(self.per_second) for queue in queues)
            stationary = seconds - demand.mean("in queue") + waits
            if stationary > seconds * (1.0 + _WAITS_SPREAD):
                seconds, quantity, spread = stationary, "", _WAITS_SPREAD
        redial, share = self.scenario.callers.redial, self.tolerated.calls(self.planned)
        again = (redial.share, redial.attempts) if redial else (0.0, 0)
        requirement: Requirement = Lines(self.per_second * seconds, share, self._z, *again)
        waiting = [queue for queue in queues if queue.keeps_waiting(self.per_second, self._z == 1.0)]
        if waiting and seconds > 0.0:
            stations = [queue.station(self.per_second) for queue in waiting]
            held = math.fsum(map(mean_calls, stations)) / self.per_second
            if all(queue.markovian for queue in waiting):
                known = demand.quantities.get("in flow")
                talks = math.fsum(one.share * one.aht * one.talking for one in queues if one not in waiting)
                seconds = demand.mean("ringing") + demand.mean("in flow") + talks + held
                error = known.half_width / seconds if known else 0.0
                quantity, spread = "", math.hypot(error, *(queue.spread for queue in waiting))
            if not all(queue.markovian and queue.capacity is None for queue in waiting):
                spread = math.hypot(spread, _UNLIKE)
            # The load that is stated and the network's are one: calls that do not wait or talk there are in flows.
            flow = self.per_second * max(0.0, seconds - held)
            plain = tuple(astuple(station) for station in stations)
            requirement = QueuedLines(self.per_second * seconds, flow, plain, share, self._z, *again)
        text = f"{self.planned:,.0f} calls/h x {seconds:.1f} s / 3600 = {requirement.load():,.4g} erlang"
        return self.row(limit, requirement, symptom, text, quantity=quantity, spread=spread)

    def starts(self, rate: Limit, burst: Limit) -> LimitForecast | None:
        """Compare the token bucket of StartOutboundVoiceContact; None for inbound traffic."""
        traffic = self.scenario.traffic
        if traffic.direction is not Direction.OUTBOUND:
            return None
        share = self.tolerated.requests(
            "connect", "StartOutboundVoiceContact", self.planned, blocks_calls=True
        )
        even = traffic.arrivals is ArrivalProcess.EVEN
        requirement = Bucket(self.per_second, rate.value, burst.value, share, even)
        text = f"{self.planned:,.0f} calls/h / 3600 = {self.per_second:.4g} requests/s; burst {burst.value:g}"
        return self.row(rate, requirement, TOO_MANY, text)

    def lambda_concurrency(self, limit: Limit, function: str | None = None) -> LimitForecast | None:
        """Compare concurrent Lambda executions of the account, or of a function with reserved concurrency."""
        reserved = {
            name: each.reserved_concurrency
            for name, each in self.scenario.functions.items()
            if each.reserved_concurrency is not None and function is None
        }
        names = [
            name for name in self._demand.lambda_seconds if function in (None, name) and name not in reserved
        ]
        seconds = math.fsum(
            self._demand.mean(f"invocations:{name}") * self._demand.lambda_seconds[name] for name in names
        )
        requests = math.fsum(self._demand.mean(f"invocations:{name}") for name in names)
        if not requests:
            return None
        quantity = "Lambda invocations" if function is None else f"invocations:{function}"
        share = self.tolerated.requests("lambda", "Invoke", self.planned * requests)
        requirement = Executions(
            self.per_second * seconds,
            self.per_second * requests,
            share,
            CONNECT_RETRIES if self.scenario.drive.has_calls else 0,
            float(sum(reserved.values())),
        )
        text = (
            f"{self.planned:,.0f} calls/h x {requests:.3g} invocations x {seconds / requests * 1000:,.0f} ms "
            f"/ 3600 = {requirement.erlang:,.4g} erlang"
        )
        if reserved:
            text += f"; {requirement.reserved:g} executions are reserved for {', '.join(reserved)}"
        sampled = math.fsum(
            self._demand.mean(f"invocations:{name}") * self._demand.lambda_half_width.get(name, 0.0)
            for name in names
        )
        return self.row(
            limit,
            requirement,
            LAMBDA_429,
            text,
            quantity=quantity,
            spread=sampled / seconds if seconds else 0.0,
        )

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
        share = self.tolerated.requests("dynamodb", "", self.planned * per_call / each)
        requirement = Throughput(self.per_second * per_call, share, each, seconds)
        text = f"{self.planned:,.0f} calls/h x {per_call:.3g} {what} / 3600 = {requirement.per_second:,.4g}/s"
        return self.row(limit, requirement, symptom, text, kind, quantity)

    def partition(
        self, limit: Limit, by_partition: Sequence[float], each: float, text: str, symptom: str
    ) -> LimitForecast:
        """Compare the busiest partition of a table, each of which has the limit.

        In units/s of all partitions.

        `each` are the units of one request.
        """
        requests = math.fsum(by_partition) / each
        share = self.tolerated.requests("dynamodb", "", requests * 3600.0)
        requirement = Partitions(max(by_partition), share, each, by_partition=tuple(by_partition))
        return self.row(limit, requirement, symptom, text, "partition")

    def external(self, limit: ExternalLimit) -> LimitForecast | None:
        """Compare an external system; None if no call uses it.

        A rate is a token bucket, a concurrency Erlang B, with Connect's retries of functions that failed.
        """
        per_call = 1.0
        if not limit.calls:
            invocations = math.fsum(self._demand.mean(f"invocations:{name}") for name in limit.functions)
            per_call = invocations * limit.per_invocation
        per_second = self.per_second * per_call
        if not per_second:
            return None
        share = tolerated_share(limit.tolerated, per_second * 3600.0)
        text = f"{self.planned:,.0f} calls/h x {per_call:.3g} requests / 3600 = {per_second:,.4g}/s"
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
        return self.row(own, requirement, symptom, text, "external", quantity)

    def _pauses(self, limit: ExternalLimit) -> tuple[float, ...]:
        """Return the seconds from a rejected request to the next attempt.

        The function answers, then Connect waits.
        """
        if limit.calls or not self.scenario.drive.has_calls:
            return ()
        known = [self._demand.lambda_seconds.get(name, 0.0) for name in limit.functions]
        answer = math.fsum(known) / len(known) if known else 0.0
        return tuple(pause + answer for pause in PAUSES)

    def counted(self, limit: Limit, number: float, what: str, *, grows: bool) -> LimitForecast:
        """Compare a number of resources of the scenario. `grows`: in proportion to the volume."""
        return self.row(limit, Count(number, grows), NO_ROOM, f"{what} in the scenario")

    def row(
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
        """Compare one limit; `quantity` of the demand and `spread` give the interval, see `row_of`."""
        known = self._demand.quantities.get(quantity)
        if known is not None and known.mean:
            spread = math.hypot(spread, known.half_width / known.mean)
        return row_of(
            limit,
            requirement,
            self.planned,
            symptom=symptom,
            calculation=text,
            kind=kind or ("setting" if limit.origin == "scenario" else "quota"),
            headroom=self.scenario.headroom,
            spread=spread if math.isfinite(spread) else 1.0,
            undecided=undecided,
        )
