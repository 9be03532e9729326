"""What if more, or fewer, people called? Each limit of the ladder at other volumes, worked out beforehand.

The page that shows it needs no server: the figures of every step of the slider are in it. Volumes are held for longer
than a call lasts, as on the ladder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from busyhour.capacity.overflow import token_bucket_loss
from busyhour.capacity.theory import erlang_b, servers_for_blocking
from busyhour.quotas import table as quota_table
from busyhour.report.outlook import planned_volume, rungs
from busyhour.results.record import RunRecord

BLOCKING = 0.01
"""Share turned away at which a limit counts as binding: the ladder's own."""
_PER_DECADE, _DECADES = 20, 1
SHORT_TABLE = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Multiples of the plan in the table that needs no script."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One limit at one volume. `demand` is the mean in the limit's unit, `used` and `turned_away` are shares."""

    demand: float | None
    used: float | None
    turned_away: float | None
    needed: float | None
    """Value that carries the volume with at most 1 % turned away, and the scenario's headroom on top."""
    state: str
    """holds, tight (less headroom than the scenario wants) or binds."""


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

    def as_script(self) -> str:
        """JSON for the page, safe inside a script element; figures to four digits."""

        def short(value: Any) -> Any:
            return float(f"{value:.4g}") if isinstance(value, float) else value

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
    """The ladder's limits from a tenth of the plan to ten times the plan; None where there is no plan or no ladder."""
    plan = planned_volume(record)
    rows = [row for row in rungs(record) if row.get("value") is not None]
    if plan <= 0 or not rows:
        return None
    steps = _PER_DECADE * _DECADES
    exact = {10 ** (step / _PER_DECADE) for step in range(-steps, steps + 1)} | set(SHORT_TABLE)
    factors = tuple(sorted(exact))
    volumes = tuple(plan * factor for factor in factors)
    headroom = float(record.scenario.get("headroom") or 0.0)
    return WhatIf(
        factors,
        volumes,
        factors.index(1.0),
        tuple(_row(row, record, volumes, plan, headroom) for row in rows),
    )


def _row(
    row: Mapping[str, Any], record: RunRecord, volumes: tuple[float, ...], plan: float, headroom: float
) -> Row:
    forecasts = [q for q in record.forecast.get("quotas", []) if isinstance(q, dict)]
    mean = next((q.get("theory_mean") for q in forecasts if q.get("key") == row.get("key")), None)
    burst = _burst(str(row.get("key")), record)
    return Row(
        str(row["name"]),
        float(row["value"]),
        str(row.get("unit", "")),
        str(row.get("kind", "")),
        tuple(_cell(row, _demand(row, mean, volume, plan), volume, headroom, burst) for volume in volumes),
    )


def _cell(
    row: Mapping[str, Any], demand: float | None, volume: float, headroom: float, burst: float | None
) -> Cell:
    value = float(row["value"])
    binding = row.get("calls_per_hour")
    bound = binding is not None and volume >= float(binding)
    used = None if demand is None or not value else demand / value
    if demand is None or row.get("kind") == "staffing":
        return Cell(demand, used, None, None, "binds" if bound else "holds")
    if not _is_rate(str(row.get("unit", ""))):
        turned, needed = erlang_b(demand, int(value)), float(servers_for_blocking(demand, BLOCKING))
    else:
        turned = max(0.0, 1.0 - value / demand) if demand else 0.0
        needed = demand
        if burst is not None and binding and float(row["by_little"] or 0) > float(binding):
            # What a bucket of a given size refuses depends on the ratio of the rates alone, so the ratio stays.
            turned, needed = (
                token_bucket_loss(demand, value, burst),
                demand * float(row["by_little"]) / float(binding),
            )
    needed /= 1.0 - headroom
    state = "binds" if bound else "tight" if headroom and needed > value else "holds"
    return Cell(demand, used, turned, needed, state)


def _demand(row: Mapping[str, Any], mean: float | None, volume: float, plan: float) -> float | None:
    """Mean demand when `volume` is held: the ladder tells the volume at which it reaches the value."""
    little = row.get("by_little")
    if little:
        return float(row["value"]) * volume / float(little)
    return None if mean is None else float(mean) * volume / plan


def _burst(key: str, record: RunRecord) -> float | None:
    """Size of the token bucket of a rate: of the run where it has one, else as documented."""
    burst = key.removesuffix(".rate") + ".burst"
    if burst == key + ".burst":
        return None
    for quota in record.quotas:
        if quota.key == burst:
            return quota.value
    table = quota_table.load()
    return table.by_key(burst).default if burst in table else None


def _is_rate(unit: str) -> bool:
    return "second" in unit or "/s" in unit
