"""Tables in the forecast: demand on their quotas, rungs of what the team gave them, and what the simulation refused."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from busyhour.capacity import tables
from busyhour.capacity.rehearsal import table_peak
from busyhour.capacity.rungs import TABLE_FULL, Limit
from busyhour.capacity.sheet import PEAK, Sheet
from busyhour.capacity.simulation import SimulationResult
from busyhour.capacity.theory import poisson_quantile
from busyhour.quotas.table_capacity import NEW_TABLE_QUOTA, TABLE_QUOTA, Capacity, Mode, Side


class TableDemand:
    """Writes what concerns tables into a forecast's sheet.

    Args:
        sheet: of the forecast.
        capacities: of the tables, as far as they are known.
    """

    def __init__(self, sheet: Sheet, capacities: Sequence[Capacity]) -> None:
        self._sheet = sheet
        self._capacities = capacities

    def add(self) -> None:
        """Add rows, rungs and notes of every table that calls come to."""
        asked = self._sheet.demand.with_prefix("DynamoDB:")
        for side in Side:
            per_table = tables.units_by_table(asked, side)
            if not per_table:
                continue
            busiest = max(per_table, key=per_table.__getitem__)
            limit = self._sheet.limit(TABLE_QUOTA[side])
            self._throughput(limit, busiest, side, per_table[busiest])
            self._sheet.rung(self._sheet.ladder.rate(limit, per_table[busiest], f"{side} units", TABLE_FULL))
            for capacity in self._capacities:
                if capacity.side is not side or capacity.table not in per_table:
                    continue
                if capacity.mode in (Mode.NEW, Mode.WARM):
                    self._growing(capacity, per_table[capacity.table])
                else:
                    self._setting(capacity, per_table[capacity.table])
        if any(quota.key in TABLE_QUOTA.values() for quota in self._sheet.quotas):
            self._sheet.notes.append(
                "DynamoDB units: one item of at most 4 KB read strongly consistent, or 1 KB written, per operation"
            )

    def _throughput(self, limit: Limit, table: str, side: Side, per_call: float) -> None:
        """A quota on what one table serves a second."""
        per_second = self._sheet.per_hour / 3600.0 * per_call
        self._sheet.add(
            limit,
            per_second,
            poisson_quantile(per_second / per_call, PEAK) * per_call,
            f"table {table}: {self._sheet.per_hour:,.0f} calls/h / 3600 x {per_call:.3g} {side} units a call",
            **self._sheet.runs.spread(partial(table_peak, table=table, units=tables.units_of(side))),
            turned_away_theory=max(0.0, 1.0 - limit.value / per_second) if per_second else 0.0,
            turned_away_simulated=self._refused_by_table(table, side),
        )

    def _growing(self, capacity: Capacity, per_call: float) -> None:
        """A table on demand: no rung, for it grows with volume that is held; a jump beyond it throttles for a while."""
        limit = self._sheet.limit(NEW_TABLE_QUOTA[capacity.side])
        ready = limit.value if capacity.value is None else capacity.value
        per_second = self._sheet.per_hour / 3600.0 * per_call
        if per_second > ready:
            self._sheet.notes.append(
                f"table {capacity.table} serves {ready:,.0f} {capacity.side} units a second ({capacity.mode}) and twice "
                f"its own earlier peak: a jump to the plan's {per_second:,.0f} throttles until it has grown; set its warm "
                "throughput beforehand"
            )

    def _setting(self, capacity: Capacity, per_call: float) -> None:
        """What the team gave a table: no quota of AWS's, so a rung of the ladder and a note."""
        assert capacity.value is not None
        name = f"{capacity.mode.capitalize()} {capacity.side} throughput of table {capacity.table}"
        unit = f"{capacity.side} units/second"
        limit = Limit(capacity.key, name, None, capacity.value, unit, capacity.origin)
        rung = self._sheet.ladder.rate(limit, per_call, f"{capacity.side} units", TABLE_FULL, kind="setting")
        self._sheet.rung(rung)
        if rung is not None and rung.binds_at_plan:
            excess = rung.rejected_at_plan
            seen = self._refused_by_table(capacity.table, capacity.side)
            self._sheet.notes.append(
                f"{name} is {capacity.value:g}: {excess:.1%} of its requests are throttled at the plan's busiest by "
                f"calculation, {seen or 0.0:.1%} over the plan in the simulation"
            )

    def _refused_by_table(self, table: str, side: Side) -> float | None:
        def counts(run: SimulationResult) -> tuple[float, float]:
            use = run.tables.get((table, side))
            return (use.refused.count, use.asked) if use else (0.0, 0.0)

        return self._sheet.runs.share(counts)
