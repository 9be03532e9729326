"""What tables serve, from their definitions, and what happens in the simulation when they do not."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from busyhour.calls.chance import Stream
from busyhour.capacity import table_limits
from busyhour.capacity.forecast.build import forecast
from busyhour.capacity.forecast.limits import TABLE_FULL
from busyhour.capacity.simulation.simulate import Limits, simulate
from busyhour.capacity.table_limits import TableLimits, TableLoad
from busyhour.quotas.dynamodb.capacity import Mode, Side, described
from busyhour.quotas.dynamodb.items import TableItems
from busyhour.quotas.dynamodb.operations import HOW_MANY, KEY_DRAWS, Step, draw
from busyhour.scenarios.model import Access, Distribution, DriveKind, Function, KeyChoice, Table

PROVISIONED = {
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": {"ReadCapacityUnits": 30, "WriteCapacityUnits": 2},
}
FUNCTION = Function(
    "lookup", latency=Distribution("constant", 0.1), operations={"t.GetItem": 1.0, "t.PutItem": 2.0}
)


def modes(definition: dict[str, Any]) -> list[tuple[Mode, float | None]]:
    return [(c.mode, c.value) for c in described("t", definition, "t.json")]


def test_the_mode_of_a_table_gives_its_throughput():
    assert modes(PROVISIONED) == [(Mode.PROVISIONED, 30.0), (Mode.PROVISIONED, 2.0)]
    # CreateTable's default is provisioned.
    assert (
        modes({"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}})[0][0]
        is Mode.PROVISIONED
    )
    on_demand: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
    assert modes(on_demand) == [(Mode.NEW, None), (Mode.NEW, None)]
    warm = on_demand | {"WarmThroughput": {"ReadUnitsPerSecond": 15000, "WriteUnitsPerSecond": 5000}}
    assert modes(warm) == [(Mode.WARM, 15000.0), (Mode.WARM, 5000.0)]
    capped = warm | {"OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 100}}
    assert modes(capped) == [(Mode.WARM, 15000.0), (Mode.MAXIMUM, 100.0)]
    assert modes({"BillingModeSummary": on_demand})[0][0] is Mode.NEW


QUOTAS = {
    "dynamodb.table-level-read-throughput-limit": 40_000.0,
    "dynamodb.table-level-write-throughput-limit": 40_000.0,
    "dynamodb.partition-read-throughput": 3_000.0,
    "dynamodb.partition-write-throughput": 1_000.0,
    "dynamodb.new-on-demand-table-initial-reads": 12_000.0,
    "dynamodb.new-on-demand-table-initial-writes": 4_000.0,
}


def limits(definition: dict[str, Any]) -> TableLimits:
    return TableLimits.of(described("t", definition, "t.json"), QUOTAS)


def provisioned(reads: float, writes: float) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}


def items(**table: Any) -> TableItems:
    return TableItems(Table("t", Path("t.json"), **table), {"TableName": "t"})


ONCE = Access()


def load_of(operation: str, *, access: Access = ONCE, times: float = 1.0, **table: Any) -> TableLoad:
    step = Step(items(**table), operation, access, times)
    side = Side.READ if operation in ("GetItem", "Query") else Side.WRITE
    return table_limits.loads([(step, times)])["t", None, side]


def test_big_items_on_a_hot_key_ask_more_of_one_partition_than_it_serves() -> None:
    load = load_of("UpdateItem", item_bytes=(9700, 9700), keys=KeyChoice(1000, 2.0))
    assert load.units == pytest.approx(10.0)
    assert load.hottest_key == pytest.approx(0.6083, abs=0.0001)
    served = limits(provisioned(20, 4000)).served(load, 200.0)
    assert (served.requested, served.partitions) == (pytest.approx(2000.0), 4)
    assert 1216 < served.hottest < 1500, "the hot key and what else lies on its partition"
    assert served.throttled == pytest.approx((served.hottest - 1000.0) / 2000.0)
    even = load_of("UpdateItem", item_bytes=(9700, 9700), keys=KeyChoice(1000))
    assert limits(provisioned(20, 4000)).served(even, 200.0).throttled == 0.0


@pytest.mark.parametrize(
    ("operation", "access", "units"),
    [
        ("GetItem", Access(), 1.5),
        ("GetItem", Access(consistent=True), 3.0),
        ("Query", Access(items=10), 12.0),
        ("PutItem", Access(), 10.0),
        ("TransactWriteItems", Access(items=3), 60.0),
    ],
)
def test_units_of_a_call_follow_size_consistency_and_number(
    operation: str, access: Access, units: float
) -> None:
    assert load_of(operation, access=access, item_bytes=(9700, 9700)).units == pytest.approx(units, abs=0.01)


def test_sizes_that_vary_cost_the_mean_of_their_rounded_sizes() -> None:
    load = load_of("PutItem", item_bytes=(1, 4096))  # 1, 2, 3 and 4 units, each as likely
    assert load.units == pytest.approx(2.5, rel=0.02)


def test_a_table_on_demand_grows_with_its_load_and_no_further_than_its_maximum() -> None:
    load = load_of("PutItem", item_bytes=(400, 400), keys=KeyChoice(10_000))
    fresh: dict[str, Any] = {"BillingMode": "PAY_PER_REQUEST"}
    assert limits(fresh).served(load, 20_000.0).throttled == 0.0
    assert limits(fresh).served(load, 50_000.0).throttled == pytest.approx(0.2, abs=0.01)
    capped = fresh | {"OnDemandThroughput": {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 150}}
    assert limits(capped).served(load, 200.0).throttled == pytest.approx(0.25)


@given(
    st.sampled_from([2000, 9700, 40_000]),
    st.sampled_from([0.0, 1.0, 1.5, 2.0]),
    st.sampled_from([300.0, 1500.0, 4000.0]),
    st.floats(0.2, 3.0),
    st.integers(0, 3),
)
@example(2000, 0.0, 300.0, 1.109375, 0)
@settings(max_examples=15, deadline=None)
def test_the_closed_form_is_what_the_emulators_model_throttles_in_the_long_run(
    size: int, zipf: float, capacity: float, busy: float, seed: int
) -> None:
    table = items(item_bytes=(size, size), keys=KeyChoice(500, zipf))
    step = Step(table, "PutItem", Access(), 1.0)
    load = table_limits.loads([(step, 1.0)])["t", None, Side.WRITE]
    per_second = busy * capacity / load.units
    assume(per_second < 700)
    known = limits(provisioned(1, capacity))
    served = known.served(load, per_second)
    gate, given_ = known.throughput(), known.capacity(("t", None, Side.WRITE))
    # A table begins with a second's units in hand; what exceeds its capacity uses them up before the long run begins.
    excess = abs(served.requested / served.served - 1.0)
    throttled, asked, warm_up = 0, 0, max(4.0, 1.5 / max(excess, 0.1))
    for call in range(int(per_second * (warm_up + 10.0))):
        at = call / per_second
        (drawn,) = draw([step], Stream(seed, call, HOW_MANY), Stream(seed, call, KEY_DRAWS))
        (charge,) = drawn.charges
        refused = gate.admit("t", Side.WRITE, given_, charge.units, at, partition_key=charge.partition_key)
        asked += at > warm_up
        throttled += at > warm_up and refused is not None
    if asked > 200 and excess > 0.1:
        # Ten seconds of drawn keys: four standard deviations of a share around the long run.
        chance = 4.0 * math.sqrt(served.throttled * (1.0 - served.throttled) / asked)
        assert throttled / asked == pytest.approx(served.throttled, abs=0.02 + chance)
    elif all(units < 0.7 * served.partition_limit for units in served.by_partition) and busy < 0.7:
        assert throttled == 0


def test_a_throttled_table_fails_the_invocation_and_connect_tries_again(small: Any):
    made = small.scenario(calls_per_hour=3600.0, duration=400.0, functions=(FUNCTION,))
    machine = small.machine(small.lookup)
    free = simulate(made, machine, drain=math.inf)
    bound = simulate(made, machine, Limits(tables=limits(provisioned(30, 1))), drain=math.inf)
    use = bound.tables["t", None, Side.WRITE]
    assert free.tables["t", None, Side.WRITE].refused.count == 0
    # Two units a call are requested, one is served.
    assert use.refused.count / use.counted > 0.4
    assert bound.invocations["lookup"].attempts > free.invocations["lookup"].attempts
    assert bound.invocations["lookup"].failed > 0
    assert use.refused.first_at is not None


def test_a_table_that_suffices_refuses_nothing(small: Any):
    made = small.scenario(calls_per_hour=360.0, duration=2000.0, functions=(FUNCTION,))
    known = Limits(tables=limits(provisioned(30, 20)))
    use = simulate(made, small.machine(small.lookup), known, drain=math.inf).tables["t", None, Side.WRITE]
    assert (use.refused.count, use.refused.first_at) == (0, None)
    assert use.counted > 150


@pytest.fixture
def with_table(small: Any, tmp_path: Path) -> Any:
    def make(definition: dict[str, Any]) -> Any:
        path = tmp_path / "t.json"
        path.write_text(json.dumps({"TableName": "t", **definition}), encoding="utf-8")
        made = small.scenario(calls_per_hour=7200.0, duration=60.0, functions=(FUNCTION,))
        return forecast(
            replace(made, tables={"t": Table("t", path)}), machine=small.machine(small.lookup), calls=200
        )

    return make


def test_provisioned_capacity_is_a_rung_and_the_notes_say_what_it_throttles(with_table: Any):
    found = with_table(PROVISIONED)
    rows = {row.key: row for row in found.limits}
    write = rows["table.t.write"]
    assert (write.kind, write.value, write.symptom) == ("setting", 2.0, TABLE_FULL)
    # 2 units/s, of 4 units a call; 1 % of the requests may be throttled, and 300 s of credit even out all else.
    assert write.calls_per_hour == pytest.approx(3600.0 / 0.99, rel=1e-3)
    assert write.binds_at_plan
    # One small item, read eventually consistent, is half a unit.
    assert rows["table.t.read"].calls_per_hour == pytest.approx(2 * 30 * 3600.0 / 0.99, rel=1e-2)
    assert any(
        note.startswith("table t: 4 write units/s are requested") and "2 served" in note
        for note in found.notes
    )


def test_a_new_table_on_demand_grows_with_its_traffic_and_is_no_limit(with_table: Any):
    found = with_table({"BillingMode": "PAY_PER_REQUEST"})
    assert not [row for row in found.limits if "on-demand" in row.key or row.key.startswith("table.")]
    assert any("keys of table t are not in the scenario" in note for note in found.notes)
    assert not any("warm throughput" in note for note in found.notes)


def test_a_jump_beyond_an_on_demand_tables_throughput_is_noted(with_table: Any):
    found = with_table(
        {
            "BillingMode": "PAY_PER_REQUEST",
            "WarmThroughput": {"ReadUnitsPerSecond": 100, "WriteUnitsPerSecond": 3},
        }
    )
    [note] = [note for note in found.notes if "warm throughput beforehand" in note]
    assert note.startswith("table t serves 3 write units a second (warm throughput)")


def test_the_accounts_value_of_a_table_overrides_its_definition(small: Any, tmp_path: Path):
    from busyhour.quotas.aws.table_descriptions import TableDescriptions
    from busyhour.quotas.table.quota_table import load

    class Client:
        def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803  # boto3's name
            return {"Table": {"ProvisionedThroughput": {"ReadCapacityUnits": 99, "WriteCapacityUnits": 7}}}

    path = tmp_path / "t.json"
    path.write_text(json.dumps({"TableName": "t", **PROVISIONED}), encoding="utf-8")
    made = replace(
        small.scenario(calls_per_hour=720.0, duration=60.0, functions=(FUNCTION,)),
        tables={"t": Table("t", path)},
    )
    values = [reading.value for reading in TableDescriptions(Client()).read(["t"], load())]
    rows = {r.key: r for r in forecast(made, values, machine=small.machine(small.lookup), calls=200).limits}
    assert (rows["table.t.write"].value, rows["table.t.write"].origin) == (7.0, "reported by the service")
    assert rows["table.t.read"].value == 99.0


INDEXED = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "state")],
    **provisioned(100, 100),
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-state",
            "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            **provisioned(100, 3),
        }
    ],
}


@pytest.fixture
def driven(small: Any, tmp_path: Path) -> Any:
    """The forecast of a scenario that drives the table alone, at 2 calls a second."""

    def make(definition: dict[str, Any], operations: dict[str, float], **table: Any) -> Any:
        path = tmp_path / "t.json"
        path.write_text(json.dumps(definition), encoding="utf-8")
        function = Function("lookup", latency=Distribution("constant", 0.1), operations=operations)
        made = small.scenario(calls_per_hour=7200.0, duration=200.0, functions=(function,))
        made = replace(made, drive=DriveKind.DYNAMODB, tables={"t": Table("t", path, **table)})
        return forecast(made, machine=small.machine(small.lookup))

    return make


def test_a_write_asks_every_index_and_the_smallest_binds_first(driven: Any):
    found = driven(INDEXED, {"t.PutItem": 1.0}, item_bytes=(2000, 2000))
    first = found.limits[0]
    assert (first.key, first.value, first.load) == ("table.t/index/by-state.write", 3.0, pytest.approx(4.0))
    assert first.binds_at_plan
    assert first.rejected_at_plan == pytest.approx(0.25)
    assert {row.key.partition(".")[0] for row in found.limits} <= {"table", "dynamodb"}
    refused = next(
        note for note in found.notes if note.startswith("index by-state of table t: 4 write units")
    )
    shares = [float(share) for share in re.findall(r"([0-9.]+)%", refused)]
    calculated, simulated, half_width = shares
    assert (calculated, simulated) == (25.0, pytest.approx(25.0, abs=4.0))
    assert 0.0 < half_width < 5.0


def test_the_drive_of_a_table_runs_no_flow_whatever_its_calls_would_do(driven: Any):
    found = driven(INDEXED, {"t.GetItem": 0.5}, item_bytes=(9700, 9700))
    assert not found.demand.flows
    assert found.demand.mean("DynamoDB:t.GetItem") == 0.5
    row = next(quota for quota in found.quotas if quota.key == "dynamodb.table-level-read-throughput-limit")
    assert row.theory_mean == pytest.approx(2 * 0.5 * 1.5)
    assert row.simulated_peak >= row.theory_mean
    assert not found.binding


def test_the_drive_of_functions_invokes_them_in_turn(small: Any):
    functions = (FUNCTION, Function("other", latency=Distribution("constant", 0.3)))
    made = replace(
        small.scenario(calls_per_hour=36_000.0, duration=100.0, functions=functions), drive=DriveKind.LAMBDA
    )
    found = forecast(made, machine=small.machine(small.lookup))
    assert {name: found.demand.mean(f"invocations:{name}") for name in ("lookup", "other")} == {
        "lookup": 0.5,
        "other": 0.5,
    }
    executions = next(row for row in found.limits if row.key == "lambda.concurrent-executions")
    assert executions.load == pytest.approx(10 * 0.2, rel=0.02)
    row = next(quota for quota in found.quotas if quota.key == "dynamodb.table-level-write-throughput-limit")
    assert row.theory_mean == pytest.approx(10 * 0.5 * 2)
    assert {row.key.partition(".")[0] for row in found.limits} <= {"table", "dynamodb", "lambda"}
