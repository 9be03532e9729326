"""Convert a finished run to an entry of the history, and compute trends over runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from busyhour.history.entry import Judgement, Night, changes, cuts
from busyhour.history.onsets import onsets
from busyhour.project import Project
from busyhour.regression.inference.change_points import SHORTEST
from busyhour.regression.made_of import fingerprint
from busyhour.regression.made_of import revision as commit
from busyhour.regression.metrics.common_windows import INVOKE
from busyhour.regression.metrics.observation import labels
from busyhour.regression.metrics.observe import read
from busyhour.regression.metrics.scalars import values
from busyhour.regression.verdicts import read_verdict, repeat_folders


def night_of(path: Path, project: Project, revision: str | None = None) -> Night:
    """Read the run in `path` with its verdict, commit and the fingerprints of the project's flows.

    Raises:
        BusyhourError: there is no run in `path`.
    """
    verdict = read_verdict(path)
    observation = read(path)
    made_of = observation.made_of
    if revision is None:
        revision = (made_of.revision if made_of is not None else "") or commit(project.root)
    return Night(
        observation=observation,
        regressed=None if verdict is None else verdict.regressed,
        confirmation=None if verdict is None else verdict.confirmation,
        revision=revision,
        flows={flow.name: fingerprint(flow) for flow in (project.flows() if project.flow_patterns else ())},
        judgement=Judgement()
        if verdict is None
        else Judgement(verdict.failed, verdict.shown, verdict.version),
    )


def repeats_of(night: Night, path: Path) -> list[Night]:
    """Read the repeats of the run in `path` as separate entries of the history."""
    return [
        replace(
            night, observation=read(folder), confirmation=None, repeat_of=night.observation.run_id, added=""
        )
        for folder in repeat_folders(path)
    ]


@dataclass(frozen=True, slots=True)
class Trend:
    """A dated change of one metric or quota. `beside` lists the other differences from the run before."""

    metric: str
    unit: str
    run_id: str
    """As in `labels`: the run's name where several runs share an id."""
    started: str
    before: float
    after: float
    relative: float | None
    beside: list[str]
    index: int
    """The first run of the new level."""
    by: str
    """How it was detected: `nights` (change point), `compare` (the comparison of that run) or `quota`."""


def trends(nights: Sequence[Night], containing: str, least: float) -> list[Trend]:
    """Compute the changes over the runs, oldest first.

    Each change of a metric is included once, and each reduction of a quota. A change that the comparison of a
    run detected, and that every later run detected too, is dated to that run; all others are dated by
    `onsets`.

    Args:
        nights: runs of one plan with measurements, oldest first.
        containing: only metrics whose name contains this.
        least: ignore smaller changes; relative, for shares a difference.
    """
    tables = [values(night.observation) for night in nights]
    units = {name: unit for table in tables for name, (_, unit) in table.items() if containing in name}
    told_apart = all("function" in " ".join(table) for table in tables)
    series = {
        name: [table[name][0] if name in table else math.nan for table in tables]
        for name in units
        if 2 * sum(name in table for table in tables) > len(tables)
        and not (told_apart and name.startswith("latency") and name.endswith(f": {INVOKE}"))
    }
    shown = labels([night.observation for night in nights])
    points = onsets(series, frozenset(name for name in series if units[name] == "share"))
    found = []
    for name, line in series.items():
        dated = _dated(name, nights, [one.index for one in points[name]])
        edges = [0, *sorted(dated), len(line)]
        for start, at, end in zip(edges, edges[1:], edges[2:], strict=False):
            before, after = (float(np.nanmedian(line[a:b])) for a, b in ((start, at), (at, end)))
            relative = after / before - 1.0 if units[name] != "share" and before else None
            if abs(after - before if relative is None else relative) >= least:
                found.append(
                    _trend(nights, shown, at, name, units[name], (before, after), relative, dated[at])
                )
    for at in range(1, len(nights)):
        for cut in cuts(nights[at - 1], nights[at]):
            if containing in cut.words:
                before, after = cut.values
                found.append(
                    _trend(nights, shown, at, cut.name, "", (before, after), after / before - 1.0, "quota")
                )
    return sorted(found, key=lambda one: one.index)


def _trend(
    nights: Sequence[Night],
    shown: Sequence[str],
    at: int,
    name: str,
    unit: str,
    levels: tuple[float, float],
    relative: float | None,
    by: str,
) -> Trend:
    beside = changes(nights[at - 1], nights[at])
    started = nights[at].observation.started
    return Trend(
        name, unit, shown[at], started, *levels, relative, [one for one in beside if name not in one], at, by
    )


def _dated(name: str, nights: Sequence[Night], points: Sequence[int]) -> dict[int, str]:
    """Return the runs at which a metric changed, and how each change was detected.

    A change point near the first of several consecutive runs whose comparison failed is the same change, and
    the comparison detected it first. Consecutive failures that go on count as a change of their own.
    """
    rows = _failing(name, nights)
    dated: dict[int, str] = {}
    for point in points:
        start = next((first for first, _ in rows if abs(first - point) <= SHORTEST), None)
        dated[point if start is None else start] = "nights" if start is None else "compare"
    for first, goes_on in rows:
        if goes_on and all(abs(first - at) > SHORTEST for at in dated):
            dated[first] = "compare"
    return dated


def _failing(name: str, nights: Sequence[Night]) -> list[tuple[int, bool]]:
    """Return the first run of each series of runs whose comparison failed, and whether the series goes on.

    Runs that were not compared do not end a series.
    """
    rows: list[tuple[int, bool]] = []
    failing = False
    for at, night in enumerate(nights):
        if at == 0 or night.regressed is None:
            continue
        fails = name in night.judgement.failed
        if fails and not failing:
            rows.append((at, True))
        elif failing and not fails:
            rows[-1] = (rows[-1][0], False)
        failing = fails
    return rows
