"""The report as Markdown: for a pull request, a wiki or a job summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.report.renderers.templating import fill
from busyhour.report.sections.registry import sections
from busyhour.report.sections.run import opening
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """Markdown from templates/report.md.j2."""
    return fill(
        "report.md.j2",
        templates,
        autoescape=False,
        record=record,
        opening=opening(record),
        sections=list(sections(record, "markdown")),
    )
