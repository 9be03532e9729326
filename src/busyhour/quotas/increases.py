"""Which increases a run calls for, with the calculation that AWS asks for.

AWS wants "expected values without additional padding for fluctuations. Fluctuations are considered automatically"
(Admin Guide, operational excellence). So:

- of things at once (calls, executions) the value asked for is the expected peak, since one more is turned away;
- of a rate it is the mean of the busiest moment: single busy seconds are what the burst is for, and AWS sets the
  burst with the rate;
- headroom is left out unless it is asked for by name. The scenario's own headroom is what a run is judged by.

Values are rounded up to whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.quotas.figures import number
from busyhour.quotas.model import Kind, Quota, Scope
from busyhour.quotas.table import QuotaTable
from busyhour.results.record import QuotaRecord, RunRecord

_ROUNDING = 1e-9
_INVOKE_RATE = "lambda.invoke.rate"
_EXECUTIONS = "lambda.concurrent-executions"
_INVOCATIONS_PER_EXECUTION = 10


@dataclass(frozen=True, slots=True)
class Increase:
    """One increase to ask for.

    `present` with its `origin` is the value that was read for the run, `peak` the expected demand, `asked` the value to
    ask for. `steps` are the calculation, one line each. `context` is the instance's ARN where the quota holds per instance;
    None for such a quota where the run does not know its instance.
    """

    quota: Quota
    present: float
    origin: str
    peak: float
    asked: float
    steps: tuple[str, ...]
    context: str | None = None

    @property
    def arguments(self) -> dict[str, str | float]:
        """Arguments of RequestServiceQuotaIncrease."""
        assert self.quota.code is not None
        arguments: dict[str, str | float] = {
            "ServiceCode": self.quota.service,
            "QuotaCode": self.quota.code,
            "DesiredValue": self.asked,
        }
        if self.context is not None:
            arguments["ContextId"] = self.context
        return arguments


@dataclass(frozen=True, slots=True)
class Unrequestable:
    """A quota that does not suffice and that no request through Service Quotas can be made for."""

    quota: Quota
    reason: str
    way_out: str
    asked: float | None = None
    """The value to ask for by other means, where it is known."""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Needs:
    """What a run calls for."""

    increases: tuple[Increase, ...]
    unrequestable: tuple[Unrequestable, ...]


def needs(run: RunRecord, table: QuotaTable, headroom: float = 0.0) -> Needs:
    """The increases that the run's measurements and forecast call for.

    Args:
        run: its quota records hold peak, forecast and the value that was read; its forecast holds mean rates.
        table: the quota table.
        headroom: share of each quota that is to stay free on top of expected values. AWS asks for none.

    Raises:
        BusyhourError: `headroom` is not a share, or the run names a quota that is not known.
    """
    if not 0 <= headroom < 1:
        raise BusyhourError(f"Headroom {headroom:g} is not a share from 0 to below 1.", "Write 0.2 for 20 %.")
    instance = run.target.get("instance_arn") or None
    found: list[Increase | Unrequestable] = []
    for record in run.quotas:
        need = _need(record, _expected(record, table.by_key(record.key), run), headroom)
        if need is not None:
            found.append(_placed(need, run.quotas, table, instance))
    return Needs(
        tuple(_largest(need for need in found if isinstance(need, Increase))),
        tuple(need for need in found if isinstance(need, Unrequestable)),
    )


def expectations(run: RunRecord, table: QuotaTable) -> list[Expected]:
    """The expected demand on each quota that the run's forecast speaks of, whether the present value carries it or not.

    Raises:
        BusyhourError: the run names a quota that is not known.
    """
    found = [_expected(record, table.by_key(record.key), run) for record in run.quotas]
    return [expected for expected in found if expected.forecast and expected.demand]


def is_rate(quota: Quota) -> bool:
    """Is it so much per second, whatever AWS calls its kind?"""
    return quota.kind is Kind.RATE or "second" in quota.unit


@dataclass(frozen=True, slots=True)
class Expected:
    """The demand to plan for, None where nobody knows it, and the lines that say where it comes from.

    `forecast` says whether a forecast is behind it, `mean` is the forecast's mean at the busiest moment, `least` the
    lowest peak of the simulated runs.
    """

    quota: Quota
    demand: float | None
    told: tuple[str, ...]
    forecast: bool
    mean: float | None = None
    least: float | None = None

    def asked(self, headroom: float = 0.0) -> float:
        """The value to ask for: the demand with headroom on top, rounded up; 0 where no demand is known."""
        return _rounded_up((self.demand or 0.0) / (1 - headroom))


def _expected(record: QuotaRecord, quota: Quota, run: RunRecord) -> Expected:
    rows = [row for row in run.forecast.get("quotas", []) if isinstance(row, dict)]
    row: Mapping[str, Any] = next((row for row in rows if row.get("key") == record.key), {})
    measured, run_id = record.peak, run.run_id
    at = "" if record.peak_at is None else f", at {record.peak_at:,.0f} s"
    seen = "" if measured is None else f"measured {number(measured)} ({record.peak_source}, run {run_id}{at})"
    steps = [f"Calculation: {row['calculation']}."] if row.get("calculation") else []
    mean = row.get("theory_mean", record.forecast)
    least = None if row.get("simulated_low") is None else float(row["simulated_low"])
    if quota.kind is Kind.RATE or (is_rate(quota) and mean is not None):
        if mean is not None:
            told = f"Expected rate at the busiest moment, in {quota.unit}: {number(float(mean))}, the mean."
            busiest = max(filter(None, (row.get("theory_peak"), measured)), default=None)
            if busiest is not None and busiest > mean:
                told += f" Single seconds reach {number(float(busiest))}; that is what the burst is for."
            return Expected(quota, float(mean), (*steps, told), True, float(mean), least)
        # A rate that was measured only, and turned nothing away, suffices.
        demand = measured if record.rejected else None
        return Expected(quota, demand, (f"Busiest second in {quota.unit}: {seen}.",), False)
    both = [seen] if seen else []
    if record.forecast is not None:
        both.append(f"forecast {number(record.forecast)}{_ways(row)}")
    known = [value for value in (measured, record.forecast) if value is not None]
    told = f"Expected peak in {quota.unit}: {'; '.join(both)}."
    return Expected(
        quota,
        max(known, default=None),
        (*steps, told),
        record.forecast is not None,
        None if mean is None or not row else float(mean),
        least,
    )


def _ways(row: Mapping[str, Any]) -> str:
    """How a forecast peak came about."""
    ways = []
    if row.get("theory_peak") is not None:
        ways.append(
            f"{number(float(row['theory_peak']))} is not exceeded in 99 of 100 moments by calculation"
        )
    low, high = row.get("simulated_low"), row.get("simulated_high")
    if low is not None and high is not None:
        span = number(float(low)) if low == high else f"{number(float(low))} to {number(float(high))}"
        ways.append(f"simulated peaks {span}")
    return f" ({'; '.join(ways)})" if ways else ""


def _need(record: QuotaRecord, expected: Expected, headroom: float) -> Increase | Unrequestable | None:
    quota, demand = expected.quota, expected.demand
    if demand is None:
        if not record.rejected:
            return None
        return Unrequestable(
            quota,
            f"{record.rejected:,} were turned away, and the peak was not measured.",
            "Run again with a higher value in the scenario's [quotas].",
        )
    if (
        record.rejected
        and quota.kind is Kind.RESOURCE
        and not expected.forecast
        and demand <= record.value + 1
    ):
        return Unrequestable(
            quota,
            f"{record.rejected:,} were turned away at {number(record.value)}, so that the run cannot tell how many "
            "there would have been.",
            "Run again with a higher value in the scenario's [quotas], or see `busyhour forecast`.",
        )
    asked = _rounded_up(demand / (1 - headroom))
    if asked <= record.value:
        if record.rejected and is_rate(quota) and expected.forecast:
            return _fluctuations(quota, record, demand, expected.told)
        return None
    steps = list(expected.told)
    if headroom:
        steps.append(
            f"Headroom that was asked for: {headroom:.0%}: {number(demand)} / (1 - {headroom:g}) = "
            f"{number(demand / (1 - headroom))}."
        )
    steps += [
        f"Rounded up to a whole number: {number(asked)}. No {'further ' if headroom else ''}padding.",
        f"Present value: {number(record.value)} ({record.origin}, read {record.read_at}).",
    ]
    return Increase(quota, record.value, record.origin, demand, asked, tuple(steps))


def _fluctuations(quota: Quota, record: QuotaRecord, mean: float, told: tuple[str, ...]) -> Unrequestable:
    """The rate suffices in the mean; what was turned away came too close together for the burst."""
    return Unrequestable(
        quota,
        f"{record.rejected:,} were turned away although the expected {number(mean)} are within {number(record.value)}: "
        "they came closer together than the burst allows.",
        "Retry with backoff and jitter, or pace the requests; Support can raise the burst in the case.",
        None,
        told,
    )


def _placed(
    need: Increase | Unrequestable, records: Iterable[QuotaRecord], table: QuotaTable, instance: str | None
) -> Increase | Unrequestable:
    """`need` with its instance; turned into what Service Quotas knows, or into what only people can ask for."""
    if isinstance(need, Unrequestable):
        return need
    if need.quota.key == _INVOKE_RATE:
        need = _as_executions(need, records, table)
    quota = need.quota
    if quota.code is None:
        reason = f"{quota.name} has no code in Service Quotas ({quota.adjustable_note or 'not adjustable'})."
        way_out = (
            f"Ask Support for {number(need.asked)} in the case." if quota.adjustable else "Plan below it."
        )
        return Unrequestable(quota, reason, way_out, need.asked, need.steps)
    if not quota.adjustable:
        return Unrequestable(
            quota, f"{quota.name} is not adjustable.", "Plan below it.", need.asked, need.steps
        )
    return replace(need, context=instance if quota.scope is Scope.INSTANCE else None)


def _as_executions(need: Increase, records: Iterable[QuotaRecord], table: QuotaTable) -> Increase:
    """The invocation rate is ten times the concurrent executions: those are what can be asked for."""
    executions = table.by_key(_EXECUTIONS)
    record = next((record for record in records if record.key == _EXECUTIONS), None)
    asked = _rounded_up(need.asked / _INVOCATIONS_PER_EXECUTION)
    step = (
        f"The invocation rate is {_INVOCATIONS_PER_EXECUTION} times {executions.name.lower()} ({executions.code}): "
        f"{number(need.asked)} / {_INVOCATIONS_PER_EXECUTION} = {number(asked)}."
    )
    present = need.present / _INVOCATIONS_PER_EXECUTION if record is None else record.value
    return replace(need, quota=executions, asked=asked, present=present, steps=(*need.steps, step))


def _largest(increases: Iterable[Increase]) -> list[Increase]:
    """One request per quota: the largest value that anything calls for."""
    found: dict[str, Increase] = {}
    for increase in increases:
        known = found.get(increase.quota.key)
        if known is None or increase.asked > known.asked:
            found[increase.quota.key] = increase
    return list(found.values())


def _rounded_up(value: float) -> float:
    return float(math.ceil(value * (1 - _ROUNDING)))
