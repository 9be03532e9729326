"""The nights up to a run as data for its report: every metric over them, its change points, what changed beside.

Shape of `RunRecord.trends`:

| member | meaning |
|---|---|
| `nights` | `run_id`, `started`, `revision`, `regressed` (null: not compared) of each night, oldest first |
| `metrics` | `name`, `unit` and `values` (one for each night) of those that all nights have |
| `changes` | as `regression.nights.Trend`, with `index`: the first night of the new level |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from busyhour.project import Project
from busyhour.regression.history import History
from busyhour.regression.night import Night
from busyhour.regression.nights import night_of, trends
from busyhour.regression.values import values
from busyhour.results.codec import encode

MOST = 90
"""Nights that are shown."""
LEAST = 0.03
"""Smaller changes are left out; relative, or a difference for shares."""
_DIGITS = 6


def up_to(path: Path, project: Project) -> dict[str, Any]:
    """The trends up to the run in `path`; empty where the project has no history of its plan, or the run is void.

    Raises:
        BusyhourError: the history or the run cannot be read.
    """
    file = project.history_file
    if not file.is_file():
        return {}
    last = night_of(path, project)
    with History.open(file) as history:
        before = history.nights(str(last.observation.identity.get("name")))
    nights = [
        night
        for night in before
        if night.observation.valid
        and night.observation.identity == last.observation.identity
        and night.observation.started < last.observation.started
    ]
    if not nights or not last.observation.valid:
        return {}
    return as_data([*nights[-MOST + 1 :], last])


def as_data(nights: Sequence[Night]) -> dict[str, Any]:
    """The nights, oldest first, in the shape above."""
    tables = [values(night.observation) for night in nights]
    place = {night.observation.run_id: at for at, night in enumerate(nights)}
    return {
        "nights": [
            {
                "run_id": night.observation.run_id,
                "started": night.observation.started,
                "revision": night.revision,
                "regressed": night.regressed,
            }
            for night in nights
        ],
        "metrics": [
            {
                "name": name,
                "unit": unit,
                "values": [float(f"{table[name][0]:.{_DIGITS}g}") for table in tables],
            }
            for name, (_, unit) in tables[-1].items()
            if all(name in table for table in tables)
        ],
        "changes": [{**encode(one), "index": place[one.run_id]} for one in trends(nights, "", LEAST)],
    }
