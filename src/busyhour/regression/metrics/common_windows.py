"""The windows that runs have in common: latencies and values by second of several runs at one width.

They are resampled by blocks of windows (see `block_bootstrap`), all runs at the same times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from busyhour.regression.metrics.metric import BEYOND
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.resampling.block_bootstrap import Floats

INVOKE = "lambda:Invoke"
Runs = Sequence[Observation]


class Grid:
    """The windows that all runs have in common: the widest window, the shortest length."""

    def __init__(self, new: Runs, old: Runs, width: float | None = None) -> None:
        self.new, self.old = new, old
        self.runs = [*new, *old]
        widths = [run.windows.width for run in self.runs if run.windows is not None]
        self.width = max(widths, default=1.0) if width is None else width

    def split(self, lines: Floats) -> tuple[Floats, Floats]:
        """Return the rows of the candidate runs, and those of the baseline runs."""
        return lines[: len(self.new)], lines[len(self.new) :]

    def tables(self, run: Observation) -> dict[str, list[list[int]]]:
        """Return a run's windows by what is timed.

        Each Lambda function if all runs distinguish them, other operations.

        Functions differ as much as services do: in their sum a slow function hides behind a busy one.
        """
        assert run.windows is not None
        if not all(each.windows is not None and each.windows.functions for each in self.runs):
            return run.windows.latency
        others = {name: rows for name, rows in run.windows.latency.items() if name != INVOKE}
        return {**others, **{f"function {name}": rows for name, rows in run.windows.functions.items()}}

    def matters(self, run: Observation, operation: str) -> bool:
        """Whether a run made enough of these requests that their absence in another one is not chance."""
        rows = self.tables(run).get(operation, [])
        return sum(n for row in rows for n in row[1::2]) >= BEYOND

    def join_rows(self, run: Observation, rows: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return a run's windows at the common width (widths are powers of two)."""
        assert run.windows is not None
        by = max(1, round(self.width / run.windows.width))
        return [[n for row in rows[i : i + by] for n in row] for i in range(0, len(rows), by)]

    def join_line(self, line: Sequence[float]) -> Floats:
        """Return values by second, summed to the common width."""
        by = max(1, int(self.width))
        padded = np.zeros(math.ceil(len(line) / by) * by)
        padded[: len(line)] = line
        joined: Floats = padded.reshape(-1, by).sum(axis=1)
        return joined
