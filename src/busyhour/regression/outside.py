"""Differences between the inputs of two runs, by value: quotas, flows, files, commit, versions, settings.

A reduced quota is always a finding; all other differences are stated, and judged by their
effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from busyhour.regression.made_of import MadeOf
from busyhour.regression.metrics.observation import Observation

FLOW, SETTING, QUOTA = "flow", "scenario", "quota"
_JUDGING = "judging"
_ONLY_JUDGING = ("objectives.", "headroom ", "waves ", "usage.")
"""Settings for judging a run; they do not affect calls."""
_MOST_SETTINGS = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `finding`: it fails the comparison by itself."""

    kind: str
    words: str
    finding: bool = False
    name: str = ""
    """Key of the quota."""
    values: tuple[float, float] = (0.0, 0.0)
    """Values of the quota: before and after."""


def changes(before: Observation, after: Observation) -> list[Change]:
    """Return the differences in `after`, findings first; only what both runs recorded."""
    found = _quotas(_limits(before), _limits(after))
    if before.made_of is not None and after.made_of is not None:
        found += _made_of(before.made_of, after.made_of)
    elif before.version and after.version and before.version != after.version:
        found.append(Change("version", f"busyhour {before.version} to {after.version}"))
    return sorted(found, key=lambda one: not one.finding)


def purposeful(before: Observation, after: Observation) -> str:
    """Return the changes of flows and scenario in words, from which a change of behaviour follows.

    Empty: none.
    """
    return ", ".join(one.words for one in changes(before, after) if one.kind in (FLOW, SETTING))


def same_behaviour(one: Observation, other: Observation) -> bool:
    """Whether two runs used the same flows and scenario, as far as recorded."""
    return not purposeful(one, other)


def _limits(one: Observation) -> dict[str, tuple[str, float]]:
    return {
        **{key: (use.name, use.value) for key, use in one.quotas.items()},
        **{key: (limit.name, limit.value) for key, limit in one.limits.items()},
    }


def _quotas(old: Mapping[str, tuple[str, float]], new: Mapping[str, tuple[str, float]]) -> list[Change]:
    return [
        Change(
            QUOTA,
            f"quota {new[key][0]} {old[key][1]:g} to {new[key][1]:g}",
            new[key][1] < old[key][1],
            f"quota {new[key][0]}",
            (old[key][1], new[key][1]),
        )
        for key in sorted(old.keys() & new.keys())
        if old[key][1] != new[key][1]
    ]


def _made_of(old: MadeOf, new: MadeOf) -> list[Change]:
    found = []
    if old.revision != new.revision:
        found.append(
            Change("commit", f"commit {old.revision[:10] or 'unknown'} to {new.revision[:10] or 'unknown'}")
        )
    found += [Change(FLOW, words) for words in content("flow", old.flows, new.flows)]
    found += [Change("file", words) for words in content("", old.files, new.files)]
    found += [
        Change("version", f"{name} {old.versions[name]} to {new.versions[name]}")
        for name in sorted(old.versions.keys() & new.versions.keys())
        if old.versions[name] != new.versions[name]
    ]
    settings = values(old.settings, new.settings)
    found += [
        Change(_JUDGING if words.startswith(_ONLY_JUDGING) else SETTING, f"scenario {words}")
        for words in settings[:_MOST_SETTINGS]
    ]
    if len(settings) > _MOST_SETTINGS:
        found.append(Change(SETTING, f"scenario: {len(settings) - _MOST_SETTINGS} more settings"))
    return found


def content(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the files whose content differs, or that are new or removed."""
    return [
        *(
            f"{kind} {name} changed".strip()
            for name in sorted(old.keys() & new.keys())
            if old[name] != new[name]
        ),
        *(f"{kind} {name} new".strip() for name in sorted(new.keys() - old.keys())),
        *(f"{kind} {name} gone".strip() for name in sorted(old.keys() - new.keys())),
    ]


def values(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the settings that differ, by value."""
    return [
        f"{key} {old.get(key, 'not set')} to {new.get(key, 'not set')}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
