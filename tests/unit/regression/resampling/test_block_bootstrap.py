from __future__ import annotations

import numpy as np
import pytest

from busyhour.regression.resampling.block_bootstrap import FEWEST_BLOCKS, block_length, rounded, weights


def ar1(memory: float, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(n)
    for i in range(1, n):
        out[i] = memory * out[i - 1] + rng.normal()
    return out


def test_independent_windows_need_no_blocks_and_correlated_ones_long_blocks() -> None:
    independent = np.median([block_length(ar1(0.0, 200, seed)) for seed in range(30)])
    correlated = np.median([block_length(ar1(0.8, 200, seed)) for seed in range(30)])
    assert independent < 2
    assert correlated > 6


@pytest.mark.parametrize("series", [np.zeros(50), np.ones(50), np.arange(5.0)])
def test_a_series_without_information_gives_single_windows(series: np.ndarray) -> None:
    assert block_length(series) == 1.0


@pytest.mark.parametrize(("windows", "length"), [(10, 1), (60, 4), (61, 7)])
def test_every_replicate_draws_as_many_windows_as_there_are(windows: int, length: int) -> None:
    drawn = weights(windows, length)
    assert (drawn.sum(axis=1) == windows).all()
    assert abs(drawn.mean() - 1.0) < 1e-12


def test_a_block_draws_neighbours_together() -> None:
    single, blocks = weights(100, 1), weights(100, 8)

    def together(drawn: np.ndarray) -> float:
        return float(np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())[0, 1])

    assert abs(together(single)) < 0.05
    assert together(blocks) > 0.7


def test_the_standard_error_of_a_correlated_mean_is_found_only_with_blocks() -> None:
    """AR(1) with coefficient 0.8: the mean's variance is 9 times that of independent values of equal variance."""
    ratios = {}
    for blocks in (False, True):
        errors, means = [], []
        for seed in range(150):
            x = ar1(0.8, 240, seed)
            length = rounded(block_length(x), len(x)) if blocks else 1
            errors.append((weights(len(x), length) @ x / len(x)).std())
            means.append(x.mean())
        ratios[blocks] = float(np.mean(errors) / np.std(means))
    assert ratios[False] < 0.45
    # A block bootstrap is known to come out somewhat low where correlation is long.
    assert 0.7 < ratios[True] < 1.15


def test_few_windows_still_leave_some_blocks() -> None:
    assert rounded(20.0, 24) == 24 // FEWEST_BLOCKS
