"""The runs that a run is compared with: those that are named, or the nights before it from the history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.history.store import History
from busyhour.project import Project
from busyhour.regression.metrics.observation import Observation, read

HISTORY = "history"
NIGHTS = 5
"""How many nights of the history are taken, by default."""


def baseline(
    project: Project,
    names: Sequence[str],
    new: Observation,
    *,
    nights: int = NIGHTS,
    database: Path | None = None,
) -> list[Observation]:
    """Read the baseline of `new`.

    Args:
        project: whose history it is.
        names: folders of runs, or `history` for the newest trusted nights of the same plan.
        new: the run.
        nights: how many nights `history` takes.
        database: the history's file, where it is not the project's own.

    Raises:
        BusyhourError: a run or the history cannot be read.
    """
    old: list[Observation] = []
    for name in names:
        if name == HISTORY and not Path(name).exists():
            with History.open(database or project.history_file) as history:
                old += history.baseline(new, nights)
        else:
            old.append(read(Path(name)))
    return old
