"""The forecast inside a run record arranged for a reader: the ladder, and forecast against measurement.

A record may be older than this code, or hold no forecast at all; what is not there is left out, never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.capacity.render import queue_figures
from busyhour.quotas import figures, freshness
from busyhour.quotas.figures import tolerance
from busyhour.quotas.shares import of_value
from busyhour.report.sections.run import number, share
from busyhour.results.limit_rows import QUOTA, LimitRow, limit_rows
from busyhour.results.record import RunRecord

KINDS = {
    QUOTA: "AWS quota",
    "setting": "setting of the scenario",
    "staffing": "staffing",
    "partition": "table partition",
    "external": "system behind the functions",
}
_NEGLIGIBLE = 0.05
"""Share of calls blocked below which demand further down the call is taken as whole."""
VERDICTS = {"undecided": "not decided"}
"""Verdicts of the list of limits in words, where they are not the words themselves."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder as a reader sees it. Volumes are calls per hour."""

    place: int
    name: str
    code: str
    kind: str
    value: str
    origin: str
    mark: str
    """Why the value is not current; empty where it is, and where it is not AWS's."""
    volume: float | None
    """None: no volume meets it."""
    volume_text: str
    """With its interval where it is sampled."""
    of_plan: str
    """The volume as a multiple of the plan."""
    by_little: str
    symptom: str
    load: str
    needed: str
    """What the plan needs, without headroom; "no value" where none suffices; empty where it is not known."""
    with_headroom: str
    """The same with the scenario's headroom; empty where it wants none."""
    of_value: str
    """Needed of the value, see `quotas.shares`."""
    rejected: str
    """Share of first attempts rejected at the plan."""
    tolerated: str
    verdict: str
    verdict_words: str
    calculation: str
    binds: bool
    """Within the plan."""


@dataclass(frozen=True, slots=True)
class Against:
    """Three ways to the peak of one quota, side by side, and what they say of each other."""

    name: str
    unit: str
    value: str
    mean: str
    theory: str
    simulated: str
    measured: str
    rejected: str
    """Theory / simulation / measurement, as shares of the plan's calls; empty where no way tells."""
    says: str
    agrees: bool | None
    """None: nothing to compare."""


def planned_volume(record: RunRecord) -> float:
    """The busiest planned rate in calls per hour; 0 where the record does not say."""
    found = record.forecast.get("calls_per_hour") or record.scenario.get("calls_per_hour") or 0.0
    return float(found)


def ladder(record: RunRecord) -> list[Rung]:
    """The list of limits for a table."""
    plan = planned_volume(record)
    return [_rung(place, row, plan, record) for place, row in enumerate(limit_rows(record), 1)]


def headroom_words(record: RunRecord) -> str:
    """Heading of the column of values with headroom; empty where the scenario wants none."""
    headroom = float(record.scenario.get("headroom") or 0.0)
    return f"With {share(headroom)} headroom" if headroom else ""


def first_words(record: RunRecord) -> str:
    """What binds first, then what, in one or two sentences; empty without a ladder."""
    met = [rung for rung in ladder(record) if rung.volume is not None]
    if not met:
        return ""
    first, *others = met
    plan = planned_volume(record)
    place = "the plan exceeds it" if first.binds else "above the plan"
    if first.verdict == "undecided":
        place = "not decided whether the plan reaches it"
    text = (
        f"{first.name} ({first.value}) binds first, at {first.volume_text} calls/h"
        f"{f' of {number(_round(plan))} planned: {place}' if plan else ''}. It shows as: {first.symptom}."
    )
    if others:
        text += f" Next, with that raised: {others[0].name} at {others[0].volume_text} calls/h."
    return text


def exceeded(record: RunRecord) -> list[str]:
    """A sentence with the calculation for each limit that the plan exceeds, or of which it is not decided."""
    said = []
    for rung in ladder(record):
        if not rung.binds and rung.verdict != "undecided":
            continue
        begin = "The plan exceeds" if rung.binds else "Not decided:"
        value = f"{rung.value} ({rung.mark})" if rung.mark else rung.value
        spare = f", {headroom_words(record).lower()} {rung.with_headroom}" if headroom_words(record) else ""
        said.append(
            f"{begin} {rung.name}: present value {value}, needed {rung.needed}{spare}. {rung.calculation}."
        )
    return said


