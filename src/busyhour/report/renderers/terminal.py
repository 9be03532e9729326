"""The report on a terminal: what a person reads right after a run."""

from __future__ import annotations

import textwrap

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from busyhour.capacity.render import queue_figures
from busyhour.quotas import shares
from busyhour.report.sections import calls, forecast, ledger, limit_search, run, unpublished_limits
from busyhour.results.record import Outcome, RunRecord

_OUTCOME_STYLE = {
    Outcome.HOLDS: "bold green",
    Outcome.DOES_NOT_HOLD: "bold red",
    Outcome.NOT_SHOWN: "bold yellow",
    Outcome.INVALID: "bold yellow",
    Outcome.INTERRUPTED: "bold yellow",
}
_VERDICT_STYLE = {"holds": "green", "tight": "yellow", "binds": "bold red", "unknown": "dim"} | {
    "exceeded by calculation": "bold red",
    "not decided": "yellow",
}
_LIMIT_STYLE = {"within": "green", "exceeds": "bold red", "undecided": "yellow"}

_HEADING, _NAME = 9, 24
"""Widths of a folded heading at most, and of a limit's name at least."""


def show(record: RunRecord, console: Console) -> None:
    """Print the report; colours and width are the console's business."""
    for part in (
        _verdict(record),
        *_limit(record),
        _outlook(record),
        _limits(record),
        _queues(record),
        _arrivals(record),
        _operations(record),
        _retries(record),
        _quotas(record),
        _objectives(record),
        _metrics(record),
        _findings(record),
        _unsaid(record),
    ):
        if part is not None:
            console.print(part)


def show_limit(record: RunRecord, console: Console) -> None:
    """Print what a search for the limit came to, without the figures of any one of its runs."""
    console.print(_verdict(record))
    for part in _limit(record):
        console.print(part)


def _table(title: str, *columns: str, right: tuple[int, ...] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index in right else "left", overflow="fold")
    return table


def _folded(heading: str) -> str:
    """A heading over several lines, so that its column is no wider than its figures."""
    return "\n".join(textwrap.wrap(heading, _HEADING))


def _verdict(record: RunRecord) -> RenderableType:
    outcome = Outcome(record.verdict.outcome)
    lines: list[RenderableType] = [Text(outcome.upper(), style=_OUTCOME_STYLE[outcome])]
    lines += [Text(line) for line in calls.outcome_lines(record)]
    lines += [Text(f"- {reason}") for reason in record.verdict.reasons]
    lines += [
        Text(f"{row.label}: {row.value}{f' ({row.note})' if row.note else ''}")
        for row in run.shown_rows(record)
    ]
    lines += [Text(f"{row.label}: {row.value}", style="dim") for row in run.headline(record)]
    return Panel(Group(*lines), title="busyhour", title_align="left")


def _limit(record: RunRecord) -> list[RenderableType]:
    if record.limit is None:
        return []
    runs = _table("The runs of the search", "calls/h", "of plan", "run", "", "what broke first", right=(0, 1))
    for rate in limit_search.rate_lines(record):
        style = {"holds": "green", "not shown": "yellow"}.get(rate.outcome, "bold red")
        runs.add_row(rate.rate, rate.of_plan, rate.run, Text(rate.outcome, style=style), rate.cause)
    causes = _table(
        "What binds",
        *("cause", "not met at, calls/h", "runs (95 % confidence)", "met at, calls/h", "forecast, calls/h"),
        right=(1, 3, 4),
    )
    for line in limit_search.cause_lines(record):
        causes.add_row(line.name, line.holds, line.runs, line.breaks, line.forecast)
    said = Text("\n".join(limit_search.sentences(record.limit)))
    return [runs, causes, said, Text("")] if record.limit.causes else [runs, said, Text("")]


def _outlook(record: RunRecord) -> RenderableType | None:
    """What binds first as volume grows, the limits that the plan exceeds, and what should have been asked for."""
    lines = [Text(words)] if (words := forecast.first_words(record)) else []
    lines += [Text(one, style="yellow") for one in unpublished_limits.sentences(record)]
    lines += [Text(sentence) for sentence in forecast.exceeded(record)]
    for due in ledger.dues(record):
        mark = f" ({due.mark})" if due.mark else ""
        text = (
            f"{due.name}: present value {due.present}{mark}, needed {due.needed}: ask by {due.ask_by} for wave "
            f"{due.wave} ({due.says})"
        )
        lines.append(Text(text, style="bold red" if due.late else ""))
    return Group(*lines, Text("")) if lines else None


