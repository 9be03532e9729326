from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.emulator.connect.metrics.summary import percentiles, quantile


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
