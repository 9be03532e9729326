"""Quota increases that a run requires, with the calculation that AWS wants.

The requested value is the plan's need, from the row of the run's list of limits. AWS wants "expected values
without additional padding for fluctuations. Fluctuations are considered automatically" (Admin Guide,
operational excellence), so headroom is included on demand only. A measured peak is requested instead if it is
larger than the need and the generator was healthy; never for a rate, since the burst covers single busy
seconds. A quota that is not in the list (the harness's own requests) is requested as measured if it rejected
requests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from busyhour.errors import BusyhourError
from busyhour.quotas.figures import number
from busyhour.quotas.headroom import with_headroom
from busyhour.quotas.measured import beside_need, healthy, is_rate, peak_counts, seen
from busyhour.quotas.model import Kind, Quota, Scope
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.results.entries import QuotaRecord
from busyhour.results.limit_rows import QUOTA, LimitRow, by_key, is_dated
from busyhour.results.record import RunRecord

_ROUNDING = 1e-9
_INVOKE_RATE = "lambda.invoke.rate"
_EXECUTIONS = "lambda.concurrent-executions"
_INVOCATIONS_PER_EXECUTION = 10


@dataclass(frozen=True, slots=True)
class Increase:
    """One increase to request.

    `present` with its `origin` and `read_at` is the value that the run read, `needed` the plan's need (None
    if the quota is not in the list of limits), `peak` the measured peak, `requested` the value to request.
    `steps` are the calculation, one line each. `context` is the instance's ARN for a quota per instance; None
    if the run does not know its instance.
    """

    quota: Quota
    present: float
    origin: str
    read_at: str
    needed: float | None
    peak: float | None
    requested: float
    steps: tuple[str, ...]
    context: str | None = None

    @property
    def arguments(self) -> dict[str, str | float]:
        """Return the arguments of RequestServiceQuotaIncrease."""
        assert self.quota.code is not None
        arguments: dict[str, str | float] = {
            "ServiceCode": self.quota.service,
            "QuotaCode": self.quota.code,
            "DesiredValue": self.requested,
        }
        if self.context is not None:
            arguments["ContextId"] = self.context
        return arguments


@dataclass(frozen=True, slots=True)
class Unrequestable:
    """A quota that does not suffice and that Service Quotas cannot raise."""

    quota: Quota
    reason: str
    way_out: str
    increase: Increase | None = None
    """The value that would be requested, if known."""


@dataclass(frozen=True, slots=True)
class Needs:
    """The increases that a run requires."""

    increases: tuple[Increase, ...]
    unrequestable: tuple[Unrequestable, ...]


def needs(run: RunRecord, table: QuotaTable, headroom: float = 0.0) -> Needs:
    """Compute the increases that the run's list of limits and its measurements require.

    Args:
        run: its list of limits has the needs, its quota records have measured peaks and the values that were
            read.
        table: the quota table.
        headroom: share of each quota that stays free on top of the need. AWS wants none.

    Raises:
        BusyhourError: `headroom` is not a share, the run names an unknown quota, or an older version wrote
            it.
    """
    if not 0 <= headroom < 1:
        raise BusyhourError(f"Headroom {headroom:g} is not a share from 0 to below 1.", "Write 0.2 for 20 %.")
    check_version(run)
    instance = run.target.get("instance_arn") or None
    records = {record.key: record for record in run.quotas}
    rows = {key: row for key, row in by_key(run).items() if row.kind == QUOTA and key in table}
    if _EXECUTIONS in rows:
        rows.pop(_INVOKE_RATE, None)  # the need of executions contains it
    found: list[Increase | Unrequestable] = []
    for key in dict.fromkeys((*records, *rows)):
        quota, row, record = table.by_key(key), rows.get(key), records.get(key)
        need = _of_row(quota, row, record, run, headroom) if row is not None else None
        if need is None and record is not None:
            need = _of_rejections(quota, record, row, run, headroom)
        if need is not None:
            found.append(_placed(need, records, table, instance))
    return Needs(
        tuple(_largest(need for need in found if isinstance(need, Increase))),
        tuple(need for need in found if isinstance(need, Unrequestable)),
    )


def check_version(run: RunRecord) -> None:
    """Check that the run's list of limits was written by a current version.

    Raises:
        BusyhourError: an older version wrote it; its needs were computed differently.
    """
    if is_dated(run):
        raise BusyhourError(
            f"Run {run.run_id} was written by busyhour {run.busyhour_version}, whose needs were computed differently "
            "(with headroom, and from the length of the test).",
            "Run the scenario again with this version, or see `busyhour forecast SCENARIO`.",
        )


def _of_row(
    quota: Quota, row: LimitRow, record: QuotaRecord | None, run: RunRecord, headroom: float
) -> Increase | Unrequestable | None:
    """Return the increase to the plan's need on a limit, if the present value is lower."""
    present = row.value if record is None else record.value
    if row.needed is None:
        return (
            Unrequestable(quota, f"{quota.name}: no value carries the plan.", "Plan less volume.")
            if row.binds
            else None
        )
    peak = None if record is None else record.peak
    counts = peak is not None and peak > row.needed and peak_counts(quota, run)
    wanted = _whole(peak) if counts and peak is not None else row.needed
    requested = with_headroom(wanted, headroom) if headroom else wanted
    if requested <= present:
        return None
    steps = [f"Calculation: {row.calculation}."] if row.calculation else []
    steps.append(f"Needed by the plan, in {quota.unit}: {number(row.needed)}. No padding.")
    if record is not None and peak is not None:
        steps.append(f"{seen(record, run)}{beside_need(quota, row.needed, peak, run)}")
    return _increase(quota, record, row, requested, wanted, steps, headroom)


