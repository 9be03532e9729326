"""The formats of a report: name -> how to render it and what to call the file."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from busyhour.results.record import RunRecord


@dataclass(frozen=True, slots=True)
class Renderer:
    """One format. The module's `render(record, templates) -> bytes` is imported when it is used."""

    module: str
    file_name: str
    binary: bool = False

    def render(self, record: RunRecord, templates: Sequence[Path]) -> bytes:
        """The report as bytes. `templates` are folders to look in, a team's own before ours."""
        module = importlib.import_module(f"busyhour.report.renderers.{self.module}")
        rendered: bytes = module.render(record, templates)
        return rendered


RENDERERS = {
    "html": Renderer("html_page", "report.html"),
    "json": Renderer("json_output", "run.json"),
    "markdown": Renderer("markdown", "report.md"),
    "metrics": Renderer("openmetrics", "metrics.txt"),
    "pdf": Renderer("pdf", "report.pdf", binary=True),
    "support-pdf": Renderer("support_pdf", "support.pdf", binary=True),
    "support-text": Renderer("support_text", "support.text"),
    "text": Renderer("text", "report.txt"),
}
