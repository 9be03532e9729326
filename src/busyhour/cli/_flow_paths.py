"""Paths of flows on a command line: files, folders and scenarios; and options of the form NAME=VALUE."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from busyhour.cli import _entries

if TYPE_CHECKING:
    from busyhour.lambda_contract.handler import Setup


@dataclass(frozen=True)
class Sources:
    """Paths of the command line: files and folders, aliases, and the tables and environment of handlers."""

    files: list[str]
    aliases: dict[str, str]
    setup: Setup | None = None


def flow_paths(paths: tuple[str, ...], project: Any) -> Sources:
    """Return what to read: the paths, with those of scenarios, or the flows of the project if none are given.

    Raises:
        BusyhourError: there is nothing to read.
    """
    from busyhour.errors import BusyhourError

    if not paths:
        own = [str(one) for one in project.flows()]
        if not own:
            raise BusyhourError(
                "no flows to read",
                "Name exported flows or folders, or list them under `flows` in busyhour.toml.",
            )
        return Sources(own, {})
    files: list[str] = []
    aliases: dict[str, str] = {}
    setup = None
    for one in paths:
        if one.endswith(".toml"):
            from busyhour.lambda_contract.handler import Setup
            from busyhour.scenarios.reader import load

            scenario = load(Path(one))
            _entries.check(scenario)
            files += [str(path) for path in scenario.flows.files]
            aliases |= scenario.flows.aliases
            setup = Setup(
                {name: function.environment for name, function in scenario.functions.items()},
                tuple((table.definition, table.items) for table in scenario.tables.values()),
                scenario.aws.region,
            )
        else:
            files.append(one)
    return Sources(files, aliases, setup)


def pair(text: str, option: str, *, empty: bool = False) -> tuple[str, str]:
    """`KEY=VALUE` of an option as the two; `empty`: the value may be."""
    key, equals, value = text.partition("=")
    if not key or not (value or (equals and empty)):
        raise click.BadParameter(f"{text!r} is not of the form KEY=VALUE", param_hint=option)
    return key, value
