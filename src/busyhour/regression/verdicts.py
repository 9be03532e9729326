"""What a comparison came to, beside the run that it is about: compare.json; and the repeats of a run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from busyhour import __version__
from busyhour.regression.compare import FAILING, Comparison, Confirmation
from busyhour.regression.metrics.observation import Observation, read
from busyhour.results.codec import decode, encode
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
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
    failed: list[str] = field(default_factory=list)
    """Metrics that regressed or changed, quotas that were cut, new findings."""
    shown: bool = True
    """Whether everything could be judged."""
    version: str = ""
    """The version of busyhour that compared."""
    verdict: str = ""
    reasons: list[str] = field(default_factory=list)
    """What the verdict rests on, the worst first."""


def folder_of(path: Path) -> Path:
    """The run's folder, whether it or its run.json is named."""
    return path if path.is_dir() else path.parent


def write(path: Path, found: Comparison) -> None:
    """Keep what `found` says of the run in `path`; raises as `write_json` does."""
    write_json(folder_of(path) / COMPARE_FILE, encode(kept(found)))


def kept(found: Comparison) -> Verdict:
    """What is kept of a comparison."""
    failed = [*found.named(*FAILING), *found.cuts, *found.new_findings]
    return Verdict(
        found.regressed,
        found.summary,
        found.old,
        found.confirmation,
        failed,
        found.shown,
        __version__,
        found.verdict,
        found.reasons,
    )


def fold(verdict: VerdictRecord, found: Verdict, *, unproven: bool = False) -> VerdictRecord:
    """The verdict on a run and that of its comparison as one: the worse of both, with the reasons of both.

    Args:
        verdict: on the run; one that was interrupted or void stays that.
        found: the comparison.
        unproven: whether no repeat could look at what regressed again.
    """
    if found.regressed and not unproven:
        outcome = Outcome.DOES_NOT_HOLD
    elif (found.regressed or not found.shown) and verdict.outcome in (Outcome.HOLDS, Outcome.NOT_SHOWN):
        outcome = Outcome.NOT_SHOWN
    else:
        return verdict
    if verdict.outcome not in (Outcome.HOLDS, Outcome.DOES_NOT_HOLD, Outcome.NOT_SHOWN):
        return verdict
    against = "1 earlier run" if len(found.baseline) == 1 else f"{len(found.baseline)} earlier runs"
    words = (
        f"{found.verdict or 'regressed'}, compared with {against}: {'; '.join(found.reasons or found.failed)}"
    )
    if unproven:
        words = f"{words}; no repeat proved anything"
    return VerdictRecord(
        outcome, [f"{words[0].upper()}{words[1:]}.", *verdict.reasons], found.summary or verdict.summary
    )


def with_comparison(record: RunRecord, path: Path) -> RunRecord:
    """The record with the verdict of a comparison that was made after the run was reported, where there is one."""
    found = read_verdict(path)
    if found is None or record.regression:
        return record
    return replace(record, verdict=fold(record.verdict, found))


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
    from busyhour.regression.inference.decide import Outcome as Of
    from busyhour.regression.render import effect, number, tolerance

    return {
        "regressed": found.regressed,
        "summary": found.summary,
        "baseline": found.old,
        "confirmation": None if found.confirmation is None else encode(found.confirmation),
        "new_findings": found.new_findings,
        "verdict": found.verdict,
        "shown": found.shown,
        "cuts": found.cuts,
        "missing": found.missing,
        "outside": found.outside,
        "notes": found.notes,
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
            if one.outcome is not Of.EQUIVALENT
        ],
    }
