"""Which increases a run calls for, with the calculation that AWS asks for.

The value asked for is the expected peak plus the headroom that the scenario states, rounded up to a whole
number; no padding beyond that: AWS wants "expected values" and considers fluctuations itself
(facts/connect.md section 7).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

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

    `present` with its `origin` is the value that was read for the run, `asked` the value to ask for. `steps`
    are the calculation, one line each. `context` is the instance's ARN where the quota holds per instance;
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


def needs(run: RunRecord, table: QuotaTable, headroom: float | None = None) -> Needs:
    """The increases that the run's measurements and forecast call for.

    Args:
        run: its quota records hold peak, forecast and the value that was read.
        table: the quota table.
        headroom: share of each quota that is to stay free; None for the one of the run's scenario.

    Raises:
        BusyhourError: `headroom` is not a share, or the run names a quota that is not known.
    """
    share = float(run.scenario.get("headroom") or 0.0) if headroom is None else headroom
    if not 0 <= share < 1:
        raise BusyhourError(f"Headroom {share:g} is not a share from 0 to below 1.", "Write 0.2 for 20 %.")
    instance = run.target.get("instance_arn") or None
    found: list[Increase | Unrequestable] = []
    for record in run.quotas:
        need = _need(record, table.by_key(record.key), share, run.run_id)
        if need is not None:
            found.append(_placed(need, run.quotas, table, instance))
    return Needs(
        tuple(_largest(need for need in found if isinstance(need, Increase))),
        tuple(need for need in found if isinstance(need, Unrequestable)),
    )


def _need(record: QuotaRecord, quota: Quota, headroom: float, run_id: str) -> Increase | Unrequestable | None:
    peak, told = _expected_peak(record, quota, run_id)
    if peak is None:
        if not record.rejected:
            return None
        return Unrequestable(
            quota,
            f"{record.rejected:,} were turned away, and the peak was not measured.",
            "Run again with a higher value in the scenario's [quotas].",
        )
    if record.rejected and quota.kind is Kind.RESOURCE and peak <= record.value + 1:
        return Unrequestable(
            quota,
            f"{record.rejected:,} were turned away at {number(record.value)}, so that the run cannot tell how many "
            "there would have been.",
            "Run again with a higher value in the scenario's [quotas], or see `busyhour forecast`.",
        )
    asked = _rounded_up(peak / (1 - headroom))
    if asked <= record.value:
        return None
    steps = (
        told,
        f"Headroom that the scenario wants at the peak: {headroom:.0%}: "
        f"{number(peak)} / (1 - {headroom:g}) = {number(peak / (1 - headroom))}.",
        f"Rounded up to a whole number: {number(asked)}. No further padding.",
        f"Present value: {number(record.value)} ({record.origin}, read {record.read_at}).",
    )
    return Increase(quota, record.value, record.origin, peak, asked, steps)


def _expected_peak(record: QuotaRecord, quota: Quota, run_id: str) -> tuple[float | None, str]:
    """The peak to plan for, and the line that says where it comes from.

    Of things at once, the larger of measurement and forecast. Of a rate, the forecast: one second's measured
    peak is what the burst is for. A rate that was measured only, and turned nothing away, suffices.
    """
    measured, forecast, unit = record.peak, record.forecast, quota.unit
    at = "" if record.peak_at is None else f", at {record.peak_at:,.0f} s"
    both = []
    if measured is not None:
        both.append(f"measured {number(measured)} ({record.peak_source}, run {run_id}{at})")
    if forecast is not None:
        both.append(f"forecast {number(forecast)}")
    told = f"Expected peak in {unit}: {'; '.join(both)}."
    if quota.kind is Kind.RESOURCE:
        return max((value for value in (measured, forecast) if value is not None), default=None), told
    if forecast is not None and not record.rejected:
        return forecast, told
    if not record.rejected:
        return None, told
    return max((value for value in (measured, forecast) if value is not None), default=None), told


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
