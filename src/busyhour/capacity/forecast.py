"""The forecast of a scenario: demand on every quota it touches, by theory and by simulation, and the ladder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from busyhour.calls.chance import Stream
from busyhour.calls.policy import CallPolicy
from busyhour.capacity.demand import busiest_rate, demand_of_call
from busyhour.capacity.flows import machine_of
from busyhour.capacity.functions import Answers
from busyhour.capacity.handlers import HandlerAnswers
from busyhour.capacity.ladder import LAMBDA_429, TABLE_FULL, Ladder, Limit, Rung, Staffed, at_busiest, climb
from busyhour.capacity.outlook import Forecast, QuotaForecast
from busyhour.capacity.overflow import token_bucket_loss
from busyhour.capacity.rehearsal import Rehearsal, table_peak
from busyhour.capacity.rules import with_rules
from busyhour.capacity.simulation import Limits
from busyhour.capacity.theory import erlang_b, erlang_b_peaked, peakedness, poisson_quantile
from busyhour.flows.machine import Machine
from busyhour.quotas import table as quota_table
from busyhour.quotas.model import Origin, QuotaValue, Scope
from busyhour.quotas.table import QuotaTable
from busyhour.scenarios.draw import sampler
from busyhour.scenarios.model import ArrivalProcess, Direction, Scenario
from busyhour.scenarios.rate import rate_of

CALLS = "connect.concurrent-active-calls-per-instance"
EXECUTIONS = "lambda.concurrent-executions"
INVOKE_RATE = "lambda.invoke.rate"
TABLE_READ = "dynamodb.table-level-read-throughput-limit"
TABLE_WRITE = "dynamodb.table-level-write-throughput-limit"
COUNTED = {
    "connect.users-per-instance": "agents staffed",
    "connect.queues-per-instance": "queues",
    "connect.aws-lambda-functions-per-instance": "functions",
    "connect.contact-flows-per-instance": "flows",
}

READS = {"GetItem": 1.0, "Query": 1.0, "Scan": 1.0, "BatchGetItem": 1.0, "TransactGetItems": 2.0}
WRITES = {
    "PutItem": 1.0,
    "UpdateItem": 1.0,
    "DeleteItem": 1.0,
    "BatchWriteItem": 1.0,
    "TransactWriteItems": 2.0,
}
"""Capacity units of one operation on one item of at most 4 KB (reads, strongly consistent) or 1 KB (writes)."""

_SHARE = 0.99
"""Percentile of Poisson demand that counts as its peak."""


def forecast(
    scenario: Scenario,
    quota_values: Iterable[QuotaValue] = (),
    *,
    table: QuotaTable | None = None,
    machine: Machine | None = None,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
    calls: int = 2000,
) -> Forecast:
    """Demand on every quota that a scenario touches, and the ladder.

    Args:
        scenario: traffic, callers, flows, functions, queues.
        quota_values: values that are known; the scenario's own, then the documented defaults, are used for the rest.
        table: the quota table; the shipped one where not given.
        machine: of the scenario's flows; made where not given.
        answers: what real handlers answer; where not given they are run, see `HandlerAnswers`.
        policy: what the scenario has no key for.
        calls: how many calls are sampled for the demand of one.

    Raises:
        BusyhourError: a flow cannot be read, or the scenario names an unknown quota.
    """
    if answers is not None or not any(function.handler for function in scenario.functions.values()):
        return _Forecaster(scenario, quota_values, table, machine, answers, policy).make(calls)
    with HandlerAnswers(scenario) as handlers:
        made = _Forecaster(scenario, quota_values, table, machine, handlers, policy).make(calls)
        made.notes.extend(handlers.problems.values())
    return made


class _Forecaster:
    def __init__(
        self,
        scenario: Scenario,
        quota_values: Iterable[QuotaValue],
        table: QuotaTable | None,
        machine: Machine | None,
        answers: Answers | None,
        policy: CallPolicy | None,
    ) -> None:
        self.scenario = scenario
        self.table = table or quota_table.load()
        # A value of one table or function says nothing of the others; one of the instance is what counts.
        self.values = {
            value.quota.key: value
            for value in quota_values
            if value.resource is None or value.quota.scope is Scope.INSTANCE
        }
        for name, number in scenario.quotas.items():
            quota = self.table.find(name)
            self.values.setdefault(quota.key, QuotaValue(quota, number, Origin.OVERRIDE, quota.date))
        self.machine = machine or machine_of(scenario)
        self.answers = answers
        self.policy = policy
        self.outbound = scenario.traffic.direction is Direction.OUTBOUND
        self.rate = rate_of(scenario.traffic)
        self.per_hour = busiest_rate(scenario)
        self.notes: list[str] = []
        self.quotas: list[QuotaForecast] = []
        self.rungs: list[Rung] = []

    # ------------------------------------------------------------------------------------------- the whole

    def make(self, calls: int) -> Forecast:
        self.demand = demand_of_call(
            self.scenario, self.machine, calls=calls, answers=self.answers, policy=self.policy
        )
        self.load, self.load_at = self._peak_load()
        self.ladder = Ladder(self.scenario, self.demand, self.per_hour, self.load)
        self.runs = Rehearsal(
            self.scenario, self.machine, self._limits(), self.load_at, self._fill(), self.answers, self.policy
        )
        if self.runs.window is not None:
            start, end = self.runs.window
            self.notes.append(
                f"simulated from {start:,.0f} s to {end:,.0f} s, around the busiest moment, "
                f"not the whole {self.scenario.traffic.duration:,.0f} s"
            )
        if self.per_hour > 0:
            self._calls()
            self._starts()
            self._lambda()
            self._tables()
            for staffed in self._staffed():
                self.rungs.extend(self.ladder.queue(staffed))
        self._counted()
        made = Forecast(
            scenario=self.scenario.name,
            calls_per_hour=self.per_hour,
            planned_calls=self.rate.total,
            demand=self.demand,
            quotas=self.quotas,
            ladder=climb(self.rungs),
            queues=self.runs.queues(),
            runs=len(self.runs.free),
            notes=list(dict.fromkeys([*self.notes, *self.demand.result.notes])),
        )
        return with_rules(made, self.scenario, self.table, self.values)

    def _limit(self, key: str) -> Limit:
        known = self.values.get(key)
        quota = known.quota if known else self.table.by_key(key)
        value = known.value if known else quota.default
        origin = known.origin if known else Origin.DOCUMENTED
        return Limit(quota.key, quota.name, quota.code, value, quota.unit, str(origin), quota.adjustable)

    def _add(self, limit: Limit, mean: float, peak: float, calculation: str, **more: float | None) -> None:
        service = limit.key.partition(".")[0]
        self.quotas.append(
            QuotaForecast(
                limit.key,
                limit.name,
                service,
                limit.code,
                limit.unit,
                limit.value,
                limit.origin,
                mean,
                peak,
                calculation,
                **more,
            )
        )

    def _rung(self, rung: Rung | None) -> None:
        if rung is not None:
            self.rungs.append(rung)

    # -------------------------------------------------------------------------------------- traffic theory

    def _peak_load(self) -> tuple[float, float]:
        """Calls at once in the mean at the busiest moment, and when: E[L(t) - L(t - S)], L the integral of the rate.

        Eick, Massey and Whitt, "The physics of the Mt/G/infinity queue", Operations Research 41(4), 1993.
        """
        ordered = sorted(self.demand.holding)
        step = max(1, len(ordered) // 300)
        self._sample = ordered[step // 2 :: step] or [0.0]
        return at_busiest(self._load_at, self.scenario.traffic.duration)

    def _fill(self) -> float:
        """Seconds in which an empty centre fills: all but 1 % of calls are over after that."""
        known = self.demand.quantities.get("at once")
        return known.p99 if known else 0.0

    def _load_at(self, t: float) -> float:
        cumulative = self.rate.cumulative
        until = cumulative(t)
        return math.fsum(until - cumulative(t - s) for s in self._sample) / len(self._sample)

    def _over_plan(self, share: Callable[[float], float]) -> float:
        """Mean of a share turned away at time t over all planned calls, or those of the simulated window."""
        start, end = self.runs.window or (0.0, self.scenario.traffic.duration)
        points = 60
        times = [start + (end - start) * (i + 0.5) / points for i in range(points)]
        weights = [self.rate.at(t) for t in times]
        total = math.fsum(weights)
        return (
            math.fsum(w * share(t) for w, t in zip(weights, times, strict=True) if w) / total
            if total
            else 0.0
        )

    def _calls(self) -> None:
        limit = self._limit(CALLS)
        seconds, load = self.demand.mean("at once"), self.load
        # The modified offered load approximation: Erlang B at each moment's own load (Jagerman 1975).
        refused = self._refused_at()

        def blocked_at(t: float) -> float:
            let_in = 1.0 - refused(t)
            return let_in * erlang_b(let_in * self._load_at(t), int(limit.value))

        blocked = self._over_plan(blocked_at)
        text = (
            f"Little: {self.per_hour:,.0f} calls/h x {seconds:.1f} s / 3600 = {self.per_hour * seconds / 3600:.4g} "
            f"erlangs when held; {load:.4g} at the plan's busiest moment"
        )
        intervals = self.scenario.traffic.intervals
        if len(intervals) > 2:
            z = peakedness(intervals, self.scenario.traffic.interval_seconds, seconds)
            text += f"; peakedness {z:.3g}"
            if z > 1.2:
                self.notes.append(
                    f"the recorded intervals are peaked (z = {z:.2f}): by Hayward {erlang_b_peaked(load, limit.value, z):.2%} "
                    f"of calls would be blocked, by Erlang B {blocked:.2%}"
                )
        simulated = self.runs.share(lambda r: (r.blocked.count, r.planned))
        self._add(
            limit,
            load,
            poisson_quantile(load, _SHARE),
            text,
            **self.runs.spread(lambda r: (r.calls.peak, r.calls.peak_at)),
            turned_away_theory=blocked,
            turned_away_simulated=simulated,
        )
        if simulated is not None and abs(simulated - blocked) > max(0.02, 0.15 * blocked):
            self.notes.append(
                f"theory and simulation part: by Erlang B {blocked:.1%} of the plan's calls are blocked, in the "
                f"simulation {simulated:.1%}; the formula knows no ramps and no dependence between calls"
            )
        self._rung(self.ladder.concurrent_calls(limit))

    def _refused_at(self) -> Callable[[float], float]:
        """Share of outbound calls that the token bucket refuses at time t."""
        if not self.outbound:
            return lambda t: 0.0
        rate_quota, burst_quota = self.table.rate("connect", "StartOutboundVoiceContact")
        rate, burst = self._limit(rate_quota.key), self._limit_of(burst_quota.key, burst_quota.default)
        if self.scenario.traffic.arrivals is ArrivalProcess.EVEN:
            return lambda t: max(0.0, 1.0 - rate.value / max(self.rate.at(t), 1e-9))
        return lambda t: token_bucket_loss(self.rate.at(t), rate.value, burst.value)

    def _starts(self) -> None:
        if not self.outbound:
            return
        rate_quota, burst_quota = self.table.rate("connect", "StartOutboundVoiceContact")
        rate, burst = self._limit(rate_quota.key), self._limit_of(burst_quota.key, burst_quota.default)
        per_second = self.per_hour / 3600.0
        self._add(
            rate,
            per_second,
            poisson_quantile(per_second, _SHARE),
            f"{self.per_hour:,.0f} calls/h / 3600 = {per_second:.4g} requests/s",
            **self.runs.spread(lambda r: (r.starts.peak, r.starts.peak_at)),
            turned_away_theory=self._over_plan(self._refused_at()),
            turned_away_simulated=self.runs.share(lambda r: (r.start_throttled.count, r.planned)),
        )
        self._rung(self.ladder.starts(rate, burst))

    def _limit_of(self, key: str, default: float) -> Limit:
        if key in self.values or key in self.table:
            return self._limit(key)
        return Limit(key, key, None, default, "requests", str(Origin.DOCUMENTED))

    def _lambda(self) -> None:
        demand = self.demand
        per_call = demand.mean("Lambda invocations")
        if per_call <= 0:
            return
        limit = self._limit(EXECUTIONS)
        seconds = math.fsum(demand.mean(f"invocations:{n}") * s for n, s in demand.lambda_seconds.items())
        load = self.per_hour / 3600.0 * seconds
        self._add(
            limit,
            load,
            poisson_quantile(load, _SHARE),
            f"{self.per_hour:,.0f} calls/h / 3600 x {per_call:.3g} invocations x "
            f"{seconds / per_call * 1000:.0f} ms = {load:.4g} at once",
            **self.runs.spread(lambda r: (r.functions.level.peak, r.functions.level.peak_at)),
            turned_away_theory=erlang_b(load, int(limit.value)),
            turned_away_simulated=self.runs.share(
                lambda r: (r.lambda_throttled.count, r.functions.requests.total)
            ),
        )
        self._rung(self.ladder.lambda_concurrency(limit))
        for name, function in self.scenario.functions.items():
            if function.reserved_concurrency is not None:
                text = f"Reserved concurrency of {name}"
                reserved = float(function.reserved_concurrency)
                own = Limit(f"function.{name}.reserved", text, None, reserved, "executions", "scenario")
                self._rung(self.ladder.lambda_concurrency(own, name))
        # The request rate follows concurrency, ten to one.
        rate = replace(self._limit(INVOKE_RATE), value=10.0 * limit.value, origin=f"10 x {EXECUTIONS}")
        per_second = self.per_hour / 3600.0 * per_call
        self._add(
            rate,
            per_second,
            poisson_quantile(per_second, _SHARE),
            f"{self.per_hour:,.0f} calls/h / 3600 x {per_call:.3g} invocations",
            **self.runs.spread(lambda r: (r.functions.requests.peak, r.functions.requests.peak_at)),
        )
        self._rung(self.ladder.rate(rate, per_call, "invocations", LAMBDA_429))

    def _tables(self) -> None:
        for key, units, what in ((TABLE_READ, READS, "read units"), (TABLE_WRITE, WRITES, "write units")):
            per_table: dict[str, float] = {}
            for operation, count in self.demand.with_prefix("DynamoDB:").items():
                name, _, verb = operation.rpartition(".")
                if verb in units:
                    per_table[name] = per_table.get(name, 0.0) + count * units[verb]
            if not per_table:
                continue
            busiest = max(per_table, key=per_table.__getitem__)
            per_call = per_table[busiest]
            limit = self._limit(key)
            per_second = self.per_hour / 3600.0 * per_call
            self._add(
                limit,
                per_second,
                poisson_quantile(per_second / per_call, _SHARE) * per_call,
                f"table {busiest}: {self.per_hour:,.0f} calls/h / 3600 x {per_call:.3g} {what} a call",
                **self.runs.spread(partial(table_peak, table=busiest, units=units)),
            )
            self._rung(self.ladder.rate(limit, per_call, what, TABLE_FULL))
        if any(quota.key in (TABLE_READ, TABLE_WRITE) for quota in self.quotas):
            self.notes.append(
                "DynamoDB units: one item of at most 4 KB read strongly consistent, or 1 KB written, per operation"
            )

    def _counted(self) -> None:
        scenario = self.scenario
        counts = {
            "connect.users-per-instance": sum(queue.agents for queue in scenario.queues.values()),
            "connect.queues-per-instance": len(scenario.queues),
            "connect.aws-lambda-functions-per-instance": len(scenario.functions),
            "connect.contact-flows-per-instance": len(scenario.flows.files),
        }
        for key, count in counts.items():
            if count and key in self.table:
                self._add(self._limit(key), count, count, f"{COUNTED[key]} in the scenario: {count}")

    def _limits(self) -> Limits:
        rate, burst = self.table.rate("connect", "StartOutboundVoiceContact")
        return Limits(
            concurrent_calls=self._limit(CALLS).value,
            start_rate=self._limit(rate.key).value,
            start_burst=self._limit_of(burst.key, burst.default).value,
            lambda_concurrency=self._limit(EXECUTIONS).value,
        )

    def _staffed(self) -> Iterable[Staffed]:
        patience = sampler(self.scenario.callers.patience)
        stream = Stream(self.scenario.seed, 0, 0)
        mean_patience = math.fsum(patience(stream) for _ in range(2000)) / 2000
        statistics = self.demand.result.queues
        planned = self.demand.result.planned
        for name, queue in self.scenario.queues.items():
            seen = statistics.get(name)
            if seen is None or not seen.offered or not seen.answered or not planned:
                continue
            aht = seen.busy_seconds / seen.answered
            yield Staffed(name, queue.agents, queue.capacity, seen.offered / planned, aht, mean_patience)
