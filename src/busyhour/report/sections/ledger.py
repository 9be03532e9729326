"""Migration waves and the evidence ledger inside a run record, arranged for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.quotas import freshness
from busyhour.quotas.ledger import Row, in_words
from busyhour.report.sections.run import number
from busyhour.results.codec import decode
from busyhour.results.limit_rows import QUOTA, by_key
from busyhour.results.record import RunRecord

_TIGHTEST = 4
"""Quotas shown per wave besides those that do not suffice."""


@dataclass(frozen=True, slots=True)
class NeedLine:
    """What a wave needs of a quota, in words."""

    name: str
    needed: str
    present: str
    suffices: bool


@dataclass(frozen=True, slots=True)
class WaveLine:
    """One wave."""

    date: str
    name: str
    moved: str
    volume: str
    needs: tuple[NeedLine, ...]


@dataclass(frozen=True, slots=True)
class DueLine:
    """One increase with the latest day to ask for it."""

    name: str
    code: str
    present: str
    mark: str
    """Why the present value is not current; empty where it is."""
    needed: str
    wave: str
    needed_on: str
    ask_by: str
    lead: str
    source: str
    says: str
    late: bool


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One row of the ledger in words. `state` is proven, open (something is left to do) or empty."""

    place: str
    quota: str
    needed: str
    requested: str
    applied: str
    verified: str
    state: str


def waves(record: RunRecord) -> list[WaveLine]:
    """The waves in order of time; empty where the scenario has none."""
    return [
        WaveLine(
            str(wave["date"]),
            str(wave["name"]),
            number(round(float(wave["moved"]))),
            number(round(float(wave["calls_per_hour"]))),
            tuple(_need(need) for need in _shown(wave["needs"])),
        )
        for wave in _plan(record).get("waves", [])
    ]


def dues(record: RunRecord) -> list[DueLine]:
    """The increases that the waves need, the most urgent first."""
    marks = _marks(record)
    return [_due(row, marks.get(str(row["key"]), "")) for row in _plan(record).get("increases", [])]


def present_notes(record: RunRecord) -> list[str]:
    """The present values that the waves are compared with and that are not current, one sentence for each reason."""
    marks, shown = _marks(record), dict[str, list[str]]()
    keys = {str(n["key"]): str(n["name"]) for w in _plan(record).get("waves", []) for n in _shown(w["needs"])}
    for key, name in keys.items():
        if marks.get(key):
            shown.setdefault(marks[key], []).append(name)
    return [f"Present values ({why}): {', '.join(names)}" for why, names in shown.items()]


def wave_notes(record: RunRecord) -> list[str]:
    """What there is to say of the waves as a whole."""
    return [str(note) for note in _plan(record).get("notes", [])]


def ledger(record: RunRecord) -> list[LedgerLine]:
    """The ledger's rows; those where something is left to do first, then the proven ones."""
    rows = [row for row in map(_row, record.ledger) if row is not None]
    rows.sort(key=lambda row: (not row.open, not row.proven, row.place, row.name))
    return [
        LedgerLine(row.place, *in_words(row), "proven" if row.proven else "open" if row.open else "")
        for row in rows
    ]


def _plan(record: RunRecord) -> Mapping[str, Any]:
    found = record.forecast.get("waves")
    return found if isinstance(found, dict) else {}


def _marks(record: RunRecord) -> dict[str, str]:
    return {
        key: freshness.mark_of(record, row.origin, row.read_at)
        for key, row in by_key(record).items()
        if row.kind == QUOTA
    }


def _shown(needs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    short = [need for need in needs if not need["suffices"]]
    return [*short, *[need for need in needs if need["suffices"]][: max(0, _TIGHTEST - len(short))]]


def _need(need: Mapping[str, Any]) -> NeedLine:
    return NeedLine(
        str(need["name"]),
        number(need["needed"]),
        number(need["present"]),
        bool(need["suffices"]),
    )


def _due(row: Mapping[str, Any], mark: str) -> DueLine:
    lead, days = row["lead"], int(row["days_left"])
    says = f"late: the latest day was {-days} days ago" if row["late"] else f"in {days} days"
    return DueLine(
        str(row["name"]),
        str(row.get("code") or ""),
        number(row["present"]),
        mark,
        number(row["needed"]),
        str(row["first_wave"]),
        str(row["needed_on"]),
        str(row["ask_by"]),
        f"{lead['size']}: {lead['words']}",
        str(lead["source"]),
        says,
        bool(row["late"]),
    )


def _row(data: Mapping[str, Any]) -> Row | None:
    """A row as this version knows it; one that it cannot read is left out."""
    try:
        return decode(Row, data)
    except BusyhourError:
        return None
