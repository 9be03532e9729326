"""Migration waves against quotas: the need of each wave, the latest request dates, and late increases.

Pure: a forecast of the whole plan, the waves and a day go in. The need of a wave is `requirement.needed` at
the share of the plan that is on Connect from then on: the same function as for the plan's own need, without
headroom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from busyhour.capacity.forecast.limits import LimitForecast
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.migration import parted
from busyhour.capacity.migration.lead_times import LeadTime, lead_time
from busyhour.capacity.migration.together import Link
from busyhour.capacity.requirement import needed
from busyhour.scenarios.traffic import Wave

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Need:
    """Need of one wave on one quota. `used` is the need as a share of the value (`quotas.shares`)."""

    key: str
    name: str
    code: str | None
    present: float
    origin: str
    needed: float
    used: float | None
    suffices: bool


@dataclass(frozen=True, slots=True)
class AtWave:
    """One wave: the volume it moves, the volume on Connect from then on, and its needs, tightest first."""

    name: str
    date: date
    queues: tuple[str, ...]
    moved: float
    calls_per_hour: float
    needs: tuple[Need, ...]

    @property
    def short(self) -> list[Need]:
        """Needs that exceed the present values."""
        return [need for need in self.needs if not need.suffices]


@dataclass(frozen=True, slots=True)
class Due:
    """One increase with its dates.

    `needed` is the need of the last wave: one request covers all waves. `ask_by` is the latest day to request
    it so that it is there for `first_wave`, the first wave that exceeds the present value.
    """

    key: str
    name: str
    code: str | None
    present: float
    needed: float
    first_wave: str
    needed_on: date
    lead: LeadTime
    ask_by: date
    days_left: int
    late: bool


@dataclass(frozen=True, slots=True)
class WavePlan:
    """Waves in order of time, increases with the most urgent first."""

    today: date
    planned: float
    waves: tuple[AtWave, ...]
    increases: tuple[Due, ...]
    notes: list[str] = field(default_factory=list)

    @property
    def late(self) -> list[Due]:
        """Increases whose latest day has passed."""
        return [due for due in self.increases if due.late]

    @property
    def as_json(self) -> dict[str, Any]:
        """Return the plan for the run record and `busyhour forecast --format json`: dates as texts."""
        by_key = {due.key: due for due in self.increases}
        return {
            "today": self.today.isoformat(),
            "planned_calls_per_hour": self.planned,
            "waves": [
                {
                    "name": wave.name,
                    "date": wave.date.isoformat(),
                    "queues": list(wave.queues),
                    "moved": wave.moved,
                    "calls_per_hour": wave.calls_per_hour,
                    "volume_text": f"{wave.calls_per_hour:,.0f}",
                    "needs": [asdict(need) for need in wave.needs],
                    "increases": [
                        {
                            "key": need.key,
                            "name": need.name,
                            "code": need.code,
                            "present": need.present,
                            "needed": need.needed,
                            "needed_text": f"{need.needed:,.0f}",
                            "ask_by": by_key[need.key].ask_by.isoformat(),
                            "late": by_key[need.key].late,
                        }
                        for need in wave.short
                    ],
                }
                for wave in self.waves
            ],
            "increases": [
                {
                    **asdict(due),
                    "needed_on": due.needed_on.isoformat(),
                    "ask_by": due.ask_by.isoformat(),
                    "lead": asdict(due.lead) | {"up_to_factor": _finite(due.lead.up_to_factor)},
                }
                for due in self.increases
            ],
            "notes": list(self.notes),
        }


def plan_waves(
    waves: Sequence[Wave],
    forecast: Forecast,
    today: date,
    sizes: Sequence[LeadTime],
    found: Sequence[Link] = (),
) -> WavePlan:
    """Compare each wave with the values in force.

    Args:
        waves: in order of time, as in the scenario.
        forecast: of the whole plan.
        today: increases with an earlier latest day are late.
        sizes: lead times, smallest increase first.
        found: what holds queues together; pairs that waves part are notes.
    """
    notes = parted.notes(waves, found)
    plan = forecast.calls_per_hour
    volumes = _volumes(waves, forecast, notes)
    at: list[AtWave] = []
    total = 0.0
    for wave, moved in zip(waves, volumes, strict=True):
        total = min(total + moved, plan)
        factor = total / plan if plan else 0.0
        needs = sorted(
            _needs(forecast.limits, factor),
            key=lambda need: (
                -(math.inf if need.used is None and not need.suffices else need.used or 0.0),
                need.key,
            ),
        )
        at.append(AtWave(wave.name, wave.date, wave.queues, moved, total, tuple(needs)))
    if plan and waves and total < plan * (1 - _ROUNDING):
        notes.append(
            f"the waves move {total / plan:.0%} of the planned volume; the needs of the rest are not included"
        )
    increases = [_due(key, at, today, sizes) for key in _short(at)]
    return WavePlan(
        today, plan, tuple(at), tuple(sorted(increases, key=lambda due: (due.ask_by, due.key))), notes
    )


def _volumes(waves: Sequence[Wave], forecast: Forecast, notes: list[str]) -> list[float]:
    """Compute the calls per hour that each wave moves."""
    plan = forecast.calls_per_hour
    offered = {queue.name: queue.offered for queue in forecast.queues}
    whole = math.fsum(offered.values())
    volumes = []
    for wave in waves:
        if wave.calls_per_hour is not None:
            volumes.append(wave.calls_per_hour)
        elif wave.share is not None:
            volumes.append(wave.share * plan)
        else:
            part = math.fsum(offered.get(name, 0.0) for name in wave.queues)
            volumes.append(plan * part / whole if whole else 0.0)
            unseen = [name for name in wave.queues if not offered.get(name)]
            if unseen:
                notes.append(
                    f"wave {wave.name}: the simulation sent no call to {', '.join(unseen)}, so no volume is counted for it; "
                    "give the wave a calls_per_hour"
                )
    if plan and math.fsum(volumes) > plan * (1 + _ROUNDING):
        notes.append(
            f"the waves add up to {math.fsum(volumes):,.0f} calls/h, more than the {plan:,.0f} planned; the plan is the cap"
        )
    return volumes


def _needs(limits: Sequence[LimitForecast], factor: float) -> list[Need]:
    """Compute the need of `factor` times the plan on each quota.

    Settings and staffing are left out: the team can change them itself.
    """
    return [_need(row, needed(row.requirement, factor)) for row in limits if row.kind == "quota"]


def _need(row: LimitForecast, value: float) -> Need:
    return Need(
        row.key,
        row.name,
        row.code,
        row.value,
        row.origin,
        value,
        value / row.value if row.value else None,
        value <= row.value,
    )


def _short(waves: Sequence[AtWave]) -> list[str]:
    return list(dict.fromkeys(need.key for wave in waves for need in wave.short))


def _due(key: str, waves: Sequence[AtWave], today: date, sizes: Sequence[LeadTime]) -> Due:
    first, need = next((wave, need) for wave in waves for need in wave.short if need.key == key)
    last = max(need.needed for wave in waves for need in wave.needs if need.key == key)
    lead = lead_time(need.present, last, sizes)
    ask_by = lead.latest(first.date)
    return Due(
        key,
        need.name,
        need.code,
        need.present,
        last,
        first.name,
        first.date,
        lead,
        ask_by,
        (ask_by - today).days,
        ask_by < today,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
