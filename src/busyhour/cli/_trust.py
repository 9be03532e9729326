"""Options and messages of commands that run a project's own rules or invariants, which only a trusted project may."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from busyhour.cli._say import say

if TYPE_CHECKING:
    from busyhour.project import Project


def trust_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --trust and --shipped-rules-only to a command."""
    command = click.option(
        "--shipped-rules-only",
        is_flag=True,
        help="Run only what ships with busyhour, and none of the project's own Python: for code that you do not trust.",
    )(command)
    return click.option(
        "--trust",
        is_flag=True,
        help="Run the project's own rules and invariants this time. BUSYHOUR_TRUST=1 does the same; "
        "`busyhour init` records the projects that it makes as trusted.",
    )(command)


class Own:
    """The project's own rules or invariants, and whether they may run.

    Args:
        project: the project. folders: its folders of rules or invariants, the shipped one among them.
        kind: `rule` or `invariant`. trust, shipped_only: the command's options.

    Raises:
        UsageError: both options are given.
    """

    def __init__(
        self, project: Project, folders: Iterable[Path], kind: str, *, trust: bool, shipped_only: bool
    ) -> None:
        from busyhour.project.trust import own_units, trusts

        if trust and shipped_only:
            raise click.UsageError("--trust and --shipped-rules-only exclude each other.")
        self._project = project
        self._kind = kind
        self._silent = shipped_only
        own = own_units(folders)
        runs = bool(own) and not shipped_only and (trust or trusts(project.root, os.environ))
        self.left_out: tuple[Path, ...] = () if runs else tuple(own)
        """Files that are left out."""

    @property
    def ids(self) -> frozenset[str]:
        """Names of what is left out, as its files are called."""
        return frozenset(path.stem.replace("_", "-") for path in self.left_out)

    def report(self) -> bool:
        """Name what is left out, on standard error; return whether the result is incomplete without it."""
        from busyhour.printable import printable
        from busyhour.project.trust import trusted_file

        if not self.left_out or self._silent:
            return False
        for path in self.left_out:
            shown = path.relative_to(self._project.root) if path.is_relative_to(self._project.root) else path
            say(f"{printable(str(shown))}: this {self._kind} was left out", err=True)
        file = trusted_file(os.environ)
        always = f", always with a line {self._project.root} in {file}" if file is not None else ""
        say(
            f"{len(self.left_out)} own {self._kind}{'' if len(self.left_out) == 1 else 's'} left out: the project is not "
            f"trusted. Where you trust its code: --trust{printable(always)}. Where not: --shipped-rules-only.",
            err=True,
        )
        return True
