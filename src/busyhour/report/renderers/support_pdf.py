"""The capacity report for AWS Support as a PDF: a few pages, plots as vectors, below the 5 MB that a case takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from busyhour.report.plots.registry import PLOTS
from busyhour.report.renderers.pdf import typeset
from busyhour.report.sections import support
from busyhour.results.record import RunRecord

TEMPLATE = "support.typ"


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """PDF from templates/support.typ; raises as `support.case` and `pdf.typeset` do."""
    return of_case(record, support.case(record), templates)


def of_case(record: RunRecord, facts: support.Case, templates: Sequence[Path]) -> bytes:
    """PDF of a case whose facts are known already."""
    plots = [plot for name in ("limits", "concurrent calls") for plot in PLOTS[name](record)]
    data = {**asdict(facts), "plots": [plot.title for plot in plots]}
    return typeset(TEMPLATE, templates, {"case.json": data}, plots)
