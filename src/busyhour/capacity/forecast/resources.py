"""Limits of Lambda functions in the forecast, and numbers of an instance's resources."""

from __future__ import annotations

from dataclasses import replace

from busyhour.capacity.forecast.limits import Limit
from busyhour.capacity.forecast.sheet import PEAK, Sheet
from busyhour.capacity.requirement_kinds import REQUESTS_PER_EXECUTION
from busyhour.capacity.simulation.simulate import SimulationResult
from busyhour.capacity.theory.erlang import poisson_quantile
from busyhour.capacity.tolerance import Tolerances
from busyhour.quotas.figures import tolerance
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.scenarios.model import Scenario

EXECUTIONS = "lambda.concurrent-executions"
INVOKE_RATE = "lambda.invoke.rate"
COUNTED = {
    "connect.users-per-instance": "agents staffed",
    "connect.queues-per-instance": "queues",
    "connect.aws-lambda-functions-per-instance": "functions",
    "connect.contact-flows-per-instance": "flows",
}
"""Quota key -> the resource counted, in words."""
_USERS = "connect.users-per-instance"


def add_functions(sheet: Sheet, scenario: Scenario) -> None:
    """Add the rows of concurrent executions, of reserved concurrency and of the request rate."""
    limit = sheet.limit(EXECUTIONS)
    row = sheet.bottlenecks.lambda_concurrency(limit)
    if row is not None:
        sheet.add(
            limit,
            row.load,
            poisson_quantile(row.load, PEAK),
            row.calculation,
            **sheet.runs.spread(lambda r: (r.functions.level.peak, r.functions.level.peak_at), row.load),
            theory_half_width=row.load_half_width or None,
            rejected_theory=row.rejected_at_plan,
            rejected_simulated=sheet.runs.share(lambda r: r.first_attempts),
            rejected_half_width=sheet.runs.half_width(lambda r: r.first_attempts),
        )
        sheet.add_limit(row)
    for name, function in scenario.functions.items():
        if function.reserved_concurrency is not None:
            text = f"Reserved concurrency of {name}"
            reserved = float(function.reserved_concurrency)
            own = Limit(f"function.{name}.reserved", text, None, reserved, "executions", "scenario")
            sheet.add_limit(sheet.bottlenecks.lambda_concurrency(own, name))
    per_call = sheet.demand.mean("Lambda invocations")
    if not per_call:
        return
    # Lambda's request rate limit is ten times the concurrency limit and has no row of its own.
    rate = replace(
        sheet.limit(INVOKE_RATE), value=REQUESTS_PER_EXECUTION * limit.value, origin=f"10 x {EXECUTIONS}"
    )
    per_second = sheet.per_hour / 3600.0 * per_call
    sheet.add(
        rate,
        per_second,
        poisson_quantile(per_second, PEAK),
        f"{sheet.per_hour:,.0f} calls/h / 3600 x {per_call:.3g} invocations",
        theory_half_width=sheet.error(per_second, "Lambda invocations"),
        **sheet.runs.spread(lambda r: (r.functions.requests.peak, r.functions.requests.peak_at), per_second),
    )


def add_lost(sheet: Sheet, scenario: Scenario) -> None:
    """Add a reason if more calls lose an invocation than may take an error branch, though no limit exceeds its share.

    An objective may tolerate more throttles or rejections than calls on error branches, and retries of a slow function
    find it as busy as the first attempt did. Simulated, beyond the interval.
    """
    if any(row.binds_at_plan for row in sheet.limits):
        return

    def lost(run: SimulationResult) -> tuple[float, float]:
        failed = sum(one.failed - one.cancelled for one in run.invocations.values())
        return min(run.started, failed), run.started

    share, half = sheet.runs.share(lost), sheet.runs.half_width(lost)
    tolerated = Tolerances(scenario).error_branches()
    if share is not None and half is not None and share - half > tolerated:
        sheet.unmet.append(
            f"{share:.2%} ± {half:.2%} of the calls lose an invocation after its retries and take an error branch, in a "
            f"simulation with the limits; {tolerance(tolerated)} is tolerated."
        )


def add_counted(sheet: Sheet, scenario: Scenario, table: QuotaTable) -> None:
    """Add the rows of the numbers of resources that the scenario has."""
    counts = {
        "connect.users-per-instance": sum(queue.agents for queue in scenario.queues.values()),
        "connect.queues-per-instance": len(scenario.queues),
        "connect.aws-lambda-functions-per-instance": len(scenario.functions),
        "connect.contact-flows-per-instance": len(scenario.flows.files),
    }
    for key, count in counts.items():
        if count and key in table:
            limit = sheet.limit(key)
            sheet.add(limit, count, count, f"{COUNTED[key]} in the scenario: {count}")
            row = sheet.bottlenecks.counted(limit, count, COUNTED[key], grows=key == _USERS)
            sheet.add_limit(row)
