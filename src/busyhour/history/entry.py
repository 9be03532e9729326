"""A run stored in the history, and the differences between two consecutive runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from busyhour.regression import outside
from busyhour.regression.compare import Confirmation
from busyhour.regression.metrics.observation import Observation


@dataclass(slots=True)
class Judgement:
    """Result of `busyhour compare` for a run, in addition to whether it regressed."""

    failed: list[str] = field(default_factory=list)
    """Names of metrics that regressed or changed, of quotas that were reduced, and of new findings."""
    shown: bool = True
    """Whether every metric could be judged."""
    version: str = ""
    """Version of busyhour that made the comparison."""


@dataclass(slots=True)
class Night:
    """A run stored in the history."""

    observation: Observation
    regressed: bool | None = None
    """Result of `busyhour compare`; None if the run was not compared."""
    accepted: bool = False
    """Whether a regression was accepted as the new level."""
    revision: str = ""
    """Commit under test."""
    flows: dict[str, str] = field(default_factory=dict)
    """Fingerprints of the exported flows by file name."""
    added: str = ""
    id: int = 0
    confirmation: Confirmation | None = None
    """Result of its repeats; None if it was not repeated."""
    repeat_of: str = ""
    """Id of the run that this one repeats. A repeat is never a baseline and never part of a trend."""
    judgement: Judgement = field(default_factory=Judgement)

    @property
    def trusted(self) -> bool:
        """Whether the run may be a baseline."""
        return self.observation.valid and not self.repeat_of and (self.accepted or not self.regressed)


@dataclass(frozen=True, slots=True)
class Entry:
    """Summary of a run for listings; cheap to read."""

    id: int
    run_id: str
    started: str
    scenario: str
    outcome: str
    regressed: bool | None
    accepted: bool
    revision: str
    repeat_of: str = ""
    version: str = ""
    """Version of busyhour that made the run; empty if unknown."""
    name: str = ""
    """Name of the run: date, scenario and a suffix."""
    shown: bool = True
    """Whether the comparison could judge every metric."""


def changes(before: Night, after: Night) -> list[str]:
    """List the differences between two runs besides metrics, each as a phrase.

    These are commit, quotas, flows, handlers, versions.
    """
    return [one.words for one in all_changes(before, after)]


def cuts(before: Night, after: Night) -> list[outside.Change]:
    """Return the quotas that are lower in the later run."""
    return [one for one in outside.changes(before.observation, after.observation) if one.finding]


def all_changes(before: Night, after: Night) -> list[outside.Change]:
    """Return the differences between two runs as data; the commit first."""
    found = outside.changes(before.observation, after.observation)
    known = before.observation.made_of is not None and after.observation.made_of is not None
    found = [one for one in found if one.kind != "commit"]
    if not known:
        found += [
            outside.Change(outside.FLOW, words)
            for words in outside.content("flow", before.flows, after.flows)
        ]
    if before.revision != after.revision:
        words = f"commit {before.revision[:10] or 'unknown'} to {after.revision[:10] or 'unknown'}"
        found.insert(0, outside.Change("commit", words))
    return found
