"""The capacity report for AWS Support as plain text: the body of the case, at most 8,000 characters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.report.sections import support
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """UTF-8 text from templates/support.txt.j2; raises as `support.case` and `support.text` do."""
    return support.text(support.case(record), templates).encode()
