"""Approval records: AWS's of a test that places calls, a responsible person's of one that loads functions or tables."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.input_files import parse_toml, read_text
from busyhour.scenarios.model import DriveKind, Scenario

MOST_BYTES = 65536
"""Larger files are not approval records."""

_SHOWN = "docs/aws.md shows a complete record."

MOST = 10_000_000
"""Largest cap that a record may state."""


@dataclass(frozen=True, slots=True)
class Approval:
    """The approval record of a live run, as the team wrote it down.

    For calls AWS has approved it, for every other drive a person.
    """

    id: str
    account: str
    region: str
    instance: str
    not_before: datetime
    not_after: datetime
    emergency_contact: str
    max_calls: int
    max_concurrent: int
    path: Path
    drive: str = DriveKind.VOICE.value
    """Kind of load that it covers."""


_COMMON = {
    "account": str,
    "region": str,
    "not_before": datetime,
    "not_after": datetime,
    "max_calls": int,
    "max_concurrent": int,
}
_OF_AWS = {"id": str, "instance": str, "emergency_contact": str, **_COMMON}
_OF_A_PERSON = {"approved_by": str, "drive": str, **_COMMON}


def approval_of(scenario: Scenario) -> Approval | None:
    """Read the approval record that a scenario names; None if it names none.

    Raises:
        BusyhourError: as `read_approval`.
    """
    path = scenario.aws.approval
    return None if path is None else read_approval(path, scenario.drive)


def read_approval(path: Path, drive: DriveKind = DriveKind.VOICE) -> Approval:
    """Read an approval record: TOML, with other keys for calls than for functions and tables (docs/aws.md).

    Raises:
        BusyhourError: missing file, bad TOML, missing or unknown key, or a value of the wrong type or size.
    """
    wanted = _OF_AWS if drive is DriveKind.VOICE else _OF_A_PERSON
    data = _table(path)
    for key in data:
        if key not in wanted:
            raise BusyhourError(
                f"{path}: unknown key {key!r}.{did_you_mean(key, wanted)}",
                f"A record for drive = {drive.value!r} has {', '.join(wanted)} (docs/aws.md).",
            )
    for key, kind in wanted.items():
        if key not in data:
            raise BusyhourError(f"{path}: {key} is missing.", _SHOWN)
        problem = _problem(data[key], kind)
        if problem:
            raise BusyhourError(f"{path}: {key} is {data[key]!r}; it must be {problem}.", _SHOWN)
    if data["not_before"] >= data["not_after"]:
        raise BusyhourError(
            f"{path}: not_before is {data['not_before'].isoformat()}, not earlier than not_after, "
            f"{data['not_after'].isoformat()}.",
            "Write the window that was approved: not_before is its start, not_after its end.",
        )
    return _approval(path, data, drive)


def _approval(path: Path, data: Mapping[str, Any], drive: DriveKind) -> Approval:
    common = {key: data[key] for key in _COMMON}
    if drive is DriveKind.VOICE:
        return Approval(
            id=data["id"],
            instance=data["instance"],
            emergency_contact=data["emergency_contact"],
            path=path,
            **common,
        )
    return Approval(
        id=data["approved_by"],
        instance="",
        emergency_contact=data["approved_by"],
        path=path,
        drive=data["drive"],
        **common,
    )


def _table(path: Path) -> dict[str, Any]:
    if path.exists() and not path.is_file():
        raise BusyhourError(f"The approval record {path} is not a file.", _SHOWN)
    try:
        return parse_toml(read_text(path, MOST_BYTES))
    except OSError as error:
        raise BusyhourError(
            f"The approval record {path} cannot be read: {error.strerror}.",
            "Write the approval down there; docs/aws.md shows the keys.",
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BusyhourError(f"The approval record {path} is not TOML: {error}.", _SHOWN) from None


def _problem(value: Any, kind: type) -> str:
    """Return what the value must be; empty if it is."""
    if kind is datetime:
        fits = isinstance(value, datetime) and value.tzinfo is not None
        return "" if fits else "a date and time with an offset, like 2026-12-01T18:00:00-05:00"
    if kind is int:
        fits = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST
        return "" if fits else f"int, from 1 to {MOST:,}"
    return "" if isinstance(value, str) and value.isprintable() else "str, on one line"
