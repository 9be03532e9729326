"""Comparison of a finished `busyhour run` with earlier runs, and the nights up to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from busyhour.cli._say import say

if TYPE_CHECKING:
    from busyhour.errors import ExitCode
    from busyhour.harness.confirm import Held
    from busyhour.harness.progress import Progress
    from busyhour.harness.run import Options
    from busyhour.results.record import RunRecord


def hold(
    options: Options, folder: Path, record: RunRecord, display: Progress, names: tuple[str, ...], most: int
) -> Held | None:
    """Compare the run, repeat it where something regressed, and put the result into its record."""
    from busyhour.harness.confirm import hold_against
    from busyhour.history.baseline import HISTORY
    from busyhour.regression import verdicts

    held = hold_against(options, folder, display, names=names or (HISTORY,), most=most)
    if held is not None:
        record.regression = verdicts.for_report(held.found)
        record.verdict = verdicts.fold(record.verdict, verdicts.kept(held.found), unproven=held.unproven)
    return held


def look_back(record: RunRecord, folder: Path, project: Any) -> None:
    """Put the nights of the history up to this run into its record, where there are any."""
    if not project.history_file.is_file():
        return
    from busyhour.errors import BusyhourError
    from busyhour.history import trend_report

    try:
        record.trends = trend_report.up_to(folder, project)
    except BusyhourError as error:
        record.not_measured.append(f"Trends over past nights: {error.message}")


def with_verdict(held: Held, code: ExitCode) -> ExitCode:
    """Print the result of the comparison; return the exit code that follows from it where the run itself holds."""
    from busyhour.errors import ExitCode
    from busyhour.regression.render import again

    for line in again(held.found.confirmation):
        say(line)
    say(held.found.summary)
    if held.interrupted:
        return ExitCode.INTERRUPTED
    if code is not ExitCode.OK:
        return code
    if held.unproven:
        say("What regressed could not be looked at again: the repeats prove nothing.", err=True)
        return ExitCode.INVALID_RUN
    return held.found.exit_code
