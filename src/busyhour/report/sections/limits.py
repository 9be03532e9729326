"""The list of limits inside a run record: which one binds first, and what each needs at the plan.

A record may be older than this code, or hold no forecast at all; what is not there is left out, never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.quotas import figures, freshness, shares
from busyhour.quotas.figures import tolerance
from busyhour.report.blocks import (
    Cell,
    Items,
    Plots,
    Section,
    Text,
    Tone,
    cell,
    figure,
    on_screens,
    section,
    table,
    words,
)
from busyhour.report.figures import NEEDED, PRESENT, multiple, number, share
from busyhour.results.limit_rows import QUOTA, LimitRow, limit_rows
from busyhour.results.record import RunRecord

KINDS = {
    QUOTA: "AWS quota",
    "setting": "setting of the scenario",
    "staffing": "staffing",
    "partition": "table partition",
    "external": "system behind the functions",
}
_TONES = {"within": Tone.GOOD, "exceeds": Tone.BAD, "undecided": Tone.WARN}
VERDICTS = {"undecided": "not decided"}
"""Verdicts of the list of limits in words, where they are not the words themselves."""


@dataclass(frozen=True, slots=True)
class LimitLine:
    """One limit of the list in words. Volumes are calls per hour."""

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
    symptom: str
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


def planned_volume(record: RunRecord) -> float:
    """The busiest planned rate in calls per hour; 0 if the record does not have it."""
    found = record.forecast.get("calls_per_hour") or record.scenario.get("calls_per_hour") or 0.0
    return float(found)


def limit_lines(record: RunRecord) -> list[LimitLine]:
    """The list of limits in words, the first to bind first."""
    plan = planned_volume(record)
    return [_line(row, plan, record) for row in limit_rows(record)]


def headroom_words(record: RunRecord) -> str:
    """Heading of the column of values with headroom; empty where the scenario wants none."""
    headroom = float(record.scenario.get("headroom") or 0.0)
    return f"With {share(headroom)} headroom" if headroom else ""


def first_words(record: RunRecord) -> str:
    """The limit that binds first and the one after it, in one or two sentences; empty without a list of limits."""
    met = [line for line in limit_lines(record) if line.volume is not None]
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
    found = []
    for line in limit_lines(record):
        if not line.binds and line.verdict != "undecided":
            continue
        begin = "The plan exceeds" if line.binds else "Not decided:"
        value = f"{line.value} ({line.mark})" if line.mark else line.value
        spare = f", {headroom_words(record).lower()} {line.with_headroom}" if headroom_words(record) else ""
        found.append(
            f"{begin} {line.name}: present value {value}, needed {line.needed}{spare}. {line.calculation}."
        )
    return found


def limits(record: RunRecord) -> Section | None:
    """The list of limits: which one binds first, what each needs at the plan, with the calculation."""
    lines, spare = limit_lines(record), headroom_words(record)
    if not lines:
        return section(Text("This run has no forecast, so there is no list of limits."))
    caption = (
        "Limits in the order in which growing volume reaches them, at steady state, assuming each is raised before the "
        "next is reached. A limit is reached when it rejects more than is tolerated (1 % of first attempts without an "
        "objective). Needed: the smallest whole value that carries the plan, without headroom."
        f"{'' if spare else ' The scenario asks for no headroom.'}"
    )
    known = on_screens("the table of quotas has it")
    columns = (
        figure("Calls/h"),
        figure("Of plan"),
        words("Limit"),
        words("Code", below=True, left_out=known),
        words("Kind", below=True, left_out=on_screens("the name shows it")),
        figure(PRESENT),
        words("From", below=True, left_out=known),
        figure(NEEDED),
        figure(shares.NEEDED.capitalize()),
        *([figure(spare)] if spare else []),
        figure("Rejected at the plan"),
        figure("Tolerated", below=True, left_out=on_screens("the verdict has compared it")),
        words("Verdict"),
        words("How it shows", left_out=on_screens("the sentences above the table have it for what binds")),
    )
    in_table = "the table has the calculation of every limit"
    return section(
        Text(first_words(record)),
        Items(exceeded(record), left_out=dict.fromkeys(("html", "markdown", "pdf"), in_table)),
        Plots("limits"),
        table(columns, [_cells(line, spare) for line in lines], caption),
        _unpublished(record),
    )


def _unpublished(record: RunRecord) -> Items | None:
    sentences = unpublished(record)
    return Items(sentences, "Limits whose value only AWS knows") if sentences else None


def unpublished(record: RunRecord) -> list[str]:
    """For each limit: that the plan is not known to be within it, the demand, what to do."""
    return [
        f"{row['name']} ({row['shows_as']}): not known to be within the limit. {row['calculation']}. {row['ask']}"
        for row in _rows(record)
    ]


def unpublished_questions(record: RunRecord) -> list[str]:
    """The same demand, for AWS Support to confirm."""
    return [
        f"{row['name']} ({row['shows_as']}): {row['peak']:,.0f} {row['unit']} in the 99th percentile, "
        f"{row['mean']:,.3g} in the mean ({row['calculation']})"
        for row in _rows(record)
    ]


def _rows(record: RunRecord) -> list[Mapping[str, Any]]:
    return [row for row in record.forecast.get("unpublished", []) if isinstance(row, dict)]


def _cells(line: LimitLine, spare: str) -> tuple[Cell, ...]:
    tone = Tone.BAD if line.binds else Tone.NONE
    return (
        cell(line.volume_text, tone=tone),
        cell(line.of_plan),
        cell(line.name, steps=(line.calculation,) if line.calculation else ()),
        cell(line.code),
        cell(line.kind),
        cell(line.value),
        cell(line.mark or line.origin, tone=Tone.WARN if line.mark else Tone.NONE),
        cell(line.needed),
        cell(line.of_value),
        *([cell(line.with_headroom)] if spare else []),
        cell(line.rejected),
        cell(line.tolerated and f"tolerated {line.tolerated}"),
        cell(line.verdict_words, tone=_TONES.get(line.verdict, Tone.NONE)),
        cell(line.symptom),
    )


def _line(row: LimitRow, plan: float, record: RunRecord) -> LimitLine:
    volume = row.calls_per_hour
    marked = freshness.mark_of(record, row.origin, row.read_at) if row.kind == QUOTA else ""
    known = row.needed is not None or not row.requirement
    return LimitLine(
        name=row.name,
        code=row.code,
        kind=KINDS.get(row.kind, row.kind),
        value=number(row.value),
        origin=row.origin,
        mark=marked,
        volume=volume,
        volume_text=figures.volume(volume, row.volume_half_width),
        of_plan="" if volume is None or not plan else f"{multiple(volume / plan)} x",
        symptom=row.symptom,
        needed=("" if row.needed is None else number(row.needed)) if known else "no value",
        with_headroom="" if row.with_headroom is None else number(row.with_headroom),
        of_value="" if (part := shares.of_value(row.needed, row.value)) is None else share(part),
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
