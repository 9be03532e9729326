"""busyhour run --find-limit: the search, its report, and its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from busyhour.cli._display import Display
from busyhour.cli._page import page
from busyhour.cli._write import kept, write

if TYPE_CHECKING:
    from rich.console import Console

    from busyhour.errors import ExitCode
    from busyhour.harness.run import Options


def find_limit(options: Options, folder: Path, console: Console) -> ExitCode:
    """Search, report, and return 0 where the plan is within all limits, 1 where it is not, 4 where neither is shown.

    Ctrl-C ends the search: what was found until then is reported, and the code is 130.
    """
    from busyhour.errors import ExitCode
    from busyhour.harness.limit_search import runs
    from busyhour.harness.verdict.decision import EXIT_CODES
    from busyhour.report.renderers import terminal
    from busyhour.results import store

    with Display(console, options.scenario) as display:
        found, record = runs.find(options, folder, display)
    if record is None:
        console.print(f"The search ended before its first run did: {found.stopped}.", highlight=False)
    else:
        store.write_run(folder, record)
        with kept(folder):
            terminal.show(record, page(), only=("limit-search",))
            write(record, folder, options.project)
    if found.interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.INVALID_RUN if record is None else EXIT_CODES[record.verdict.outcome]
