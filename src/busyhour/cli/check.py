"""busyhour check: say offline what Connect would refuse in exported flows, and what would hurt callers."""

from __future__ import annotations

import click

from busyhour.errors import BusyhourError, ExitCode

_FORMATS = ("text", "json")


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
    default="warning",
    show_default=True,
    help="Exit with 1 when a finding is as bad as this; notes are printed only with `--severity note` or -v.",
)
@click.option("--list", "list_rules", is_flag=True, help="List the rules and stop.")
@click.option(
    "-v", "--verbose", is_flag=True, help="Also say which format each file has and what was skipped."
)
def command(
    paths: tuple[str, ...], form: str, strict: bool, severity: str, list_rules: bool, verbose: bool
) -> None:
    """Say offline what Connect would refuse in exported flows, and what would hurt callers.

    PATHS are files, folders (searched for *.json and files without an extension), or - for standard input.

    Example: busyhour check examples/helpdesk/flows
    """
    from busyhour.contracts.check import Checker
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.formats import FORMATS
    from busyhour.contracts.loading import load_rules
    from busyhour.contracts.sources import gather

    rules = load_rules()
    if list_rules:
        width = max(len(rule.id) for rule in rules)
        for rule in rules:
            click.echo(f"{rule.id:<{width}}  {rule.severity:<7}  {rule.group:<10}  {rule.summary}")
        return
    if not paths:
        raise BusyhourError(
            "no file or folder to check",
            "Name exported flows: `busyhour check flows/`, or `-` for standard input.",
        )
    report = Checker(rules, strict=strict).check(gather(paths))
    if verbose:
        for file in report.files:
            kind = f"{file.format or 'no flow'}, {file.type or 'type unknown'}, {file.actions} actions"
            click.echo(f"{file.path}: {kind}", err=True)
        for path, reason in report.skipped.items():
            click.echo(f"{path}: skipped, {reason}", err=True)
    shown = report
    if form == "text" and severity != "note" and not verbose:
        shown = report.replaced(report.at_least(Severity.WARNING))
    click.echo(FORMATS[form](shown, rules), nl=False)
    if report.at_least(Severity(severity)):
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))
