"""busyhour learn: Estimate arrivals, times, choices and failures from records of a centre."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from busyhour.learning.exports.mapping import ColumnMap
    from busyhour.learning.learnt import Learnt


@click.command("learn")
@click.option(
    "--calls",
    "export",
    type=click.Path(path_type=Path),
    help="CSV of a PBX, ACD or WFM tool, or of Amazon Connect: one row an interval, or one row a call.",
)
@click.option(
    "--records",
    type=click.Path(path_type=Path),
    help="Contact records of Amazon Connect: a file, or a folder of them as streamed to S3.",
)
@click.option(
    "--flow-logs",
    type=click.Path(path_type=Path),
    help="Flow logs of Amazon Connect: a file or a folder; shares of menus, inputs, branches, failed functions.",
)
@click.option(
    "--function-log",
    "function_logs",
    multiple=True,
    metavar="NAME=PATH",
    help="Log of a Lambda function: times of invocations and cold starts; may be repeated.",
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
    export: Path | None,
    records: Path | None,
    flow_logs: Path | None,
    function_logs: tuple[str, ...],
    given: tuple[str, ...],
    queue: str,
    zone: str,
    dates: str | None,
    growth: float | None,
    scenario: Path | None,
    form: str,
    output: Path | None,
) -> None:
    """Estimate volumes, times and choices of a scenario from records of a centre; no data of a single caller is kept.

    Sources can be combined. Each value comes with its 95 % interval and its count, and values that the sources do not have
    are marked as assumed. Columns of an export are recognised by their headers and printed.

    Example: busyhour learn --calls acd.csv --timezone America/New_York --into scenarios/helpdesk.toml
    """
    import json

    from busyhour import extras

    extras.require("forecast")
    from busyhour.atomic_write import write_atomically
    from busyhour.errors import BusyhourError
    from busyhour.learning import render
    from busyhour.learning.findings import Findings
    from busyhour.learning.recorded import contact_records, function_reports
    from busyhour.learning.recorded import flow_logs as logs
    from busyhour.project import Project

    place = _zone(zone)
    if export is not None and records is not None:
        raise BusyhourError("--calls and --records say the same of different calls.", "Give one of them.")
    columns, calls = None, None
    if export is not None:
        columns, calls = _of_export(export, given, place, queue, dates or "")
    elif records is not None:
        calls = contact_records.learn(records, place, queue)
    found = Findings(
        calls,
        None if flow_logs is None else logs.count(flow_logs),
        [function_reports.learn(*_named_log(one)) for one in function_logs],
    )
    if found == Findings(functions=[]):
        raise BusyhourError(
            "No source is given.",
            "Give --calls FILE, --records PATH, --flow-logs PATH or --function-log NAME=PATH.",
        )
    document = (
        render.text(found, columns)
        if form == "text"
        else json.dumps(render.as_json(found, columns), indent=2, ensure_ascii=False) + "\n"
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

    written = write_into(scenario, found, growth, Project.find().root)
    for reason in written.left:
        say(f"Note: {reason}", err=True)
    say(f"Wrote {' and '.join(str(file) for file in written.files)}", err=True)
    say(f"Next: busyhour forecast {scenario}", err=True)


def _of_export(
    export: Path, given: tuple[str, ...], place: ZoneInfo, queue: str, dates: str
) -> tuple[ColumnMap, Learnt]:
    from busyhour.errors import BusyhourError
    from busyhour.learning.exports import call_export, interval_export
    from busyhour.learning.exports.mapping import Level, map_columns
    from busyhour.learning.exports.table import read_table

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
    return columns, learn(table, columns, place, queue, dates)


def _zone(name: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    from busyhour.errors import BusyhourError, did_you_mean

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BusyhourError(
            f"--timezone {name!r}: there is no such time zone.{did_you_mean(name, sorted(available_timezones()))}",
            "Name one of the IANA database: Europe/Berlin, America/New_York, Asia/Seoul, UTC.",
        ) from None


def _named_log(given: str) -> tuple[str, Path]:
    from busyhour.errors import BusyhourError

    name, equals, path = given.partition("=")
    if not equals or not name or not path:
        raise BusyhourError(
            f"--function-log {given!r} is not NAME=PATH.", "Write --function-log helpdesk-lookup=lookup.log."
        )
    return name, Path(path)
