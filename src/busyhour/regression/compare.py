"""Comparison of candidate runs with baseline runs, as one value that renderers print."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from busyhour.errors import BusyhourError, ExitCode
from busyhour.regression.inference.decide import TOO_FEW_NIGHTS, Compared, Outcome, decide
from busyhour.regression.inference.estimate import estimate
from busyhour.regression.metrics.metric import Estimate
from busyhour.regression.metrics.observation import Observation, differences, labels
from busyhour.regression.outside import changes, purposeful, same_behaviour
from busyhour.regression.settings import Tolerances


@dataclass(slots=True)
class Confirmation:
    """Results of repeats for the metrics that regressed in the run; see `confirm`."""

    repeats: list[str] = field(default_factory=list)
    """Ids of the runs."""
    confirmed: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Format the confirmation as one phrase."""
        count = len(self.repeats)
        times = "1 repeat" if count == 1 else f"{count} repeats"
        counts = [
            f"{len(names)} {word}"
            for names, word in (
                (self.confirmed, "confirmed"),
                (self.gone, "gone"),
                (self.open, "not confirmed"),
            )
            if names
        ]
        return f"{', '.join(counts)} in {times}"


@dataclass(slots=True)
class Comparison:
    """Result of a comparison. `metrics` are sorted by severity."""

    scenario: str
    new: list[str]
    old: list[str]
    metrics: list[Compared] = field(default_factory=list)
    new_findings: list[str] = field(default_factory=list)
    gone_findings: list[str] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    confirmation: Confirmation | None = None
    """None: there were no repeats."""
    missing: list[str] = field(default_factory=list)
    """Metrics that the baseline has and the candidate does not."""
    cuts: list[str] = field(default_factory=list)
    """Quotas that are lower than on the newest baseline run."""
    outside: list[str] = field(default_factory=list)
    """Other differences from the newest baseline run, by value."""

    @property
    def regressed(self) -> bool:
        """Whether anything fails.

        A metric beyond its tolerance, a new finding of the flow check, a reduced quota.
        """
        return bool(self.new_findings or self.cuts) or any(one.outcome in FAILING for one in self.metrics)

    @property
    def shown(self) -> bool:
        """Whether everything could be judged.

        Nothing is missing, nothing looks worse without enough runs to judge it.
        """
        return not self.missing and not any(one.suspected for one in self.metrics)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code; a failure has priority over NOT SHOWN."""
        if self.regressed:
            return ExitCode.DOES_NOT_HOLD
        return ExitCode.OK if self.shown else ExitCode.INVALID_RUN

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        if self.regressed:
            worse = (
                any(one.outcome is Outcome.REGRESSED for one in self.metrics)
                or self.new_findings
                or self.cuts
            )
            return "regressed" if worse else "changed"
        if not self.shown:
            return "not shown"
        few = sum(one.advice.startswith(TOO_FEW_NIGHTS) for one in self.metrics)
        return TOO_FEW_NIGHTS if few > self.count(Outcome.EQUIVALENT) else "no regression"

    def count(self, outcome: Outcome) -> int:
        """Return the number of metrics with this outcome."""
        return sum(one.outcome is outcome for one in self.metrics)

    def named(self, *outcomes: Outcome) -> list[str]:
        """Return the names of the metrics with one of these outcomes."""
        return [one.name for one in self.metrics if one.outcome in outcomes]

    @property
    def reasons(self) -> list[str]:
        """Reasons of the verdict, the worst first; empty if nothing fails and everything could be judged."""
        found = [f"new finding {finding.partition(':')[0]}" for finding in self.new_findings]
        found += [*self.cuts, *self.named(Outcome.REGRESSED)]
        found += [f"{name} changed" for name in self.named(Outcome.CHANGED)]
        if not self.regressed:
            found += [f"missing: {one}" for one in self.missing]
            found += [f"{one.name} looks worse, {one.advice}" for one in self.metrics if one.suspected]
        return found

    @property
    def summary(self) -> str:
        """One line for a notification."""
        rest = (
            f"{self.count(Outcome.EQUIVALENT)} metrics equivalent, {self.count(Outcome.UNDECIDED)} undecided"
        )
        if follows := self.count(Outcome.FOLLOWS):
            rest += f", {follows} follow from a change"
        if self.regressed and self.missing:
            rest += f", {len(self.missing)} missing"
        if self.confirmation is not None:
            rest = f"{self.confirmation.words}; {rest}"
        found = self.reasons
        if not found:
            return f"{self.scenario}: {self.verdict}; {rest}."
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        verdict = f" {self.verdict}" if self.regressed else f": {self.verdict}"
        return f"{self.scenario}{verdict}: {', '.join(found[:3])}{more}; {rest}."


FAILING = (Outcome.REGRESSED, Outcome.CHANGED)
"""Outcomes of a metric that fail the comparison."""
_ORDER = (Outcome.REGRESSED, Outcome.CHANGED, Outcome.UNDECIDED, Outcome.FOLLOWS, Outcome.EQUIVALENT)


def in_order(metrics: Iterable[Compared]) -> list[Compared]:
    """Sort by severity: failed, prevented from failing by too few runs only, undecided, equivalent."""
    return sorted(
        metrics,
        key=lambda one: (_ORDER.index(one.outcome), not one.suspected, one.p_regressed, -abs(one.effect)),
    )


def compare(
    new: Sequence[Observation],
    old: Sequence[Observation],
    tolerances: Tolerances,
    *,
    force: bool = False,
    only: Collection[str] | None = None,
) -> Comparison:
    """Compare `new` runs with `old` ones.

    Args:
        new: candidate runs, at least one.
        old: baseline runs, at least one.
        tolerances: largest tolerated change for the worse.
        force: also compare runs that are not comparable, with `notes`.
        only: names of the metrics to compare; by default all.

    Raises:
        BusyhourError: the runs are not comparable, or one of them is invalid; not with `force`.
    """
    notes = _alike(new, old, force=force)
    estimates = estimate(new, old, tolerances)
    newest = max(old, key=lambda run: run.started)
    metrics = in_order(
        decide(
            [one for one in estimates.metrics if only is None or one.name in only],
            rate=tolerances.false_discovery_rate,
            seconds=max(run.seconds for run in new),
            state=lambda one, run: (run.era, not one.both or same_behaviour(run, new[0])),
            follows=lambda one: _follows(one, new[0]),
            known=tolerances.run_noise is not None,
        )
    )
    now = set().union(*(run.findings for run in new))
    before = set().union(*(run.findings for run in old))
    outside = changes(newest, new[0])
    shown = labels([*new, *old])
    return Comparison(
        scenario=str(new[0].identity.get("name")),
        new=shown[: len(new)],
        old=shown[len(new) :],
        metrics=metrics,
        new_findings=sorted(now - before),
        gone_findings=sorted(before - now),
        not_compared=estimates.missing,
        notes=[*notes, *_left_out(metrics)],
        missing=estimates.gone,
        cuts=[one.words for one in outside if one.finding],
        outside=[one.words for one in outside if not one.finding],
    )


def _alike(new: Sequence[Observation], old: Sequence[Observation], *, force: bool) -> list[str]:
    """Return the reasons why the runs are not comparable, as notes with `force`; raise an error without."""
    notes = []
    unlike = [difference for other in (*new[1:], *old) for difference in differences(new[0], other)]
    if unlike:
        if not force:
            raise BusyhourError(
                "These runs are not of the same plan, so their difference is not one of the system:\n  "
                + "\n  ".join(dict.fromkeys(unlike)),
                "Compare runs of the same scenario with the same seed, or use --force.",
            )
        notes += list(dict.fromkeys(unlike))
    void = [f"{run.run_id} is {run.outcome}" for run in (*new, *old) if not run.valid]
    if void:
        if not force:
            raise BusyhourError(
                f"An invalid or interrupted run cannot be compared: {'; '.join(void)}.",
                "Run it again, or use --force.",
                ExitCode.INVALID_RUN,
            )
        notes += void
    return notes


def _follows(one: Estimate, new: Observation) -> str:
    """Return the changes that distinguish the candidate from every baseline run of the current state.

    Only changes of flows and scenario count.
    """
    era = max(run.era for run in one.old_runs)
    today = [run for run in one.old_runs if run.era == era]
    if any(same_behaviour(run, new) for run in today):
        return ""
    return purposeful(max(today, key=lambda run: run.started), new)


def _left_out(metrics: Iterable[Compared]) -> list[str]:
    """Return the baseline runs that are outliers, with the metrics that they are left out of."""
    by_run: dict[str, list[str]] = {}
    for one in metrics:
        for name in one.left_out:
            by_run.setdefault(name, []).append(one.name)
    return [
        f"{name} is an outlier among the baseline runs and left out of {len(of)} metrics: {', '.join(sorted(of)[:3])}"
        + (" ..." if len(of) > 3 else "")
        for name, of in sorted(by_run.items())
    ]
