"""The report as Markdown: for a pull request, a wiki or a job summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.capacity.render import queue_figures
from busyhour.quotas import shares
from busyhour.report.renderers.templating import fill
from busyhour.report.sections import forecast, ledger, limit_search, unpublished_limits
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """Markdown from templates/report.md.j2."""
    return fill(
        "report.md.j2",
        templates,
        autoescape=False,
        record=record,
        first_words=forecast.first_words(record),
        rungs=forecast.ladder(record),
        queues=forecast.queues(record),
        queue_caption=forecast.queue_caption(record),
        queue_columns=queue_figures.COLUMNS,
        shares=shares,
        unpublished=unpublished_limits.sentences(record),
        waves=ledger.waves(record),
        dues=ledger.dues(record),
        headroom_words=forecast.headroom_words(record),
        ledger=ledger.ledger(record),
        **limit_search.sections(record),
    )