def queues(record: RunRecord) -> list[list[tuple[str, str]]]:
    """Simulated figures of each queue, each with its interval; see `capacity.render.queue_figures`."""
    return [queue_figures.cells(queue) for queue in record.forecast.get("queues", [])]


def queue_caption(record: RunRecord) -> str:
    """Heading of the table of queues."""
    return queue_figures.caption(int(record.forecast.get("simulated_runs") or 0))


def against(record: RunRecord) -> list[Against]:
    """Forecast and measurement of each quota that has both, or either."""
    measured = {quota.key: quota for quota in record.quotas}
    lines = []
    for row in record.forecast.get("quotas", []):
        if not isinstance(row, dict) or "theory_peak" not in row:
            continue
        seen = measured.get(str(row.get("key")))
        peak = None if seen is None else seen.peak
        bound = bool(seen is not None and seen.rejected)
        says, agrees = _says(row, peak, bound=bound, blocked=_blocked(record))
        lines.append(
            Against(
                name=str(row.get("name", row.get("key"))),
                unit=str(row.get("unit", "")),
                value=number(seen.value if seen is not None else row.get("value")),
                mean=number(row.get("theory_mean")) + _around(row.get("theory_half_width")),
                theory=number(row.get("theory_peak")),
                simulated=_range(row),
                measured=number(peak),
                rejected=_rejected(row, seen.rejected if seen is not None else None, record),
                says=says,
                agrees=agrees,
            )
        )
    return lines


def _rung(place: int, row: LimitRow, plan: float, record: RunRecord) -> Rung:
    volume, little = row.calls_per_hour, row.by_little
    marked = freshness.mark_of(record, row.origin, row.read_at) if row.kind == QUOTA else ""
    known = row.needed is not None or not row.requirement
    return Rung(
        place=place,
        name=row.name,
        code=row.code,
        kind=KINDS.get(row.kind, row.kind),
        value=number(row.value),
        origin=row.origin,
        mark=marked,
        volume=volume,
        volume_text=figures.volume(volume, row.volume_half_width),
        of_plan="" if volume is None or not plan else f"{_figure(volume / plan)} x",
        by_little="" if little is None else number(_round(little)),
        symptom=row.symptom,
        load="" if row.load is None else number(row.load),
        needed=("" if row.needed is None else number(row.needed)) if known else "no value",
        with_headroom="" if row.with_headroom is None else number(row.with_headroom),
        of_value="" if (part := of_value(row.needed, row.value)) is None else share(part),
        rejected="" if row.rejected_at_plan is None else share(row.rejected_at_plan),
        tolerated="" if row.tolerated is None else tolerance(row.tolerated),
        verdict=row.verdict,
        verdict_words=_verdict_words(row),
        calculation=row.calculation,
        binds=row.binds,
    )


def _verdict_words(row: LimitRow) -> str:
    """Whether the limit carries the plan, in words; empty in a record of an older version."""
    small = row.kind == QUOTA and row.with_headroom is not None and row.with_headroom > row.value
    if row.verdict == "within" and small:
        return "within, headroom too small"
    return VERDICTS.get(row.verdict, row.verdict)


def _round(volume: float) -> float:
    return float(round(volume)) if volume >= 10 else volume


def _figure(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 100 else f"{factor:.2g}"


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
    theory, simulated = row.get("turned_away_theory"), row.get("turned_away_simulated")
    if theory is None and simulated is None:
        return ""
    planned = record.arrivals.planned
    counted = None if rejected is None or not planned else rejected / planned
    return " / ".join(share(value) if value is not None else "-" for value in (theory, simulated, counted))


def _says(
    row: Mapping[str, Any], peak: float | None, *, bound: bool, blocked: float
) -> tuple[str, bool | None]:
    """How measurement and forecast go together."""
    if peak is None:
        return "not measured in this run", None
    if bound:
        return "the quota cut the measured peak off; compare the share rejected", None
    mean, high = row.get("theory_mean"), max(float(row["theory_peak"]), float(row.get("simulated_high") or 0))
    if peak > high:
        return f"measured {_figure(peak / high) + ' x' if high else 'above'} the forecast peak", False
    if mean is not None and peak < float(mean) * 0.8:
        if blocked > _NEGLIGIBLE:
            return f"lower: {share(blocked)} of the calls were blocked before they could reach it", None
        return "measured below even the forecast mean", False
    return "measured within the forecast", True
