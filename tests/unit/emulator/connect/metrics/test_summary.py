from __future__ import annotations

from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.calls.acd.queue_statistics import QueueStatistics
from busyhour.emulator.connect.metrics.summary import percentiles, quantile, queue_summary


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=300), st.floats(0.01, 1.0))
def test_a_quantile_is_the_smallest_value_that_covers_its_share(values, share):
    values.sort()
    found = quantile(values, share)
    assert found == pytest.approx(np.quantile(values, share, method="inverted_cdf"))


def test_of_nothing_there_is_no_quantile():
    assert quantile([], 0.5) is None
    assert percentiles([]) == {}


def test_percentiles_of_known_values():
    found = percentiles([float(value) for value in range(1, 101)])
    assert found == {"count": 100, "mean": 50.5, "p50": 50, "p90": 90, "p95": 95, "p99": 99, "max": 100}


def test_a_queue_s_summary_has_its_counts_times_and_shares():
    """Ten contacts: six answered (three in time), two abandoned, one rejected, one waiting; an agent busy for 90 of 120 s."""
    queue = QueueStatistics(
        name="Support",
        agents=1,
        offered=10,
        answered=6,
        answered_in_time=3,
        abandoned=2,
        rejected=1,
        moved=0,
        waiting=1,
        largest_size=4,
        largest_size_at=30.0,
        longest_wait=50.0,
        mean_wait=25.0,
        busy_seconds=90.0,
        observed_seconds=120.0,
        waits=array("d", [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]),
    )
    found = queue_summary(queue, 1000.0)
    assert (found["name"], found["offered"], found["waiting"]) == ("Support", 10, 1)
    assert (found["service_level"], found["abandoned_share"], found["occupancy"]) == (3 / 8, 2 / 8, 90 / 120)
    assert (found["largest_size_at"], found["wait_p50"], found["wait_p99"]) == (1030.0, 20.0, 50.0)
    assert "waits" not in found
