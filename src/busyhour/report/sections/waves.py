"""Migration waves of a run record: what each needs, which increases to request by when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from busyhour.quotas import freshness
from busyhour.report.blocks import Cell, Plots, Section, Text, Tone, cell, figure, section, table, words
from busyhour.report.figures import NEEDED, PRESENT, number
from busyhour.results.limit_rows import QUOTA, by_key
from busyhour.results.record import RunRecord

_TIGHTEST = 4
"""Quotas shown per wave besides those that do not suffice."""


def waves(record: RunRecord) -> Section | None:
    """The waves in order of time and the increases that they need, the most urgent first; None without waves."""
    plan = record.forecast.get("waves")
    if not isinstance(plan, dict) or not plan.get("waves"):
        return None
    increases, marks = plan.get("increases", []), _marks(record)
    return section(
        *(Text(_late(due), Tone.BAD) for due in increases if due["late"]),
        Plots("waves"),
        table(
            (
                words("Date"),
                words("Wave"),
                figure("Calls/h moved"),
                figure("In all"),
                words("Quota"),
                figure(NEEDED),
                figure(PRESENT),
                words("Outcome"),
            ),
            [row for wave in plan["waves"] for row in _wave(wave)],
            "What each wave needs at the volume that is on Connect from then on, without headroom.",
            title="Waves",
        ),
        table(
            (
                words("Quota"),
                words("Code", below=True),
                figure(PRESENT),
                words("From", below=True),
                figure(NEEDED),
                words("For wave"),
                words("Request by"),
                words("Lead time"),
            ),
            [_due(row, marks.get(str(row["key"]), "")) for row in increases],
            "The latest day to request each increase, by AWS's lead times.",
            title="Increases",
        )
        or Text("The present values carry every wave."),
        *(Text(note, Tone.WARN) for note in _not_current(plan, marks)),
        *(Text(f"{note}.", Tone.SOFT) for note in plan.get("notes", [])),
    )


def _marks(record: RunRecord) -> dict[str, str]:
    """Why the present value of a quota is not current, by key; empty where it is."""
    return {
        key: freshness.mark_of(record, row.origin, row.read_at)
        for key, row in by_key(record).items()
        if row.kind == QUOTA
    }


def _not_current(plan: Mapping[str, Any], marks: Mapping[str, str]) -> list[str]:
    """The present values of the table that are not current, one sentence for each reason."""
    shown: dict[str, list[str]] = {}
    for key, name in {
        str(n["key"]): str(n["name"]) for w in plan["waves"] for n in _shown(w["needs"])
    }.items():
        if marks.get(key):
            shown.setdefault(marks[key], []).append(name)
    return [f"Present values ({why}): {', '.join(names)}." for why, names in shown.items()]


def _shown(needs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    short = [need for need in needs if not need["suffices"]]
    return [*short, *[need for need in needs if need["suffices"]][: max(0, _TIGHTEST - len(short))]]


def _wave(wave: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """A row for each quota; date, name and volume are in the first."""
    volumes = (number(round(float(wave[name]))) for name in ("moved", "calls_per_hour"))
    begin = (cell(wave["date"]), cell(wave["name"]), *map(cell, volumes))
    for need in _shown(wave["needs"]):
        enough = bool(need["suffices"])
        yield (
            *begin,
            *(cell(need["name"]), cell(number(need["needed"])), cell(number(need["present"]))),
            cell("carries it" if enough else "too low", tone=Tone.GOOD if enough else Tone.BAD),
        )
        begin = (Cell(""),) * 4


def _late(due: Mapping[str, Any]) -> str:
    code = f" ({due['code']})" if due.get("code") else ""
    return (
        f"Late: {due['name']}{code} should have been requested by {due['ask_by']} to be in force for wave "
        f"{due['first_wave']} on {due['needed_on']}."
    )


def _due(row: Mapping[str, Any], mark: str) -> tuple[Cell, ...]:
    lead, days = row["lead"], int(row["days_left"])
    left = f"late: the latest day was {-days} days ago" if row["late"] else f"in {days} days"
    return (
        cell(row["name"]),
        cell(row.get("code") or ""),
        cell(number(row["present"])),
        cell(mark, tone=Tone.WARN),
        cell(number(row["needed"])),
        cell(row["first_wave"], str(row["needed_on"])),
        cell(row["ask_by"], left, tone=Tone.BAD if row["late"] else Tone.GOOD),
        cell(f"{lead['size']}: {lead['words']}", str(lead["source"])),
    )
