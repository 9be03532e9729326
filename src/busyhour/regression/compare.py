"""The comparison of candidate runs with baseline runs, as one value that renderers print."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from busyhour.errors import BusyhourError, ExitCode
from busyhour.regression.decide import Compared, Outcome, decide
from busyhour.regression.estimate import estimate
from busyhour.regression.observation import Observation, differences
from busyhour.regression.settings import Tolerances


@dataclass(slots=True)
class Confirmation:
    """What repeats of the run say of the metrics that regressed in it; see `confirm`."""

    repeats: list[str] = field(default_factory=list)
    """Ids of the runs."""
    confirmed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """One phrase."""
        count = len(self.repeats)
        times = "1 repeat" if count == 1 else f"{count} repeats"
        said = [
            f"{len(names)} {word}"
            for names, word in (
                (self.confirmed, "confirmed"),
                (self.gone, "gone"),
                (self.open, "not confirmed"),
            )
            if names
        ]
        return f"{', '.join(said)} in {times}"


@dataclass(slots=True)
class Comparison:
    """What came out. `metrics` are in order of concern: regressed, undecided, equivalent."""

    scenario: str
    new: list[str]
    old: list[str]
    metrics: list[Compared] = field(default_factory=list)
    new_findings: list[str] = field(default_factory=list)
    gone_findings: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    confirmation: Confirmation | None = None
    """None: nothing was repeated."""

    @property
    def regressed(self) -> bool:
        """Whether anything is worse beyond its tolerance, or the flow check finds something new."""
        return bool(self.new_findings) or any(one.outcome is Outcome.REGRESSED for one in self.metrics)

    def count(self, outcome: Outcome) -> int:
        """How many metrics have this outcome."""
        return sum(one.outcome is outcome for one in self.metrics)

    @property
    def summary(self) -> str:
        """One line, fit for a notification."""
        worst = [one.name for one in self.metrics if one.outcome is Outcome.REGRESSED]
        worst += [f"new finding {finding.partition(':')[0]}" for finding in self.new_findings]
        rest = (
            f"{self.count(Outcome.EQUIVALENT)} metrics equivalent, {self.count(Outcome.UNDECIDED)} undecided"
        )
        if self.confirmation is not None:
            rest = f"{self.confirmation.words}; {rest}"
        if not worst:
            return f"{self.scenario}: no regression; {rest}."
        more = f" and {len(worst) - 3} more" if len(worst) > 3 else ""
        return f"{self.scenario} regressed: {', '.join(worst[:3])}{more}; {rest}."


_ORDER = (Outcome.REGRESSED, Outcome.UNDECIDED, Outcome.EQUIVALENT)


def in_order(metrics: Iterable[Compared]) -> list[Compared]:
    """By concern: regressed, undecided, equivalent."""
    return sorted(metrics, key=lambda one: (_ORDER.index(one.outcome), one.p_regressed, -abs(one.effect)))


def compare(
    new: Sequence[Observation],
    old: Sequence[Observation],
    tolerances: Tolerances,
    *,
    force: bool = False,
    only: Collection[str] | None = None,
) -> Comparison:
    """Hold `new` runs against `old` ones.

    Args:
        new: candidate runs, at least one.
        old: baseline runs, at least one.
        tolerances: how much worse is still well.
        force: compare what is not alike too, and say so in `notes`.
        only: names of the metrics to compare; all where not given.

    Raises:
        BusyhourError: the runs are not alike, or one of them proves nothing; not with `force`.
    """
    notes = []
    unlike = [difference for other in (*new[1:], *old) for difference in differences(new[0], other)]
    if unlike:
        if not force:
            raise BusyhourError(
                "These runs are not of the same plan, so their difference would say nothing of the system:\n  "
                + "\n  ".join(dict.fromkeys(unlike)),
                "Compare runs of the same scenario with the same seed, or say --force.",
            )
        notes += list(dict.fromkeys(unlike))
    void = [f"{run.run_id} is {run.outcome}" for run in (*new, *old) if not run.valid]
    if void:
        if not force:
            raise BusyhourError(
                f"A run that proves nothing cannot be compared: {'; '.join(void)}.",
                "Run it again, or say --force.",
                ExitCode.INVALID_RUN,
            )
        notes += void
    estimates = estimate(new, old, tolerances)
    seconds = max(run.seconds for run in new)
    chosen = [one for one in estimates.metrics if only is None or one.name in only]
    metrics = in_order(decide(chosen, rate=tolerances.false_discovery_rate, seconds=seconds))
    now = set().union(*(run.findings for run in new))
    before = set().union(*(run.findings for run in old))
    if len(old) == 1 and not math.isclose(tolerances.run_noise, 0.0):
        notes.append(
            "One baseline run does not show how runs differ from each other; "
            f"{tolerances.run_noise:.1%} is assumed for latencies. Three or more show it."
        )
    return Comparison(
        scenario=str(new[0].identity.get("name")),
        new=[run.run_id for run in new],
        old=[run.run_id for run in old],
        metrics=metrics,
        new_findings=sorted(now - before),
        gone_findings=sorted(before - now),
        not_compared=estimates.missing,
        notes=notes,
    )
