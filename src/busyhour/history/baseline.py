"""Select the baseline of a run: runs that are named, or earlier runs from the history."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.history.store import History
from busyhour.project import Project
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.metrics.observe import read

HISTORY = "history"
NIGHTS = 5
"""Default number of nightly runs taken from the history."""


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
        project: project that owns the history.
        names: run folders, or `history` for the newest trusted runs of the same plan.
        new: the run to be compared.
        nights: number of runs that `history` takes.
        database: path of the history file; None for the project's own.

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
