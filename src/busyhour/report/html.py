"""The report as one self-contained HTML file: opens from disk, no network, no script needed to read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.capacity import queue_figures
from busyhour.errors import BusyhourError
from busyhour.quotas import shares
from busyhour.quotas.own_settings import own_settings
from busyhour.report import evidence, limit, outlook, support, unpublished
from busyhour.report.ladder_plot import ladder_plot
from busyhour.report.plots import run_plots
from busyhour.report.templating import fill
from busyhour.report.trends import trends
from busyhour.report.wave_plot import wave_plot
from busyhour.report.what_if import SHORT_TABLE, what_if
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """HTML from templates/report.html.j2 with the plots, and the figures behind the slider, inside."""
    asks, missing = _asks(record)
    return fill(
        "report.html.j2",
        templates,
        autoescape=True,
        record=record,
        plots=run_plots(record),
        rungs=outlook.ladder(record),
        queues=outlook.queues(record),
        queue_caption=outlook.queue_caption(record),
        queue_columns=queue_figures.COLUMNS,
        shares=shares,
        own_settings=own_settings(record),
        first_words=outlook.first_words(record),
        unpublished=unpublished.sentences(record),
        ladder_plot=ladder_plot(record),
        what_if=what_if(record),
        short_table=SHORT_TABLE,
        against=outlook.against(record),
        asks=asks,
        asks_missing=missing,
        waves=evidence.waves(record),
        wave_plot=wave_plot(record),
        wave_notes=evidence.wave_notes(record),
        dues=evidence.dues(record),
        headroom_words=outlook.headroom_words(record),
        present_notes=evidence.present_notes(record),
        ledger=evidence.ledger(record),
        regression=record.regression,
        trends=trends(record),
        **limit.sections(record),
    )


def _asks(record: RunRecord) -> tuple[tuple[support.Ask, ...], str]:
    """What to ask of AWS, or why it cannot be told of a record that another version wrote."""
    try:
        return support.case(record).asks, ""
    except BusyhourError as error:
        return (), error.message
