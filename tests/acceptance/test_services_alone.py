"""Lambda alone and DynamoDB alone: the driven service is measured and judged, and the report has nothing on calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
SHORT = ("--set", "traffic.duration=4s", "--set", "traffic.drain=5s")
HOT = ("--set", "traffic.duration=12s", "--set", "traffic.drain=8s")


def operations(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{one['service']}:{one['name']}": one for one in record["operations"]}


def quota(record: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in record["quotas"] if one["name"] == name)
    return found


def services(record: dict[str, Any]) -> set[str]:
    """Of the limits and of the operators' metrics."""
    limits = {limit["key"].partition(".")[0] for limit in record["forecast"]["limits"]}
    return limits | {metric["source"].removeprefix("CloudWatch AWS/").lower() for metric in measured(record)}


def measured(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [metric for metric in record["metrics"] if metric["value"] is not None]


@pytest.mark.slow
def test_a_function_alone_holds_within_its_concurrency(busyhour: Busyhour, tmp_path: Path) -> None:
    done = busyhour("run", "lookup", *SHORT, "--set", "quotas.L-B99A9384=40", "--out", tmp_path, cwd=ROOT)
    record = done.record(tmp_path)
    assert done.code == 0, done.out
    (invoke,) = operations(record).values()
    assert invoke["requests"] == record["arrivals"]["started"] > 50
    assert invoke["latency"]["p50"] > 80, "the function takes 150 ms on average"
    executions = quota(record, "Concurrent executions")
    assert (executions["value"], executions["verdict"]) == (40.0, "holds")
    assert 3 <= executions["peak"] <= 30
    assert services(record) == {"lambda"}
    assert "Concurrent active calls per instance" not in {one["name"] for one in record["quotas"]}
    assert "drives dynamodb and lambda alone" in " ".join(record["forecast"]["notes"])


@pytest.mark.slow
def test_a_function_beyond_its_concurrency_is_throttled_and_that_is_the_verdict(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    done = busyhour("run", "lookup", *SHORT, "--set", "quotas.L-B99A9384=3", "--out", tmp_path, cwd=ROOT)
    record = done.record(tmp_path)
    assert done.code == 1, done.out
    assert record["verdict"]["reasons"][0].startswith("Concurrent executions (3 count")
    assert record["arrivals"]["blocked"] == quota(record, "Concurrent executions")["rejected"] > 5


@pytest.mark.slow
def test_a_table_alone_holds_with_a_latency_for_each_operation(busyhour: Busyhour, tmp_path: Path) -> None:
    done = busyhour("run", "customers", *SHORT, "--out", tmp_path, cwd=ROOT)
    record = done.record(tmp_path)
    assert done.code == 0, done.out
    seen = operations(record)
    assert set(seen) == {"dynamodb:GetItem", "dynamodb:UpdateItem"}
    assert all(one["latency"]["p99"] >= one["latency"]["p50"] > 0 for one in seen.values())
    reads, writes = seen["dynamodb:GetItem"]["requests"], seen["dynamodb:UpdateItem"]["requests"]
    assert reads == record["arrivals"]["started"]
    assert writes == pytest.approx(0.8 * reads, rel=0.1)
    assert services(record) == {"dynamodb"}
    units = {metric["name"]: metric["value"] for metric in measured(record)}
    assert units["ConsumedReadCapacityUnits"] == pytest.approx(reads / 2), "eventually consistent, below 4 KB"
    assert units["ConsumedWriteCapacityUnits"] == writes, "below 1 KB"


@pytest.mark.slow
def test_a_hot_key_throttles_its_partition_and_even_keys_do_not(busyhour: Busyhour, tmp_path: Path) -> None:
    done = busyhour("run", "hot_customer", *HOT, "--out", tmp_path / "hot", cwd=ROOT)
    record = done.record(tmp_path / "hot")
    assert done.code == 1, done.out
    assert record["verdict"]["reasons"][0].startswith("Partition write throughput (1000 write units/second")
    partition = quota(record, "Partition write throughput")
    (update,) = operations(record).values()
    assert update["throttles"] == partition["rejected"] == record["arrivals"]["blocked"] > 10
    assert partition["peak"] is None, "what a partition took is not measured, and not shown as 0"
    table = quota(record, "Table-level write throughput limit")
    assert (table["rejected"], table["verdict"]) == (0, "holds")
    even = ("--set", "tables.helpdesk-customers.keys={ count = 10000 }")
    done = busyhour("run", "hot_customer", *HOT, *even, "--out", tmp_path / "even", cwd=ROOT)
    assert done.code == 0, done.out
