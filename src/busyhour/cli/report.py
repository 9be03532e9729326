"""busyhour report: Render a finished run again, in any format."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import click

from busyhour.cli._page import page
from busyhour.cli._say import say
from busyhour.printable import json_text

FORMATS = ("terminal", "html", "pdf", "text", "markdown", "json", "metrics", "support-pdf", "support-text")


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "format_", type=click.Choice(FORMATS), default="terminal", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Output file; `-` is standard output.")
def command(run: Path, format_: str, output: Path | None) -> None:
    """Render RUN (a run's folder, or its run.json) again.

    Example: busyhour report reports/out/latest --format html -o report.html
    """
    from busyhour import extras

    extras.require("forecast", "report")
    from busyhour.results import store

    with store.naming(run):
        _render(run, format_, output)


def _render(run: Path, format_: str, output: Path | None) -> None:
    from busyhour.project import Project
    from busyhour.quotas import ledger
    from busyhour.regression import verdicts
    from busyhour.results import store

    record = verdicts.with_comparison(store.read_run(run), run)
    project = Project.find(Path.cwd())
    if project.ledger_file.is_file():
        record.ledger = ledger.as_rows(ledger.read(project.ledger_file))
    if format_ == "terminal":
        from busyhour.report.renderers import terminal

        if output is None or str(output) == "-":
            terminal.show(record, page())
            return
        text = io.StringIO()
        terminal.show(record, page(text))
        _write(output, text.getvalue().encode())
        say(f"Wrote {output}")
        return
    from busyhour.report.renderers.registry import RENDERERS

    renderer = RENDERERS[format_]
    rendered = renderer.render(record, project.report_templates())
    if output is None and (renderer.binary or format_ == "html"):
        folder = run if run.is_dir() else run.parent
        output = folder / renderer.file_name
    if output is None or str(output) == "-":
        shown = json_text(rendered.decode()).encode() if format_ == "json" else rendered
        sys.stdout.buffer.write(shown)
    else:
        _write(output, rendered)
        say(f"Wrote {output}")


def _write(path: Path, content: bytes) -> None:
    """Write the rendered report; a full disk or a missing right is reported in one line."""
    from busyhour.errors import BusyhourError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise BusyhourError(
            f"{path}: cannot be written: {error.strerror}.", "Name another place with -o."
        ) from None
