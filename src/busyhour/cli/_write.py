"""Write the files of a finished `busyhour run`: record, reports, history."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busyhour.cli._say import say

if TYPE_CHECKING:
    from busyhour.results.record import RunRecord


@contextlib.contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Name the command that makes the report where Ctrl-C ends the block: run.json is in `folder` already."""
    try:
        yield
    except KeyboardInterrupt:
        say(
            f"Interrupted before the report was complete. The run is kept: busyhour report {folder} --format html",
            err=True,
        )
        raise


def write(record: RunRecord, folder: Path, project: Any) -> None:
    """Write run.json and the HTML report, and point `latest` there. run.json first: it is all that other formats need.

    Raises:
        BusyhourError: one of them cannot be written.
    """
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.report.renderers.registry import RENDERERS
    from busyhour.results import store

    store.write_run(folder, record)
    page = folder / RENDERERS["html"].file_name
    try:
        page.write_bytes(RENDERERS["html"].render(record, project.report_templates()))
    except OSError as error:
        raise BusyhourError(
            f"{page}: cannot be written: {error.strerror}. The run is kept in {folder / store.RUN_FILE}.",
            f"Free some space, then: busyhour report {folder} --format html",
            ExitCode.INVALID_RUN,
        ) from None
    latest = folder.parent / "latest"
    if folder.parent == project.runs_folder and (latest.is_symlink() or not latest.exists()):
        latest.unlink(missing_ok=True)
        latest.symlink_to(folder.name)
    say(f"Report: {page}")
    say(record.verdict.summary)
