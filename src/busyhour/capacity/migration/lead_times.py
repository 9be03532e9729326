"""Lead times of quota increases: lead_times.csv beside this file.

AWS documents hours for small increases, up to three weeks for larger ones and possibly months for extra-large
ones, without the sizes. The bounds, as multiples of the present value, and the days behind "hours" and
"months" are our own conservative choice, since requesting early costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from busyhour.quotas.table.csv_rows import read

LEAD_TIMES = Path(__file__).with_name("lead_times.csv")


@dataclass(frozen=True, slots=True)
class LeadTime:
    """One size of increase: `up_to_factor` times the present value, infinite for the largest."""

    size: str
    up_to_factor: float
    days: int
    words: str
    source: str
    as_of: str

    def latest(self, needed_on: date) -> date:
        """Return the latest day to request what is needed on `needed_on`."""
        return needed_on - timedelta(days=self.days)


def load(path: Path = LEAD_TIMES) -> tuple[LeadTime, ...]:
    """Read the sizes, smallest first."""
    return tuple(
        LeadTime(
            row.text("size"),
            row.number("up_to_factor") if row.cells["up_to_factor"] else math.inf,
            int(row.number("days")),
            *map(row.text, ("words", "source", "date")),
        )
        for row in read(path)
    )


def lead_time(present: float, wanted: float, sizes: Sequence[LeadTime]) -> LeadTime:
    """Return the size of an increase from `present` to `wanted`; an increase from 0 is never small."""
    if present <= 0:
        return sizes[min(1, len(sizes) - 1)]
    factor = wanted / present
    return next((size for size in sizes if factor <= size.up_to_factor), sizes[-1])
