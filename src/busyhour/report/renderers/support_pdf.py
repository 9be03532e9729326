"""The capacity report for AWS Support as a PDF: a few pages, plots as vectors, below the 5 MB that a case takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from busyhour.report.plots.bottlenecks import ladder_plot
from busyhour.report.plots.time_series import Plot, run_plots
from busyhour.report.renderers.pdf import typeset
from busyhour.report.sections import support
from busyhour.results.record import RunRecord

TEMPLATE = "support.typ"


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """PDF from templates/support.typ; raises as `support.case` and `pdf.typeset` do."""
    return of_case(record, support.case(record), templates)


def of_case(record: RunRecord, facts: support.Case, templates: Sequence[Path]) -> bytes:
    """PDF of a case whose facts are known already."""
    plots = _plots(record)
    return typeset(
        TEMPLATE, templates, {"case.json": {**asdict(facts), "plots": [plot.title for plot in plots]}}, plots
    )


def _plots(record: RunRecord) -> list[Plot]:
    ladder = ladder_plot(record)
    calls = [plot for plot in run_plots(record) if plot.title == "Concurrent calls"]
    return [*([ladder] if ladder else []), *calls]
