"""The report as one self-contained HTML file: opens from disk, no network, no script needed to read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.report.plots.registry import PLOTS
from busyhour.report.plots.time_series import Plot
from busyhour.report.renderers.templating import fill
from busyhour.report.sections.registry import sections
from busyhour.report.sections.run import opening
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """HTML from templates/report.html.j2 with the plots, and the figures behind the slider, inside."""

    def draw(name: str) -> list[Plot]:
        return PLOTS[name](record)

    return fill(
        "report.html.j2",
        templates,
        autoescape=True,
        record=record,
        opening=opening(record),
        sections=list(sections(record, "html")),
        draw=draw,
    )
