"""Each throughput limit in virtual time: just below it nothing is refused, just above it the right share is."""

from __future__ import annotations

import pytest

from busyhour.quotas.dynamodb.capacity import Side
from busyhour.quotas.dynamodb.throughput import Capacity, Throttled, Throughput

VALUES = {
    "dynamodb.table-level-read-throughput-limit": 40_000.0,
    "dynamodb.table-level-write-throughput-limit": 40_000.0,
    "dynamodb.partition-read-throughput": 3000.0,
    "dynamodb.partition-write-throughput": 1000.0,
    "dynamodb.new-on-demand-table-initial-reads": 12_000.0,
    "dynamodb.new-on-demand-table-initial-writes": 4000.0,
}


class Quotas:
    def __init__(self, **more: float) -> None:
        self.values = {**VALUES, **{key.replace("__", "."): value for key, value in more.items()}}
        self.rejected: dict[str, int] = {}
        self.peaks: dict[str, float] = {}

    def applied(self, code_or_key: str) -> float:
        return self.values[code_or_key]

    def reject(self, code_or_key: str, at: float | None = None, times: int = 1) -> None:
        self.rejected[code_or_key] = self.rejected.get(code_or_key, 0) + times

    def use(self, code_or_key: str, value: float, at: float | None = None) -> None:
        self.peaks[code_or_key] = max(value, self.peaks.get(code_or_key, 0.0))


def drive(gate, capacity, per_second, seconds, *, side=Side.WRITE, units=1.0, key=None, start=1000.0):
    """Refusals by reason of an even load; `key` gives the partition key of request i."""
    refused: dict[str, int] = {}
    total = int(per_second * seconds)
    for i in range(total):
        where = key(i) if key else None
        refusal = gate.admit("t", side, capacity, units, start + i / per_second, partition_key=where)
        if refusal is not None:
            refused[refusal.reason] = refused.get(refusal.reason, 0) + 1
    return {reason: count / total for reason, count in refused.items()}


@pytest.mark.parametrize(("per_second", "share"), [(49, 0.0), (62.5, 0.2)])
def test_provisioned_capacity(per_second, share):
    refused = drive(Throughput(Quotas()), Capacity(50.0), per_second, 200)
    if not share:
        assert refused == {}
    else:
        assert refused == {"TableWriteProvisionedThroughputExceeded": pytest.approx(share, abs=0.01)}


def test_unused_capacity_is_kept_for_five_minutes_and_no_longer():
    gate = Throughput(Quotas())
    drive(gate, Capacity(10.0), 0.001, 1000)  # opens the meter; then nothing for an hour
    burst = drive(gate, Capacity(10.0), 1e6, 0.004, start=6000.0)
    assert burst["TableWriteProvisionedThroughputExceeded"] * 4000 == pytest.approx(
        1000, abs=10
    )  # 3,000 were kept


def test_a_new_table_has_no_credit():
    gate = Throughput(Quotas())
    refused = drive(gate, Capacity(10.0), 1e6, 0.0001)
    assert refused == {"TableWriteProvisionedThroughputExceeded": pytest.approx(0.9)}


def test_reads_and_writes_are_limited_apart():
    gate = Throughput(Quotas())
    assert drive(gate, Capacity(5.0), 1e6, 5e-6) == {}
    assert drive(gate, Capacity(5.0), 1e6, 5e-6, side=Side.READ) == {}


@pytest.mark.parametrize(("per_second", "share"), [(980, 0.0), (1250, 0.2)])
def test_one_hot_partition_serves_a_thousand_writes_a_second(per_second, share):
    quotas = Quotas()
    refused = drive(Throughput(quotas), Capacity(4000.0), per_second, 20, key=lambda i: b"the same")
    if share:  # the partition keeps a second's worth, so the first second is free of refusals
        assert refused == {"TableWriteKeyRangeThroughputExceeded": pytest.approx(share - 0.04, abs=0.02)}
        assert quotas.rejected["dynamodb.partition-write-throughput"] > 0
    else:
        assert refused == {}


def test_many_keys_spread_over_the_partitions():
    assert drive(Throughput(Quotas()), Capacity(4000.0), 2000, 5, key=lambda i: str(i).encode()) == {}


@pytest.mark.parametrize(("at_once", "refused"), [(4000, 0), (5000, 1000)])
def test_a_new_on_demand_table_serves_its_initial_throughput(at_once, refused):
    quotas = Quotas()
    shares = drive(Throughput(quotas), Capacity(None), at_once * 1e6, 1e-6)
    assert shares.get("TableWriteKeyRangeThroughputExceeded", 0.0) * at_once == pytest.approx(refused, abs=1)
    assert quotas.rejected.get("dynamodb.new-on-demand-table-initial-writes", 0) == pytest.approx(
        refused, abs=1
    )


def test_an_on_demand_table_serves_twice_its_previous_peak():
    gate = Throughput(Quotas())
    drive(gate, Capacity(None), 3600, 3)
    drive(gate, Capacity(None), 3600, 3, start=1004.0)
    later = drive(gate, Capacity(None), 1e6, 0.008, start=1100.0)
    admitted = 8000 * (1 - later["TableWriteKeyRangeThroughputExceeded"])
    assert admitted == pytest.approx(2 * 3600, rel=0.02)


@pytest.mark.parametrize(("per_second", "share"), [(98, 0.0), (125, 0.2)])
def test_the_table_level_quota_caps_every_table(per_second, share):
    quotas = Quotas(**{"dynamodb__table-level-write-throughput-limit": 100.0})
    refused = drive(Throughput(quotas), Capacity(None), per_second, 100)
    if share:
        assert refused == {"TableWriteAccountLimitExceeded": pytest.approx(share, abs=0.01)}
        assert quotas.rejected == {
            "dynamodb.table-level-write-throughput-limit": pytest.approx(2500, abs=150)
        }
    else:
        assert refused == {}
        assert quotas.peaks["dynamodb.table-level-write-throughput-limit"] == pytest.approx(98, abs=1)


def test_a_configured_on_demand_maximum_has_its_own_reason():
    refused = drive(Throughput(Quotas()), Capacity(None, None, 100.0), 125, 100)
    assert refused == {"TableWriteMaxOnDemandThroughputExceeded": pytest.approx(0.2, abs=0.01)}


def test_a_request_larger_than_a_seconds_worth_goes_through_when_nothing_was_used():
    gate = Throughput(Quotas())
    assert gate.admit("t", Side.WRITE, Capacity(None), 5000.0, 1000.0) is None


def test_what_was_given_back_can_be_taken_again():
    gate = Throughput(Quotas())
    capacity = Capacity(5.0)
    assert gate.admit("t", Side.WRITE, capacity, 5.0, 1000.0) is None
    assert isinstance(gate.admit("t", Side.WRITE, capacity, 5.0, 1000.0), Throttled)
    gate.give_back("t", Side.WRITE, 5.0)
    assert gate.admit("t", Side.WRITE, capacity, 5.0, 1000.0) is None


def test_a_debt_is_paid_before_more_is_served():
    gate = Throughput(Quotas())
    capacity = Capacity(10.0)
    assert gate.admit("t", Side.WRITE, capacity, 1.0, 1000.0) is None
    gate.charge("t", Side.WRITE, 29.0, 1000.0)
    assert gate.admit("t", Side.WRITE, capacity, 1.0, 1002.0) is not None
    assert gate.admit("t", Side.WRITE, capacity, 1.0, 1002.2) is None
