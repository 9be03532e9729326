"""One metric of a comparison as data, and what its kinds have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from busyhour.regression.bootstrap import Floats

LATENCY_QUANTILES = (0.5, 0.9, 0.95, 0.99)
BEYOND = 10
"""Values that must lie beyond a quantile in every run before the quantile is judged."""

FEW = 3
"""Fewer events than this in all runs together are rare."""


@dataclass(slots=True)
class Estimate:
    """One metric of the candidate runs (`new`) and the baseline runs (`old`), on the scale it is compared on."""

    name: str
    unit: str
    relative: bool
    """Whether the scale is the logarithm (effects are relative)."""
    tolerance: float
    """How much worse is still well, on the scale."""
    new: Floats
    old: Floats
    new_replicates: Floats | None = None
    """(runs, replicates), replicate r of all runs drawn at the same times; None where nothing can be resampled."""
    old_replicates: Floats | None = None
    floor: float = 0.0
    """The least variance that the effect has."""
    blocks: float = math.inf
    """How many independent pieces the variance within runs rests on."""
    noise: float = 0.0
    """Standard deviation from run to run that is assumed beforehand."""
    worse: int = 1
    """-1 where less is worse."""
    rare: bool = False
    """Whether it counts events of which hardly any were seen."""
    too_few: float = 1.0
    """How many times as long the runs would have to be to be judged at all; 1 or less: long enough."""


@dataclass(slots=True)
class Estimates:
    """All metrics that the runs have in common, and what cannot be compared."""

    metrics: list[Estimate] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def common(made: Estimates, what: str, found: Sequence[Sequence[str]]) -> list[str]:
    """Names that all runs have; the others go to `missing`."""
    everywhere = set(found[0]).intersection(*found[1:])
    made.missing += [f"{what} {name}: not in every run" for name in sorted(set().union(*found) - everywhere)]
    return [name for name in dict.fromkeys(found[0]) if name in everywhere]


def share_variance(count: float, of: float) -> float:
    """Variance of a share with one success and one failure added (Agresti, Caffo 2000)."""
    share = min(1.0, (count + 1.0) / (of + 2.0))
    return share * (1.0 - share) / (of + 2.0)


def of_means(variances: Floats, split: int) -> float:
    """Variance of the difference between the mean of the first `split` runs and that of the others."""
    return float(variances[:split].sum() / split**2 + variances[split:].sum() / (len(variances) - split) ** 2)
