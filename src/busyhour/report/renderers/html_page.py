"""The report as one self-contained HTML file: opens from disk, no network, no script needed to read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.capacity.render import queue_figures
from busyhour.errors import BusyhourError
from busyhour.quotas import shares
from busyhour.quotas.own_settings import own_settings
from busyhour.report.plots.bottlenecks import ladder_plot
from busyhour.report.plots.time_series import run_plots
from busyhour.report.plots.waves import wave_plot
from busyhour.report.renderers.templating import fill
from busyhour.report.sections import forecast, ledger, limit_search, support, unpublished_limits
from busyhour.report.sections.trends import trends
from busyhour.report.sections.what_if import SHORT_TABLE, what_if
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
        rungs=forecast.ladder(record),
        queues=forecast.queues(record),
        queue_caption=forecast.queue_caption(record),
        queue_columns=queue_figures.COLUMNS,
        shares=shares,
        own_settings=own_settings(record),
        first_words=forecast.first_words(record),
        unpublished=unpublished_limits.sentences(record),
        ladder_plot=ladder_plot(record),
        what_if=what_if(record),
        short_table=SHORT_TABLE,
        against=forecast.against(record),
        asks=asks,
        asks_missing=missing,
        waves=ledger.waves(record),
        wave_plot=wave_plot(record),
        wave_notes=ledger.wave_notes(record),
        dues=ledger.dues(record),
        headroom_words=forecast.headroom_words(record),
        present_notes=ledger.present_notes(record),
        ledger=ledger.ledger(record),
        regression=record.regression,
        trends=trends(record),
        **limit_search.sections(record),
    )


def _asks(record: RunRecord) -> tuple[tuple[support.Ask, ...], str]:
    """What to ask of AWS, or why it cannot be told of a record that another version wrote."""
    try:
        return support.case(record).asks, ""
    except BusyhourError as error:
        return (), error.message
