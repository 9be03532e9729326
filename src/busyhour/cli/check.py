"""busyhour check: Check exported flows offline for errors that Amazon Connect would reject and for problems that affect callers."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli._say import print_document, say
from busyhour.cli._trust import Own, trust_options
from busyhour.contracts.formats import FORMATS
from busyhour.errors import BusyhourError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from busyhour.contracts.finding import Report, Severity
    from busyhour.contracts.loading import RuleSet
    from busyhour.contracts.settings import CheckSettings

_COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command("check")
@click.argument("paths", nargs=-1)
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="text", help="How to print the findings."
)
@click.option(
    "--select", multiple=True, metavar="RULE", help="Run only this rule or group of rules. May be repeated."
)
@click.option(
    "--ignore", multiple=True, metavar="RULE", help="Leave out this rule or group of rules. May be repeated."
)
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "note"]),
    help="Lowest severity that makes the command exit with 1.  [default: error]",
)
@click.option(
    "--strict", is_flag=True, help="Report placeholders (${…}, {{…}}, <…>) in ids, ARNs and enumerations."
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Leave out the findings that this file accepts.",
)
@click.option(
    "--write-baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write a baseline that accepts everything found now, and stop.",
)
@click.option(
    "--expires", metavar="DATE", help="Expiry of a new baseline: a date like 2027-01-31, or 90d from today."
)
@click.option(
    "--fix", is_flag=True, help="Automatically fix findings where the fix does not change flow behaviour."
)
@trust_options
@click.option(
    "--list",
    "list_rules",
    is_flag=True,
    help="List the rules and how sure each constraint of the action types is, and stop; with --select those of the rules.",
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Print notes too, the format of each file, and what was skipped."
)
def command(
    paths: tuple[str, ...],
    form: str,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    severity: str | None,
    strict: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    expires: str | None,
    fix: bool,
    trust: bool,
    shipped_rules_only: bool,
    list_rules: bool,
    verbose: bool,
) -> None:
    """Check exported flows offline for errors that Amazon Connect would reject and for problems that affect callers.

    PATHS are files, folders (searched for *.json and files without an extension; default: the flows that
    busyhour.toml names, else this folder), CloudFormation or Terraform files, or - for standard input. Warnings
    and errors are printed, notes with -v or --severity note. A project's own rules are Python that runs: they are left
    out, named, and the exit code is 2, unless the project is trusted or --shipped-rules-only is given.

    Example: busyhour check examples/helpdesk/flows
    """
    from busyhour.contracts.check import Checker
    from busyhour.contracts.reading.sources import IN_A_PROGRAM, gather
    from busyhour.contracts.settings import CheckSettings
    from busyhour.project import Project

    # A short life with much to hold and no rubbish to speak of: looking for some costs more than all the rules.
    gc.disable()
    click.get_current_context().call_on_close(gc.enable)
    project = Project.find()
    own = Own(project, project.rules_folders(), "rule", trust=trust, shipped_only=shipped_rules_only)
    settings = CheckSettings.of(project).with_options(
        select=select, ignore=ignore, severity=severity, strict=strict, baseline=baseline
    )
    if own.left_out:
        settings = settings.shipped_only(own.ids)
    rules = settings.rules()
    if list_rules:
        _list(rules if select else settings.all_rules(), selected=bool(select))
        own.report()
        return
    if not paths:
        paths = tuple(map(str, project.flows())) if project.flow_patterns else (".",)
    checker = Checker(rules, strict=settings.strict)
    if fix:
        _fix(paths)
    report = checker.check(settings.typed(gather(paths)))
    if verbose:
        _say_what_was_read(report)
    else:
        _say_what_was_skipped({path: why for path, why in report.skipped.items() if why == IN_A_PROGRAM})
    incomplete = own.report()
    if write_baseline is not None:
        _write_baseline(report, write_baseline, expires)
        if incomplete:
            raise SystemExit(int(ExitCode.BAD_INPUT))
        return
    if expires is not None:
        raise BusyhourError("--expires is for new baselines", "Give it together with --write-baseline.")
    report = _sift(report, settings, rules)
    _print(report, rules, form, with_notes=verbose or settings.severity == "note")
    if incomplete:
        raise SystemExit(int(ExitCode.BAD_INPUT))
    if report.at_least(settings.severity):
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))


def _list(rules: RuleSet, *, selected: bool) -> None:
    from busyhour.contracts.schema.evidence import table
    from busyhour.contracts.schema.store import shipped_schemas

    width = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        optional = " (optional)" if rule.optional else ""
        say(f"{rule.id:<{width}}  {rule.severity:<7}  {rule.group:<10}  {rule.summary}{optional}")
    lines = list(table(shipped_schemas(), {rule.id for rule in rules} if selected else None))
    if lines:
        say("")
        say(f"Certainty of the constraints {'that they report' if selected else 'of each action type'}:")
    for line in lines:
        say(line)


def _say_what_was_read(report: Report) -> None:
    for file in report.files:
        kind = f"{file.format or 'no flow'}, {file.type or 'type unknown'}, {file.actions} actions"
        say(f"{file.path}: {kind}", err=True)
    _say_what_was_skipped(report.skipped)
    for finding, reason in report.suppressed:
        say(f"{finding.path}:{finding.line}: {finding.rule} left out: {reason}", err=True)


def _say_what_was_skipped(skipped: Mapping[str, str]) -> None:
    for path, reason in skipped.items():
        say(f"{path}: skipped, {reason}", err=True)


def _fix(paths: tuple[str, ...]) -> None:
    from busyhour.contracts.autofix import fix_files

    for path, fixed in fix_files(paths):
        for one in fixed:
            say(f"{path}: fixed: {one}", err=True)


def _today() -> date:
    from datetime import date

    return date.today()


def _write_baseline(report: Report, path: Path, expires: str | None) -> None:
    from busyhour.contracts import baseline as b
    from busyhour.contracts.settings import parse_expiry

    today = _today()
    try:
        until = parse_expiry(expires, today) if expires else None
    except ValueError:
        raise BusyhourError(
            f"--expires {expires}: neither a date nor a number of days", "Write 2027-01-31 or 90d."
        ) from None
    before = b.read_baseline(path) if path.exists() else b.Baseline()
    made = b.made_of(report.findings, before, today=today, expires=until)
    b.write_baseline(made, path)
    count = sum(entry.count for entry in made.entries)
    end = f" until {until}" if until else ""
    say(f"{path}: accepts {count} finding{'' if count == 1 else 's'}{end}", err=True)


def _sift(report: Report, settings: CheckSettings, rules: RuleSet) -> Report:
    if settings.baseline is None:
        return report
    from busyhour.contracts import baseline as b

    remaining = b.apply_baseline(
        report, b.read_baseline(settings.baseline), _today(), {rule.id for rule in rules}
    )
    for what, entries in (("has expired", remaining.expired), ("matches nothing any more", remaining.stale)):
        for entry in b.lines(entries):
            say(f"{settings.baseline}: {what}: {entry}", err=True)
    return remaining.report


def _print(report: Report, rules: RuleSet, form: str, *, with_notes: bool) -> None:
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.formats.text import render_text

    if form != "text":
        print_document(
            FORMATS[form](report, rules), form="json" if form in ("json", "sarif", "gitlab") else form
        )
        return
    shown = report if with_notes else report.replaced(report.at_least(Severity.WARNING))
    # Each field is printable already; the colours are ours.
    click.echo(
        render_text(shown, rules, _paint) if sys.stdout.isatty() else render_text(shown, rules), nl=False
    )


def _paint(word: str, severity: Severity) -> str:
    return click.style(word, fg=_COLOURS[str(severity)], bold=True)
