"""Demand on a quota is taken from the source nearest to its enforcement."""

import pytest

from busyhour.harness.verdict.measured_demands import (
    CAMPAIGN_CALLS,
    CONCURRENT_CALLS,
    TABLE_READ,
    bound_at,
    gather,
)
from busyhour.quotas.comparison import Demand
from busyhour.quotas.model import Kind
from busyhour.quotas.table import quota_table
from busyhour.results.entries import Series
from busyhour.results.load_result import FirstError, LoadResult, Peak

TABLE = quota_table.load()
RATE = TABLE.rate("connect", "StartOutboundVoiceContact")[0].key


def by_key(demands: list[Demand]) -> dict[str, Demand]:
    assert len({demand.key for demand in demands}) == len(demands)
    return {demand.key: demand for demand in demands}


def test_the_generator_alone_knows_its_rates_and_its_calls(load: LoadResult) -> None:
    load.peaks = {
        "requests:connect:StartOutboundVoiceContact": Peak(5.0, 12.0),
        "in_progress": Peak(7.0, 20.0),
    }
    load.first_errors = [
        FirstError("connect:StartOutboundVoiceContact", "limit", "LimitExceededException", 30.5),
        FirstError("connect:StartOutboundVoiceContact", "rate_throttle", "TooManyRequestsException", 9.0),
    ]
    found = by_key(gather(load, {}, [], TABLE, 0.0))
    assert (found[RATE].peak, found[RATE].rejected, found[RATE].first_rejected_at) == (5.0, 4, 9.0)
    assert (found[CONCURRENT_CALLS].peak, found[CONCURRENT_CALLS].rejected) == (7.0, 2)


def test_a_campaigns_calls_count_against_the_campaigns_pool(load: LoadResult) -> None:
    load.peaks = {"in_progress": Peak(7.0, 20.0)}
    found = by_key(gather(load, {}, [], TABLE, 0.0, CAMPAIGN_CALLS))
    assert found[CAMPAIGN_CALLS].peak == 7.0
    assert CONCURRENT_CALLS not in found


def test_the_emulators_tally_wins_and_its_times_count_from_the_start(load: LoadResult) -> None:
    load.peaks = {"in_progress": Peak(7.0, 20.0)}
    tally = {
        "key": CONCURRENT_CALLS,
        "peak": 11.0,
        "peak_at": 1042.0,
        "rejected": 3,
        "first_rejected_at": 1041.5,
    }
    idle = {"key": TABLE_READ, "peak": 0.0, "peak_at": None, "rejected": 0, "first_rejected_at": None}
    found = by_key(gather(load, {"quotas": [tally, idle]}, [], TABLE, 1000.0))
    calls = found[CONCURRENT_CALLS]
    assert (calls.peak, calls.peak_at, calls.rejected, calls.first_rejected_at) == (11.0, 42.0, 3, 41.5)
    assert calls.source == "measured by the emulator"
    assert TABLE_READ not in found


def test_a_limit_that_rejected_requests_and_has_no_peak_was_not_measured(load: LoadResult) -> None:
    tally = {"key": "p", "peak": 0.0, "peak_at": None, "rejected": 102, "first_rejected_at": 1009.0}
    partition = by_key(gather(load, {"quotas": [tally]}, [], TABLE, 1000.0))["p"]
    assert (partition.peak, partition.rejected, partition.first_rejected_at) == (None, 102, 9.0)


def test_cloudwatch_gives_the_busiest_table(load: LoadResult) -> None:
    seen = [
        Series("ConsumedReadCapacityUnits:a", "units/s", [0.0, 1.0], [5.0, None]),
        Series("ConsumedReadCapacityUnits:b", "units/s", [0.0, 1.0], [1.0, 9.0]),
    ]
    demand = by_key(gather(load, {}, seen, TABLE, 0.0))[TABLE_READ]
    assert (demand.peak, demand.peak_at) == (9.0, 1.0)


def test_what_drives_no_calls_asks_nothing_of_the_calls_at_once(load: LoadResult) -> None:
    load.peaks["in_progress"] = Peak(9.0, 3.0)
    assert by_key(gather(load, {}, [], TABLE, 0.0))[CONCURRENT_CALLS].peak == 9.0
    assert CONCURRENT_CALLS not in by_key(gather(load, {}, [], TABLE, 0.0, None))


@pytest.mark.parametrize(("value", "at"), [(10.0, 2.0), (12.0, None)])
def test_calls_that_the_generator_runs_itself_bind_where_they_pass_the_quota(
    load: LoadResult, value: float, at: float | None
) -> None:
    load.series = [Series("calls in progress", "calls", [0.0, 1.0, 2.0, 3.0], [9.0, 10.0, 11.0, 12.0])]
    demand = Demand(CONCURRENT_CALLS, 12.0, 3.0, "measured by the generator")
    assert bound_at(demand, value, Kind.RESOURCE, load).first_rejected_at == at
