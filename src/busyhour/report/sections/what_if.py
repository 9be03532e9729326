"""Each limit of the run's list at other volumes, computed beforehand.

The page that shows it needs no server: the figures of every step of the slider are in it. Each is computed from the row's
requirement, by the functions that gave the plan's own need and rejected share.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from busyhour.capacity.requirement import Requirement, from_json, needed, with_headroom
from busyhour.quotas.shares import MEAN, of_value
from busyhour.report.blocks import Cell as TableCell
from busyhour.report.blocks import Interactive, Section, Tone, cell, figure, section, table, words
from busyhour.report.figures import number, share
from busyhour.report.sections.limits import headroom_words, planned_volume
from busyhour.results.limit_rows import LimitRow, limit_rows
from busyhour.results.record import RunRecord

_ROUNDING = 1e-9
_PER_DECADE, _DECADES = 20, 1
_TONES = {"holds": Tone.NONE, "tight": Tone.WARN, "binds": Tone.BAD, "undecided": Tone.WARN}
SHORT_TABLE = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Multiples of the plan in the table."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One limit at one volume. `demand` is the mean in the limit's unit, `of_value` and `rejected` are shares."""

    demand: float
    of_value: float | None
    """Mean demand of the value, see `quotas.shares`."""
    rejected: float
    needed: float | None
    """The smallest whole value that carries the volume; None: none does."""
    with_headroom: float | None
    """The same with the scenario's headroom; None where it wants none."""
    state: str
    """holds, tight (less headroom than the scenario wants), binds or undecided."""


@dataclass(frozen=True, slots=True)
class Row:
    """One limit at every volume."""

    name: str
    value: float
    unit: str
    kind: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Limits by volumes. `plan` is the index of the planned volume."""

    factors: tuple[float, ...]
    volumes: tuple[float, ...]
    plan: int
    rows: tuple[Row, ...]
    headroom_words: str
    """Heading of the values with headroom; empty where the scenario wants none."""

    def as_script(self) -> str:
        """JSON for the page, safe inside a script element; whole numbers as they are, others to four digits."""

        def short(value: Any) -> Any:
            if not isinstance(value, float):
                return value
            return int(value) if value.is_integer() else float(f"{value:.4g}")

        data = {
            "factors": [short(factor) for factor in self.factors],
            "volumes": [round(volume) for volume in self.volumes],
            "plan": self.plan,
            "cells": [
                [[short(value) for value in asdict(cell).values()] for cell in row.cells] for row in self.rows
            ],
        }
        return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")

    def column(self, factor: float) -> int:
        """Index of the step nearest to a multiple of the plan."""
        return min(range(len(self.factors)), key=lambda i: abs(self.factors[i] - factor))


def what_if(record: RunRecord) -> WhatIf | None:
    """The limits from a tenth of the plan to ten times the plan; None without a plan or a list of limits."""
    plan = planned_volume(record)
    rows = [row for row in limit_rows(record) if row.requirement]
    if plan <= 0 or not rows:
        return None
    steps = _PER_DECADE * _DECADES
    exact = {10 ** (step / _PER_DECADE) for step in range(-steps, steps + 1)} | set(SHORT_TABLE)
    factors = tuple(sorted(exact))
    headroom = float(record.scenario.get("headroom") or 0.0)
    return WhatIf(
        factors,
        tuple(plan * factor for factor in factors),
        factors.index(1.0),
        tuple(_row(row, factors, plan, headroom) for row in rows),
        headroom_words(record),
    )


def volumes(record: RunRecord) -> Section | None:
    """The limits at multiples of the plan, and a slider over all of them on a page; None without a list of limits."""
    found = what_if(record)
    if found is None:
        return None
    rows = [
        (cell(row.name), *(_short(row.cells[found.column(factor)]) for factor in SHORT_TABLE))
        for row in found.rows
    ]
    columns = (words("Limit"), *(figure(f"{number(factor)} x") for factor in SHORT_TABLE))
    plan = number(round(found.volumes[found.plan]))
    caption = f"{MEAN.capitalize()}, at multiples of the plan ({plan} calls/h)."
    return section(Interactive("what_if.html.j2", found), table(columns, rows, caption))


def _short(one: Cell) -> TableCell:
    used = "" if one.of_value is None else share(one.of_value)
    return cell(used or one.state, one.state if used and one.state != "holds" else "", tone=_TONES[one.state])


def _row(row: LimitRow, factors: tuple[float, ...], plan: float, headroom: float) -> Row:
    requirement = from_json(row.requirement)
    return Row(
        row.name,
        row.value,
        row.unit,
        row.kind,
        tuple(_cell(row, requirement, factor, plan, headroom) for factor in factors),
    )


def _cell(row: LimitRow, requirement: Requirement, factor: float, plan: float, headroom: float) -> Cell:
    demand, need = requirement.load(factor), needed(requirement, factor)
    rejected = requirement.rejected(row.value, factor)
    wanted = with_headroom(need, headroom) if headroom else None
    tight = wanted is not None and wanted > row.value
    return Cell(
        demand,
        of_value(demand, row.value),
        rejected,
        need if math.isfinite(need) else None,
        wanted if wanted is not None and math.isfinite(wanted) else None,
        _binds(row, factor, plan, beyond=need > row.value) or ("tight" if tight else "holds"),
    )


def _binds(row: LimitRow, factor: float, plan: float, *, beyond: bool) -> str:
    """binds, or undecided where the list has no decision at the plan, or closed form and simulated volume disagree."""
    if factor == 1.0:
        return {"exceeds": "binds", "undecided": "undecided"}.get(row.verdict, "")
    volume = row.calls_per_hour is not None and factor * plan > row.calls_per_hour * (1 + _ROUNDING)
    if volume is beyond:
        return "binds" if beyond else ""
    return "undecided"
