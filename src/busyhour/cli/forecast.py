"""busyhour forecast: Show which quota binds first as volume grows, at what calls per hour, then which; no load."""

from __future__ import annotations

from pathlib import Path

import click

from busyhour.cli._page import page


@click.command("forecast")
@click.argument("scenario")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another value than the scenario's, like traffic.calls_per_hour=20000; may be repeated.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the forecast is printed.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the ladder as an SVG picture to this file.",
)
@click.option(
    "--calls",
    type=click.IntRange(100, 1_000_000),
    default=2000,
    show_default=True,
    help="Calls that are run through the flows for the demand of one call.",
)
def command(scenario: str, overrides: tuple[str, ...], form: str, plot: Path | None, calls: int) -> None:
    """Forecast the demand of SCENARIO (a name or a TOML file) on every quota, by theory and by simulation.

    Exit code 0: the plan fits. 1: it meets a quota. 2: bad input.

    Example: busyhour forecast scenarios/helpdesk.toml
    """
    from rich.console import Console

    from busyhour.capacity.forecast import forecast
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.project import Project
    from busyhour.scenarios.reader import load

    if plot is not None and not plot.absolute().parent.is_dir():
        raise BusyhourError(
            f"cannot write the plot to {str(plot)!r}: there is no such folder",
            "Name a file in a folder that exists.",
        )
    project = Project.find(Path.cwd())
    planned = load(project.scenario(scenario), root=project.root, overrides=overrides)
    with Console(stderr=True).status(f"forecasting {planned.name}"):
        found = forecast(planned, calls=calls)
    waves = None
    if planned.waves:
        from datetime import UTC, datetime

        from busyhour.capacity import lead_times
        from busyhour.capacity.waves import plan_waves

        waves = plan_waves(planned.waves, found, datetime.now(UTC).date(), lead_times.load())
    if form == "json":
        import json

        data = found.as_json | ({"waves": waves.as_json} if waves else {})
        click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        from busyhour.capacity import wave_rendering
        from busyhour.capacity.rendering import text

        text(found, page())
        if waves:
            wave_rendering.text(waves, page())
    if plot is not None:
        from busyhour.capacity.plot import ladder_svg

        try:
            plot.write_text(ladder_svg(found), encoding="utf-8")
        except OSError as error:
            raise BusyhourError(
                f"cannot write the plot to {str(plot)!r}: {error.strerror}",
                "Name a file in a folder that exists.",
            ) from None
    met = any(rung.kind == "quota" for rung in found.binding)
    raise SystemExit(int(ExitCode.DOES_NOT_HOLD if met else ExitCode.OK))
