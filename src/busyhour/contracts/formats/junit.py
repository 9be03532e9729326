"""The findings as JUnit XML, for CI systems: a suite for each file, a case for each rule with findings."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from busyhour.contracts.finding import Finding, Report, Severity
from busyhour.contracts.loading import RuleSet
from busyhour.printable import printable

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report, rules: RuleSet) -> str:
    """Render errors and warnings as failures, notes as output of a passing case; a clean file is one case."""
    by_path: dict[str, list[Finding]] = {file.path: [] for file in report.files}
    for finding in report.findings:
        by_path.setdefault(finding.path, []).append(finding)
    suites = {path: _cases(path, findings) for path, findings in by_path.items()}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    every = [case for cases in suites.values() for case in cases]
    lines.append(f"<testsuites name={_quoted('busyhour check')} {_counts(every)}>")
    for path, cases in suites.items():
        lines.append(f"  <testsuite name={_quoted(path)} {_counts(cases)}>")
        lines += cases
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _counts(cases: list[str]) -> str:
    return f'tests="{len(cases)}" failures="{sum("<failure " in case for case in cases)}" errors="0"'


def _cases(path: str, findings: list[Finding]) -> list[str]:
    if not findings:
        return [f"    <testcase classname={_quoted(path)} name={_quoted('contracts')}/>"]
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    return [_case(path, rule, by_rule[rule]) for rule in sorted(by_rule)]


def _case(path: str, rule: str, findings: list[Finding]) -> str:
    worst = min((finding.severity for finding in findings), key=lambda severity: severity.rank)
    text = escape(_clean("\n".join(map(_line, findings))))
    head = f"    <testcase classname={_quoted(path)} name={_quoted(rule)}>"
    if worst is Severity.NOTE:
        return f"{head}\n      <system-out>{text}</system-out>\n    </testcase>"
    message = f"message={_quoted(findings[0].message)} type={_quoted(str(worst))}"
    return f"{head}\n      <failure {message}>{text}</failure>\n    </testcase>"


def _line(finding: Finding) -> str:
    action = f" [{finding.action}]" if finding.action else ""
    return printable(
        f"{finding.path}:{finding.line}:{finding.column}: {finding.severity} {finding.message}{action}"
    )


def _quoted(text: str) -> str:
    return quoteattr(_clean(printable(text)))


def _clean(text: str) -> str:
    """Remove the characters that XML does not allow."""
    return _NOT_XML.sub("\ufffd", text)
