"""Build the forecast of a scenario: demand on every quota by theory and simulation, and the list of limits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from busyhour.calls.policy import CallPolicy
from busyhour.capacity import table_limits
from busyhour.capacity.demand.backend_drives import demand_of_drive
from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.demand.observed_operations import with_observed_operations
from busyhour.capacity.demand.per_call import demand_of_call
from busyhour.capacity.forecast.blocking import Blocking, peaked_notes
from busyhour.capacity.forecast.bottlenecks import Bottlenecks
from busyhour.capacity.forecast.external_systems import add_external
from busyhour.capacity.forecast.formulas import with_rules
from busyhour.capacity.forecast.limits import CAMPAIGN_FULL, REORDER, Limit, LimitForecast, by_volume
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.forecast.queues import queue_limits, staffed_of
from busyhour.capacity.forecast.quota_values import Values
from busyhour.capacity.forecast.resources import EXECUTIONS, add_counted, add_functions, add_lost
from busyhour.capacity.forecast.sheet import PEAK, Sheet
from busyhour.capacity.forecast.tables import TableDemand
from busyhour.capacity.forecast.unpublished import with_unpublished
from busyhour.capacity.reasons import failed_by_flows, judge_outcomes
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.simulation.replications import Replications, steady_seconds
from busyhour.capacity.simulation.simulate import Limits
from busyhour.capacity.table_limits import TableLimits
from busyhour.capacity.theory import peakedness
from busyhour.capacity.theory.erlang import poisson_quantile
from busyhour.capacity.tolerance import answers
from busyhour.flows.machine import Machine
from busyhour.quotas.aws.table_descriptions import of_values
from busyhour.quotas.dynamodb.capacity import NEW_TABLE_QUOTA, PARTITION_QUOTA, TABLE_QUOTA, Side
from busyhour.quotas.figures import tolerance
from busyhour.quotas.model import QuotaValue
from busyhour.quotas.table import quota_table
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import ArrivalProcess, Direction
from busyhour.scenarios.traffic_plan.plan import held
from busyhour.scenarios.traffic_plan.rate import rate_of

CALLS = "connect.concurrent-active-calls-per-instance"
CAMPAIGN_CALLS = "connect.concurrent-campaign-active-calls-per-instance"
TABLE_READ, TABLE_WRITE = TABLE_QUOTA[Side.READ], TABLE_QUOTA[Side.WRITE]


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
    """Compute the demand on every quota that a scenario uses, and the list of limits.

    Args:
        scenario: traffic, callers, flows, functions, queues.
        quota_values: known values; the scenario's own, then the documented defaults, are used for the rest.
        table: the quota table; by default the shipped one.
        machine: flow machine of the scenario's flows; built if None.
        answers: answers of real handlers; by default they are run, see `HandlerAnswers`.
        policy: caller behaviour that the scenario has no key for.
        calls: number of sampled calls for the demand of one.

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
        # The account's value of a table has priority over what the scenario would create.
        own = {(each.table, each.index, each.side): each for each in table_limits.capacities(scenario)}
        read = of_values(self.values.of_resource.values())
        capacities = (own | {(each.table, each.index, each.side): each for each in read}).values()
        keys = [key for quotas in (TABLE_QUOTA, NEW_TABLE_QUOTA, PARTITION_QUOTA) for key in quotas.values()]
        self.tables = TableLimits.of(capacities, {key: self._limit(key).value for key in keys})
        self.machine = machine or machine_of(scenario)
        self.answers = answers
        self.policy = policy
        self.outbound = scenario.traffic.direction is Direction.OUTBOUND
        self.even = scenario.traffic.arrivals is ArrivalProcess.EVEN
        self.pool = CAMPAIGN_CALLS if scenario.traffic.campaign else CALLS
        self.per_hour = scenario.plan.calls_per_hour
        self.has_calls = scenario.drive.has_calls

    def make(self, calls: int) -> Forecast:
        demand = demand_of_call if self.has_calls else demand_of_drive
        self.demand = demand(
            self.scenario, self.machine, calls=calls, answers=self.answers, policy=self.policy
        )
        planned = self._planned()
        self.blocking = Blocking(
            planned, rate_of(planned.traffic), self.values, self._limit(self.pool), self.demand.holding
        )
        self.z = self.blocking.z
        self.load = self.per_hour / 3600.0 * self.demand.mean("at once")
        self.staffed = list(staffed_of(self.scenario, self.demand))
        self.passing: float | None = None
        busiest = planned.traffic.duration
        if self.scenario.plan.day is not None:
            self.passing, busiest = self.blocking.peak_load()
        bottlenecks = Bottlenecks(self.scenario, self.demand, self.z)
        self.runs = Replications(
            planned,
            self.machine,
            self._limits(),
            busiest,
            self._fill(),
            self.answers,
            self.policy,
            holding=self.demand.mean("at once"),
            steady=self.scenario.plan.day is None,
        )
        self.sheet = Sheet(self.values, self.demand, self.per_hour, bottlenecks, self.runs)
        if not self.runs.free:
            self.sheet.notes.append(
                f"not simulated: {self.per_hour / 3600.0 * self._fill():,.0f} calls would be needed for the warm-up, "
                "so peaks and shares are from theory only"
            )
        if self.scenario.plan.day is not None and self.runs.window is not None:
            start, end = self.runs.window
            self.sheet.notes.append(
                f"simulated from {start:,.0f} s to {end:,.0f} s, around the busiest moment, "
                f"not the whole {planned.traffic.duration:,.0f} s"
            )
        if self.per_hour > 0:
            if self.has_calls:
                self._calls(self._starts())
            add_functions(self.sheet, self.scenario)
            TableDemand(self.sheet, self.scenario, self.tables).add()
            add_external(self.sheet, self.scenario)
            for staffed in self.staffed:
                self.sheet.limits.extend(queue_limits(self.sheet.bottlenecks, staffed))
        if self.has_calls:
            add_counted(self.sheet, self.scenario, self.table)
            add_lost(self.sheet, self.scenario)
        if self.scenario.plan.basis:
            self.sheet.notes.append(self.scenario.plan.basis)
        failed, open_ = failed_by_flows(self.demand.outcomes, self.scenario)
        made = Forecast(
            scenario=self.scenario.name,
            calls_per_hour=self.per_hour,
            planned_calls=rate_of(self.scenario.traffic).total,
            demand=self.demand,
            quotas=self.sheet.quotas,
            limits=by_volume(self.sheet.limits),
            queues=self.runs.queues(),
            runs=len(self.runs.free),
            notes=list(dict.fromkeys([*self.sheet.notes, *self.demand.result.notes])),
            outcomes=self.demand.outcomes,
            objectives=answers(self.scenario),
            unplanned=self.sheet.unmet + judge_outcomes(self.demand.outcomes, self.scenario) or failed,
            unmet=self.sheet.unmet,
            not_decided=open_,
        )
        made = with_rules(made, self.scenario, self.table, self.values.known)
        made = with_unpublished(made, even=self.even)
        return made if self.has_calls else made.narrowed(self.scenario.drive.services)

    def _planned(self) -> Scenario:
        """Return the scenario with the planned arrivals.

        The day, or the rate held until well after warm-up.
        """
        day = self.scenario.plan.day
        if day is not None:
            return replace(self.scenario, traffic=day)
        return held(self.scenario, steady_seconds(self.per_hour, self._fill()))

    def _limit(self, key: str) -> Limit:
        return self.values.limit(key)

    def _fill(self) -> float:
        """Return the warm-up time in seconds (99th percentile of holding time)."""
        known = self.demand.quantities.get("at once")
        return known.p99 if known else 0.0

    def _calls(self, starts: LimitForecast | None) -> None:
        limit = self._limit(self.pool)
        row = self.sheet.bottlenecks.concurrent_calls(
            limit, CAMPAIGN_FULL if self.pool == CAMPAIGN_CALLS else REORDER, self.staffed
        )
        self.load = row.load
        let_in = 1.0 - (starts.rejected_at_plan if starts is not None else 0.0)
        blocked = let_in * row.requirement.rejected(limit.value, let_in)
        together = 1.0 - let_in + blocked
        if (
            starts is not None
            and not starts.binds_at_plan
            and not row.binds_at_plan
            and together > row.tolerated
        ):
            self.sheet.unmet.append(
                f"{starts.name} and {row.name} together block {together:.2%} of the calls, "
                f"{tolerance(row.tolerated)} is tolerated: each alone is within its limit."
            )
        if self.passing is not None:
            blocked = self.blocking.blocked(self.runs.window)
            self.sheet.notes.append(
                f"calls in progress of the planned day: {self.passing:.4g} erlang at its busiest moment; "
                f"{self.load:.4g} if its busiest interval is held, which is the basis of the needs"
            )
        simulated = self.runs.share(lambda r: (r.blocked.count, r.attempts))
        half = self.runs.half_width(lambda r: (r.blocked.count, r.attempts), self.runs.clump(limit.value))
        self.sheet.notes += peaked_notes(
            self.scenario.plan.day, self.demand.mean("at once"), limit.value, blocked, simulated
        )
        self.sheet.add(
            limit,
            self.load,
            peakedness.quantile(self.load, PEAK, self.z),
            row.calculation,
            theory_half_width=row.load_half_width,
            **self.runs.spread(lambda r: (r.calls.peak, r.calls.peak_at), self.load),
            rejected_theory=blocked,
            rejected_simulated=simulated,
            rejected_half_width=half,
        )
        if simulated is not None and abs(simulated - blocked) > max(0.02, 0.15 * blocked, half or 0.0):
            self.sheet.notes.append(
                f"theory and simulation disagree: Erlang B gives {blocked:.1%} of the plan's attempts blocked, the "
                f"simulation {simulated:.1%}; the formula models neither ramps nor correlation between calls"
            )
        self._redials()
        self.sheet.add_limit(row)

    def _redials(self) -> None:
        redial = self.scenario.callers.redial
        if redial is None:
            return
        attempts = sum(run.attempts for run in self.runs.bound)
        calls = sum(run.planned for run in self.runs.bound)
        lost = self.runs.share(lambda r: (r.lost, r.planned))
        self.sheet.notes.append(
            f"{redial.share:.0%} of blocked callers redial, at most {redial.attempts} times: "
            f"{self.blocking.attempts(self.runs.window):.3g} attempts per call by theory, {attempts / calls if calls else 1.0:.3g} "
            f"simulated; {lost or 0.0:.1%} of the calls never get through (simulated)"
        )

    def _starts(self) -> LimitForecast | None:
        if not self.outbound:
            return None
        rate, burst = self.values.bucket("connect", "StartOutboundVoiceContact")
        row = self.sheet.bottlenecks.starts(rate, burst)
        assert row is not None
        self.sheet.add(
            rate,
            row.load,
            math.ceil(row.load - 1e-9) if self.even else poisson_quantile(row.load, PEAK),
            row.calculation,
            **self.runs.spread(lambda r: (r.starts.peak, r.starts.peak_at), row.load),
            rejected_theory=row.rejected_at_plan
            if self.passing is None
            else self.blocking.throttled(self.runs.window),
            rejected_simulated=self.runs.share(lambda r: (r.start_throttled.count, r.attempts)),
            rejected_half_width=self.runs.half_width(lambda r: (r.start_throttled.count, r.attempts)),
        )
        self.sheet.add_limit(row)
        return row

    def _limits(self) -> Limits:
        rate, burst = self.values.bucket("connect", "StartOutboundVoiceContact")
        return Limits(
            concurrent_calls=self._limit(self.pool).value,
            start_rate=rate.value,
            start_burst=burst.value,
            lambda_concurrency=self._limit(EXECUTIONS).value,
            tables=self.tables,
            external=True,
        )
