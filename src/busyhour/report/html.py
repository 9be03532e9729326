"""The report as one self-contained HTML file: opens from disk, no network, no script needed to read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.report.plots import run_plots
from busyhour.report.templating import fill
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """HTML from templates/report.html.j2 with the plots inside."""
    return fill("report.html.j2", templates, autoescape=True, record=record, plots=run_plots(record))
