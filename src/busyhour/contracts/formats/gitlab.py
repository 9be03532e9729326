"""The findings as a GitLab Code Quality report, which GitLab shows in merge requests beside the lines.

Source: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format" (read 2026-11-22): a JSON list; a
fingerprint is unique, or GitLab shows only the first finding that has it; paths are relative to the repository.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path, PurePath

from busyhour.contracts.baseline import key_of
from busyhour.contracts.finding import Report, Severity
from busyhour.contracts.loading import RuleSet

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "info"}


def render_gitlab(report: Report, rules: RuleSet) -> str:
    """Render one issue for each finding; a finding keeps its fingerprint when others move it to another line."""
    seen: Counter[tuple[str, ...]] = Counter()
    issues = []
    for finding in report.findings:
        path = _relative(finding.path)
        about = (path, *key_of(finding))
        seen[about] += 1
        action = f" [{finding.action}]" if finding.action else ""
        issues.append(
            {
                "description": f"{finding.message}{action}. {finding.help}",
                "check_name": finding.rule,
                "fingerprint": hashlib.sha256("\0".join((*about, str(seen[about]))).encode()).hexdigest(),
                "severity": _SEVERITIES[finding.severity],
                "location": {"path": path, "lines": {"begin": finding.line}},
            }
        )
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"


def _relative(path: str) -> str:
    """Return the path relative to the current folder with forward slashes, if it is below it."""
    pure = PurePath(path)
    here = Path.cwd()
    if pure.is_absolute() and pure.is_relative_to(here):
        pure = pure.relative_to(here)
    return pure.as_posix()
