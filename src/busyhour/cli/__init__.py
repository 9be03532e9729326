"""The command line: one file per command, found by its name, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from busyhour import __version__, extras
from busyhour.errors import BusyhourError, ExitCode, did_you_mean

_HERE = Path(__file__).parent


class CommandFolder(click.Group):
    """A group whose commands are the modules of this folder: `run.py` holds `busyhour run`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands."""
        return sorted(path.stem.replace("_", "-") for path in _HERE.glob("*.py") if path.stem[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return its `command`."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"busyhour.cli.{cmd_name.replace('-', '_')}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name where the given one is unknown."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.list_commands(ctx):
            raise click.UsageError(
                f"No such command {name!r}.{did_you_mean(name, self.list_commands(ctx))}", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the first sentence of each, without importing any of them."""
        rows = [(name, _summary(_HERE / f"{name.replace('-', '_')}.py")) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _summary(path: Path) -> str:
    """First line of a module's docstring, read as text: `--help` imports no command."""
    with path.open(encoding="utf-8") as file:
        first = file.readline()
    return first.strip().strip('"').partition(": ")[2] or first.strip().strip('"')


@click.group(cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="busyhour")
def cli() -> None:
    """Will your Amazon Connect contact centre hold at the busy hour?

    Example: busyhour run scenarios/helpdesk.toml
    """


def _fail(error: BusyhourError) -> NoReturn:
    """Print an error with its way out and end the process with its exit code."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(error.message, err=True)
    if error.hint:
        click.secho("hint: ", fg="cyan", nl=False, err=True)
        click.echo(error.hint, err=True)
    raise SystemExit(int(error.exit_code)) from None


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line and end the process with its exit code (see `ExitCode`)."""
    try:
        cli.main(args=arguments, prog_name="busyhour", standalone_mode=True)
    except BusyhourError as error:
        _fail(error)
    except ImportError as error:
        lacking = extras.explain(error)
        if lacking is None:
            raise
        _fail(lacking)
    except KeyboardInterrupt:
        raise SystemExit(int(ExitCode.INTERRUPTED)) from None
    except BrokenPipeError:
        # The reader of our output has gone (`busyhour quotas | head`): not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(int(ExitCode.OK)) from None
