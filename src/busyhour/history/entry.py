"""A run in the history, and what else was different from one night to the next."""

from __future__ import annotations

from dataclasses import dataclass, field

from busyhour.regression import outside
from busyhour.regression.compare import Confirmation
from busyhour.regression.metrics.observation import Observation


@dataclass(slots=True)
class Judgement:
    """What `busyhour compare` found in a run, beside whether it regressed."""

    failed: list[str] = field(default_factory=list)
    """Names of the metrics that regressed or changed, quotas that were cut, and new findings."""
    shown: bool = True
    """Whether everything could be judged."""
    version: str = ""
    """The version of busyhour that judged."""


@dataclass(slots=True)
class Night:
    """A run in the history."""

    observation: Observation
    regressed: bool | None = None
    """What `busyhour compare` found; None: it was not compared."""
    accepted: bool = False
    """Whether a regression was accepted as the new state of affairs."""
    revision: str = ""
    """Commit that was tested."""
    flows: dict[str, str] = field(default_factory=dict)
    """Fingerprints of the exported flows by file name."""
    added: str = ""
    id: int = 0
    confirmation: Confirmation | None = None
    """What repeats of it showed; None where it was not repeated."""
    repeat_of: str = ""
    """Id of the run that this one repeats; a repeat is never a baseline and no night of a trend."""
    judgement: Judgement = field(default_factory=Judgement)

    @property
    def trusted(self) -> bool:
        """Whether it may be a baseline."""
        return self.observation.valid and not self.repeat_of and (self.accepted or not self.regressed)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of runs; cheap to read."""

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
    """The version of busyhour that made the run; empty: not known."""
    name: str = ""
    """Its own name: date, scenario and a mark."""
    shown: bool = True
    """Whether the comparison could judge everything."""


def changes(before: Night, after: Night) -> list[str]:
    """What else was different that night, by value: the commit, quotas, flows, handlers, versions. Each as a phrase."""
    return [one.words for one in all_changes(before, after)]


def cuts(before: Night, after: Night) -> list[outside.Change]:
    """The quotas that were lower that night."""
    return [one for one in outside.changes(before.observation, after.observation) if one.finding]


def all_changes(before: Night, after: Night) -> list[outside.Change]:
    """The same as data; the commit first."""
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
