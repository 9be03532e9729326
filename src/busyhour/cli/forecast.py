"""busyhour forecast: List the limits in the order in which growing volume reaches them, in calls per hour; no load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli import _entries, _picture
from busyhour.cli._page import page
from busyhour.cli._say import print_document, say

if TYPE_CHECKING:
    from busyhour.scenarios.traffic_plan.arrivals import Schedule


@click.command("forecast")
@click.argument("scenario", required=False)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a scenario value, like traffic.calls_per_hour=20000; may be repeated.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format of the forecast.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE|-",
    help="Draw the arrival schedule: to an .svg or .png file, with the limits, or with - as text on standard output.",
)
@click.option(
    "--calls",
    type=click.IntRange(100, 1_000_000),
    default=2000,
    show_default=True,
    help="Number of sampled calls used to estimate per-call demand.",
)
@click.option(
    "--source",
    metavar="aws|FILE",
    help="Quota values of the account: read now (read-only calls), or from a file of them with its date.",
)
@click.option(
    "--run",
    "runs",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A run (its folder, or its run.json) to be shown beside the forecast; may be repeated. Left out: the "
    "scenario's own runs in the folder of runs.",
)
def command(
    scenario: str,
    overrides: tuple[str, ...],
    form: str,
    plot: Path | None,
    calls: int,
    source: str | None,
    runs: tuple[Path, ...],
) -> None:
    """Forecast the demand of SCENARIO (a name or a TOML file) on every quota: theory, simulation, and what runs measured.

    Exit code 0: every limit carries the plan. 1: the plan exceeds a limit, or calls do not end as planned. 2: bad input.
    4: not decided: the sample is too small to show whether a limit carries the plan.

    Example: busyhour forecast scenarios/helpdesk.toml
    """
    from busyhour import extras
    from busyhour.report.renderers.plain_console import PlainConsole

    extras.require("forecast")
    from rich.text import Text

    from busyhour.capacity.forecast import measured
    from busyhour.capacity.forecast.build import forecast
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.harness import account_values
    from busyhour.printable import printable
    from busyhour.project import Project
    from busyhour.quotas.table import quota_table
    from busyhour.scenarios.reader import load
    from busyhour.scenarios.traffic_plan.arrivals import Schedule

    picture_file = None if plot is None or plot == Path("-") else plot
    if picture_file is not None:
        _picture.check(picture_file, terminal=True)
    project = Project.find(Path.cwd())
    planned = load(
        project.scenario(scenario or project.only_scenario()), root=project.root, overrides=overrides
    )
    _entries.check(planned)
    values = account_values.read(source, planned, quota_table.load()) if source else {}
    with PlainConsole(stderr=True).status(Text(f"forecasting {printable(planned.name)}")):
        found = forecast(planned, values.values(), calls=calls)
    if runs:
        found = measured.with_measurement(found, measured.records_of(runs))
    else:
        records, unread = measured.find_runs(project.runs_folder, planned.name)
        found = measured.with_measurement(found, records)
        found.notes.extend(unread)
    waves = None
    if planned.waves:
        from datetime import UTC, datetime

        from busyhour.capacity.demand.machine import machine_of
        from busyhour.capacity.migration import lead_times
        from busyhour.capacity.migration.together import links
        from busyhour.capacity.migration.waves import plan_waves

        held = links(planned, machine_of(planned).library)
        waves = plan_waves(planned.waves, found, datetime.now(UTC).date(), lead_times.load(), held)
    schedule = Schedule(planned.traffic, planned.seed)
    if plot is not None and picture_file is None:
        _show(schedule, err=form == "json")
    if form == "json":
        import json

        data = found.as_json | ({"waves": waves.as_json} if waves else {})
        print_document(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n", form="json")
    else:
        from busyhour.capacity.migration import text as wave_rendering
        from busyhour.capacity.render.text import text

        text(found, page())
        if waves:
            wave_rendering.text(waves, page())
    if picture_file is not None:
        from busyhour.capacity.render.bottleneck_plot import picture

        try:
            picture_file.write_bytes(picture(found, schedule, picture_file.suffix[1:].lower()))
        except OSError as error:
            raise BusyhourError(
                f"cannot write the plot to {str(plot)!r}: {error.strerror}",
                "Name a file in a folder that exists.",
            ) from None
    undecided = ExitCode.INVALID_RUN if found.undecided or found.not_decided else ExitCode.OK
    unmet = found.binding or found.unplanned or found.tight
    raise SystemExit(int(ExitCode.DOES_NOT_HOLD if unmet else undecided))


def _show(schedule: Schedule, *, err: bool) -> None:
    """Draw the schedule as text, as wide as the terminal is."""
    from busyhour.capacity.render.schedule_plot import lines

    for line in lines(schedule, width=max(20, min(100, page().width - 12))):
        say(line, err=err)
