"""Demand of a run on each quota, from all that measured it: target, CloudWatch, generator.

Where several saw the same, the one nearest to the enforcement counts: the emulator enforces its quotas itself,
CloudWatch has what AWS counted, the generator only its own requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from busyhour.capacity.requirement import from_json
from busyhour.quotas.comparison import Demand
from busyhour.quotas.model import Kind
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.results.entries import Series
from busyhour.results.load_result import LIMIT, THROTTLE, LoadResult
from busyhour.results.throttled import Throttled
from busyhour.scenarios.model import Scenario

CONCURRENT_CALLS = "connect.concurrent-active-calls-per-instance"
CAMPAIGN_CALLS = "connect.concurrent-campaign-active-calls-per-instance"
CONCURRENT_EXECUTIONS = "lambda.concurrent-executions"
TABLE_READ = "dynamodb.table-level-read-throughput-limit"
TABLE_WRITE = "dynamodb.table-level-write-throughput-limit"

_FROM_CLOUDWATCH = {
    "ConcurrentCalls": CONCURRENT_CALLS,
    "ConcurrentHighVolumeCalls": CAMPAIGN_CALLS,
    "ConcurrentExecutions": CONCURRENT_EXECUTIONS,
    "ConsumedReadCapacityUnits": TABLE_READ,
    "ConsumedWriteCapacityUnits": TABLE_WRITE,
}
_POOLS = (CONCURRENT_CALLS, CAMPAIGN_CALLS)
_CALLS_IN_PROGRESS = "calls in progress"


def pool_of(scenario: Scenario) -> str | None:
    """Key of the quota that holds the scenario's calls at once: a campaign's have their own. None: it drives no calls."""
    if not scenario.drive.has_calls:
        return None
    return CAMPAIGN_CALLS if scenario.traffic.campaign else CONCURRENT_CALLS


def gather(
    load: LoadResult,
    snapshot: Mapping[str, Any],
    observed: Sequence[Series],
    table: QuotaTable,
    start: float,
    pool: str | None = CONCURRENT_CALLS,
) -> list[Demand]:
    """Demand on every quota that the run touched.

    Args:
        load: what the generator measured.
        snapshot: the emulator's account (`/_busyhour/snapshot`); empty for AWS.
        observed: CloudWatch series of the run.
        table: the quota table.
        start: epoch seconds of the run's t = 0.
        pool: key of the quota that the generator's calls at once count against; None where it drives no calls.
    """
    found: dict[str, Demand] = {}
    own = (*_sent(load, table, pool), *_driven(load, pool))
    for demand in (*_enforced(snapshot, start), *_counted(observed), *own):
        known = found.get(demand.key)
        if known is None:
            found[demand.key] = demand
        elif not known.peak and demand.peak:
            found[demand.key] = replace(demand, rejected=known.rejected or demand.rejected)
        elif known.attempts is None:
            found[demand.key] = replace(known, attempts=demand.attempts, first_rejected=demand.first_rejected)
    return list(found.values())


def _enforced(snapshot: Mapping[str, Any], start: float) -> Iterable[Demand]:
    """Tallies of the emulator's quotas; those that saw nothing are left out.

    One that rejected requests and has no peak was not measured otherwise (partitions of a table).
    """

    def since(at: float | None) -> float | None:
        return None if at is None else max(0.0, at - start)

    for tally in snapshot.get("quotas", ()):
        if tally["peak"] or tally["rejected"]:
            yield Demand(
                key=tally["key"],
                peak=tally["peak"] or None,
                peak_at=since(tally["peak_at"]),
                source="measured by the emulator",
                rejected=tally["rejected"],
                first_rejected_at=since(tally["first_rejected_at"]),
            )


def _counted(observed: Sequence[Series]) -> Iterable[Demand]:
    """CloudWatch: the highest point of each; of the tables the busiest one, since the quota is per table."""
    best: dict[str, Demand] = {}
    for series in observed:
        name = series.name.partition(":")[0]
        key = _FROM_CLOUDWATCH.get(name)
        points = [(v, t) for t, v in zip(series.t, series.v, strict=True) if v is not None]
        if key is None or not points:
            continue
        peak, at = max(points, key=lambda point: point[0])
        if key not in best or peak > (best[key].peak or 0.0):
            best[key] = Demand(key, peak, at, f"CloudWatch {name}")
    return best.values()


def _sent(load: LoadResult, table: QuotaTable, pool: str | None) -> Iterable[Demand]:
    """Rates of the operations that the generator called itself, with the throttles it was answered."""
    for operation in load.operations:
        if operation.service != "connect":
            continue
        rate, _ = table.rate(operation.service, operation.name)
        name = f"{operation.service}:{operation.name}"
        peak = load.peaks.get(f"requests:{name}")
        yield Demand(
            key=rate.key,
            peak=None if peak is None else peak.value,
            peak_at=None if peak is None else peak.at,
            source="measured by the generator",
            rejected=operation.throttles,
            first_rejected_at=_first(load, name, THROTTLE),
            attempts=operation.requests if operation.first_attempts is None else operation.first_attempts,
            first_rejected=operation.first_throttles,
        )
        if operation.limits and pool is not None:
            yield Demand(
                key=pool,
                peak=None,
                source="limit errors seen by the generator",
                rejected=operation.limits,
                first_rejected_at=_first(load, name, LIMIT),
            )


def _driven(load: LoadResult, pool: str | None) -> Iterable[Demand]:
    """Calls at once as the generator knows them: all there is where it runs the calls itself."""
    peak = load.peaks.get("in_progress")
    if peak is not None and pool is not None:
        sampled = load.arrivals.sampled
        source = (
            f"estimated from {sampled:,} calls by the generator" if sampled else "measured by the generator"
        )
        yield Demand(pool, peak.value, peak.at, source)


def with_attempts(
    demand: Demand,
    load: LoadResult,
    forecast: Mapping[str, Any],
    pool: str | None,
    throttled: Sequence[Throttled] = (),
) -> Demand:
    """`demand` with the number of first attempts that the quota met and the share of them that may be rejected.

    Of what a quota of Lambda or DynamoDB rejected, first attempts are the same part as of all that was throttled.
    Requests that the generator did not make itself (tables behind functions) are those that the forecast has for each
    call, times the calls.
    """
    row = row_of(forecast, demand.key)
    tolerated = demand.tolerated if row.get("tolerated") is None else float(row["tolerated"])
    attempts, first = demand.attempts, demand.first_rejected
    if attempts is None:
        service = demand.key.partition(".")[0]
        rows = [one for one in throttled if one.name.partition(":")[0] == service]
        own = sum(one.attempts for one in rows)
        every = sum(
            one.throttled if one.requests_throttled is None else one.requests_throttled for one in rows
        )
        if every and demand.key != pool:
            first = demand.rejected * sum(one.throttled for one in rows) / every
        if demand.key == pool:
            attempts = load.arrivals.started
        elif service in ("lambda", "dynamodb"):
            attempts = own or load.arrivals.started * _per_call(forecast, service)
    return replace(demand, attempts=attempts or None, first_rejected=first, tolerated=tolerated)


def row_of(forecast: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The row of a limit in a run's forecast; empty where it has none."""
    rows: Sequence[Mapping[str, Any]] = forecast.get("limits", ())
    return next((row for row in rows if row.get("key") == key), {})


