"""Evidence ledger: need, requested, applied and verified value of each quota.

A file that a team commits (by default reports/ledger.json), so that before a go-live everybody sees which
limits have been raised and proven. Rows are changed by pure functions; only `read` and `write` access the
disk. reports/ledger.schema.json is made from these classes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from busyhour.atomic_write import write_atomically
from busyhour.errors import BusyhourError
from busyhour.quotas import freshness
from busyhour.quotas.aws.increase_requests import Filed
from busyhour.quotas.evidence import (
    NEARLY,
    Applied,
    Evidence,
    Needed,
    Requested,
    Row,
    Verified,
)
from busyhour.quotas.figures import number, tolerance
from busyhour.quotas.increases import check_version
from busyhour.quotas.model import Origin, Scope
from busyhour.results.codec import decode, encode
from busyhour.results.entries import QuotaRecord
from busyhour.results.limit_rows import QUOTA, LimitRow, by_key
from busyhour.results.record import Outcome, RunRecord
from busyhour.results.store import read_json
from busyhour.scenarios.model import DriveKind

_SEEN = {*freshness.FROM_ACCOUNT, str(Origin.EMULATOR)}
"""Origins of values in force at AWS (or the emulator), other than overrides and defaults."""
_SPARE = 1.05
"""Margin of the suggested factor over the missing part of the peak, since peaks vary."""


def place_of(record: QuotaRecord, run: RunRecord) -> str:
    """Return the place of a quota in a run: instance, or account and Region."""
    if record.scope == Scope.INSTANCE and run.target.get("instance_arn"):
        return str(run.target["instance_arn"])
    return f"{run.target.get('account', '')}:{run.target.get('region', '')}"


def with_needs(ledger: Evidence, run: RunRecord, *, only_new: bool = False) -> Evidence:
    """Return the ledger with the plan's need of each quota, without headroom.

    Args:
        ledger: as it was.
        run: with its list of limits.
        only_new: keep the needs of other plans, as for a run that verifies them.

    Raises:
        BusyhourError: an older version wrote the run.
    """
    check_version(run)
    records = {record.key: record for record in run.quotas}
    for limit in by_key(run).values():
        if limit.kind != QUOTA or not limit.needed:
            continue
        record = records.get(limit.key)
        if record is None:
            continue
        row = _row(ledger, record, run)
        needed = _needed(limit, run)
        if row.needed is None or not only_new or _plan(row.needed) == _plan(needed):
            ledger = ledger.put(replace(row, needed=needed))
    return ledger


def with_requests(ledger: Evidence, filed: Iterable[Filed], run: RunRecord) -> Evidence:
    """Return the ledger with the requests that were filed for a run."""
    by_code = {(record.service, record.code): record for record in run.quotas if record.code}
    for request in filed:
        record = by_code.get((request.service, request.code))
        if record is None:
            continue
        row = _row(ledger, record, run)
        if request.context is not None:
            row = ledger.find(record.key, request.context) or replace(row, place=request.context)
        ledger = ledger.put(
            replace(
                row,
                requested=Requested(
                    request.id,
                    request.case,
                    request.desired,
                    request.status,
                    request.filed_at,
                    request.seen_at,
                ),
            )
        )
    return ledger


def with_applied(ledger: Evidence, run: RunRecord) -> Evidence:
    """Return the ledger with the values in force that a run read, for known quotas."""
    for record in run.quotas:
        row = ledger.find(record.key, place_of(record, run))
        if row is not None and record.origin in _SEEN:
            seen = Applied(record.value, record.origin, record.read_at, run.run_id)
            ledger = ledger.put(replace(row, applied=seen))
    return ledger


def with_verification(ledger: Evidence, run: RunRecord) -> Evidence:
    """Return the ledger with the needs that a run proves."""
    for record in run.quotas:
        row = ledger.find(record.key, place_of(record, run))
        if row is not None and row.needed is not None:
            ledger = ledger.put(replace(row, verified=verify(row.needed, record, run)))
    return ledger


def confirm(ledger: Evidence, run: RunRecord) -> Evidence:
    """Return the ledger after `busyhour run --verify-quotas`: new needs, values read, proofs."""
    return with_verification(with_applied(with_needs(ledger, run, only_new=True), run), run)


def unproven(ledger: Evidence, run: RunRecord) -> list[Row]:
    """Return the run's rows that were to be proven and are not.

    Quotas that were raised or requested, or must be.

    Limits that a load run cannot measure (agents, queues) and needs within AWS's default are left out.
    """
    missing = []
    for record in run.quotas:
        row = ledger.find(record.key, place_of(record, run))
        if row is None or row.needed is None or row.proven or record.peak is None:
            continue
        if row.requested is not None or max(record.value, row.needed.value) > record.default:
            missing.append(row)
    return missing


def in_words(row: Row) -> tuple[str, str, str, str, str]:
    """Format quota, needed, requested, applied and verified; `-` for unknown."""
    needed, requested, applied, verified = row.needed, row.requested, row.applied, row.verified
    return (
        f"{row.name}{f' ({row.code})' if row.code else ''}",
        f"{number(needed.value)} for {number(needed.calls_per_hour)} calls/h ({needed.scenario})"
        if needed
        else "-",
        f"{number(requested.value)}, {requested.status}, {requested.id}{f', case {requested.case}' if requested.case else ''}"
        if requested
        else "-",
        f"{number(applied.value)}, {freshness.source(applied.origin, applied.seen_at, freshness.today())}"
        if applied
        else "-",
        f"{'yes' if verified.holds else 'no'}: {verified.why} (run {verified.run}, {verified.target})"
        if verified
        else "-",
    )


def as_rows(ledger: Evidence) -> list[dict[str, Any]]:
    """Return the rows for a run record."""
    return [encode(row) for row in ledger.rows]


def verify(needed: Needed, record: QuotaRecord, run: RunRecord) -> Verified:
    """Decide whether the run proves that the quota carries the need.

    Only load proves it. The run must be valid and have shown its plan (`RunRecord.shown`): its load was
    reached by calls of which at most half were cut off at its end. Its drive must reach the limit: calls
    simulated by the generator do not reach Connect's. The quota rejected no more than is tolerated, the value
    in force is at least the need, and the measured peak reached the need: at the plan's own arrivals, or at
    raised ones (`test.factor`).
    """
    why = _why_not(needed, record, run)
    return Verified(
        not why,
        why or _proof(needed, record, run),
        run.run_id,
        str(run.target.get("kind", "")),
        record.value,
        record.peak,
        _volume(run),
        run.ended,
    )


def _proof(needed: Needed, record: QuotaRecord, run: RunRecord) -> str:
    shown = run.shown
    text = f"peak {number(record.peak or 0.0)} of {number(needed.value)} needed"
    if shown is None:
        return text
    if shown.factor > 1.0:
        text += f", by arrivals raised to {shown.factor:g} x {_volume(run):,.0f} calls/h"
    else:
        text += f", at {_volume(run):,.0f} calls/h"
    if shown.ended or shown.cut_off:
        text += f"; {shown.ended:,} calls ended by themselves, {shown.cut_off:,} were cut off"
    return text


def _why_not(needed: Needed, record: QuotaRecord, run: RunRecord) -> str:
    if run.verdict.outcome in (Outcome.INVALID, Outcome.INTERRUPTED):
        return f"the run is {run.verdict.outcome}"
    drive = run.scenario.get("drive")
    if drive in list(DriveKind) and record.service not in DriveKind(drive).reaches:
        return f'no request of a run with drive = "{drive}" reaches this limit of {record.service}'
    if record.rejected and (record.rejected_share is None or record.tolerated is None):
        return f"{record.rejected:,} were rejected"
    if (record.rejected_share or 0.0) > (record.tolerated or 0.0):
        return f"{record.rejected_share:.2%} would be or were rejected, {tolerance(record.tolerated or 0.0)} is tolerated"
    if record.peak is None:
        return "its demand was not measured"
    if record.value < needed.value * NEARLY:
        there = str(run.scenario.get("name", ""))
        whose = (
            ""
            if needed.scenario == there
            else f", of {needed.scenario} at {number(needed.calls_per_hour)} calls/h"
        )
        return f"the value in force is {number(record.value)}, the need is {number(needed.value)}{whose}"
    if run.shown is None:
        return "the run does not record which load it reached"
    if run.shown.why:
        return f"the run does not show the plan: {run.shown.why[0].rstrip('.')}"
    if record.unit == "count" and record.peak * NEARLY > record.value and not record.rejected:
        return (
            f"the peak was {number(record.peak)} of a quota of {number(record.value)} and nothing was rejected: the target "
            "did not enforce it"
        )
    if record.peak < needed.value * NEARLY:
        factor = run.shown.factor * needed.value / record.peak * _SPARE if record.peak else 0.0
        way_out = (
            f"; arrivals raised to about {factor:.2f} x the plan reach it ([test] factor)" if factor else ""
        )
        return f"the peak was {number(record.peak)}, the need is {number(needed.value)}{way_out}"
    return ""


def _volume(run: RunRecord) -> float:
    """Return the planned calls per hour of a run."""
    return float(run.forecast.get("calls_per_hour") or run.scenario.get("calls_per_hour") or 0.0)


def _row(ledger: Evidence, record: QuotaRecord, run: RunRecord) -> Row:
    place = place_of(record, run)
    return ledger.find(record.key, place) or Row(
        record.key, record.name, record.service, record.code, record.unit, place
    )


def _plan(needed: Needed) -> tuple[str, float]:
    return needed.scenario, needed.calls_per_hour


def _needed(limit: LimitRow, run: RunRecord) -> Needed:
    assert limit.needed is not None
    return Needed(
        value=limit.needed,
        mean=limit.load,
        calls_per_hour=_volume(run),
        scenario=str(run.scenario.get("name", "")),
        run=run.run_id,
        at=run.ended,
    )


def read(path: Path) -> Evidence:
    """Read the ledger in `path`; empty if there is no file yet.

    Raises:
        BusyhourError: the file exists and is not a ledger; it must not be taken for empty.
    """
    if not path.exists():
        return Evidence()
    try:
        return decode(Evidence, read_json(path), place=f"{path}: $")
    except BusyhourError as error:
        raise BusyhourError(
            error.message,
            "Restore the ledger from version control, or remove it to start again.",
            error.exit_code,
        ) from None


def write(path: Path, ledger: Evidence) -> None:
    """Write the ledger atomically, indented for reading and for diffs.

    Raises:
        BusyhourError: it cannot be written; an existing file is then unchanged.
    """
    import json

    same = decode(Evidence, encode(ledger))  # 2 and 2.0 are written alike, so that a diff shows changes only
    write_atomically(path, json.dumps(encode(same), indent=2, ensure_ascii=False) + "\n", make_folder=True)
