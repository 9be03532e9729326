"""A finished run as a night of the history, and trends over nights."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from busyhour.project import Project
from busyhour.regression.changepoints import ChangePoint, change_points
from busyhour.regression.night import Night, changes
from busyhour.regression.observation import read
from busyhour.regression.values import values
from busyhour.regression.verdicts import read_verdict, repeat_folders

_REVISIONS = ("GITHUB_SHA", "CI_COMMIT_SHA", "CODEBUILD_RESOLVED_SOURCE_VERSION")


def night_of(path: Path, project: Project, revision: str | None = None) -> Night:
    """The run in `path` with what is known of its night: the verdict, the commit, the project's flows.

    Raises:
        BusyhourError: there is no run in `path`.
    """
    verdict = read_verdict(path)
    return Night(
        observation=read(path),
        regressed=None if verdict is None else verdict.regressed,
        confirmation=None if verdict is None else verdict.confirmation,
        revision=_revision(project.root) if revision is None else revision,
        flows={
            flow.name: hashlib.sha256(flow.read_bytes()).hexdigest()[:12]
            for flow in (project.flows() if project.flow_patterns else ())
        },
    )


def repeats_of(night: Night, path: Path) -> list[Night]:
    """The repeats of the run in `path`, as entries of the history of their own."""
    return [
        replace(
            night, observation=read(folder), confirmation=None, repeat_of=night.observation.run_id, added=""
        )
        for folder in repeat_folders(path)
    ]


def _revision(root: Path) -> str:
    """The commit that CI tests, else the one that is checked out; empty where neither is known."""
    for name in _REVISIONS:
        if found := os.environ.get(name):
            return found
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A change of one metric. `beside` is what else was different from the night before."""

    metric: str
    unit: str
    run_id: str
    started: str
    before: float
    after: float
    relative: float | None
    beside: list[str]


FALSE_DISCOVERIES = 0.05
"""Share of wrong ones among the metrics that are said to have changed."""


def trends(nights: Sequence[Night], containing: str, least: float) -> list[Trend]:
    """Change points of every metric that every night has, oldest first.

    Dozens of metrics are looked at, so the p-values of their changes are adjusted over all of them (Benjamini,
    Hochberg 1995).

    Args:
        nights: valid runs of one scenario, oldest first.
        containing: only metrics whose name contains this.
        least: smaller changes are left out; relative, or a difference for shares.
    """
    tables = [values(night.observation) for night in nights]
    names = [name for name in tables[-1] if containing in name and all(name in table for table in tables)]
    points = {name: change_points([table[name][0] for table in tables]) for name in names}
    found = []
    for name in _significant(points):
        unit = tables[-1][name][1]
        for point in points[name]:
            relative = point.relative if unit != "share" else None
            if abs(point.after - point.before if relative is None else relative) < least:
                continue
            night = nights[point.index]
            found.append(
                Trend(
                    name,
                    unit,
                    night.observation.run_id,
                    night.observation.started,
                    point.before,
                    point.after,
                    relative,
                    changes(nights[point.index - 1], night),
                )
            )
    return sorted(found, key=lambda one: one.started)


def _significant(points: Mapping[str, Sequence[ChangePoint]]) -> list[str]:
    """Names of the metrics whose clearest change stays significant beside all the others."""
    if not points:
        return []
    from scipy import stats

    clearest = [min((point.p for point in each), default=1.0) for each in points.values()]
    adjusted = stats.false_discovery_control(clearest, method="bh")
    return [name for name, p in zip(points, adjusted, strict=True) if p <= FALSE_DISCOVERIES]
