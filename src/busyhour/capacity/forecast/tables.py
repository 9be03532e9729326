"""Tables in the forecast: capacity units compared with quotas, settings and partitions; throttling."""

from __future__ import annotations

from collections.abc import Mapping

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.limits import TABLE_FULL, Limit, LimitForecast
from busyhour.capacity.forecast.sheet import Sheet
from busyhour.capacity.simulation.simulate import SimulationResult
from busyhour.capacity.simulation.slices import Counted
from busyhour.capacity.table_limits import Resource, Served, TableLimits, TableLoad, items_of, loads
from busyhour.capacity.throughput_requirements import Throughput
from busyhour.quotas.dynamodb.capacity import (
    NEW_TABLE_QUOTA,
    PARTITION_QUOTA,
    TABLE_QUOTA,
    Capacity,
    Mode,
    Side,
)
from busyhour.quotas.dynamodb.operations import driven_steps, steps_of
from busyhour.quotas.dynamodb.throughput import BURST_SECONDS
from busyhour.scenarios.model import DriveKind, KeyChoice, Scenario


def table_loads(scenario: Scenario, demand: CallDemand) -> dict[Resource, TableLoad]:
    """Compute the demand of one call on every table and index, through its functions or by the drive."""
    items = items_of(scenario)
    if scenario.drive is DriveKind.DYNAMODB:
        return loads((step, step.mean) for step in driven_steps(scenario, items))
    return loads(
        (step, step.mean * demand.mean(f"invocations:{name}"))
        for name, function in scenario.functions.items()
        for step in steps_of(function, items)
    )


