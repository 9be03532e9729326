from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.regression.resampling.quantiles import Buckets
from busyhour.results.measurement.windows import coarse_bucket


def row(values: list[int]) -> list[int]:
    counted: dict[int, int] = {}
    for value in values:
        counted[coarse_bucket(value)] = counted.get(coarse_bucket(value), 0) + 1
    return [n for pair in sorted(counted.items()) for n in pair]


@settings(max_examples=50)
@given(st.lists(st.integers(1000, 10_000_000), min_size=1, max_size=80), st.sampled_from([0.5, 0.9, 0.99]))
def test_a_quantile_is_that_of_the_values_to_a_bucket(values: list[int], share: float) -> None:
    table = [row(values)]
    buckets = Buckets.of(table)
    found = float(buckets.quantiles(buckets.counts(table), (share,))[0, 0])
    ordered = sorted(values)
    exact = ordered[max(0, int(np.ceil(share * len(values) - 1e-9)) - 1)] / 1000.0
    assert abs(found - exact) <= exact * 0.0085


def test_rows_are_windows_and_an_empty_one_has_no_quantile() -> None:
    table = [row([2000, 2000]), [], row([8000])]
    buckets = Buckets.of(table)
    counts = buckets.counts(table)
    assert counts.sum(axis=1).tolist() == [2.0, 0.0, 1.0]
    medians = buckets.quantiles(counts, (0.5,))[0]
    assert abs(medians[0] - 2.0) < 0.02
    assert np.isnan(medians[1])
    means = buckets.means(counts)
    assert abs(means[2] - 8.0) < 0.08
    assert np.isnan(means[1])
