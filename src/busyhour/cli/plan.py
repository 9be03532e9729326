"""busyhour plan: Write the test plan that AWS requires before it approves a load test; sends no request."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from busyhour.cli import _entries
from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say


@click.command("plan")
@click.argument("scenario")
@output_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "text"]),
    default="markdown",
    show_default=True,
    help="text is for e-mail.",
)
@click.option(
    "--start", metavar="TIME", help="Planned start, ISO 8601 with an offset: 2026-12-01T20:00-05:00."
)
@click.option("--contact", default="", help="Contact person for AWS during the test: name and number.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a scenario value; may be repeated.",
)
def command(
    scenario: str, output: Path | None, form: str, start: str | None, contact: str, overrides: tuple[str, ...]
) -> None:
    """Write the load test plan of SCENARIO (a name or a TOML file) for AWS's approval.

    Information that is missing is marked in the document and listed on standard error.

    Example: busyhour plan outbound --start 2026-12-01T20:00-05:00 --contact "Jo Doe, +1 555 555 0199" -o plan.md
    """
    from datetime import UTC

    from busyhour import __version__, extras
    from busyhour.report.renderers.plain_console import PlainConsole

    extras.require("forecast", "report")
    from rich.text import Text

    from busyhour.atomic_write import write_atomically
    from busyhour.errors import BusyhourError
    from busyhour.harness.safety import plan
    from busyhour.harness.safety.approval import approval_of
    from busyhour.load.outcomes.clean_up import STOPS_PER_SECOND
    from busyhour.printable import printable
    from busyhour.project import Project
    from busyhour.report.figures import clock
    from busyhour.report.renderers.markdown_to_text import plain
    from busyhour.report.renderers.templating import fill
    from busyhour.scenarios.reader import load

    project = Project.find(Path.cwd())
    planned = load(project.scenario(scenario), root=project.root, overrides=overrides)
    _entries.check(planned)
    begins = _moment(start) if start else None
    approval = approval_of(planned)
    console = PlainConsole(stderr=True)
    with console.status(Text(f"planning {printable(planned.name)}")):
        made = plan.make(planned, datetime.now(UTC), start=begins, contact=contact, approval=approval)
    text = fill(
        "plan.md.j2",
        project.report_templates(),
        autoescape=False,
        plan=made,
        version=__version__,
        stops=f"{STOPS_PER_SECOND:g}",
        clock_of=clock,
    )
    if form == "text":
        text = plain(text.decode()).encode()
    for missing in made.missing:
        say(f"Missing: {missing}", err=True)
    if output is None:
        print_document(text.decode(), form="markdown")
        return
    if output.is_dir():
        raise BusyhourError(f"{output} is a folder.", "Name a file with -o.")
    write_atomically(output, text, make_folder=True)
    say(f"Wrote {output}")


def _moment(text: str) -> datetime:
    from busyhour.errors import BusyhourError

    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BusyhourError(
            f"--start is {text!r}; it must be a date and time with an offset.",
            "Write it like 2026-12-01T20:00-05:00.",
        )
    return moment
