"""The command line: one file per command, found by its name, imported only when it is called."""

from __future__ import annotations

import errno
import importlib
import io
import os
import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from busyhour import __version__, extras, interrupts
from busyhour.cli import _streams
from busyhour.errors import BusyhourError, ExitCode, did_you_mean
from busyhour.local_http import bypass_proxy
from busyhour.printable import printable, printable_lines

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
        _accept_debug(command)
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


def _debug_option() -> click.Option:
    """Return the option --debug. `main` looks for it in the arguments: an error may come before any parsing."""
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, help="Print the traceback of an unexpected error."
    )


def _accept_debug(command: click.Command) -> None:
    """Accept --debug after the names of commands too, without a line in their help."""
    if not any("--debug" in parameter.opts for parameter in command.params):
        option = _debug_option()
        option.hidden = True
        command.params.append(option)
    if isinstance(command, click.Group) and not isinstance(command, CommandFolder):
        for inner in command.commands.values():
            _accept_debug(inner)


@click.group(
    cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"]}, params=[_debug_option()]
)
@click.version_option(__version__, prog_name="busyhour")
def cli() -> None:
    """Will your Amazon Connect contact centre hold at the busy hour?

    Example: busyhour run scenarios/helpdesk.toml
    """


def _fail(error: BusyhourError) -> int:
    """Print an error with its way out; return its exit code."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(printable_lines(error.message), err=True)
    if error.hint:
        click.secho("hint: ", fg="cyan", nl=False, err=True)
        click.echo(printable_lines(error.hint), err=True)
    return int(error.exit_code)


_OF_THE_MACHINE = frozenset(
    getattr(errno, name)
    for name in (
        *(
            "EACCES",
            "EDQUOT",
            "EFBIG",
            "EIO",
            "EISDIR",
            "ELOOP",
            "EMFILE",
            "ENAMETOOLONG",
            "ENFILE",
            "ENOENT",
        ),
        *("ENOSPC", "ENOTDIR", "EPERM", "EROFS"),
    )
)
"""Errors of files that are no fault of busyhour's code: the path and the reason are the message."""


def _unexpected(error: BaseException, debug: bool) -> int:
    """Print an exception that nothing handled; return its exit code, which is never that of a result."""
    from busyhour import unexpected

    if debug:
        traceback.print_exception(error)
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE and error.filename is not None:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        code = ExitCode.UNREACHABLE if full else ExitCode.BAD_INPUT
        return _fail(
            BusyhourError(f"{error.filename}: {error.strerror}", "Check the path and its permissions.", code)
        )
    return _fail(unexpected.describe(error))


def _run(arguments: list[str] | None, debug: bool) -> int:
    """Run the command; return its exit code."""
    try:
        with interrupts.interruptible():
            code = cli.main(args=arguments, prog_name="busyhour", standalone_mode=False)
    except BusyhourError as error:
        return _fail(error)
    except click.Abort as error:
        # click makes an Abort of an EOFError too.
        cause = error.__cause__
        return _unexpected(cause, debug) if isinstance(cause, EOFError) else int(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(file=shown)
        click.echo(printable_lines(shown.getvalue().expandtabs(4)), err=True, nl=False)
        return int(ExitCode.BAD_INPUT)
    except ImportError as error:
        lacking = extras.explain(error)
        return _unexpected(error, debug) if lacking is None else _fail(lacking)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except SystemExit as error:
        from busyhour import unexpected

        # A team's rule or plugin that calls sys.exit() must not choose a result.
        if unexpected.place_in_own_file(error) is not None:
            return _unexpected(error, debug)
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        click.echo(printable(str(error.code)), err=True)
        return int(ExitCode.BAD_INPUT)
    except Exception as error:  # the funnel: no traceback, and no exit code of a result
        return _unexpected(error, debug)
    return code if isinstance(code, int) else int(ExitCode.OK)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code (see `ExitCode`)."""
    given = sys.argv[1:] if arguments is None else arguments
    bypass_proxy(os.environ)
    _streams.install()
    code = _run(arguments, "--debug" in given)
    try:
        _streams.finish()
    except BusyhourError as error:
        code = _fail(error)
    raise SystemExit(code)
