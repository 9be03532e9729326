"""Measurements of earlier runs of the scenario, compared with the forecast of the same plan.

A run counts if it had the same plan (busiest rate and planned calls within 1 %) and was neither invalid nor
interrupted. The newest one is shown; several give the mean of their peaks with its 95 % interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from busyhour.capacity.forecast.model import Forecast, Measured, QuotaForecast
from busyhour.capacity.simulation.confidence_intervals import of_mean
from busyhour.errors import BusyhourError
from busyhour.results import store
from busyhour.results.entries import QuotaRecord
from busyhour.results.record import Outcome, RunRecord

MOST = 8
"""Number of newest runs that are read."""
_SAME = 0.01
_APART = 0.25
"""Relative distance from the forecast's range beyond which a measured peak is reported."""
_FORECAST = "forecast"


def find_runs(folder: Path, scenario: str) -> tuple[list[RunRecord], list[str]]:
    """Read the newest records of a scenario, newest first, and list the unreadable ones."""
    records: list[RunRecord] = []
    notes: list[str] = []
    if not folder.is_dir():
        return records, notes
    for run in sorted(folder.glob(f"{scenario}-*"), reverse=True):
        if len(records) == MOST:
            break
        if not (run / store.RUN_FILE).is_file():
            continue
        try:
            record = store.read_run(run)
        except BusyhourError as error:
            notes.append(f"a run was not counted: {error.message}")
            continue
        if record.scenario.get("name") == scenario:
            records.append(record)
    return records, notes


def with_measurement(forecast: Forecast, records: Sequence[RunRecord]) -> Forecast:
    """Add the measurements of comparable runs to each quota of the forecast.

    Args:
        forecast: of the plan.
        records: runs of the scenario, newest first.
    """
    notes = list(forecast.notes)
    same = [record for record in records if _same_plan(forecast, record)]
    proven = [r for r in same if r.verdict.outcome in (Outcome.HOLDS, Outcome.DOES_NOT_HOLD)]
    if not proven:
        notes.append(_why_not(records, same))
        return replace(forecast, notes=notes)
    quotas = []
    for quota in forecast.quotas:
        found = [(record, row) for record in proven if (row := _measured(record, quota.key)) is not None]
        if not found:
            quotas.append(quota)
            continue
        measured = _of(found)
        quotas.append(replace(quota, measured=measured))
        if (note := _apart(quota, measured)) is not None:
            notes.append(note)
    others = len(records) - len(proven)
    if others:
        notes.append(
            f"{others} more run{'s' if others > 1 else ''} of {forecast.scenario} not counted: "
            "another plan, invalid or interrupted"
        )
    return replace(forecast, quotas=quotas, notes=notes)


def _same_plan(forecast: Forecast, record: RunRecord) -> bool:
    def same(name: str, value: float) -> bool:
        other = record.forecast.get(name)
        return other is not None and abs(float(other) - value) <= _SAME * max(value, 1e-9)

    return same("calls_per_hour", forecast.calls_per_hour) and same("planned_calls", forecast.planned_calls)


def _why_not(records: Sequence[RunRecord], same: Sequence[RunRecord]) -> str:
    if not records:
        return "not measured: no run of the scenario was found; `busyhour run` makes one"
    newest = (same or records)[0]
    if same:
        return f"not measured: every run of this plan was invalid or interrupted ({newest.run_id} is {newest.verdict.outcome})"
    volume = newest.forecast.get("calls_per_hour")
    plan = f" planned {float(volume):,.0f} calls/h" if volume is not None else " had another plan"
    return f"not measured: no run had this plan; the newest, {newest.run_id},{plan}"


def _measured(record: RunRecord, key: str) -> QuotaRecord | None:
    for row in record.quotas:
        if row.key == key and row.peak is not None and row.peak_source != _FORECAST:
            return row
    return None


def _of(found: Sequence[tuple[RunRecord, QuotaRecord]]) -> Measured:
    newest, row = found[0]
    assert row.peak is not None
    peaks = [each.peak for _, each in found if each.peak is not None]
    attempts = _attempts(newest, row)
    share, wide = (None, None) if attempts is None else wilson(min(row.rejected, attempts), attempts)
    return Measured(
        run=newest.run_id,
        started=newest.started,
        source=row.peak_source,
        peak=row.peak,
        mean=math.fsum(peaks) / len(peaks),
        half_width=of_mean(peaks),
        runs=len(peaks),
        rejected=row.rejected,
        rejected_share=share,
        rejected_share_half_width=wide,
    )


def _attempts(record: RunRecord, row: QuotaRecord) -> int | None:
    """Return the number of requests on a quota in a run, if the run recorded it."""
    if "active-calls-per-instance" in row.key:
        return record.arrivals.planned or None
    wanted = "Invoke" if row.service == "lambda" else "StartOutboundVoiceContact"
    if row.service not in ("lambda", "connect") or (
        row.service == "connect" and not row.key.endswith(".rate")
    ):
        return None
    return sum(op.requests for op in record.operations if op.name == wanted) or None


def wilson(hits: float, of: int) -> tuple[float, float]:
    """Return a share and the half-width of its 95 % interval (Wilson 1927)."""
    z = 1.959964
    share = hits / of
    wide = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return share, wide


def _apart(quota: QuotaForecast, measured: Measured) -> str | None:
    """Return a note if a run measured something outside of the forecast's range."""
    low = min(value for value in (quota.theory_mean, quota.simulated_low) if value is not None)
    high = max(quota.theory_peak, quota.simulated_high or 0.0)
    if measured.rejected:
        # Rejection keeps the peak at the quota: there is nothing to compare.
        return None
    if measured.peak > max(high * (1 + _APART), high + 2) or measured.peak < min(low * (1 - _APART), low - 2):
        return (
            f"measurement and forecast disagree: {quota.name}: {measured.peak:.4g} in {measured.run}, "
            f"{low:.4g} to {high:.4g} by theory and simulation"
        )
    return None


def records_of(paths: Iterable[Path]) -> list[RunRecord]:
    """Read the records of named runs, newest first.

    Raises:
        BusyhourError: one cannot be read.
    """
    return sorted((store.read_run(path) for path in paths), key=lambda r: r.started, reverse=True)
