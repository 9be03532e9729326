"""What the forecast says of tables and what a run against the emulator sees: units a second and throttled share agree."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.quotas.figures import tolerance
from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]

SCENARIO = """\
seed = 5
drive = "dynamodb"

[traffic]
direction = "inbound"
calls_per_hour = {per_hour}
duration = "20s"
drain = "5s"

[flows]
files = ["{flow}"]
entry = "helpdesk-main"

[callers]
patience = "60s"
talk = "60s"
wrap_up = "0s"

[functions.f]
latency = "20ms"
operations = {{ {operations} }}

[tables.t]
definition = "t.json"
{table}
"""
STRINGS = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at", "agent")]


def provisioned(reads: int, writes: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}


HOT = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": STRINGS[:1],
    **provisioned(20, 4000),
}
INDEXED = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "AttributeDefinitions": STRINGS,
    **provisioned(200, 400),
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-agent",
            "KeySchema": [{"AttributeName": "agent", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
            **provisioned(1, 40),
        }
    ],
}


@pytest.fixture
def case(tmp_path: Path) -> Callable[..., Path]:
    def write(definition: dict[str, Any], per_hour: int, operations: str, table: str) -> Path:
        flow = shipped_root() / "examples" / "helpdesk" / "flows" / "helpdesk-main.json"
        (tmp_path / "t.json").write_text(json.dumps(definition))
        text = SCENARIO.format(per_hour=per_hour, flow=flow, operations=operations, table=table)
        (tmp_path / "s.toml").write_text(text)
        return tmp_path / "s.toml"

    return write


def row(record: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = (one for one in record["forecast"]["quotas"] if one["key"] == f"dynamodb.{key}")
    return found


def consumed(record: dict[str, Any], side: str) -> float:
    (found,) = (one for one in record["metrics"] if one["name"] == f"Consumed{side}CapacityUnits")
    return float(found["value"])


def requests(record: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in record["operations"] if one["name"] == name)
    return found


@pytest.mark.slow
def test_big_items_on_a_hot_key(busyhour: Busyhour, case: Callable[..., Path], tmp_path: Path) -> None:
    sizes = "item_bytes = 9700\nkeys = { count = 1000, zipf = 2.0 }"
    scenario = case(HOT, 720_000, '"t.UpdateItem" = 1', sizes)
    forecast = busyhour("forecast", scenario, cwd=tmp_path)
    assert forecast.code == 1, forecast.out
    assert "First bottleneck: Partition write throughput" in forecast.out
    record = busyhour("run", scenario, "--out", tmp_path / "run", cwd=tmp_path).record(tmp_path / "run")
    update = requests(record, "UpdateItem")
    share = update["throttles"] / update["requests"]
    quota = row(record, "partition-write-throughput")
    assert share == pytest.approx(quota["rejected_simulated"], rel=0.1)
    assert share == pytest.approx(quota["rejected_theory"], rel=0.1)
    assert 0.15 < share < 0.2
    asked = (consumed(record, "Write") + 10 * update["throttles"]) / 20
    assert asked == pytest.approx(row(record, "table-level-write-throughput-limit")["theory_mean"], rel=0.1)
    assert asked == pytest.approx(2000, rel=0.1)


@pytest.mark.slow
def test_index_writes_and_consistent_reads(
    busyhour: Busyhour, case: Callable[..., Path], tmp_path: Path
) -> None:
    operations = (
        '"t.PutItem" = 1, "t.Query" = { times = 0.5, items = 10, consistent = true }, '
        '"t.GetItem" = { consistent = true }, "t.TransactGetItems" = { times = 0.25, items = 2 }'
    )
    scenario = case(INDEXED, 144_000, operations, "item_bytes = 2000\nkeys = { count = 500 }")
    forecast = busyhour("forecast", scenario, cwd=tmp_path)
    assert forecast.code == 1, forecast.out
    assert "First bottleneck: Provisioned write throughput of index by-agent of table t" in forecast.out
    record = busyhour("run", scenario, "--out", tmp_path / "run", cwd=tmp_path).record(tmp_path / "run")
    put = requests(record, "PutItem")
    limits = {limit["key"]: limit for limit in record["forecast"]["limits"]}
    index = limits["table.t/index/by-agent.write"]
    assert index["rejected_at_plan"] == pytest.approx(0.5)
    assert put["throttles"] / put["requests"] == pytest.approx(0.5, rel=0.1)
    reads = row(record, "table-level-read-throughput-limit")["theory_mean"]
    assert reads == pytest.approx(40 * (0.5 * 5 + 1 + 0.25 * 2 * 2))
    assert consumed(record, "Read") / 20 == pytest.approx(reads, rel=0.1)


CASES = shipped_root().parent / "shared" / "cases" / "truth"
HOT_KEYS = {"hot_customer": shipped_root(), "big_items_hot_key": CASES}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOT_KEYS)
def test_a_partition_has_one_name_one_tolerance_and_one_need_in_every_output(
    busyhour: Busyhour, tmp_path: Path, name: str
) -> None:
    project = HOT_KEYS[name]
    if not project.exists():
        pytest.skip("the cases are not beside the project")
    scenario = project / "scenarios" / f"{name}.toml"
    run = busyhour("run", scenario, "--out", tmp_path / "run", cwd=project)
    record = run.record(tmp_path / "run")
    key, named = "dynamodb.partition-write-throughput", "Partition write throughput"
    [limit] = (one for one in record["forecast"]["limits"] if one["kind"] == "partition")
    [quota] = (one for one in record["quotas"] if one["key"].startswith(key))
    assert (limit["key"], limit["name"]) == (quota["key"], quota["name"]) == (key, named)
    assert limit["needed"] == quota["forecast"] > limit["value"]
    assert limit["tolerated"] == quota["tolerated"]
    [operation] = record["throttled"]
    assert operation["of"] == "first attempts"
    assert operation["throttled"] == quota["rejected"]
    in_test = row(record, "partition-write-throughput")["rejected_theory"]
    share = operation["throttled"] / operation["attempts"]
    chance = 2.0 * (operation["throttled"] ** 0.5) / operation["attempts"]
    assert share == pytest.approx(in_test, rel=0.1, abs=chance + 0.02 * (name == "hot_customer"))
    reasons = " ".join(record["verdict"]["reasons"])
    said = set(re.findall(r"([\d,.]+ %|1 of [\d,]+|none) (?:throttled|is tolerated)", reasons))
    assert said == {tolerance(limit["tolerated"])}
    need = f"{limit['needed']:,.0f}"
    forecast = busyhour("forecast", scenario, cwd=project).out
    pages = [
        busyhour("report", tmp_path / "run", "--format", form, "-o", "-", cwd=project).out
        for form in ("text", "markdown", "html")
    ]
    for page in (run.out, forecast, *pages):
        assert "Hottest partition" not in page
        assert need in page
        assert named in page
