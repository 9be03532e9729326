"""The findings as JSON; the schema is contract_tests/findings.schema.json."""

from __future__ import annotations

import json

from busyhour.contracts.finding import Report
from busyhour.contracts.loading import RuleSet


def render_json(report: Report, rules: RuleSet) -> str:
    """Render `{"findings": […], "summary": {…}}`."""
    made = {"findings": [finding.as_dict() for finding in report.findings], "summary": report.summary()}
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
