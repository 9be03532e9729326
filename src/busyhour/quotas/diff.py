"""Differences between two listings of quotas: two dates, accounts or Regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.results.store import read_json


@dataclass(frozen=True, slots=True)
class Side:
    """A quota's value in one listing."""

    value: float
    origin: str
    read_at: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A quota whose value differs, or that only one of the listings has (the other side is None)."""

    key: str
    name: str
    code: str | None
    service: str
    a: Side | None
    b: Side | None

    @property
    def b_is_lower(self) -> bool:
        """Whether B's value is missing or lower than A's."""
        return self.a is not None and (self.b is None or self.b.value < self.a.value)


def read_listing(path: Path) -> dict[str, Mapping[str, Any]]:
    """Read the rows of a file written by `busyhour quotas --format json`, by key.

    Raises:
        BusyhourError: it cannot be read, or is another kind of file.
    """
    rows = read_json(path).get("quotas")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and _is_row(row) for row in rows):
        raise BusyhourError(
            f"{path}: not a listing of quotas.",
            f"Write one: busyhour quotas --source aws --format json > {path}",
        )
    return {row["key"]: row for row in rows}


def differences(a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]]) -> list[Difference]:
    """Return quotas whose values differ, in the order of A, then those that only B has.

    Equal values from different origins do not differ.
    """
    found = []
    for key in dict.fromkeys((*a, *b)):
        of_a, of_b = a.get(key), b.get(key)
        if of_a is not None and of_b is not None and of_a["value"] == of_b["value"]:
            continue
        row = of_a if of_a is not None else b[key]
        found.append(Difference(key, row["name"], row["code"], row["service"], _side(of_a), _side(of_b)))
    return found


def _side(row: Mapping[str, Any] | None) -> Side | None:
    return None if row is None else Side(float(row["value"]), row["origin"], row["read_at"])


def _is_row(row: Mapping[str, Any]) -> bool:
    texts = all(isinstance(row.get(name), str) for name in ("key", "name", "service", "origin", "read_at"))
    value = row.get("value")
    return texts and "code" in row and isinstance(value, int | float) and not isinstance(value, bool)
