"""busyhour scenario: Write the scenario of a pulled instance, and compare a scenario with its flows."""

from __future__ import annotations

import click

from busyhour.cli._say import say


@click.group("scenario")
def command() -> None:
    """Write the scenario of a pulled instance, and compare a scenario with its flows.

    Example: busyhour scenario new busy_hour
    """


@command.command("new")
@click.argument("name")
@click.option(
    "--entry",
    "given",
    metavar="FLOW|NUMBER",
    help="Flow that calls start in, or a phone number that leads to it.",
)
@click.option("--force", is_flag=True, help="Replace a scenario of this name.")
def new(name: str, given: str | None, force: bool) -> None:
    """Write scenarios/NAME.toml from the pulled project: entry, queues with agents, functions, tables, every menu and input.

    What the instance does not know is assumed, marked LOOK in the file and printed, all at once.

    Example: busyhour scenario new busy_hour --entry "Main menu"
    """
    from busyhour.instance.scaffold.new import write_scenario
    from busyhour.project import Project

    written = write_scenario(Project.find(), name, given, force=force)
    for line in written.looks:
        say(f"look: {line}")
    say(str(written))
    say(f"Next: busyhour forecast {written.path.stem}", err=True)


@command.command("check")
@click.argument("name", metavar="SCENARIO", required=False)
def check(name: str | None) -> None:
    """Print what of a scenario is unused, what no call reaches, what a call meets unset, and what is still marked LOOK.

    Without SCENARIO the project's only one. Exits with 1 if an entry is unused, or a flow, queue or function is unset.

    Example: busyhour scenario check busy_hour
    """
    from collections import Counter

    from busyhour.errors import ExitCode
    from busyhour.instance.scaffold.check import remarks
    from busyhour.project import Project
    from busyhour.scenarios.reader import load

    project = Project.find()
    scenario = load(project.scenario(name or project.only_scenario()), root=project.root)
    found = remarks(scenario)
    for remark in found:
        say(str(remark))
    counts = Counter(one.kind for one in found)
    summary = ", ".join(f"{counts[kind]} {kind}" for kind in ("unused", "unreachable", "unset", "look"))
    say(f"{scenario.name}: {summary}.")
    if any(one.error for one in found):
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))
