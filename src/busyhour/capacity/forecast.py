"""The forecast of a scenario: demand on every quota it touches, by theory and by simulation, and the ladder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from itertools import dropwhile, takewhile
from typing import Any

from busyhour.calls.chance import Stream
from busyhour.calls.policy import CallPolicy
from busyhour.capacity.demand import CallDemand, busiest_rate, demand_of_call
from busyhour.capacity.flows import machine_of
from busyhour.capacity.functions import Answers
from busyhour.capacity.handlers import HandlerAnswers
from busyhour.capacity.ladder import LAMBDA_429, TABLE_FULL, Ladder, Limit, Rung, Staffed, at_busiest, climb
from busyhour.capacity.overflow import token_bucket_loss
from busyhour.capacity.simulation import Limits, Simulation, SimulationResult
from busyhour.capacity.theory import erlang_b, erlang_b_peaked, peakedness, poisson_quantile
from busyhour.flows.machine import Machine
from busyhour.quotas import table as quota_table
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table import QuotaTable
from busyhour.scenarios.arrivals import Arrival, Schedule
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
_SIMULATED_CALLS = 6000


@dataclass(frozen=True, slots=True)
class QuotaForecast:
    """Demand on one quota, by both ways side by side; None where a way says nothing.

    `theory_mean` is the mean demand at the busiest moment, `theory_peak` its 99th percentile. `simulated_peak` is the
    mean of the peaks of the simulated runs, with their range. The shares turned away are of all planned calls (or
    Lambda requests), with the values in force.
    """

    key: str
    name: str
    service: str
    code: str | None
    unit: str
    value: float
    origin: str
    theory_mean: float
    theory_peak: float
    calculation: str
    simulated_peak: float | None = None
    simulated_low: float | None = None
    simulated_high: float | None = None
    simulated_at: float | None = None
    turned_away_theory: float | None = None
    turned_away_simulated: float | None = None

    @property
    def peak(self) -> float:
        """The larger of the two forecasts of the peak."""
        return max(self.theory_peak, self.simulated_peak or 0.0)

    @property
    def utilisation(self) -> float:
        """Peak as a share of the value; infinite for a quota of 0 with demand."""
        if self.value:
            return self.peak / self.value
        return math.inf if self.peak else 0.0


@dataclass(frozen=True, slots=True)
class QueueForecast:
    """One queue: what the simulation saw."""

    name: str
    agents: int | None
    offered: float
    service_level: float | None
    abandoned_share: float | None
    turned_away: float
    mean_wait: float
    longest_wait: float
    largest_size: int
    occupancy: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a scenario will ask of every quota that it touches."""

    scenario: str
    calls_per_hour: float
    """The busiest planned rate."""
    planned_calls: float
    demand: CallDemand
    quotas: list[QuotaForecast]
    ladder: list[Rung]
    queues: list[QueueForecast]
    runs: int
    """Simulated runs."""
    notes: list[str] = field(default_factory=list)

    @property
    def peaks(self) -> dict[str, float]:
        """Forecast peak by quota key, in the quota's unit."""
        return {quota.key: quota.peak for quota in self.quotas}

    @property
    def binding(self) -> list[Rung]:
        """Quotas and settings that the planned volume would meet, first met first."""
        return [rung for rung in self.ladder if rung.binds_at_plan]

    @property
    def increases(self) -> list[Rung]:
        """The smallest set of quota increases that carries the plan with the scenario's headroom."""
        return [
            rung
            for rung in self.ladder
            if rung.kind == "quota" and rung.needed is not None and rung.needed > rung.value
        ]

    @property
    def as_json(self) -> dict[str, Any]:
        """For the run record: only JSON's own types, no infinite numbers."""
        return {
            "scenario": self.scenario,
            "calls_per_hour": self.calls_per_hour,
            "planned_calls": self.planned_calls,
            "demand_per_call": self.demand.as_json(),
            "quotas": [
                _plain({**asdict(q), "peak": q.peak, "utilisation": q.utilisation}) for q in self.quotas
            ],
            "queues": [_plain(asdict(queue)) for queue in self.queues],
            "ladder": [rung.as_json() for rung in self.ladder],
            "increases": [
                {"key": r.key, "code": r.code, "value": r.value, "needed": r.needed} for r in self.increases
            ],
            "simulated_runs": self.runs,
            "notes": list(self.notes),
        }


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
        self.values = {value.quota.key: value for value in quota_values if value.resource is None}
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
        self.free, self.bound = self._simulate()
        if self.per_hour > 0:
            self._calls()
            self._starts()
            self._lambda()
            self._tables()
            for staffed in self._staffed():
                self.rungs.extend(self.ladder.queue(staffed))
        self._counted()
        return Forecast(
            scenario=self.scenario.name,
            calls_per_hour=self.per_hour,
            planned_calls=self.rate.total,
            demand=self.demand,
            quotas=self.quotas,
            ladder=climb(self.rungs),
            queues=self._queues(),
            runs=len(self.free),
            notes=list(dict.fromkeys([*self.notes, *self.demand.result.notes])),
        )

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

    def _load_at(self, t: float) -> float:
        cumulative = self.rate.cumulative
        until = cumulative(t)
        return math.fsum(until - cumulative(t - s) for s in self._sample) / len(self._sample)

    def _over_plan(self, share: Callable[[float], float]) -> float:
        """Mean of a share turned away at time t over all planned calls."""
        end, points = self.scenario.traffic.duration, 60
        times = [end * (i + 0.5) / points for i in range(points)]
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
        simulated = _share((r.blocked.count, r.planned) for r in self.bound)
        self._add(
            limit,
            load,
            poisson_quantile(load, _SHARE),
            text,
            **_spread((r.calls.peak, r.calls.peak_at) for r in self.free),
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
            **_spread((r.starts.peak, r.starts.peak_at) for r in self.free),
            turned_away_theory=self._over_plan(self._refused_at()),
            turned_away_simulated=_share((r.start_throttled.count, r.planned) for r in self.bound),
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
            **_spread((r.functions.level.peak, r.functions.level.peak_at) for r in self.free),
            turned_away_theory=erlang_b(load, int(limit.value)),
            turned_away_simulated=_share(
                (r.lambda_throttled.count, r.functions.requests.total) for r in self.bound
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
            **_spread((r.functions.requests.peak, r.functions.requests.peak_at) for r in self.free),
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
                **_spread(_table_peak(r, busiest, units) for r in self.free),
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

    # ----------------------------------------------------------------------------------------- simulation

    def _simulate(self) -> tuple[list[SimulationResult], list[SimulationResult]]:
        """Runs without quotas, which show the demand, and with them, which show what is turned away."""
        scenario, start, arrivals_of = self.scenario, 0.0, None
        expected = self.rate.total
        if expected > _SIMULATED_CALLS:
            start, end = self._window()
            arrivals_of = (start, end)
            self.notes.append(
                f"simulated from {start:,.0f} s to {end:,.0f} s, around the busiest moment, "
                f"not the whole {scenario.traffic.duration:,.0f} s"
            )
        expected = min(expected, _SIMULATED_CALLS)
        count = 1 if expected <= 0 else max(1, min(5, int(_SIMULATED_CALLS / expected)))
        limits = self._limits()
        free, bound = [], []
        for run in range(count):
            seeded = replace(scenario, seed=scenario.seed + run)
            free.append(self._one(seeded, None, arrivals_of))
            bound.append(self._one(seeded, limits, arrivals_of))
        return free, bound

    def _one(
        self, scenario: Scenario, limits: Limits | None, window: tuple[float, float] | None
    ) -> SimulationResult:
        arrivals = None
        hold = None
        if window is not None:
            start, end = window
            schedule = iter(Schedule(scenario.traffic, scenario.seed))
            inside = takewhile(lambda a: a.at < end, dropwhile(lambda a: a.at < start, schedule))
            arrivals = (Arrival(call, at - start) for call, at in inside)
            hold = end - start
        simulation = Simulation(
            scenario, self.machine, limits, arrivals=arrivals, answers=self.answers, policy=self.policy
        )
        return simulation.run(hold=hold)

    def _window(self) -> tuple[float, float]:
        """A window of some thousand calls that ends a little after the busiest moment."""
        duration = self.scenario.traffic.duration
        end = min(
            duration,
            self.load_at + 0.25 * _SIMULATED_CALLS / max(self.rate.at(self.load_at * 0.999999), 1e-9),
        )
        before = self.rate.cumulative(end) - _SIMULATED_CALLS
        low, high = 0.0, end
        for _ in range(60):
            middle = (low + high) / 2
            if self.rate.cumulative(middle) < before:
                low = middle
            else:
                high = middle
        return low, end

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

    def _queues(self) -> list[QueueForecast]:
        rows = []
        for name in dict.fromkeys(name for run in self.free for name in run.queues):
            seen = [run.queues[name] for run in self.free if name in run.queues]
            total = sum(q.answered + q.abandoned for q in seen)
            answered = sum(q.answered for q in seen)
            staffed = sum((q.agents or 0) * q.observed_seconds for q in seen)
            rows.append(
                QueueForecast(
                    name=name,
                    agents=seen[0].agents,
                    offered=sum(q.offered for q in seen) / len(self.free),
                    service_level=sum(q.answered_in_time for q in seen) / total if total else None,
                    abandoned_share=sum(q.abandoned for q in seen) / total if total else None,
                    turned_away=sum(q.turned_away for q in seen) / len(self.free),
                    mean_wait=math.fsum(q.mean_wait * q.answered for q in seen) / answered
                    if answered
                    else 0.0,
                    longest_wait=max(q.longest_wait for q in seen),
                    largest_size=max(q.largest_size for q in seen),
                    occupancy=sum(q.busy_seconds for q in seen) / staffed if staffed else None,
                )
            )
        return rows


def _spread(peaks: Iterable[tuple[float, float | None]]) -> dict[str, float | None]:
    """Mean and range of the simulated peaks, and when the highest was."""
    found = list(peaks)
    if not found:
        return {}
    highest = max(found, key=lambda peak: peak[0])
    return {
        "simulated_peak": math.fsum(value for value, _ in found) / len(found),
        "simulated_low": min(value for value, _ in found),
        "simulated_high": highest[0],
        "simulated_at": highest[1],
    }


def _share(counts: Iterable[tuple[float, float]]) -> float | None:
    pairs = list(counts)
    total = sum(whole for _, whole in pairs)
    return sum(part for part, _ in pairs) / total if total else None


def _table_peak(result: SimulationResult, table: str, units: dict[str, float]) -> tuple[float, float | None]:
    seconds: dict[int, float] = {}
    for operation, rate in result.functions.units.items():
        name, _, verb = operation.rpartition(".")
        if name == table and verb in units:
            for second, count in rate.seconds.items():
                seconds[second] = seconds.get(second, 0.0) + count * units[verb]
    if not seconds:
        return 0.0, None
    at = max(seconds, key=seconds.__getitem__)
    return seconds[at], float(at)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
