"""The contracts as the emulator's publish check: what CreateContactFlow would refuse, in Connect's words.

Connect's problem messages are short: a sentence and a path. Those that are known from public sources (the API guide's
examples, issues of repositories) are here by rule; `busyhour check` prints the whole finding.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.contracts.check import Checker
    from busyhour.contracts.finding import Finding

_VALUE = "Invalid Action property value."
_FORMAT = "Invalid contact flow format"
_WORDS = {
    "unknown-type": "Invalid Action type.",
    "unknown-parameter": "Invalid Action property name.",
    "unknown-key": "Invalid Action property name.",
    "missing-parameter": "Action is missing required property.",
    "missing-next-action": "Action is missing required property.",
    "missing-error": "Action is missing required property.",
    "missing-condition": "Action is missing required property.",
    "terminal-with-transitions": "Action does not support transitions.",
    "condition-operand": "Invalid branch.",
    "condition-operator": "Invalid branch.",
    "condition-not-allowed": "Invalid branch.",
    "empty-value": "Empty value in Parameters.Attributes.",
    **dict.fromkeys(("not-json", "not-a-flow", "version", "start-action", "action-shape"), f"{_FORMAT}."),
}
"""Sentence by rule; for every other rule it is about a value."""


def problems(content: str, type: str) -> list[str]:
    """Why Connect would refuse to publish `content` as a flow of `type`, a message for each; empty where it would not."""
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.reading.source import Source
    from busyhour.contracts.reading.sources import Gathered
    from busyhour.flows.export.document import parse
    from busyhour.flows.model import FlowType

    source = Source("content", parse(content), flow_type=FlowType(type))
    report = _checker().check(Gathered((source,), {}))
    return list(dict.fromkeys(_sentence(finding) for finding in report.at_least(Severity.ERROR)))


def _sentence(finding: Finding) -> str:
    from busyhour.contracts.finding import pointer_text

    parts = [part.replace("~1", "/").replace("~0", "~") for part in finding.pointer.split("/")[1:]]
    where = pointer_text(tuple(int(part) if part.isdecimal() else part for part in parts))
    sentence = _WORDS.get(finding.rule, _VALUE)
    return f"{sentence} Path: {where}" if parts else sentence


@lru_cache(maxsize=1)
def _checker() -> Checker:
    """Rules and schemas are read at the first flow that is published, not when the emulator starts."""
    from busyhour.contracts.check import Checker

    return Checker(strict=True)
