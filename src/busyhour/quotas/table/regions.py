"""Regions that have Amazon Connect, as AWS documents its endpoints; GovCloud included."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

REGIONS = Path(__file__).with_name("regions.csv")


@dataclass(frozen=True, slots=True)
class Region:
    """A Region with an endpoint of Connect. `source` and `date` say where and when that was read."""

    code: str
    name: str
    source: str
    date: str


def load() -> dict[str, Region]:
    """Regions with Connect, by code."""
    with REGIONS.open(encoding="utf-8", newline="") as file:
        return {
            row["region"]: Region(row["region"], row["name"], row["source"], row["date"])
            for row in csv.DictReader(file)
        }
