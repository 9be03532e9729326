"""What tables serve, from their definitions, and what happens in the simulation when they do not."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from busyhour.capacity import tables
from busyhour.capacity.bucket import GrowingBucket
from busyhour.capacity.forecast import forecast
from busyhour.capacity.rungs import TABLE_FULL
from busyhour.capacity.simulation import Limits, simulate
from busyhour.capacity.tables import TableLimit
from busyhour.quotas.table_capacity import Mode, Side, described
from busyhour.scenarios.model import Distribution, Function, Table

PROVISIONED = {
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": {"ReadCapacityUnits": 30, "WriteCapacityUnits": 2},
}
FUNCTION = Function(
    "lookup", latency=Distribution("constant", 0.1), operations={"t.GetItem": 1.0, "t.PutItem": 2.0}
)


def modes(definition: dict[str, Any]) -> list[tuple[Mode, float | None]]:
    return [(c.mode, c.value) for c in described("t", definition, "t.json")]


def test_the_mode_of_a_table_says_what_it_serves():
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


def test_units_are_summed_by_table_and_side():
    asked = {
        "a.GetItem": 2.0,
        "a.Query": 1.0,
        "a.PutItem": 3.0,
        "b.TransactGetItems": 1.0,
        "b.DescribeTable": 9.0,
    }
    assert tables.units_by_table(asked, Side.READ) == {"a": 3.0, "b": 2.0}
    assert tables.units_by_table(asked, Side.WRITE) == {"a": 3.0}


def test_the_least_of_setting_and_quota_is_enforced():
    known = described("t", PROVISIONED, "t.json")
    quota, new = {Side.READ: 20.0, Side.WRITE: 40_000.0}, {Side.READ: 12_000.0, Side.WRITE: 4_000.0}
    assert tables.enforced(known, ["t", "u"], quota, new) == [
        TableLimit("t", Side.READ, 20.0, 20.0),
        TableLimit("t", Side.WRITE, 2.0, 600.0),
        TableLimit("u", Side.READ, 20.0, 20.0),
        TableLimit("u", Side.WRITE, 40_000.0, 40_000.0),
    ]
    fresh = described("t", {"BillingMode": "PAY_PER_REQUEST"}, "t.json")
    assert tables.enforced(fresh, ["t"], quota, new)[1] == TableLimit(
        "t", Side.WRITE, 4_000.0, 4_000.0, 40_000.0
    )


def test_a_throttled_table_fails_the_invocation_and_connect_tries_again(small: Any):
    made = small.scenario(calls_per_hour=3600.0, duration=400.0, functions=(FUNCTION,))
    machine = small.machine(small.lookup)
    limit = TableLimit("t", Side.WRITE, 1.0, 1.0)
    free = simulate(made, machine, drain=math.inf)
    bound = simulate(made, machine, Limits(tables=(limit,)), drain=math.inf)
    use = bound.tables["t", Side.WRITE]
    assert free.tables == {}
    # Two units a call are asked, one is served.
    assert use.refused.count / use.asked > 0.4
    assert bound.invocations["lookup"].attempts > free.invocations["lookup"].attempts
    assert bound.invocations["lookup"].failed > 0
    assert use.refused.first_at is not None


def test_a_table_that_suffices_refuses_nothing(small: Any):
    made = small.scenario(calls_per_hour=360.0, duration=2000.0, functions=(FUNCTION,))
    limit = TableLimit("t", Side.WRITE, 20.0, 20.0)
    use = simulate(made, small.machine(small.lookup), Limits(tables=(limit,)), drain=math.inf).tables[
        "t", Side.WRITE
    ]
    assert (use.refused.count, use.refused.first_at) == (0, None)
    assert use.asked > 150


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
    rungs = {rung.key: rung for rung in found.ladder}
    write = rungs["table.t.write"]
    assert (write.kind, write.value, write.symptom) == ("setting", 2.0, TABLE_FULL)
    assert write.calls_per_hour == pytest.approx(3600.0)
    assert write.binds_at_plan
    assert rungs["table.t.read"].calls_per_hour == pytest.approx(30 * 3600.0)
    assert any("Provisioned write throughput of table t" in note for note in found.notes)


def test_a_new_table_on_demand_grows_with_its_traffic_and_is_no_rung(with_table: Any):
    found = with_table({"BillingMode": "PAY_PER_REQUEST"})
    assert not [rung for rung in found.ladder if "on-demand" in rung.key or rung.key.startswith("table.")]
    assert not any("warm throughput" in note for note in found.notes)


def test_a_jump_beyond_what_a_table_on_demand_is_ready_for_is_said(with_table: Any):
    found = with_table(
        {
            "BillingMode": "PAY_PER_REQUEST",
            "WarmThroughput": {"ReadUnitsPerSecond": 100, "WriteUnitsPerSecond": 3},
        }
    )
    [note] = [note for note in found.notes if "warm throughput beforehand" in note]
    assert note.startswith("table t serves 3 write units a second (warm throughput)")


def test_a_table_on_demand_refuses_a_jump_and_then_grows():
    bucket = GrowingBucket(10.0, 100.0)
    # What is there, and what flows in meanwhile.
    assert sum(bucket.take(0.5 + k / 1000) for k in range(40)) == 10
    assert sum(bucket.take(1.5 + k / 1000) for k in range(40)) == 20
    for second in range(2, 8):
        last = sum(bucket.take(second + 0.5 + k / 1000) for k in range(400))
    assert 80 <= last <= 140


def test_what_the_account_says_of_a_table_goes_before_its_definition(small: Any, tmp_path: Path):
    from busyhour.quotas.table import load
    from busyhour.quotas.table_capacity import TableDescriptions

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
    rungs = {r.key: r for r in forecast(made, values, machine=small.machine(small.lookup), calls=200).ladder}
    assert (rungs["table.t.write"].value, rungs["table.t.write"].origin) == (7.0, "reported by the service")
    assert rungs["table.t.read"].value == 99.0
