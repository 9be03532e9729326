"""Rows of a run's list of limits (`forecast.limits`), for every output.

Nothing is computed here. A row of a record of an older version has no `requirement`. Its `needed` was another
figure (headroom included), so it is None here, and `is_dated` reports that there are such rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.results.record import RunRecord

QUOTA = "quota"
"""`LimitRow.kind` of an AWS quota, for which an increase can be requested; other limits have other kinds."""


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit. Loads and values are in `unit`; volumes are calls per hour; shares are of first attempts."""

    key: str
    name: str
    kind: str
    code: str
    value: float
    unit: str
    origin: str
    read_at: str
    load: float | None
    """Mean demand at the plan."""
    needed: float | None
    """The smallest whole value that carries the plan, without headroom.

    None: no value does, or it is unknown.
    """
    with_headroom: float | None
    """`needed` with the scenario's headroom; None if the scenario has none."""
    calls_per_hour: float | None
    """The volume at which it binds; None: no volume does."""
    volume_half_width: float | None
    """Half-width of its 95 % interval; 0 if exact, None if it could not be estimated."""
    by_little: float | None
    """The volume at which the mean demand reaches the value."""
    rejected_at_plan: float | None
    tolerated: float | None
    verdict: str
    """within, exceeds or undecided; empty in records of older versions."""
    binds: bool
    symptom: str
    calculation: str
    requirement: Mapping[str, Any] = field(default_factory=dict)
    """The plan's requirement, for `capacity.requirement.from_json`; empty in records of older versions."""


def limit_rows(record: RunRecord) -> list[LimitRow]:
    """Return every row, sorted by the volume at which it binds; rows that never bind are last."""
    rows = [_row(row) for row in record.forecast.get("limits", []) if isinstance(row, dict)]
    return sorted(rows, key=lambda row: (row.calls_per_hour is None, row.calls_per_hour or 0.0, row.key))


def by_key(record: RunRecord) -> dict[str, LimitRow]:
    """Return the rows by key; of several rows of one quota (tables) the first to bind."""
    return {row.key: row for row in reversed(limit_rows(record))}


def is_dated(record: RunRecord) -> bool:
    """Whether an older version wrote the list, so that its needs are computed differently."""
    return any(not row.requirement for row in limit_rows(record))


def _row(row: Mapping[str, Any]) -> LimitRow:
    requirement = row.get("requirement")
    known = isinstance(requirement, dict)
    return LimitRow(
        key=str(row.get("key")),
        name=str(row.get("name", "")),
        kind=str(row.get("kind", "")),
        code=str(row.get("code") or ""),
        value=float(row.get("value") or 0.0),
        unit=str(row.get("unit", "")),
        origin=str(row.get("origin", "")),
        read_at=str(row.get("read_at") or ""),
        load=_number(row, "load"),
        needed=_number(row, "needed") if known else None,
        with_headroom=_number(row, "with_headroom") if known else None,
        calls_per_hour=_number(row, "calls_per_hour"),
        volume_half_width=_number(row, "volume_half_width") if "volume_half_width" in row else 0.0,
        by_little=_number(row, "by_little"),
        rejected_at_plan=_number(row, "rejected_at_plan"),
        tolerated=_number(row, "tolerated"),
        verdict=str(row.get("verdict") or ""),
        binds=bool(row.get("binds_at_plan")),
        symptom=str(row.get("symptom", "")),
        calculation=str(row.get("calculation", "")),
        requirement=requirement if isinstance(requirement, dict) else {},
    )


def _number(row: Mapping[str, Any], name: str) -> float | None:
    found = row.get(name)
    return None if found is None else float(found)
