"""The findings as lines that editors and terminals can open: `path:line:column: severity rule message [action]`."""

from __future__ import annotations

from collections.abc import Callable

from busyhour.contracts.finding import Finding, Report, Severity
from busyhour.contracts.loading import RuleSet
from busyhour.printable import printable

Paint = Callable[[str, Severity], str]
"""Colours a word by severity; leaves it unchanged without a terminal."""


def plain(word: str, severity: Severity) -> str:
    """Return the word unchanged."""
    return word


def line(finding: Finding, paint: Paint = plain) -> str:
    """Format one finding on one line."""
    action = f" [{finding.action}]" if finding.action else ""
    place = printable(f"{finding.path}:{finding.line}:{finding.column}")
    severity = paint(str(finding.severity), finding.severity)
    return f"{place}: {severity} {printable(f'{finding.rule} {finding.message}{action}')}"


def summary(report: Report) -> str:
    """Format the counts: `3 flows: 1 error, 2 warnings, no notes`."""
    files = len(report.files)
    counts = [(report.count(severity), str(severity)) for severity in Severity]
    words = [f"{count or 'no'} {name}{'' if count == 1 else 's'}" for count, name in counts]
    return f"{files} flow{'' if files == 1 else 's'}: {', '.join(words)}"


def render_text(report: Report, rules: RuleSet, paint: Paint = plain) -> str:
    """Render each finding with its fix, then the counts."""
    lines: list[str] = []
    for finding in report.findings:
        lines.append(line(finding, paint))
        lines.append(f"    help: {printable(finding.help)}")
    lines.append(summary(report))
    return "\n".join(lines) + "\n"
