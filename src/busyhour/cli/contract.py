"""busyhour contract: Write the contract between flows and their Lambda functions, or compare two versions of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from busyhour.cli._output import output_option
from busyhour.cli._say import print_document, say
from busyhour.errors import ExitCode


class _Paths(click.Group):
    """`diff` is a command; any other first word is a path."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take everything for paths and options of `write` unless `diff` comes first."""
        if args and args[0] not in (*self.commands, "--help", "-h"):
            args = ["write", *args]
        elif not args:
            args = ["write"]
        return super().parse_args(ctx, args)


@click.group("contract", cls=_Paths, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Write the contract between flows and their Lambda functions, or compare two versions of it.

    `busyhour contract [PATH]... [-o FILE] [--lambda NAME=FILE.py:HANDLER]` writes it as JSON;
    `busyhour contract diff OLD NEW` prints the order in which the two can be deployed.

    Example: busyhour contract examples/helpdesk/flows -o lambda-contract.json
    """


@command.command("write", hidden=True)
@click.argument("paths", nargs=-1)
@output_option
@click.option(
    "--alias", "aliases", multiple=True, metavar="REFERENCE=NAME", help="Resource name of an ARN or id."
)
@click.option(
    "--lambda",
    "functions",
    multiple=True,
    metavar="NAME=FILE.py:HANDLER",
    help="Also record the responses of this handler.",
)
@click.option(
    "--examples", type=click.IntRange(min=1), default=50, show_default=True, help="Events for each handler."
)
def write(
    paths: tuple[str, ...],
    output: Path | None,
    aliases: tuple[str, ...],
    functions: tuple[str, ...],
    examples: int,
) -> None:
    """Write the contract between flows and their Lambda functions as JSON.

    Example: busyhour contract flows -o lambda-contract.json
    """
    from busyhour.cli._flow_paths import flow_paths, pair
    from busyhour.cli.explore import save
    from busyhour.exploration.project import read_flows
    from busyhour.lambda_contract import contract as contracts
    from busyhour.lambda_contract.checks import observed
    from busyhour.lambda_contract.handler import Handlers
    from busyhour.lambda_contract.usage import contract_of
    from busyhour.project import Project

    sources = flow_paths(paths, Project.find())
    known = {**sources.aliases, **dict(pair(one, "--alias") for one in aliases)}
    subjects = read_flows(sources.files, aliases=known)
    found = contract_of(subjects.context.flows, subjects.context.library.known)
    if functions:
        with Handlers(dict(pair(one, "--lambda") for one in functions), setup=sources.setup) as handlers:
            found = observed(handlers, found, examples)
    text = contracts.render(found)
    for path, reason in subjects.left_out.items():
        say(f"note: left out {path}: {reason}", err=True)
    if output is None:
        print_document(text, form="json")
    else:
        save(output, text)
        say(f"{output}: {len(found.functions)} functions, invoked at {_invocations(found)} places", err=True)


def _invocations(found: Any) -> int:
    return sum(len(one.invocations) for one in found.functions.values())


@command.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print the result."
)
def diff(old: Path, new: Path, form: str) -> None:
    """Check whether old flows work with new functions and new flows with old ones: the safe order of deployment.

    OLD and NEW are files that `busyhour contract` wrote.

    Example: busyhour contract diff contract-live.json contract-next.json
    """
    import json

    from busyhour.lambda_contract.contract import read
    from busyhour.lambda_contract.difference import NEW_FLOWS, OLD_FLOWS, compare

    found = compare(read(old), read(new))
    if form == "json":
        breaks = [
            {"pair": one.pair, "function": one.function, "message": one.message} for one in found.breaks
        ]
        result = {
            "old_flows_new_functions": found.works(OLD_FLOWS),
            "new_flows_old_functions": found.works(NEW_FLOWS),
        }
        say(json.dumps({**result, "order": found.order, "breaks": breaks}, ensure_ascii=False, indent=2))
    else:
        for pair_ in (OLD_FLOWS, NEW_FLOWS):
            say(f"{pair_}: {'work' if found.works(pair_) else 'do not work'}")
            for one in found.breaks:
                if one.pair == pair_:
                    say(f"  {one.function}: {one.message}")
        say(found.advice)
    raise SystemExit(int(ExitCode.DOES_NOT_HOLD if found.order == "none" else ExitCode.OK))
