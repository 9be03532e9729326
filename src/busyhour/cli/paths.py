"""busyhour paths: Print the smallest set of calls that takes every branch that a call can take, as test cases."""

from __future__ import annotations

from pathlib import Path

import click

from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say


@click.command("paths")
@click.argument("paths", nargs=-1)
@output_option
@click.option(
    "--alias", "aliases", multiple=True, metavar="REFERENCE=NAME", help="Resource name of an ARN or id."
)
@click.option("--examples", type=click.IntRange(min=0), help="Random calls for each flow, after the search.")
def command(
    paths: tuple[str, ...], output: Path | None, aliases: tuple[str, ...], examples: int | None
) -> None:
    """Print the smallest set of calls that takes every branch that a call can take, as test cases.

    PATHS are exported flows, folders of them, or a scenario (.toml); without any, the flows of the project.

    Example: busyhour paths examples/helpdesk/flows -o calls.json
    """
    import json

    from busyhour.cli._flow_paths import flow_paths, pair
    from busyhour.cli.explore import explore_all, save, settings_of
    from busyhour.exploration.output.test_cases import document
    from busyhour.exploration.project import Explored, read_flows
    from busyhour.exploration.search.explorer import Explorer
    from busyhour.project import Project

    sources = flow_paths(paths, Project.find())
    known = {**sources.aliases, **dict(pair(one, "--alias") for one in aliases)}
    subjects = read_flows(sources.files, aliases=known)
    explorer = Explorer(subjects.context, (), settings_of("ci", examples, None), collects=True)
    explored = Explored(subjects, explore_all(explorer))
    found = document(explored, explorer)
    for path, reason in subjects.left_out.items():
        say(f"note: left out {path}: {reason}", err=True)
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        print_document(text, form="json")
    else:
        save(output, text)
        summary = found["summary"]
        say(
            f"{output}: {summary['calls']} calls take {summary['covered']} of {summary['coverable']} transitions",
            err=True,
        )
