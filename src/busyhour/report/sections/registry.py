"""The sections of a report in their order. Every format walks this list: HTML, Markdown, PDF, text and terminal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from busyhour.report.blocks import LeftOut, Section, on_screens
from busyhour.report.sections import (
    calls,
    earlier_runs,
    forecast,
    ledger,
    limit_search,
    limits,
    quotas,
    requests,
    run,
    support,
    trends,
    waves,
    what_if,
)
from busyhour.results.record import RunRecord


@dataclass(frozen=True, slots=True)
class Entry:
    """One section: its name (an anchor of the page), its heading, and how it is made of a record."""

    name: str
    title: str
    build: Callable[[RunRecord], Section | None]
    """None: the record has nothing for the section."""
    left_out: LeftOut = field(default_factory=dict)


_NIGHTS = on_screens("`busyhour compare` and `busyhour history` print it")

SECTIONS: tuple[Entry, ...] = (
    Entry("limit-search", "The highest rate that holds", limit_search.limit_search),
    Entry("limits", "Limits", limits.limits),
    Entry("queues", "Queues", forecast.queues),
    Entry(
        "increases",
        "Quota increases to request",
        support.increases,
        on_screens("`busyhour request RUN` prints it"),
    ),
    Entry(
        "what-if",
        "Other volumes",
        what_if.volumes,
        on_screens("`busyhour forecast SCENARIO --set` calculates any one volume"),
    ),
    Entry("waves", "Migration waves", waves.waves),
    Entry("quotas", "Quotas", quotas.quotas),
    Entry(
        "forecast",
        "Forecast and measurement",
        forecast.forecast,
        on_screens("the table of quotas has the measured peaks; this one is wider than most terminals"),
    ),
    Entry("ledger", "Evidence ledger", ledger.ledger, on_screens("`busyhour quotas ledger` prints it")),
    Entry("regression", "Earlier runs", earlier_runs.earlier_runs, _NIGHTS),
    Entry("trends", "Trends", trends.trends, _NIGHTS),
    Entry("objectives", "Objectives", run.objectives),
    Entry("traffic", "Calls", calls.traffic),
    Entry("requests", "Requests", requests.requests),
    Entry("retries", "Retries of the application", requests.retries),
    Entry("operator", "What an operator watches", run.metrics),
    Entry("flows", "Findings of the flow check", run.findings),
    Entry("remarks", "Not measured, and notes", run.remarks),
)


def sections(record: RunRecord, format_: str, only: Collection[str] = ()) -> Iterator[tuple[Entry, Section]]:
    """The sections that a format shows of a record, in order, without what is left out in it.

    Args:
        record: the run.
        format_: one of `blocks.FORMATS`.
        only: names of the sections to show; all where empty.
    """
    for entry in SECTIONS:
        if format_ in entry.left_out or (only and entry.name not in only):
            continue
        made = entry.build(record)
        shown = None if made is None else made.shown_in(format_)
        if shown is not None and shown.blocks:
            yield entry, shown
