"""One metric of a comparison as data, and functions that all kinds of metrics share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from busyhour.regression.metrics.observation import Observation
from busyhour.regression.resampling.block_bootstrap import Floats

LATENCY_QUANTILES = (0.5, 0.9, 0.95, 0.99)
BEYOND = 10
"""Values that must lie beyond a quantile in every run for the quantile to be judged."""

FEW = 3
"""Number of events in all runs together below which they are rare."""


@dataclass(slots=True)
class Estimate:
    """One metric of the candidate runs (`new`) and the baseline runs (`old`), on the scale it is compared on."""

    name: str
    unit: str
    relative: bool
    """Whether the scale is logarithmic (effects are relative)."""
    tolerance: float
    """Largest tolerated change for the worse, on the scale."""
    new: Floats
    old: Floats
    old_runs: Sequence[Observation]
    """The baseline runs that have the metric, in the order of `old`."""
    least: Floats
    """Minimum variance of each run's value within the run: the new ones, then the old ones."""
    new_replicates: Floats | None = None
    """(runs, replicates), replicate r of all runs drawn at the same times.

    None if nothing can be resampled.
    """
    old_replicates: Floats | None = None
    blocks: float = np.inf
    """Number of independent pieces that the variance within runs is based on."""
    noise: float = 0.0
    """Assumed standard deviation between runs; 0: none, it is estimated from the runs."""
    worse: int = 1
    """-1 if less is worse."""
    both: bool = False
    """Whether a change in the better direction also counts as different behaviour."""
    neutral: bool = False
    """Whether neither direction is worse: any change is one of behaviour (with `both`)."""
    steady: bool = False
    """Whether it is identical in every run of the same flows, so that one baseline run is enough."""
    rare: bool = False
    """Whether it counts events that were hardly observed."""
    too_few: float = 1.0
    """Factor by which the runs would have to be longer to be judged; 1 or less: long enough."""


@dataclass(slots=True)
class Estimates:
    """All metrics that can be compared, and those that cannot."""

    metrics: list[Estimate] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Metrics that are not compared, with the reason."""
    gone: list[str] = field(default_factory=list)
    """Metrics that most baseline runs have and the candidate does not: a finding."""


def matched(
    made: Estimates,
    what: str,
    new: Sequence[Observation],
    old: Sequence[Observation],
    has: Callable[[Observation], Collection[str]],
    *,
    matters: Callable[[Observation, str], bool] = lambda run, name: True,
) -> Iterator[tuple[str, list[Observation]]]:
    """Return the metrics that every candidate run has, with the baseline runs that have them too.

    A metric that the candidate lacks and at least half of the baseline runs have goes to `gone`, every other
    one that is not in every run to `missing`.

    Args:
        made: receives `gone` and `missing`.
        what: kind of metric, for messages ("latency of").
        new: candidate runs.
        old: baseline runs.
        has: names of the metrics of a run.
        matters: whether a run has enough of the metric that its absence in another run is not chance.
    """
    names = dict.fromkeys(name for run in (*new, *old) for name in has(run))
    for name in names:
        with_it = [run for run in old if name in has(run)]
        if not all(name in has(run) for run in new):
            if with_it and 2 * sum(matters(run, name) for run in with_it) >= len(old):
                made.gone.append(
                    f"{what} {name}: {len(with_it)} of {len(old)} baseline runs have it, this run does not".strip()
                )
            else:
                made.missing.append(f"{what} {name}: not in every run".strip())
            continue
        if not with_it:
            made.missing.append(f"{what} {name}: not in the baseline".strip())
            continue
        if len(with_it) < len(old):
            made.missing.append(
                f"{what} {name}: not in every run; {len(with_it)} of {len(old)} baseline runs have it".strip()
            )
        yield name, with_it


def share_variance(count: float, of: float) -> float:
    """Return the variance of a share with one success and one failure added (Agresti, Caffo 2000)."""
    share = min(1.0, (count + 1.0) / (of + 2.0))
    return share * (1.0 - share) / (of + 2.0)
