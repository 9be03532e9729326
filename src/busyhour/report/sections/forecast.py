"""The forecast inside a run record: the simulated queues, and forecast compared with measurement.

A record may be older than this code, or hold no forecast at all; what is not there is left out, never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.capacity.render import queue_figures
from busyhour.report.blocks import Section, Tone, cell, figure, section, table, words
from busyhour.report.figures import NOT_MEASURED, PEAK, PRESENT, multiple, number, share
from busyhour.results.record import RunRecord

_NEGLIGIBLE = 0.05
"""Share of calls blocked below which demand further down the call is taken as whole."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Forecast and measured peak of one quota in words, and whether they agree."""

    name: str
    unit: str
    value: str
    mean: str
    theory: str
    simulated: str
    measured: str
    rejected: str
    """Theory / simulation / measurement, as shares of the plan's calls; empty where none has it."""
    result: str
    agrees: bool | None
    """None: nothing to compare."""


def queues(record: RunRecord) -> Section | None:
    """Simulated figures of each queue with their intervals; see `capacity.render.queue_figures`."""
    name, *others = queue_figures.COLUMNS
    rows = [
        [cell(value, around.strip("()")) for value, around in queue_figures.cells(queue)]
        for queue in record.forecast.get("queues", [])
    ]
    caption = queue_figures.caption(int(record.forecast.get("simulated_runs") or 0))
    columns = (words(name.capitalize()), *(figure(other.capitalize()) for other in others))
    return section(table(columns, rows, f"{caption}."))


def forecast(record: RunRecord) -> Section | None:
    """Forecast compared with measurement, quota by quota."""
    caption = (
        "Peak demand on each quota by traffic theory (99th percentile), by simulation without quotas (mean of the runs' "
        "peaks, and their range) and as measured; ± is the half width of a 95 % interval. What the plan needs is in the "
        "list of limits. Rejected: theory / simulation / measured, as shares of the plan."
    )
    columns = (
        words("Quota"),
        words("Unit", below=True),
        figure(PRESENT),
        figure("Mean demand"),
        figure("99th percentile, theory"),
        figure("Simulated peak"),
        figure(PEAK),
        figure("Rejected"),
        words("Result"),
    )
    tones = {True: Tone.GOOD, False: Tone.WARN, None: Tone.NONE}
    rows = [
        (
            *(line.name, "" if line.unit == "count" else line.unit, line.value, line.mean, line.theory),
            *(line.simulated, line.measured, line.rejected, cell(line.result, tone=tones[line.agrees])),
        )
        for line in compared(record)
    ]
    return section(table(columns, rows, caption))


def compared(record: RunRecord) -> list[Compared]:
    """Forecast and measurement of each quota of the forecast."""
    measured = {quota.key: quota for quota in record.quotas}
    lines = []
    for row in record.forecast.get("quotas", []):
        if not isinstance(row, dict) or "theory_peak" not in row:
            continue
        seen = measured.get(str(row.get("key")))
        peak = None if seen is None else seen.peak
        bound = bool(seen is not None and seen.rejected)
        result, agrees = _result(row, peak, bound=bound, blocked=_blocked(record))
        lines.append(
            Compared(
                name=str(row.get("name", row.get("key"))),
                unit=str(row.get("unit", "")),
                value=number(seen.value if seen is not None else row.get("value")),
                mean=number(row.get("theory_mean")) + _around(row.get("theory_half_width")),
                theory=number(row.get("theory_peak")),
                simulated=_range(row),
                measured=number(peak),
                rejected=_rejected(row, seen.rejected if seen is not None else None, record),
                result=result,
                agrees=agrees,
            )
        )
    return lines


def _range(row: Mapping[str, Any]) -> str:
    peak, low, high = (row.get(f"simulated_{name}") for name in ("peak", "low", "high"))
    if peak is None:
        return "not simulated"
    if low is None or low == high:
        return number(peak)
    return f"{number(peak)}{_around(row.get('simulated_half_width'))} ({number(low)} to {number(high)})"


def _around(half_width: float | None) -> str:
    """Half width of a 95 % interval, where there is one."""
    return f" ± {half_width:,.2g}" if half_width else ""


def _blocked(record: RunRecord) -> float:
    return record.arrivals.blocked / record.arrivals.planned if record.arrivals.planned else 0.0


def _rejected(row: Mapping[str, Any], rejected: int | None, record: RunRecord) -> str:
    theory, simulated = row.get("rejected_theory"), row.get("rejected_simulated")
    if theory is None and simulated is None:
        return ""
    planned = record.arrivals.planned
    counted = None if rejected is None or not planned else rejected / planned
    return " / ".join(share(value) if value is not None else "-" for value in (theory, simulated, counted))


def _result(
    row: Mapping[str, Any], peak: float | None, *, bound: bool, blocked: float
) -> tuple[str, bool | None]:
    """The comparison in words, and whether the two agree."""
    if peak is None:
        return f"{NOT_MEASURED} in this run", None
    if bound:
        return "the quota cut the measured peak off; compare the share rejected", None
    mean, high = row.get("theory_mean"), max(float(row["theory_peak"]), float(row.get("simulated_high") or 0))
    if peak > high:
        return f"measured {multiple(peak / high) + ' x' if high else 'above'} the forecast peak", False
    if mean is not None and peak < float(mean) * 0.8:
        if blocked > _NEGLIGIBLE:
            return f"lower: {share(blocked)} of the calls were blocked before they could reach it", None
        return "measured below even the forecast mean", False
    return "measured within the forecast", True
