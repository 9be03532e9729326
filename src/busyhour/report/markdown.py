"""The report as Markdown: for a pull request, a wiki or a job summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.capacity import queue_figures
from busyhour.quotas import shares
from busyhour.report import evidence, limit, outlook, unpublished
from busyhour.report.templating import fill
from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """Markdown from templates/report.md.j2."""
    return fill(
        "report.md.j2",
        templates,
        autoescape=False,
        record=record,
        first_words=outlook.first_words(record),
        rungs=outlook.ladder(record),
        queues=outlook.queues(record),
        queue_caption=outlook.queue_caption(record),
        queue_columns=queue_figures.COLUMNS,
        shares=shares,
        unpublished=unpublished.sentences(record),
        waves=evidence.waves(record),
        dues=evidence.dues(record),
        headroom_words=outlook.headroom_words(record),
        ledger=evidence.ledger(record),
        **limit.sections(record),
    )
