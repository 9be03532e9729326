"""The report as Markdown: for a pull request, a wiki or a job summary."""

from __future__ import annotations

from pathlib import Path

from busyhour.report.templating import fill
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Path) -> bytes:
    """Markdown from templates/report.md.j2."""
    return fill("report.md.j2", templates, autoescape=False, record=record)
