"""busyhour learn: Estimate arrivals, times, choices and failures from records of a centre."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli import _learnt, _picture
from busyhour.cli._output import output_option
from busyhour.cli._reader import instance_options
from busyhour.cli._say import print_document, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from busyhour.learning.exports.mapping import ColumnMap
    from busyhour.learning.learnt import Learnt


@click.command("learn")
@click.option(
    "--from",
    "since",
    metavar="DAYS",
    help="Read the last days of an instance, like 14d: metrics, flow logs, logs of functions.",
)
@instance_options
@click.option("--iam-policy", is_flag=True, help="Print the least IAM policy that --from needs, and stop.")
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
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Picture of calls in progress, recorded and simulated, with --into: .png or .svg.",
)
@output_option
def command(
    since: str | None,
    named: str | None,
    region: str | None,
    endpoint_url: str | None,
    iam_policy: bool,
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
    plot: Path | None,
    output: Path | None,
) -> None:
    """Estimate volumes, times and choices of a scenario from records of a centre; no data of a single caller is kept.

    Sources can be combined. Each value comes with its 95 % interval and its count, and values that the sources do not have
    are marked as assumed. Columns of an export are recognised by their headers and printed.

    Exits with 4 if an instance has no traffic that could be read.

    Example: busyhour learn --calls acd.csv --timezone America/New_York --into scenarios/helpdesk.toml
    """
    import json

    from busyhour import extras

    extras.require("forecast")
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.learning.findings import Findings
    from busyhour.learning.recorded import contact_records, function_reports
    from busyhour.learning.recorded import flow_logs as logs
    from busyhour.project import Project

    if iam_policy:
        from busyhour.instance import kinds, past
        from busyhour.quotas.aws import clients

        policy = clients.iam_policy((kinds.action(*one) for one in past.OPERATIONS), "BusyhourLearn")
        print_document(json.dumps(policy, indent=2) + "\n", form="json")
        return
    if plot is not None and scenario is None:
        raise BusyhourError(
            "--plot draws what the scenario reproduces.", "Write --into scenarios/NAME.toml with it."
        )
    if plot is not None:
        _picture.check(plot)
    place = _zone(zone)
    sources = {"--from": since, "--calls": export, "--records": records}
    given_sources = [name for name, value in sources.items() if value is not None]
    if len(given_sources) > 1:
        raise BusyhourError(f"{' and '.join(given_sources)}: each has the calls.", "Give one of them.")
    if since is None and (named or region or endpoint_url):
        raise BusyhourError(
            "--instance, --region and --emulator are for --from.", "Write --from 14d with them."
        )
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
    missed: list[str] = []
    if since is not None:
        from busyhour.cli import _instance_past

        length = _instance_past.days(since)
        read, missed = _instance_past.read(
            named, region, endpoint_url, length, place, queue, _functions_of(scenario, Project.find().root)
        )
        found = Findings(read.calls, found.choices or read.choices, [*found.functions, *read.functions])
        for reason in missed:
            say(f"Note: {reason}", err=True)
        if found == Findings(functions=[]):
            raise BusyhourError(
                "Nothing was learnt: the instance has recorded no traffic that could be read.",
                "Before go-live learn from the centre of today: busyhour learn --calls FILE.",
                ExitCode.INVALID_RUN,
            )
    elif found == Findings(functions=[]):
        raise BusyhourError(
            "No source is given.",
            "Give --from 14d, --calls FILE, --records PATH, --flow-logs PATH or --function-log NAME=PATH.",
        )
    if scenario is None:
        _learnt.print_findings(found, columns, form, output)
        say("Next: busyhour learn … --into scenarios/NAME.toml writes them into a scenario.", err=True)
        return
    from busyhour.learning.into import write_into

    root = Project.find().root
    try:
        written = write_into(scenario, found, growth, root)
    except BusyhourError:
        _learnt.print_findings(found, columns, form, output)
        raise
    for reason in written.left:
        say(f"Note: {reason}", err=True)
    say(f"Wrote {' and '.join(str(file) for file in written.files)}", err=True)
    reproduced = None
    try:
        reproduced = _learnt.compared(scenario, found.calls, root, plot)
    except BusyhourError as error:
        say(f"Note: the recorded days are not simulated: {error.message}", err=True)
    _learnt.print_findings(found, columns, form, output, reproduced)
    say(f"Next: busyhour forecast {scenario}", err=True)


def _functions_of(scenario: Path | None, root: Path) -> list[str]:
    """Return the names of the scenario's functions; none without a scenario."""
    from busyhour.scenarios.reader import load

    return [] if scenario is None else list(load(scenario, root=root).functions)


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
