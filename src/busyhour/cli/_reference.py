"""docs/commands.md, the reference of all commands, made from their help."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from busyhour.cli import cli

INTRODUCTION = """# Commands

Made from the commands' own help by `make generate`.
Exit codes are the same everywhere: see the README.
"""


def page() -> str:
    """The whole page, Markdown."""
    context = click.Context(cli, info_name="busyhour")
    sections = [INTRODUCTION]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        sections += _sections(
            command, click.Context(command, info_name=name, parent=context), f"busyhour {name}"
        )
    return "\n".join(sections)


def _sections(command: click.Command, context: click.Context, title: str) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"## `{title}`\n\n```\n{title} {usage}\n```\n\n{inspect.cleandoc(command.help or '')}\n"
    records = (option.get_help_record(context) for option in command.get_params(context))
    rows = [record for record in records if record is not None and record[1]]
    if rows:
        yield "| option | meaning |\n|---|---|\n" + "".join(
            f"| `{names}` | {_cell(meaning)} |\n" for names, meaning in rows
        )
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _sections(
                inner, click.Context(inner, info_name=name, parent=context), f"{title} {name}"
            )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
