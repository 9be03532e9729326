"""Block bootstrap of windows: neighbouring seconds of a run are correlated, which a plain bootstrap ignores.

Sources: circular block bootstrap: Politis, Romano (1992), "A circular block-resampling procedure for
stationary data". Block length: Politis, White (2004), "Automatic block-length selection for the dependent
bootstrap", with the correction of Patton, Politis, White (2009).
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REPLICATES = 500
_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
FEWEST_BLOCKS = 6


def block_length(influence: Floats) -> float:
    """Return the number of windows per block.

    Args:
        influence: contribution of each window to the statistic, in the order of time.

    Returns:
        Windows; 1 if neighbours are not correlated.
    """
    n = len(influence)
    x = influence - influence.mean()
    variance = float(x @ x) / n
    if n < 8 or variance <= 0.0:
        return 1.0
    quiet = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(n - 1, math.ceil(math.sqrt(n)) + quiet)
    correlation = np.array([float(x[: n - k] @ x[k:]) / n / variance for k in range(most + 1)])
    bound = 2.0 * math.sqrt(math.log10(n) / n)
    small = np.abs(correlation[1:]) < bound
    # The first lag after which `quiet` correlations in a row are negligible; otherwise the last that is not.
    last = next((k for k in range(len(small) - quiet + 1) if small[k : k + quiet].all()), None)
    if last is None:
        large = np.flatnonzero(~small)
        last = int(large[-1]) + 1 if len(large) else 0
    if last == 0:
        return 1.0
    bandwidth = min(2 * last, most)
    lags = np.arange(1, bandwidth + 1)
    share = lags / bandwidth
    taper = np.where(share <= 0.5, 1.0, 2.0 * (1.0 - share))
    covariance = correlation[1 : bandwidth + 1] * variance
    g = 2.0 * float(np.sum(taper * lags * covariance))
    spectrum = variance + 2.0 * float(np.sum(taper * covariance))
    d = 4.0 / 3.0 * spectrum**2
    if d <= 0.0:
        return 1.0
    length = math.pow(2.0 * g * g / d, 1.0 / 3.0) * math.pow(n, 1.0 / 3.0)
    return max(1.0, min(length, 3.0 * math.sqrt(n), n / 3.0))


def rounded(length: float, windows: int) -> int:
    """Return a length that weights are cached for, such that at least `FEWEST_BLOCKS` blocks remain.

    It is at least 4 where possible: the clocks of two runs may be a second apart, and only longer blocks
    contain what both did at the same time.
    """
    longest = max(1, windows // FEWEST_BLOCKS)
    least = max(1, min(4, windows // 15))
    wanted = next((each for each in _LENGTHS if each >= max(length - 0.25, least)), _LENGTHS[-1])
    return min(wanted, longest)


@lru_cache(maxsize=32)
def weights(windows: int, length: int, replicates: int = REPLICATES, seed: int = 2026) -> Floats:
    """Return how often each window is drawn in each replicate: an array (replicates, windows).

    The same arguments give the same array: all runs of a comparison are resampled at the same times, so that
    effects of the plan on all of them (a ramp, cold starts) do not count as noise.
    """
    rng = np.random.default_rng([seed, windows, length])
    blocks = math.ceil(windows / length)
    starts = rng.integers(0, windows, size=(replicates, blocks, 1))
    drawn = ((starts + np.arange(length)) % windows).reshape(replicates, -1)[:, :windows]
    flat = (drawn + windows * np.arange(replicates)[:, None]).ravel()
    return np.bincount(flat, minlength=replicates * windows).reshape(replicates, windows).astype(float)
