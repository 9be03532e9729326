"""busyhour check: say offline what Connect would refuse in exported flows, and what would hurt callers."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import click

from busyhour.errors import ExitCode

if TYPE_CHECKING:
    from busyhour.contracts.finding import Report, Severity
    from busyhour.contracts.loading import RuleSet

_FORMATS = ("text", "json")
_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command("check")
@click.argument("paths", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="text", help="How to print the findings."
)
@click.option(
    "--strict", is_flag=True, help="Refuse placeholders (${…}, {{…}}, <…>) in ids, ARNs and enumerations."
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "note"]),
    default="error",
    show_default=True,
    help="Exit with 1 when a finding is as bad as this or worse.",
)
@click.option("--list", "list_rules", is_flag=True, help="List the rules and stop.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Print notes too, the format of each file, and what was skipped."
)
def command(
    paths: tuple[str, ...], form: str, strict: bool, severity: str, list_rules: bool, verbose: bool
) -> None:
    """Say offline what Connect would refuse in exported flows, and what would hurt callers.

    PATHS are files, folders (searched for *.json and files without an extension; default: this one), or - for
    standard input. Warnings and errors are printed, notes with -v or --severity note.

    Example: busyhour check examples/helpdesk/flows
    """
    from busyhour.contracts.check import Checker
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.loading import load_rules
    from busyhour.contracts.sources import gather

    # A short life with much to hold and no rubbish to speak of: looking for some costs more than all the rules.
    gc.disable()
    click.get_current_context().call_on_close(gc.enable)
    rules = load_rules()
    if list_rules:
        _list(rules)
        return
    report = Checker(rules, strict=strict).check(gather(paths or (".",)))
    if verbose:
        _say_what_was_read(report)
    _print(report, rules, form, with_notes=verbose or severity == "note")
    if report.at_least(Severity(severity)):
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))


def _list(rules: RuleSet) -> None:
    width = max(len(rule.id) for rule in rules)
    for rule in rules:
        click.echo(f"{rule.id:<{width}}  {rule.severity:<7}  {rule.group:<10}  {rule.summary}")


def _say_what_was_read(report: Report) -> None:
    for file in report.files:
        kind = f"{file.format or 'no flow'}, {file.type or 'type unknown'}, {file.actions} actions"
        click.echo(f"{file.path}: {kind}", err=True)
    for path, reason in report.skipped.items():
        click.echo(f"{path}: skipped, {reason}", err=True)


def _print(report: Report, rules: RuleSet, form: str, *, with_notes: bool) -> None:
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.formats import FORMATS
    from busyhour.contracts.formats.text import render_text

    if form != "text":
        click.echo(FORMATS[form](report, rules), nl=False)
        return
    shown = report if with_notes else report.replaced(report.at_least(Severity.WARNING))
    click.echo(
        render_text(shown, rules, _paint) if sys.stdout.isatty() else render_text(shown, rules), nl=False
    )


def _paint(word: str, severity: Severity) -> str:
    return click.style(word, fg=_COLOURS[str(severity)], bold=True)
