"""busyhour learn: Estimate arrivals, handling times and patience from the export of a centre."""

from __future__ import annotations

from pathlib import Path

import click

from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say


@click.command("learn")
@click.option(
    "--calls",
    "export",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV of a PBX, ACD or WFM tool, or of Amazon Connect: one row an interval, or one row a call.",
)
@click.option(
    "--column",
    "given",
    multiple=True,
    metavar="MEANING=HEADER",
    help='Name a column that is not recognised: offered="Calls in"; may be repeated.',
)
@click.option("--queue", default="", help="Only this queue, by its name in the export.")
@click.option(
    "--timezone",
    "zone",
    default="UTC",
    show_default=True,
    help="Time zone of days, and of times without an offset.",
)
@click.option(
    "--dates",
    type=click.Choice(["mm/dd/yyyy", "dd/mm/yyyy", "yymmdd"]),
    help="Order of day and month in dates that can be read in two ways.",
)
@click.option(
    "--growth",
    type=click.FloatRange(0, 1000, min_open=True),
    help="Factor on the volume: 1.15 is 15 % more.",
)
@click.option(
    "--into",
    "scenario",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Scenario file to write the values into.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@output_option
def command(
    export: Path,
    given: tuple[str, ...],
    queue: str,
    zone: str,
    dates: str | None,
    growth: float | None,
    scenario: Path | None,
    form: str,
    output: Path | None,
) -> None:
    """Estimate the volumes and times of a scenario from the export of a centre; no data of a single caller is kept.

    Columns are recognised by their headers and printed; each value comes with its 95 % interval and its count, and values
    that the export does not have are marked as assumed.

    Example: busyhour learn --calls acd.csv --timezone America/New_York --into scenarios/helpdesk.toml
    """
    import json
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    from busyhour import extras

    extras.require("forecast")
    from busyhour.atomic_write import write_atomically
    from busyhour.errors import BusyhourError, did_you_mean
    from busyhour.learning import call_export, interval_export, render
    from busyhour.learning.mapping import Level, map_columns
    from busyhour.learning.table import read_table
    from busyhour.project import Project

    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BusyhourError(
            f"--timezone {zone!r}: there is no such time zone.{did_you_mean(zone, sorted(available_timezones()))}",
            "Name one of the IANA database: Europe/Berlin, America/New_York, Asia/Seoul, UTC.",
        ) from None
    columns_given = {}
    for one in given:
        meaning, equals, header = one.partition("=")
        if not equals:
            raise BusyhourError(
                f"--column {one!r} has no '='.", "Write MEANING=HEADER: --column offered='Calls in'."
            )
        columns_given[meaning.strip()] = " ".join(header.split())
    table = read_table(export)
    columns = map_columns(table, columns_given)
    learn = interval_export.learn if columns.level is Level.INTERVAL else call_export.learn
    learnt = learn(table, columns, place, queue, dates or "")
    document = (
        render.text(learnt, columns)
        if form == "text"
        else json.dumps(render.as_json(learnt, columns), indent=2, ensure_ascii=False) + "\n"
    )
    if output is None:
        print_document(document, form=form)
    else:
        write_atomically(output, document.encode())
        say(f"Wrote {output}", err=True)
    if scenario is None:
        say("Next: busyhour learn … --into scenarios/NAME.toml writes them into a scenario.", err=True)
        return
    from busyhour.learning.into import write_into

    intervals = write_into(scenario, learnt, growth, Project.find().root)
    say(f"Wrote {scenario} and {intervals}", err=True)
    say(f"Next: busyhour forecast {scenario}", err=True)