def _limits(record: RunRecord) -> RenderableType | None:
    """The whole list of limits, the first to bind first."""
    rungs, wanted = forecast.ladder(record), forecast.headroom_words(record)
    if not rungs:
        return None
    spare = (wanted.lower(),) if wanted else ()
    names = ("needed", shares.NEEDED, *spare, "rejected at the plan", "verdict")
    table = _table(
        "Limits, the first to bind first",
        *("calls/h", "of plan", "limit", "present\nvalue", *map(_folded, names)),
        right=(0, 1, *range(3, 6 + len(spare) + 1)),
    )
    table.columns[2].min_width = _NAME
    for rung in rungs:
        table.add_row(
            *(rung.volume_text, rung.of_plan, rung.name),
            *(
                rung.value,
                rung.needed,
                rung.of_value,
                *([rung.with_headroom] if spare else []),
                rung.rejected,
            ),
            Text(rung.verdict_words, style=_LIMIT_STYLE.get(rung.verdict, "")),
        )
    return table


def _queues(record: RunRecord) -> RenderableType | None:
    """The simulated queues with their intervals."""
    queues = forecast.queues(record)
    if not queues:
        return None
    columns = queue_figures.COLUMNS
    table = _table(forecast.queue_caption(record), *columns, right=tuple(range(1, len(columns))))
    for queue in queues:
        table.add_row(*("\n".join(filter(None, figure)) for figure in queue))
    return table


def _arrivals(record: RunRecord) -> RenderableType:
    table = _table("Calls", "", "count", "", right=(1,))
    for row in calls.arrivals(record):
        table.add_row(row.label, row.value, Text(row.note, style="dim"))
    for row in calls.call_rows(record):
        table.add_row(row.label, row.value, Text(row.note, style="dim"))
    return table


def _operations(record: RunRecord) -> RenderableType | None:
    if not record.operations:
        return None
    table = _table(
        "Requests (latency from the intended start)",
        *("operation", "requests", "peak", "errors", "throttles", "limits", "p50", "p95", "p99", "max"),
        right=(1, 2, 3, 4, 5, 6, 7, 8, 9),
    )
    for line in run.operation_lines(record):
        table.add_row(
            line.name, line.requests, line.peak, line.errors, line.throttles, line.limits, *line.latency
        )
    return table


def _retries(record: RunRecord) -> RenderableType | None:
    if not record.retries:
        return None
    table = _table(
        "Retries of the application (latency with all backoff)",
        *("operation", "asked for", "attempts", "throttled", "faults", "recovered", "failed", "quota empty"),
        *("p50", "p99"),
        right=tuple(range(1, 10)),
    )
    for line in run.retry_lines(record):
        table.add_row(line.name, *line.figures)
    return table


def _quotas(record: RunRecord) -> RenderableType:
    table = _table(
        "Quotas",
        *(
            "quota",
            "code",
            "present value",
            "from",
            "needed",
            "measured peak",
            "at",
            _folded(shares.MEASURED),
            "verdict",
        ),
        right=(2, 4, 5, 6, 7),
    )
    for line in run.quota_lines(record):
        verdict = line.verdict + (f", {line.rejected} rejected" if line.rejected else "")
        table.add_row(
            line.name,
            line.code,
            line.value,
            Text(line.origin, style="" if line.current else "yellow"),
            line.needed,
            line.peak,
            line.peak_at,
            line.of_value,
            Text(verdict, style=_VERDICT_STYLE.get(line.verdict, "")),
        )
    return table


def _objectives(record: RunRecord) -> RenderableType | None:
    if not record.objectives:
        return None
    table = _table("Objectives", "metric", "bound", "measured", "", right=(2,))
    for metric, bound, measured, outcome in run.objective_rows(record):
        style = "green" if outcome.startswith("holds") else "bold red"
        table.add_row(metric, bound, measured, Text(outcome, style=style))
    return table


def _metrics(record: RunRecord) -> RenderableType | None:
    if not record.metrics:
        return None
    table = _table("What an operator watches", "metric", "value", "from", right=(1,))
    for row in run.metric_rows(record):
        table.add_row(row.label, row.value, Text(row.note, style="dim"))
    return table


def _findings(record: RunRecord) -> RenderableType | None:
    if not record.findings:
        return None
    table = _table("Findings of the flow check", "place", "severity", "rule", "message")
    for finding in record.findings:
        table.add_row(
            f"{finding.path}:{finding.line}:{finding.column}", finding.severity, finding.rule, finding.message
        )
    return table


def _unsaid(record: RunRecord) -> RenderableType | None:
    lines = [f"Not measured: {text}" for text in record.not_measured] + [
        f"Note: {text}" for text in record.notes
    ]
    return Text("\n".join(lines), style="dim") if lines else None
