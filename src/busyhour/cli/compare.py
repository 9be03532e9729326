"""busyhour compare: Compare a run with earlier runs; classify each metric as regressed, changed, equivalent or undecided."""

from __future__ import annotations

from pathlib import Path

import click

from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say

_FORMATS = ("text", "json", "markdown", "junit", "github", "metrics")


@click.command("compare")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--baseline",
    "-b",
    "baseline",
    multiple=True,
    required=True,
    metavar="RUN",
    help="An earlier run; may be repeated. `history`: the nights before, from the history.",
)
@click.option(
    "--nights",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="Number of nights that --baseline history takes.",
)
@click.option(
    "--history",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The history's file instead of the project's (reports/history.sqlite).",
)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True)
@output_option
@click.option(
    "--force",
    is_flag=True,
    help="Compare runs of different plans, or runs that are not valid for a comparison.",
)
def command(
    runs: tuple[Path, ...],
    baseline: tuple[str, ...],
    nights: int,
    database: Path | None,
    form: str,
    output: Path | None,
    force: bool,
) -> None:
    """Compare RUN (a run's folder or run.json; several are taken together) with baseline runs.

    A metric is regressed when it is shown to be worse by more than the tolerance that busyhour.toml sets in
    [compare], changed when it is other by more than that and neither side is better, equivalent when it is shown not
    to be worse, and undecided otherwise, with the number of runs that would decide. A regression in a run that
    `busyhour run --confirm` repeated counts only if its repeats show it too. A quota that was cut and a new finding of the flow check fail
    too. Fewer than three baseline nights judge nothing, unless [compare] run_noise states how nights differ.

    Exit code 0: nothing regressed. 1: something did, or changed. 2: bad input, or runs that cannot be compared. 4: not
    shown: a run proves nothing, something is missing that the baseline has, or a metric looks worse and there are too
    few nights to judge it.

    Example: busyhour compare reports/out/tonight --baseline reports/out/last-night
    """
    from busyhour.errors import ExitCode
    from busyhour.history.baseline import baseline as read_baseline
    from busyhour.project import Project
    from busyhour.regression import verdicts
    from busyhour.regression.confirm import settle
    from busyhour.regression.metrics.observe import read
    from busyhour.regression.render import RENDERERS
    from busyhour.regression.settings import tolerances
    from busyhour.results import store

    project = Project.find(Path.cwd())
    records = [*runs, *(Path(name) for name in baseline)]
    with store.naming(*records):
        new = [read(path) for path in runs]
        old = read_baseline(project, baseline, new[0], nights=nights, database=database)
    if not old:
        words = f"{new[0].identity.get('name')}: the history has no earlier run to compare with; add this one to it."
        say(f"::warning title=No baseline yet::{words}" if form == "github" else words, err=form != "github")
        return
    with store.naming(*records):
        repeats = [one for path in runs for one in verdicts.repeats(path)]
        found = settle(new, repeats, old, tolerances(project), force=force)
        rendered = RENDERERS[form](found)
    if output is None:
        print_document(rendered, form=form)
    else:
        _write(output, rendered)
        say(found.summary)
    for path in runs:
        verdicts.write(path, found)
    if found.exit_code is not ExitCode.OK:
        raise SystemExit(int(found.exit_code))


def _write(path: Path, content: str) -> None:
    from busyhour.errors import BusyhourError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be written: {error.strerror}.",
            "Name a file in a folder that you may write into.",
        ) from None
