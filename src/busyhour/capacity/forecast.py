"""The forecast of a scenario: demand on every quota it touches, by theory and by simulation, and the ladder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from busyhour.calls.policy import CallPolicy
from busyhour.capacity import peaked, tables
from busyhour.capacity.demand import busiest_rate, demand_of_call
from busyhour.capacity.flows import machine_of
from busyhour.capacity.functions import Answers
from busyhour.capacity.handlers import HandlerAnswers
from busyhour.capacity.ladder import (
    CAMPAIGN_FULL,
    LAMBDA_429,
    REORDER,
    TABLE_FULL,
    Ladder,
    Limit,
    Rung,
    Staffed,
    at_busiest,
    climb,
)
from busyhour.capacity.observed import with_observed_operations
from busyhour.capacity.outlook import Forecast, QuotaForecast
from busyhour.capacity.overflow import token_bucket_loss
from busyhour.capacity.rehearsal import Rehearsal, table_peak
from busyhour.capacity.retrials import attempts_per_call, with_redials
from busyhour.capacity.rules import with_rules
from busyhour.capacity.simulation import Limits, SimulationResult
from busyhour.capacity.staffing import QueueSample
from busyhour.capacity.theory import erlang_b, poisson_quantile
from busyhour.capacity.values import Values
from busyhour.flows.machine import Machine
from busyhour.quotas import table as quota_table
from busyhour.quotas.model import QuotaValue
from busyhour.quotas.table import QuotaTable
from busyhour.quotas.table_capacity import NEW_TABLE_QUOTA, TABLE_QUOTA, Capacity, Mode, Side, of_values
from busyhour.scenarios.draw import Chance, rng_for, sampler
from busyhour.scenarios.model import ArrivalProcess, Direction, Scenario
from busyhour.scenarios.rate import rate_of

CALLS = "connect.concurrent-active-calls-per-instance"
EXECUTIONS = "lambda.concurrent-executions"
INVOKE_RATE = "lambda.invoke.rate"
CAMPAIGN_CALLS = "connect.concurrent-campaign-active-calls-per-instance"
TABLE_READ, TABLE_WRITE = TABLE_QUOTA[Side.READ], TABLE_QUOTA[Side.WRITE]
COUNTED = {
    "connect.users-per-instance": "agents staffed",
    "connect.queues-per-instance": "queues",
    "connect.aws-lambda-functions-per-instance": "functions",
    "connect.contact-flows-per-instance": "flows",
}

_SHARE = 0.99
"""Percentile of demand by chance that counts as its peak."""
_PEAKED = 1.2
"""Peakedness of recorded intervals from which on the report says so."""
_CONTACTS = (20_000, 200_000)
"""Contacts that a queue is simulated with: at least, at most."""


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
        machine = machine or machine_of(scenario)
        scenario, seen = with_observed_operations(scenario, machine, handlers, policy)
        made = _Forecaster(scenario, quota_values, table, machine, handlers, policy).make(calls)
        made.notes.extend(seen)
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
        self.values = Values(quota_values, scenario, self.table)
        # What the account says of a table goes before what the scenario would create.
        own = {(capacity.table, capacity.side): capacity for capacity in tables.capacities(scenario)}
        read = of_values(self.values.of_resource.values())
        self.capacities = list((own | {(each.table, each.side): each for each in read}).values())
        self.machine = machine or machine_of(scenario)
        self.answers = answers
        self.policy = policy
        self.outbound = scenario.traffic.direction is Direction.OUTBOUND
        self.even = scenario.traffic.arrivals is ArrivalProcess.EVEN
        self.pool = CAMPAIGN_CALLS if scenario.traffic.campaign else CALLS
        self.rate = rate_of(scenario.traffic)
        self.per_hour = busiest_rate(scenario)
        self.notes: list[str] = []
        self.quotas: list[QuotaForecast] = []
        self.rungs: list[Rung] = []
        self._attempts: dict[float, float] = {}

    # ------------------------------------------------------------------------------------------- the whole

    def make(self, calls: int) -> Forecast:
        self.demand = demand_of_call(
            self.scenario, self.machine, calls=calls, answers=self.answers, policy=self.policy
        )
        self.load, self.load_at = self._peak_load()
        self.z = peaked.of_even_arrivals(self._sample) if self.even else 1.0
        self.ladder = Ladder(self.scenario, self.demand, self.per_hour, self.load, self.z)
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
        return with_rules(made, self.scenario, self.table, self.values.known)

    def _limit(self, key: str) -> Limit:
        return self.values.limit(key)

    def _add(self, limit: Limit, mean: float, peak: float, calculation: str, **more: Any) -> None:
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
        """Mean of a share turned away at time t over all attempts of the plan, or of the simulated window."""
        start, end = self.runs.window or (0.0, self.scenario.traffic.duration)
        points = 60
        times = [start + (end - start) * (i + 0.5) / points for i in range(points)]
        weights = [self.rate.at(t) * self._attempts_at(t) if self.rate.at(t) else 0.0 for t in times]
        total = math.fsum(weights)
        return (
            math.fsum(w * share(t) for w, t in zip(weights, times, strict=True) if w) / total
            if total
            else 0.0
        )

    def _attempts_at(self, t: float) -> float:
        """Attempts per call at time t, redials included."""
        redial = self.scenario.callers.redial
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
        """Share of attempts to place a call that the token bucket refuses at time t."""
        if not self.outbound:
            return 0.0
        rate, burst = self.values.bucket("connect", "StartOutboundVoiceContact")
        asked = self.rate.at(t) * attempts
        if self.even:
            return max(0.0, 1.0 - rate.value / max(asked, 1e-9))
        return token_bucket_loss(asked, rate.value, burst.value)

    def _blocked(self, t: float, attempts: float) -> float:
        """Share of the attempts that reach the instance at time t and find all lines taken.

        The modified offered load approximation: Erlang B at each moment's own load (Jagerman 1975).
        """
        load = self._load_at(t) * attempts * (1.0 - self._refused(t, attempts))
        lines = int(self._limit(self.pool).value)
        return erlang_b(load, lines) if self.z == 1.0 else peaked.blocking(load, lines, self.z)

    def _calls(self) -> None:
        limit = self._limit(self.pool)
        seconds, load = self.demand.mean("at once"), self.load

        def blocked_at(t: float) -> float:
            attempts = self._attempts_at(t)
            return (1.0 - self._refused(t, attempts)) * self._blocked(t, attempts)

        blocked = self._over_plan(blocked_at)
        text = (
            f"Little: {self.per_hour:,.0f} calls/h x {seconds:.1f} s / 3600 = {self.per_hour * seconds / 3600:.4g} "
            f"erlangs when held; {load:.4g} at the plan's busiest moment"
        )
        if self.even:
            text += f"; peakedness {self.z:.2g}, for even arrivals"
        simulated = self.runs.share(lambda r: (r.blocked.count, r.attempts))
        self._peaked_intervals(load, limit.value, blocked, simulated)
        self._add(
            limit,
            load,
            peaked.quantile(load, _SHARE, self.z),
            text,
            theory_half_width=self._error(load, "at once"),
            **self.runs.spread(lambda r: (r.calls.peak, r.calls.peak_at)),
            turned_away_theory=blocked,
            turned_away_simulated=simulated,
            turned_away_half_width=self.runs.half_width(lambda r: (r.blocked.count, r.attempts)),
        )
        if simulated is not None and abs(simulated - blocked) > max(0.02, 0.15 * blocked):
            self.notes.append(
                f"theory and simulation part: by Erlang B {blocked:.1%} of the plan's attempts are blocked, in the "
                f"simulation {simulated:.1%}; the formula knows no ramps and no dependence between calls"
            )
        self._redials(blocked)
        self._rung(
            self.ladder.concurrent_calls(limit, CAMPAIGN_FULL if self.pool == CAMPAIGN_CALLS else REORDER)
        )

    def _peaked_intervals(self, load: float, lines: float, blocked: float, simulated: float | None) -> None:
        """Say where recorded intervals vary so much that formulas for a steady busy hour fail."""
        traffic = self.scenario.traffic
        if len(traffic.intervals) <= 2:
            return
        z = peaked.of_intervals(traffic.intervals, traffic.interval_seconds, self.demand.mean("at once"))
        if z <= _PEAKED:
            return
        mean = self.rate.total / traffic.duration * self.demand.mean("at once")
        steady = erlang_b(mean, int(lines))
        seen = "" if simulated is None else f", in the simulation {simulated:.2%}"
        self.notes.append(
            f"the recorded intervals are peaked (z = {z:.2f}): Erlang B on the plan's mean load ({mean:.4g} erlangs) says "
            f"that {steady:.2%} of the calls are blocked, Hayward's formula {peaked.blocking(mean, lines, z):.2%}, "
            f"Erlang B at each moment's own load {blocked:.2%}{seen}; the mean of such a day is no basis for a quota, "
            "its busiest interval is"
        )

    def _redials(self, blocked: float) -> None:
        redial = self.scenario.callers.redial
        if redial is None or not blocked:
            return
        asked = sum(run.attempts for run in self.runs.bound)
        calls = sum(run.planned for run in self.runs.bound)
        lost = self.runs.share(lambda r: (r.lost, r.planned))
        self.notes.append(
            f"{redial.share:.0%} of those who are turned away redial, {redial.attempts} times at most: "
            f"{attempts_per_call(blocked, redial):.3g} attempts a call by theory, {asked / calls if calls else 1.0:.3g} "
            f"simulated; {lost or 0.0:.1%} of the calls never get in (simulated)"
        )

    def _error(self, mean: float, quantity: str) -> float | None:
        """Half width of the 95 % interval of a mean that is proportional to a quantity of the sampled calls."""
        known = self.demand.quantities.get(quantity)
        if known is None or not known.mean or math.isinf(known.half_width):
            return None
        return mean * known.half_width / known.mean

    def _starts(self) -> None:
        if not self.outbound:
            return
        rate, burst = self.values.bucket("connect", "StartOutboundVoiceContact")
        per_second = self.per_hour / 3600.0
        self._add(
            rate,
            per_second,
            math.ceil(per_second - 1e-9) if self.even else poisson_quantile(per_second, _SHARE),
            f"{self.per_hour:,.0f} calls/h / 3600 = {per_second:.4g} requests/s, {'even' if self.even else 'Poisson'}; "
            f"burst {burst.value:g}",
            **self.runs.spread(lambda r: (r.starts.peak, r.starts.peak_at)),
            turned_away_theory=self._over_plan(lambda t: self._refused(t, self._attempts_at(t))),
            turned_away_simulated=self.runs.share(lambda r: (r.start_throttled.count, r.attempts)),
            turned_away_half_width=self.runs.half_width(lambda r: (r.start_throttled.count, r.attempts)),
        )
        self._rung(self.ladder.starts(rate, burst))

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
            theory_half_width=self._error(load, "Lambda invocations"),
            turned_away_theory=erlang_b(load, int(limit.value)),
            turned_away_simulated=self.runs.share(
                lambda r: (r.lambda_throttled.count, r.functions.requests.total)
            ),
            turned_away_half_width=self.runs.half_width(
                lambda r: (r.lambda_throttled.count, r.functions.requests.total)
            ),
        )
        executions = self.ladder.lambda_concurrency(limit)
        self._rung(executions)
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
            theory_half_width=self._error(per_second, "Lambda invocations"),
            **self.runs.spread(lambda r: (r.functions.requests.peak, r.functions.requests.peak_at)),
        )
        # It rises with the executions: where these bind first, it is never met.
        by_rate = self.ladder.rate(rate, per_call, "invocations", LAMBDA_429)
        if (
            by_rate is not None
            and executions is not None
            and by_rate.calls_per_hour <= executions.calls_per_hour
        ):
            self._rung(by_rate)

    def _tables(self) -> None:
        asked = self.demand.with_prefix("DynamoDB:")
        for side in Side:
            per_table = tables.units_by_table(asked, side)
            if not per_table:
                continue
            busiest = max(per_table, key=per_table.__getitem__)
            limit = self._limit(TABLE_QUOTA[side])
            self._throughput(limit, busiest, side, per_table[busiest])
            self._rung(self.ladder.rate(limit, per_table[busiest], f"{side} units", TABLE_FULL))
            for capacity in self.capacities:
                if capacity.side is not side or capacity.table not in per_table:
                    continue
                if capacity.mode in (Mode.NEW, Mode.WARM):
                    self._growing(capacity, per_table[capacity.table])
                else:
                    self._setting(capacity, per_table[capacity.table])
        if any(quota.key in (TABLE_READ, TABLE_WRITE) for quota in self.quotas):
            self.notes.append(
                "DynamoDB units: one item of at most 4 KB read strongly consistent, or 1 KB written, per operation"
            )

    def _throughput(self, limit: Limit, table: str, side: Side, per_call: float) -> None:
        """A quota on what one table serves a second."""
        per_second = self.per_hour / 3600.0 * per_call
        self._add(
            limit,
            per_second,
            poisson_quantile(per_second / per_call, _SHARE) * per_call,
            f"table {table}: {self.per_hour:,.0f} calls/h / 3600 x {per_call:.3g} {side} units a call",
            **self.runs.spread(partial(table_peak, table=table, units=tables.units_of(side))),
            turned_away_theory=max(0.0, 1.0 - limit.value / per_second) if per_second else 0.0,
            turned_away_simulated=self._refused_by_table(table, side),
        )

    def _growing(self, capacity: Capacity, per_call: float) -> None:
        """A table on demand: no rung, for it grows with volume that is held; a jump beyond it throttles for a while."""
        limit = self._limit(NEW_TABLE_QUOTA[capacity.side])
        ready = limit.value if capacity.value is None else capacity.value
        per_second = self.per_hour / 3600.0 * per_call
        if per_second > ready:
            self.notes.append(
                f"table {capacity.table} serves {ready:,.0f} {capacity.side} units a second ({capacity.mode}) and twice "
                f"its own earlier peak: a jump to the plan's {per_second:,.0f} throttles until it has grown; set its warm "
                "throughput beforehand"
            )

    def _setting(self, capacity: Capacity, per_call: float) -> None:
        """What the team gave a table: no quota of AWS's, so a rung of the ladder and a note."""
        assert capacity.value is not None
        name = f"{capacity.mode.capitalize()} {capacity.side} throughput of table {capacity.table}"
        unit = f"{capacity.side} units/second"
        limit = Limit(capacity.key, name, None, capacity.value, unit, capacity.origin)
        rung = self.ladder.rate(limit, per_call, f"{capacity.side} units", TABLE_FULL, kind="setting")
        self._rung(rung)
        if rung is not None and rung.binds_at_plan:
            excess = 1.0 - rung.calls_per_hour / self.per_hour
            seen = self._refused_by_table(capacity.table, capacity.side)
            self.notes.append(
                f"{name} is {capacity.value:g}: {excess:.1%} of its requests are throttled at the plan's busiest by "
                f"calculation, {seen or 0.0:.1%} over the plan in the simulation"
            )

    def _refused_by_table(self, table: str, side: Side) -> float | None:
        def counts(run: SimulationResult) -> tuple[float, float]:
            use = run.tables.get((table, side))
            return (use.refused.count, use.asked) if use else (0.0, 0.0)

        return self.runs.share(counts)

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
        rate, burst = self.values.bucket("connect", "StartOutboundVoiceContact")
        touched = {name.rpartition(".")[0] for f in self.scenario.functions.values() for name in f.operations}
        return Limits(
            concurrent_calls=self._limit(self.pool).value,
            start_rate=rate.value,
            start_burst=burst.value,
            lambda_concurrency=self._limit(EXECUTIONS).value,
            tables=tuple(
                tables.enforced(
                    self.capacities,
                    sorted(touched),
                    {side: self._limit(TABLE_QUOTA[side]).value for side in Side},
                    {side: self._limit(NEW_TABLE_QUOTA[side]).value for side in Side},
                )
            ),
        )

    def _staffed(self) -> Iterable[Staffed]:
        callers = self.scenario.callers
        patience, talk, wrap_up = map(sampler, (callers.patience, callers.talk, callers.wrap_up))
        chance = rng_for(self.scenario.seed, 0, "staffing means")
        mean_patience = math.fsum(patience(chance) for _ in range(2000)) / 2000
        mean_drawn = math.fsum(talk(chance) + wrap_up(chance) for _ in range(2000)) / 2000
        statistics = self.demand.result.queues
        planned = self.demand.result.planned
        for name, queue in self.scenario.queues.items():
            seen = statistics.get(name)
            if seen is None or not seen.offered or not seen.answered or not planned:
                continue
            aht = seen.busy_seconds / seen.answered
            # Whispers, hang-ups and what else the flow adds stretch what the scenario draws.
            stretch = aht / mean_drawn if mean_drawn else 0.0

            def handling(source: Chance, stretch: float = stretch) -> float:
                return (talk(source) + wrap_up(source)) * stretch

            contacts = min(_CONTACTS[1], max(_CONTACTS[0], 20 * queue.agents))
            sample = QueueSample(contacts, handling, patience, self.scenario.seed)
            yield Staffed(
                name, queue.agents, queue.capacity, seen.offered / planned, aht, mean_patience, sample
            )