def _increase(
    quota: Quota,
    record: QuotaRecord | None,
    row: LimitRow | None,
    requested: float,
    wanted: float,
    steps: list[str],
    headroom: float,
) -> Increase:
    if headroom:
        steps.append(
            f"With headroom of {headroom:.0%}, as requested: {number(wanted)} / (1 - {headroom:g}) = {number(requested)}."
        )
    known = row if record is None else record
    assert known is not None
    when = f", read {known.read_at}" if known.read_at else ""
    steps.append(f"Present value: {number(known.value)} ({known.origin}{when}).")
    return Increase(
        quota,
        known.value,
        known.origin,
        known.read_at,
        None if row is None else row.needed,
        None if record is None else record.peak,
        requested,
        tuple(steps),
    )


def _of_rejections(
    quota: Quota, record: QuotaRecord, row: LimitRow | None, run: RunRecord, headroom: float
) -> Increase | Unrequestable | None:
    """Return the increase for a quota that rejected requests although its need is met or unknown."""
    rejected = f"{record.rejected:,} were rejected"
    if row is not None and row.needed is not None:
        if not (record.rejected and is_rate(quota)):
            return None
        return Unrequestable(
            quota,
            f"{rejected} although the needed {number(row.needed)} are within {number(record.value)}: "
            "they came closer together than the burst allows.",
            "Retry with backoff and jitter, or pace the requests; Support can raise the burst in the case.",
        )
    if record.peak is None or not healthy(run):
        if not record.rejected:
            return None
        why = (
            "the peak was not measured"
            if record.peak is None
            else "the load generator did not keep its schedule"
        )
        return Unrequestable(
            quota, f"{rejected}, and {why}.", "Run again with a higher value in the scenario's [quotas]."
        )
    if record.rejected and quota.kind is Kind.RESOURCE and record.peak <= record.value + 1:
        return Unrequestable(
            quota,
            f"{rejected} at {number(record.value)}, so the run cannot show how many there would have been.",
            "Run again with a higher value in the scenario's [quotas], or see `busyhour forecast`.",
        )
    if is_rate(quota) and not record.rejected:
        return None  # the bucket carried its busiest second
    wanted = _whole(record.peak)
    requested = with_headroom(wanted, headroom) if headroom else wanted
    if requested <= record.value:
        return None
    steps = [
        f"{seen(record, run)}; the forecast has no need of this quota, so the measured peak is requested."
    ]
    return _increase(quota, record, None, requested, wanted, steps, headroom)


def _placed(
    need: Increase | Unrequestable,
    records: Mapping[str, QuotaRecord],
    table: QuotaTable,
    instance: str | None,
) -> Increase | Unrequestable:
    """Add the instance to `need`; convert it to a quota that Service Quotas knows, or to one for Support."""
    if isinstance(need, Unrequestable):
        return need
    if need.quota.key == _INVOKE_RATE:
        need = _as_executions(need, records.get(_EXECUTIONS), table)
    quota = need.quota
    placed = replace(need, context=instance if quota.scope is Scope.INSTANCE else None)
    if quota.code is None:
        reason = f"{quota.name} has no code in Service Quotas ({quota.adjustable_note or 'not adjustable'})."
        way_out = (
            f"Ask Support for {number(need.requested)} in the case." if quota.adjustable else "Plan below it."
        )
        return Unrequestable(quota, reason, way_out, placed)
    if not quota.adjustable:
        return Unrequestable(quota, f"{quota.name} is not adjustable.", "Plan below it.", placed)
    return placed


def _as_executions(need: Increase, record: QuotaRecord | None, table: QuotaTable) -> Increase:
    """Convert an invocation rate, which is ten times the concurrent executions, to those."""
    executions = table.by_key(_EXECUTIONS)
    requested = _whole(need.requested / _INVOCATIONS_PER_EXECUTION)
    step = (
        f"The invocation rate is {_INVOCATIONS_PER_EXECUTION} times {executions.name.lower()} ({executions.code}): "
        f"{number(need.requested)} / {_INVOCATIONS_PER_EXECUTION} = {number(requested)}."
    )
    present = need.present / _INVOCATIONS_PER_EXECUTION if record is None else record.value
    return replace(
        need, quota=executions, requested=requested, present=present, needed=None, steps=(*need.steps, step)
    )


def _largest(increases: Iterable[Increase]) -> list[Increase]:
    """Keep one request per quota, with the largest value."""
    found: dict[str, Increase] = {}
    for increase in increases:
        known = found.get(increase.quota.key)
        if known is None or increase.requested > known.requested:
            found[increase.quota.key] = increase
    return list(found.values())


def _whole(value: float) -> float:
    return float(math.ceil(value * (1 - _ROUNDING)))
