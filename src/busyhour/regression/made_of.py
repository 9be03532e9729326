"""Inputs of a run and their differences between two runs: commit, versions, flows, files, settings, quotas.

A run keeps them in its record (`RunRecord.scenario["made_of"]`), so that a comparison can state by value what
changed besides the system's behaviour.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from busyhour.input_files import DATA_BYTES, read_bytes
from busyhour.project.toml_file import TomlFile
from busyhour.results.codec import decode
from busyhour.results.record import RunRecord
from busyhour.scenarios.model import Scenario

KEY = "made_of"
"""Member of `RunRecord.scenario`."""
_REVISIONS = ("GITHUB_SHA", "CI_COMMIT_SHA", "CODEBUILD_RESOLVED_SOURCE_VERSION")
_NOT_KEPT = ("description", "aws", "support", "quotas")
"""Tables of a scenario that do not affect measurements, or are kept elsewhere."""
_WORDS = 60


@dataclass(slots=True)
class MadeOf:
    """Everything outside of the system that a run's results depend on."""

    revision: str = ""
    """Commit under test."""
    versions: dict[str, str] = field(default_factory=dict)
    flows: dict[str, str] = field(default_factory=dict)
    """Fingerprints of the exported flows by file name."""
    files: dict[str, str] = field(default_factory=dict)
    """Fingerprints of handlers and of tables' definitions and items, by name."""
    settings: dict[str, str] = field(default_factory=dict)
    """Values of the scenario by dotted key."""


def collect(scenario: Scenario, root: Path) -> MadeOf:
    """Collect the inputs of a run of `scenario`; `root` is the project's root."""
    files: dict[str, Path] = {}
    for name, function in scenario.functions.items():
        if function.handler is not None:
            files[f"function {name}"] = Path(function.handler.rpartition(":")[0])
    for name, table in scenario.tables.items():
        files[f"table {name}"] = table.definition
        if table.items is not None:
            files[f"items of table {name}"] = table.items
    return MadeOf(
        revision=revision(root),
        versions={"python": sys.version.split()[0]},
        flows={path.name: fingerprint(path) for path in scenario.flows.files},
        files={name: fingerprint(path) for name, path in files.items()},
        settings=_settings(scenario),
    )


def of_record(record: RunRecord) -> MadeOf | None:
    """Return the inputs of a recorded run; None if the record does not have them."""
    data = record.scenario.get(KEY)
    if data is None:
        return None
    found = decode(MadeOf, data)
    found.versions |= {
        "busyhour": record.busyhour_version,
        **{str(k): str(v) for k, v in (record.generator.get("versions") or {}).items() if k != "busyhour"},
    }
    return found


def fingerprint(path: Path) -> str:
    """Return twelve digits of a hash of a file's content; empty if it cannot be read."""
    try:
        return hashlib.sha256(read_bytes(path, DATA_BYTES)).hexdigest()[:12]
    except OSError:
        return ""


def revision(root: Path) -> str:
    """Return the commit that CI tests, or the one that is checked out; empty if neither is known."""
    for name in _REVISIONS:
        if found := os.environ.get(name):
            return found
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _settings(scenario: Scenario) -> dict[str, str]:
    data = TomlFile.read(scenario.path, "scenario").with_values(scenario.overrides).data
    return dict(_flat({key: value for key, value in data.items() if key not in _NOT_KEPT}, ""))


def _flat(data: Mapping[str, Any], above: str) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            out += _flat(value, f"{above}{key}.")
        else:
            words = value.isoformat() if isinstance(value, date | datetime) else str(value)
            short = words if len(words) <= _WORDS else f"{words[:_WORDS]}… ({fingerprint_of(words)})"
            out.append((f"{above}{key}", short))
    return out


def fingerprint_of(words: str) -> str:
    """Return six digits of a hash of a text."""
    return hashlib.sha256(words.encode()).hexdigest()[:6]
