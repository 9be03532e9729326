"""The findings as SARIF 2.1.0, which code hosts and editors read: all rules with their help, then the results."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from busyhour.contracts.baseline import key_of
from busyhour.contracts.finding import Finding, Report
from busyhour.contracts.loading import RuleSet
from busyhour.contracts.rule import Rule
from busyhour.contracts.rule_pages import address

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(report: Report, rules: RuleSet) -> str:
    """Render one run of one tool. Findings that the flows themselves suppress are included, marked as such."""
    index = {rule.id: at for at, rule in enumerate(rules)}
    results = [_result(finding, index) for finding in report.findings]
    for finding, reason in report.suppressed:
        kept = {"kind": "inSource", "justification": reason}
        results.append({**_result(finding, index), "suppressions": [kept]})
    driver = {
        "name": "busyhour",
        "version": _version(),
        "informationUri": address(),
        "rules": [_rule(rule) for rule in rules],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    made = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _version() -> str:
    try:
        return version("busyhour")
    except PackageNotFoundError:
        return "0"


def _rule(rule: Rule) -> dict[str, Any]:
    help = f"{rule.why} {rule.fix}"
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {
            "text": help,
            "markdown": f"**Why** {rule.why}\n\n**Fix** {rule.fix}\n\n**Source** {rule.source}",
        },
        "helpUri": address(rule.id),
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {"tags": [rule.group]},
    }


def _result(finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    where: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(finding.path)},
            "region": {"startLine": finding.line, "startColumn": finding.column},
        }
    }
    logical = [{"name": finding.action or finding.flow, "fullyQualifiedName": finding.flow + finding.pointer}]
    if logical[0]["name"]:
        where["logicalLocations"] = logical
    about = hashlib.sha256("\0".join(key_of(finding)).encode()).hexdigest()
    made: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": str(finding.severity),
        "message": {"text": finding.message},
        "locations": [where],
        "partialFingerprints": {"about/v2": about},
    }
    if finding.rule in index:
        made["ruleIndex"] = index[finding.rule]
    return made


def uri(path: str) -> str:
    """Convert a path to a URI reference: relative if it was, forward slashes, special characters escaped."""
    pure = PurePath(path)
    return pure.as_uri() if pure.is_absolute() else quote(pure.as_posix())
