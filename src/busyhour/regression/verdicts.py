"""The verdict of a comparison, stored beside its run (compare.json), and the repeats of a run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from busyhour import __version__
from busyhour.regression.compare import FAILING, Comparison, Confirmation
from busyhour.regression.metrics.observation import Observation
from busyhour.regression.metrics.observe import read
from busyhour.results.codec import decode, encode
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.results.store import RUN_FILE, read_json, write_json

COMPARE_FILE = "compare.json"
"""File name in the run's folder."""
_REPEAT = "-repeat-"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The stored part of a comparison."""

    regressed: bool
    summary: str = ""
    baseline: list[str] = field(default_factory=list)
    confirmation: Confirmation | None = None
    failed: list[str] = field(default_factory=list)
    """Metrics that regressed or changed, reduced quotas, new findings."""
    shown: bool = True
    """Whether everything could be judged."""
    version: str = ""
    """The version of busyhour that made the comparison."""
    verdict: str = ""
    reasons: list[str] = field(default_factory=list)
    """Reasons of the verdict, the worst first."""


def folder_of(path: Path) -> Path:
    """Return the run's folder, given the folder or its run.json."""
    return path if path.is_dir() else path.parent


def write(path: Path, found: Comparison) -> None:
    """Store the verdict of `found` for the run in `path`; raises as `write_json` does."""
    write_json(folder_of(path) / COMPARE_FILE, encode(kept(found)))


def kept(found: Comparison) -> Verdict:
    """Return the stored part of a comparison."""
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
    """Combine the verdicts of a run and of its comparison: the worse of both, with the reasons of both.

    Args:
        verdict: of the run; one that was interrupted or invalid is unchanged.
        found: the comparison.
        unproven: whether no repeat could confirm or dismiss what regressed.
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
        words = f"{words}; no repeat was valid"
    return VerdictRecord(
        outcome, [f"{words[0].upper()}{words[1:]}.", *verdict.reasons], found.summary or verdict.summary
    )


def with_comparison(record: RunRecord, path: Path) -> RunRecord:
    """Return the record with the verdict of a later comparison, if there is one."""
    found = read_verdict(path)
    if found is None or record.regression:
        return record
    return replace(record, verdict=fold(record.verdict, found))


def read_verdict(path: Path) -> Verdict | None:
    """Read the stored verdict of the run in `path`; None if it was not compared."""
    file = folder_of(path) / COMPARE_FILE
    return decode(Verdict, read_json(file)) if file.is_file() else None


def repeat_folder(folder: Path, number: int) -> Path:
    """Return the folder of repeat `number` (from 1) of the run in `folder`."""
    return folder / f"{folder.resolve().name}{_REPEAT}{number}"


def repeat_folders(path: Path) -> list[Path]:
    """Return the folders of the run's repeats, in order."""
    found = {
        int(number): file.parent
        for file in folder_of(path).glob(f"*{_REPEAT}*/{RUN_FILE}")
        if (number := file.parent.name.rpartition(_REPEAT)[2]).isdecimal()
    }
    return [found[number] for number in sorted(found)]


def repeats(path: Path) -> list[Observation]:
    """Read the run's valid repeats."""
    return [one for folder in repeat_folders(path) if (one := read(folder)).valid]


def for_report(found: Comparison) -> dict[str, Any]:
    """Return `RunRecord.regression`.

    The verdict, with the metrics that are not equivalent as rows of text.
    """
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
