"""The findings as workflow commands, which GitHub shows as annotations beside the lines of a pull request."""

from __future__ import annotations

from busyhour.contracts.finding import Finding, Report, Severity
from busyhour.contracts.formats.text import summary
from busyhour.contracts.loading import RuleSet
from busyhour.printable import workflow_data, workflow_property

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(report: Report, rules: RuleSet) -> str:
    """Render one command for each finding, then the counts for readers of the log."""
    return "".join(f"{_command(finding)}\n" for finding in report.findings) + summary(report) + "\n"


def _command(finding: Finding) -> str:
    action = f" [{finding.action}]" if finding.action else ""
    place = f"file={workflow_property(finding.path)},line={finding.line},col={finding.column}"
    title = f"title={workflow_property(f'busyhour {finding.rule}')}"
    return f"::{_COMMANDS[finding.severity]} {place},{title}::{workflow_data(f'{finding.message}{action}. {finding.help}')}"