class TableDemand:
    """Adds the rows and notes of tables to a forecast.

    Args:
        sheet: of the forecast. scenario: its tables and functions. limits: throughput of the tables.
    """

    def __init__(self, sheet: Sheet, scenario: Scenario, limits: TableLimits) -> None:
        self._sheet = sheet
        self._scenario = scenario
        self._limits = limits
        self._per_second = sheet.per_hour / 3600.0

    def add(self) -> None:
        """Add rows and notes of every table that calls use."""
        requested = table_loads(self._scenario, self._sheet.demand)
        for side in Side:
            of_side = {where: load for where, load in requested.items() if load.side is side and load.units}
            if not of_side:
                continue
            self._throughput(max(of_side.values(), key=lambda load: load.units))
            partitions = self._partitions(of_side)
            for where, load in of_side.items():
                capacity = self._limits.given.get(where)
                if capacity is not None and capacity.mode in (Mode.NEW, Mode.WARM):
                    self._growing(capacity, load)
                elif capacity is not None:
                    self._setting(capacity, load)
                self._throttled(load, partitions.get(where))
        if requested:
            self._assumptions(requested)

    def _throughput(self, load: TableLoad) -> None:
        """Compare the quota on the throughput of one table, for the busiest one."""
        limit = self._sheet.limit(TABLE_QUOTA[load.side])
        per_second = self._per_second * load.units
        row = self._sheet.bottlenecks.rate(
            limit,
            load.units,
            f"{load.side} units",
            TABLE_FULL,
            quantity=self._widest(load),
            each=load.each,
        )
        self._sheet.add(
            limit,
            per_second,
            load.busy_second(self._per_second),
            f"{_name(load)}: {self._sheet.per_hour:,.0f} calls/h / 3600 x {load.requests:.3g} items of "
            f"{load.units / load.requests:.3g} {load.side} units = {per_second:,.4g} units/s",
            **self._sheet.runs.spread(lambda run: _peak_of(run, load)),
            rejected_theory=0.0 if row is None else self._in_test(row),
            theory_half_width=self._sheet.error(per_second, self._widest(load)),
            rejected_simulated=self._sheet.runs.share(_refused(load)),
            rejected_half_width=self._sheet.runs.half_width(_refused(load)),
        )
        self._sheet.add_limit(row)

    def _partitions(self, requested: Mapping[Resource, TableLoad]) -> dict[Resource, LimitForecast]:
        """Compare partitions of the tables whose keys are known, and list the first that binds.

        The quota is the same for each. Returns the rows of all of them, of which the list of limits has that
        one.
        """
        known = [load for load in requested.values() if self._keys_known(load.table)]
        limit = self._sheet.limit(PARTITION_QUOTA[next(iter(requested.values())).side])
        rows: dict[Resource, LimitForecast] = {}
        if not known:
            return rows
        found = []
        for load in known:
            served = self._limits.served(load, self._per_second)
            text = f"{_name(load)}: {_partitions(served, load)}"
            row = self._sheet.bottlenecks.partition(limit, served.by_partition, load.each, text, TABLE_FULL)
            rows[load.table, load.index, load.side] = row
            found.append((row.calls_per_hour, -served.hottest, row, served, load))
        _, _, row, served, load = min(found, key=lambda each: each[:2])
        self._sheet.add_limit(row)
        self._sheet.add(
            limit,
            served.hottest,
            load.busy_second(self._per_second, served.hottest / served.requested),
            row.calculation,
            rejected_theory=self._in_test(row),
            theory_half_width=self._sheet.error(served.hottest, self._widest(load)),
            rejected_simulated=self._sheet.runs.share(_refused(load, by_partition=True)),
            rejected_half_width=self._sheet.runs.half_width(_refused(load, by_partition=True)),
        )
        return rows

    def _in_test(self, row: LimitForecast) -> float:
        """Return the share that a limit rejects in the scenario's test, for comparison with a run."""
        assert isinstance(row.requirement, Throughput)
        if self._scenario.plan.day is not None:
            return row.rejected_at_plan
        return row.requirement.over(row.value, self._scenario.test.hold)

    def _growing(self, capacity: Capacity, load: TableLoad) -> None:
        """Add a note for an on-demand table, which has no row.

        It grows with sustained volume and throttles jumps.
        """
        limit = self._sheet.limit(NEW_TABLE_QUOTA[capacity.side])
        ready = limit.value if capacity.value is None else capacity.value
        per_second = self._per_second * load.units
        if per_second > ready:
            self._sheet.notes.append(
                f"{_name(load)} serves {ready:,.0f} {capacity.side} units a second ({capacity.mode}) and twice "
                f"its own earlier peak: a jump to the plan's {per_second:,.0f} throttles until it has grown; set its warm "
                "throughput beforehand"
            )

    def _setting(self, capacity: Capacity, load: TableLoad) -> None:
        """Compare the configured throughput of a table, which is not a quota of AWS: a row and a note."""
        assert capacity.value is not None
        name = f"{capacity.mode.capitalize()} {capacity.side} throughput of {_name(load)}"
        unit = f"{capacity.side} units/second"
        limit = Limit(capacity.key, name, None, capacity.value, unit, capacity.origin)
        row = self._sheet.bottlenecks.rate(
            limit,
            load.units,
            f"{capacity.side} units",
            TABLE_FULL,
            kind="setting",
            quantity=self._widest(load),
            each=load.each,
            seconds=BURST_SECONDS if capacity.mode is Mode.PROVISIONED else 1.0,
        )
        self._sheet.add_limit(row)

    def _throttled(self, load: TableLoad, partition: LimitForecast | None) -> None:
        """Add a note if requests are throttled by any limit of the table."""
        served = self._limits.served(load, self._per_second)
        if not served.throttled:
            return
        self._sheet.notes.append(
            f"{_name(load)}: {served.requested:,.4g} {load.side} units/s are requested at the plan's busiest moment and "
            f"{served.served:,.4g} served ({_cause(served)}): {served.throttled:.1%} of its requests are throttled by "
            f"calculation{self._credit(served, partition)}{self._sheet.runs.printed(_refused(load))}"
        )

    def _credit(self, served: Served, partition: LimitForecast | None) -> str:
        """Return the same calculation for the test, if partitions throttle.

        They start with one second's units.
        """
        if partition is None or not served.beyond_partitions or self._scenario.plan.day is not None:
            return ""
        hold = self._scenario.test.hold
        return f", {self._in_test(partition):.1%} in a test of {hold:,.4g} s, which starts with one second's units available"

    def _assumptions(self, requested: Mapping[Resource, TableLoad]) -> None:
        self._sheet.notes.append(
            "DynamoDB units: 4 KB a read (half a unit where eventually consistent, which is the default, "
            "two in a transaction), 1 KB a write (two units in a transaction), and a write to every index that "
            "has the item"
        )
        unknown = sorted({load.table for load in requested.values() if not self._keys_known(load.table)})
        if unknown:
            self._sheet.notes.append(
                f"the keys of table {', '.join(unknown)} are not in the scenario, so the load of the partitions is not "
                "known: one partition key serves 1,000 write and 3,000 read units a second; give `keys` in [tables.NAME]"
            )

    def _keys_known(self, table: str) -> bool:
        if self._scenario.drive is DriveKind.DYNAMODB:
            return True
        known = self._scenario.tables.get(table)
        return known is not None and known.keys != KeyChoice()

    def _widest(self, load: TableLoad) -> str:
        """Return the quantity of the table's load whose mean has the widest relative interval."""
        known = self._sheet.demand.quantities
        names = [name for name in known if name.startswith(f"DynamoDB:{load.table}.") and known[name].mean]
        return max(names, key=lambda name: known[name].half_width / known[name].mean, default="")


def _refused(load: TableLoad, *, by_partition: bool = False) -> Counted:
    """Return the share of requests that a table, or its partitions, throttled."""

    def counts(run: SimulationResult) -> tuple[float, float]:
        use = run.tables.get((load.table, load.index, load.side))
        if use is None:
            return 0.0, 0.0
        return (use.by_partition if by_partition else use.refused.count), use.counted

    return counts


def _peak_of(run: SimulationResult, load: TableLoad) -> tuple[float, float | None]:
    use = run.tables.get((load.table, load.index, load.side))
    return (use.units.peak, use.units.peak_at) if use is not None else (0.0, None)


def _name(load: TableLoad) -> str:
    return f"table {load.table}" if load.index is None else f"index {load.index} of table {load.table}"


def _partitions(served: Served, load: TableLoad) -> str:
    return (
        f"{served.requested:,.4g} {load.side} units/s on {served.partitions} partitions, {served.hottest:,.4g} of them on the "
        f"busiest; the busiest key has {load.hottest_key:.0%}"
    )


def _cause(served: Served) -> str:
    if served.beyond_partitions:
        return f"{served.hottest:,.4g} of them on one partition, which serves {served.partition_limit:,.4g}"
    return f"{served.limit:,.4g} units a second"
