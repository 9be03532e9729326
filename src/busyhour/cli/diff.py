"""busyhour diff: Compare two versions of flows by behaviour: differences that callers notice, and their cost; layout is ignored."""

from __future__ import annotations

from pathlib import Path

import click

from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say

_FORMATS = ("text", "markdown", "json", "html")


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--scenario", help="Compare the demand of one call too, with this scenario's callers (a name or a file)."
)
@click.option(
    "--calls",
    type=click.IntRange(100, 1_000_000),
    default=2000,
    show_default=True,
    help="Number of sampled calls, run through both versions, for the demand.",
)
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True)
@output_option
@click.option(
    "--moved",
    is_flag=True,
    help="NEW belongs to another Region or account: references to it are no reason to exit with 1.",
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 when anything that callers may notice differs.")
def command(
    old: str,
    new: str,
    scenario: str | None,
    calls: int,
    form: str,
    output: Path | None,
    moved: bool,
    exit_code: bool,
) -> None:
    """Compare the flows of OLD and NEW by meaning: files, folders, or git revisions (HEAD~1, main:flows).

    Prompt texts, menu choices, queue targets, Lambda calls, timeouts and where branches lead count; layout,
    identifiers and order do not.

    Exit code 0: done. 1: the flow check finds an error that it did not find before, or a reference
    names a Region or an account that OLD does not name. 2: bad input.

    Example: busyhour diff HEAD~1 flows --scenario helpdesk
    """
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.flowdiff.diff import noticed
    from busyhour.flowdiff.render import RENDERERS
    from busyhour.flowdiff.report import compare_sets
    from busyhour.flowdiff.sources import open_set
    from busyhour.project import Project
    from busyhour.scenarios import reader

    project = Project.find(Path.cwd())
    planned = None
    if scenario is not None:
        planned = reader.load(project.scenario(scenario), root=project.root)
    with (
        open_set(old, project.flow_patterns, project.root) as before,
        open_set(new, project.flow_patterns, project.root) as after,
    ):
        found = compare_sets(before, after, planned, calls)
    rendered = RENDERERS[form](found)
    if output is None:
        print_document(rendered, form=form)
    else:
        try:
            output.write_text(rendered, encoding="utf-8")
        except OSError as error:
            raise BusyhourError(
                f"{output}: cannot be written: {error.strerror}.", "Name another file."
            ) from None
        say(found.summary)
    slipped_in = bool(found.strays) and not moved
    if found.new_errors or slipped_in or (exit_code and noticed(found.changes)):
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))