def _per_call(forecast: Mapping[str, Any], service: str) -> float:
    """Requests to Lambda or DynamoDB of one call in the mean, as the forecast has them."""
    quantities = forecast.get("demand_per_call", {}).get("quantities", {})
    if service == "lambda":
        return float(quantities.get("Lambda invocations", {}).get("mean") or 0.0)
    return sum(float(q["mean"] or 0.0) for name, q in quantities.items() if name.startswith("DynamoDB:"))


def with_unenforced(demand: Demand, value: float, forecast: Mapping[str, Any], factor: float) -> Demand:
    """`demand` with the share that a quota which nothing enforced would reject: by its closed form.

    Args:
        demand: on the quota.
        value: of the quota.
        forecast: of the run.
        factor: multiple of the plan's load that was measured, see `shown.beyond`.
    """
    requirement = row_of(forecast, demand.key).get("requirement")
    if requirement is None or demand.rejected or (demand.peak or 0.0) < value:
        return demand
    return replace(demand, unenforced=from_json(requirement).rejected(value, factor))


def _first(load: LoadResult, operation: str, kind: str) -> float | None:
    times = [error.at for error in load.first_errors if error.operation == operation and error.kind == kind]
    return min(times, default=None)


def bound_at(demand: Demand, value: float, kind: Kind, load: LoadResult) -> Demand:
    """`demand` with the time at which it first reached a quota that was not enforced during the run.

    Calls that the generator runs itself are never blocked, yet would be by Connect.
    """
    if demand.first_rejected_at is not None or kind is not Kind.RESOURCE or demand.key not in _POOLS:
        return demand
    series = next((s for s in load.series if s.name == _CALLS_IN_PROGRESS), None)
    if series is None or demand.peak is None or demand.peak <= value:
        return demand
    above = (t for t, v in zip(series.t, series.v, strict=True) if v is not None and v > value)
    return replace(demand, first_rejected_at=next(above, None))
