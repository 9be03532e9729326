"""What a comparison came to, beside the run that it is about: compare.json; and the repeats of a run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.regression.compare import Comparison, Confirmation
from busyhour.regression.observation import Observation, read
from busyhour.results.codec import decode, encode
from busyhour.results.store import RUN_FILE, read_json, write_json

COMPARE_FILE = "compare.json"
"""In the run's folder."""
_REPEAT = "-repeat-"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is kept of a comparison."""

    regressed: bool
    summary: str = ""
    baseline: list[str] = field(default_factory=list)
    confirmation: Confirmation | None = None


def folder_of(path: Path) -> Path:
    """The run's folder, whether it or its run.json is named."""
    return path if path.is_dir() else path.parent


def write(path: Path, found: Comparison) -> None:
    """Keep what `found` says of the run in `path`; raises as `write_json` does."""
    kept = Verdict(found.regressed, found.summary, found.old, found.confirmation)
    write_json(folder_of(path) / COMPARE_FILE, encode(kept))


def read_verdict(path: Path) -> Verdict | None:
    """What was kept of the run in `path`; None where it was not compared."""
    file = folder_of(path) / COMPARE_FILE
    return decode(Verdict, read_json(file)) if file.is_file() else None


def clear(folder: Path) -> None:
    """Take away what an earlier run in `folder` left: its verdict and its repeats."""
    (folder / COMPARE_FILE).unlink(missing_ok=True)
    for one in repeat_folders(folder):
        shutil.rmtree(one, ignore_errors=True)


def repeat_folder(folder: Path, number: int) -> Path:
    """Where repeat `number` (from 1) of the run in `folder` is kept."""
    return folder / f"{folder.resolve().name}{_REPEAT}{number}"


def repeat_folders(path: Path) -> list[Path]:
    """Folders of the run's repeats, in order."""
    found = {
        int(number): file.parent
        for file in folder_of(path).glob(f"*{_REPEAT}*/{RUN_FILE}")
        if (number := file.parent.name.rpartition(_REPEAT)[2]).isdecimal()
    }
    return [found[number] for number in sorted(found)]


def repeats(path: Path) -> list[Observation]:
    """The run's repeats that prove something."""
    return [one for folder in repeat_folders(path) if (one := read(folder)).valid]


def for_report(found: Comparison) -> dict[str, Any]:
    """`RunRecord.regression`: the verdict, with the metrics that are not equivalent as rows of text."""
    from busyhour.regression.decide import Outcome
    from busyhour.regression.render import effect, number, tolerance

    return {
        "regressed": found.regressed,
        "summary": found.summary,
        "baseline": found.old,
        "confirmation": None if found.confirmation is None else encode(found.confirmation),
        "new_findings": found.new_findings,
        "rows": [
            {
                "outcome": one.outcome.value,
                "metric": one.name,
                "before": number(one.old, one.unit),
                "now": number(one.new, one.unit),
                "effect": effect(one),
                "tolerance": tolerance(one),
                "advice": one.advice,
            }
            for one in found.metrics
            if one.outcome is not Outcome.EQUIVALENT
        ],
    }
