"""Quotas of a run: those whose values are read before it, and the comparison of each with the demand on it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from busyhour.harness import preflight
from busyhour.harness.verdict import measured_demands
from busyhour.harness.verdict import shown as showing
from busyhour.quotas.comparison import Demand, compare_all, listed
from busyhour.quotas.comparison import record as quota_record
from busyhour.quotas.model import Quota
from busyhour.quotas.resolve import Reading
from busyhour.quotas.table import quota_table
from busyhour.results.entries import QuotaRecord
from busyhour.results.load_result import LoadResult
from busyhour.results.record import Shown
from busyhour.results.throttled import Throttled
from busyhour.scenarios.model import DriveKind, Scenario

ALWAYS_READ = (
    measured_demands.CONCURRENT_CALLS,
    measured_demands.CONCURRENT_EXECUTIONS,
    measured_demands.TABLE_READ,
    measured_demands.TABLE_WRITE,
)
"""Quotas that every report shows, touched or not."""


def touched_before(scenario: Scenario, table: quota_table.QuotaTable) -> list[Quota]:
    """Quotas whose value the forecast needs."""
    from busyhour.capacity.forecast import formulas
    from busyhour.capacity.forecast.resources import COUNTED

    ruled = [rule.key for rule in formulas.load()] if scenario.usage else []
    keys = dict.fromkeys(
        (*ALWAYS_READ, *(table.find(name).key for name in scenario.quotas), *COUNTED, *ruled)
    )
    keys[table.rate("connect", "StartOutboundVoiceContact")[0].key] = None
    return [table.by_key(key) for key in keys]


def compare(
    wanted: list[Demand],
    forecast: preflight.Preview,
    load: LoadResult,
    scenario: Scenario,
    read: Callable[[Iterable[Quota]], list[Reading]],
    table: quota_table.QuotaTable,
    notes: list[str],
    shown: Shown | None,
    throttled: list[Throttled],
    *,
    by_load: bool,
) -> list[QuotaRecord]:
    """Compare every touched quota's value with the measured and the calculated demand.

    Args:
        wanted: the measured demand.
        forecast: what the plan needs by calculation.
        load: what the generator measured.
        scenario: the plan.
        read: reads values of quotas from the target.
        table: every known quota.
        notes: gets problems and disagreements of the sources.
        shown: the load that the run reached.
        throttled: throttled first attempts by operation.
        by_load: leave the calculation's verdicts out.
    """
    pool = measured_demands.pool_of(scenario)
    by_key = {demand.key: demand for demand in wanted}
    for key, need in forecast.needs.items():
        known = by_key.get(key) or Demand(key, None)
        by_key[key] = replace(known, forecast=need)
    always = [key for key in ALWAYS_READ if table.by_key(key).service in scenario.drive.services]
    quotas = [table.by_key(key) for key in dict.fromkeys((*by_key, *always))]
    readings = read(quotas)
    for reading in readings:
        notes += [*reading.disagreements, *(problem.text for problem in reading.problems)]
    values = {reading.value.quota.key: reading.value for reading in readings}
    placed = [
        measured_demands.bound_at(
            measured_demands.with_attempts(demand, load, forecast.as_json, pool, throttled),
            values[key].value,
            values[key].quota.kind,
            load,
        )
        for key, demand in by_key.items()
    ]
    if scenario.drive is DriveKind.BACKEND and forecast.reach is not None and shown is not None:
        measured = showing.beyond(
            forecast.reach, shown
        )  # nothing blocked the calls that the generator ran itself
        placed = [
            measured_demands.with_unenforced(one, values[one.key].value, forecast.as_json, measured)
            if one.key == pool
            else one
            for one in placed
        ]
    of_list: dict[str, set[str]] = {}
    for row in () if by_load else forecast.as_json.get("limits", ()):
        of_list.setdefault(row["key"], set()).add(row["verdict"])
    compared = map(quota_record, compare_all(values.values(), placed, scenario.headroom, every=True))
    return [replace(one, verdict=listed(one.verdict, of_list.get(one.key, ()))) for one in compared]
