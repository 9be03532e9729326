"""A run in the history, and what else was different from one night to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from busyhour.regression.compare import Confirmation
from busyhour.regression.observation import Observation


@dataclass(slots=True)
class Night:
    """A run in the history."""

    observation: Observation
    regressed: bool | None = None
    """What `busyhour compare` said; None: it was not compared."""
    accepted: bool = False
    """Whether a regression was accepted as the new state of affairs."""
    revision: str = ""
    """Commit that was tested."""
    flows: dict[str, str] = field(default_factory=dict)
    """Fingerprints of the exported flows by file name."""
    added: str = ""
    id: int = 0
    confirmation: Confirmation | None = None
    """What repeats of it said; None where it was not repeated."""
    repeat_of: str = ""
    """Id of the run that this one repeats; a repeat is never a baseline and no night of a trend."""

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


def changes(before: Night, after: Night) -> list[str]:
    """What else was different that night: the commit, quota values, flows. Each as a phrase."""
    said = []
    if before.revision != after.revision:
        said.append(f"commit {before.revision[:10] or 'unknown'} to {after.revision[:10] or 'unknown'}")
    old, new = before.observation.quotas, after.observation.quotas
    said += [
        f"quota {new[key].name} {old[key].value:g} to {new[key].value:g}"
        for key in sorted(old.keys() & new.keys())
        if old[key].value != new[key].value
    ]
    said += _flow_changes(before.flows, after.flows)
    return said


def _flow_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [
        *(
            f"flow {name} changed"
            for name in sorted(before.keys() & after.keys())
            if before[name] != after[name]
        ),
        *(f"flow {name} new" for name in sorted(after.keys() - before.keys())),
        *(f"flow {name} gone" for name in sorted(before.keys() - after.keys())),
    ]
