"""Trends up to a run as data for its report: every metric by nightly run, change points, other differences.

Shape of `RunRecord.trends`:

| member | meaning |
|---|---|
| `nights` | `run_id`, `name` (of its own), `started`, `revision`, `regressed` (null: not compared), `failed` (metrics, quotas and findings that failed), `outside` (other differences from the run before), oldest first |
| `metrics` | `name`, `unit` and `values` (one for each night, null where it has none) of those that most nights and the last one have |
| `changes` | as `history.trends.Trend` |
| `early` | number of newest runs that are too recent for a change to be detected |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from busyhour.history.entry import Night, changes
from busyhour.history.onsets import EARLY
from busyhour.history.store import History
from busyhour.history.trends import night_of, trends
from busyhour.project import Project
from busyhour.regression.metrics.observation import differences
from busyhour.regression.metrics.scalars import values
from busyhour.results.codec import encode

MOST = 90
"""Number of runs shown."""
LEAST = 0.03
"""Smaller changes are left out: relative; for shares, a difference."""
_DIGITS = 6


def up_to(path: Path, project: Project) -> dict[str, Any]:
    """Compute the trends up to the run in `path`.

    The result is empty if the project has no history of the plan, or the run is void.

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
        and not differences(last.observation, night.observation)
        and night.observation.started < last.observation.started
    ]
    if not nights or not last.observation.valid:
        return {}
    return as_data([*nights[-MOST + 1 :], last])


def as_data(nights: Sequence[Night]) -> dict[str, Any]:
    """Convert the runs, oldest first, to the shape above."""
    tables = [values(night.observation) for night in nights]
    return {
        "nights": [
            {
                "run_id": night.observation.run_id,
                "name": night.observation.name,
                "started": night.observation.started,
                "revision": night.revision,
                "regressed": night.regressed,
                "failed": night.judgement.failed,
                "outside": changes(nights[at - 1], night) if at else [],
            }
            for at, night in enumerate(nights)
        ],
        "metrics": [
            {
                "name": name,
                "unit": unit,
                "values": [
                    float(f"{table[name][0]:.{_DIGITS}g}") if name in table else None for table in tables
                ],
            }
            for name, (_, unit) in tables[-1].items()
            if 2 * sum(name in table for table in tables) > len(tables)
        ],
        "changes": [encode(one) for one in trends(nights, "", LEAST)],
        "early": EARLY,
    }
