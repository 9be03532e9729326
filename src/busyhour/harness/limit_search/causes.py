"""Causes of failed runs, distinguished over many runs, and the rates between which each begins. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from busyhour.results.record import Outcome, RunRecord


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that broke."""

    key: str
    """The quota's key, or the objective's metric; the same in every run that it breaks."""
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One run of a search."""

    factor: float
    """Of the planned rate."""
    outcome: Outcome
    causes: list[Cause]
    """What broke, first what broke first; empty where all held."""
    run_id: str


@dataclass(frozen=True, slots=True)
class Bracket:
    """Between which rates one cause begins to bind."""

    cause: Cause
    holds: float | None
    """The highest multiple of the plan below `breaks` at which no run met it; None: there is none."""
    times: int
    """Runs at `holds`."""
    breaks: float
    """The lowest multiple at which a run met it."""


def causes_of(record: RunRecord) -> list[Cause]:
    """Return the causes that broke a run, most important first.

    Quotas come in the order in which they rejected something, then objectives, then quotas without the headroom that
    the scenario asks for; where there is none of these, what the verdict says. What a run that is invalid or was
    interrupted shows is no limit of the target.
    """
    if record.verdict.outcome is not Outcome.DOES_NOT_HOLD:
        return []
    binding = sorted(
        (quota for quota in record.quotas if quota.verdict == "binds"),
        key=lambda quota: (quota.first_rejected_at is None, quota.first_rejected_at or 0.0, quota.key),
    )
    found = [Cause(quota.key, f"{quota.name} ({quota.value:g} {quota.unit})") for quota in binding]
    found += [
        Cause(objective.metric, f"Objective {objective.metric} {objective.bound}")
        for objective in record.objectives
        if objective.holds is False
    ]
    headroom = float(record.scenario.get("headroom") or 0.0)
    found += [
        Cause(
            f"headroom/{quota.key}",
            f"{headroom:.0%} headroom below {quota.name} ({quota.value:g} {quota.unit})",
        )
        for quota in record.quotas
        if headroom and quota.verdict == "tight"
    ]
    if not found:
        why = record.verdict.reasons[0] if record.verdict.reasons else str(record.verdict.outcome)
        found.append(Cause("", why))
    return found


def brackets(steps: Sequence[Step]) -> list[Bracket]:
    """Where each cause begins to bind, by all runs that prove something; lowest rate first.

    A cause may hide behind one that blocks calls before they reach it; then it begins at the rate that is given
    here or below it, and shows where the other one's limit is raised.
    """
    proving = [step for step in steps if step.outcome not in (Outcome.INVALID, Outcome.INTERRUPTED)]
    met: dict[str, Step] = {}
    for step in sorted(proving, key=lambda step: step.factor):
        for cause in step.causes:
            met.setdefault(cause.key, step)
    made = []
    for key, step in met.items():
        below = [one.factor for one in proving if one.factor < step.factor]
        best = max(below, default=None)
        cause = next(cause for cause in step.causes if cause.key == key)
        made.append(Bracket(cause, best, below.count(best) if best is not None else 0, step.factor))
    return sorted(made, key=lambda bracket: bracket.breaks)
