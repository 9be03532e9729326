"""Regions that have Amazon Connect, as AWS documents its endpoints; GovCloud included."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from busyhour.quotas.table.csv_rows import read, unique

REGIONS = Path(__file__).with_name("regions.csv")


@dataclass(frozen=True, slots=True)
class Region:
    """A Region with an endpoint of Connect. `source` and `date` are those of the page."""

    code: str
    name: str
    source: str
    date: str


def load() -> dict[str, Region]:
    """Read the Regions with Connect, by code."""
    return {
        row.text("region"): Region(*map(row.text, ("region", "name", "source", "date")))
        for row in unique(read(REGIONS), "region")
    }
