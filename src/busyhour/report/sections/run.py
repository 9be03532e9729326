"""The opening of a report (verdict, facts of the run), and its plain sections: objectives, metrics, findings, notes."""

from __future__ import annotations

from dataclasses import dataclass

from busyhour.report.blocks import (
    Block,
    Facts,
    Items,
    Section,
    Text,
    Tone,
    cell,
    figure,
    section,
    table,
    words,
)
from busyhour.report.figures import NOT_MEASURED, number, to_second
from busyhour.results import outcomes
from busyhour.results.entries import ObjectiveRecord
from busyhour.results.estimate import in_words
from busyhour.results.record import Outcome, RunRecord

_OUTCOME_TONE = {Outcome.HOLDS: Tone.GOOD, Outcome.DOES_NOT_HOLD: Tone.BAD}
_SEVERITY_TONE = {"error": Tone.BAD, "warning": Tone.WARN}


@dataclass(frozen=True, slots=True)
class Opening:
    """The head of a report: what ran, its verdict with reasons, and the facts under it."""

    name: str
    description: str
    outcome: str
    tone: Tone
    verdict: tuple[Block, ...]
    facts: Facts
    version: str
    run: str


def opening(record: RunRecord) -> Opening:
    """The head of the report of a record."""
    verdict = record.verdict
    reasons: Block = Items(verdict.reasons) if verdict.reasons else Text(verdict.summary)
    return Opening(
        name=str(record.scenario.get("name", "")),
        description=str(record.scenario.get("description", "")),
        outcome=str(verdict.outcome),
        tone=_OUTCOME_TONE.get(Outcome(verdict.outcome), Tone.WARN),
        verdict=(*map(Text, outcome_lines(record)), reasons),
        facts=Facts([*shown_rows(record), *headline(record)]),
        version=record.busyhour_version,
        run=record.run_id,
    )


def outcome_lines(record: RunRecord) -> list[str]:
    """Shares of calls by outcome, then the problems with their places and lines; empty where no flow was run."""
    if record.outcomes is None:
        return []
    return outcomes.lines(record.outcomes, record.verdict.reasons)


def headline(record: RunRecord) -> list[tuple[str, str, str]]:
    """What ran, against what, when: label, value, note."""
    scenario, target = record.scenario, record.target
    place = f"{target.get('kind', '')}, {target.get('region', '')}, account {target.get('account', '')}"
    rate = scenario.get("calls_per_hour")
    rows = [("Scenario", str(scenario.get("name", "")), str(scenario.get("description", "")))]
    if record.limit is not None:
        planned = number(record.limit.planned_calls_per_hour)
        rows += [
            ("Busy hour", f"{planned} calls/h", "as planned"),
            ("Figures below", f"{number(rate)} calls/h", f"run {record.limit.shown} of the search"),
        ]
    elif rate:
        about = (
            f"{scenario.get('direction', '')}, {scenario.get('drive', '')}, seed {scenario.get('seed', '')}"
        )
        rows.append(("Busy hour", f"{number(float(rate))} calls/h", about))
    times = f"{to_second(record.started)} to {to_second(record.ended)}, busyhour {record.busyhour_version}"
    return [
        *rows,
        ("Target", place, str(target.get("instance_arn", ""))),
        *((("Caller (STS)", str(target["caller"]), ""),) if target.get("caller") else ()),
        ("Run", record.run_id, times),
    ]


def shown_rows(record: RunRecord) -> list[tuple[str, str, str]]:
    """What the run showed of the plan; of a record of an older version, which version gave the verdict."""
    shown = record.shown
    if shown is None:
        version = f"busyhour {record.busyhour_version}"
        return [("Verdict given by", version, "the load that the run reached was not recorded")]
    reached = number(None if shown.reached is None else float(f"{shown.reached:.4g}"))
    factor = f", arrivals raised to {shown.factor:g} x the plan" if shown.factor > 1 else ""
    rows = [
        (
            "Load reached",
            f"{reached} of the plan's {number(float(f'{shown.planned:.4g}'), shown.unit)}",
            f"peak {number(shown.peak)}; {number(float(f'{shown.reachable:.4g}'))} by calculation{factor}"
            f"{'' if shown.stationary else '; the stationary state was not reached'}",
        )
    ]
    if shown.unit != "calls/h":
        rows.append(
            ("Calls that ended by themselves", number(shown.ended), f"{number(shown.cut_off)} cut off")
        )
    return rows


def objectives(record: RunRecord) -> Section | None:
    """Each objective with its bound, the measured value and whether it holds."""

    def outcome(o: ObjectiveRecord) -> str:
        if o.holds is not None:
            result = "holds" if o.holds else "does not hold"
        else:
            result = NOT_MEASURED if o.measured is None else "not decided"
        return result + (f": {o.why}" if o.why else "")

    def measured(o: ObjectiveRecord) -> str:
        if o.interval is None:
            return number(o.measured)
        return f"{number(o.measured)} ({in_words(o.interval, o.sampled)})"

    tones = {True: Tone.GOOD, False: Tone.BAD, None: Tone.WARN}
    rows = [
        (
            o.metric,
            f"{o.bound} (default)" if o.default else o.bound,
            measured(o),
            cell(outcome(o), tone=tones[o.holds]),
        )
        for o in record.objectives
    ]
    return section(table((words("Metric"), words("Bound"), figure("Measured"), words("Outcome")), rows))


def metrics(record: RunRecord) -> Section | None:
    """The metrics that a Connect operator watches; one that the target does not have gives the reason."""
    rows = [
        (
            f"{metric.name} ({metric.statistic})",
            "not available from this target" if metric.value is None else number(metric.value, metric.unit),
            cell(metric.why_not if metric.value is None else metric.source, tone=Tone.SOFT),
        )
        for metric in record.metrics
    ]
    return section(table((words("Metric"), figure("Value"), words("From")), rows))


def findings(record: RunRecord) -> Section | None:
    """Findings of the check of the flows before the run."""
    rows = [
        (
            cell(one.severity, tone=_SEVERITY_TONE.get(one.severity, Tone.NONE)),
            one.rule,
            f"{one.path}:{one.line}:{one.column}",
            cell(f"{one.flow} / {one.action}", tone=Tone.SOFT),
            one.message,
            cell(one.help, tone=Tone.SOFT),
        )
        for one in record.findings
    ]
    known = {"terminal": "the place has line and column", "text": "the place has line and column"}
    columns = (
        words("Severity"),
        words("Rule"),
        words("Place"),
        words("Flow / action", below=True, left_out=known),
        words("Message"),
        words("Help", below=True, left_out=dict.fromkeys(known, "`busyhour explain RULE` prints it")),
    )
    return section(table(columns, rows) or Text("The flow check found nothing."))


def remarks(record: RunRecord) -> Section | None:
    """What could not be measured, and the notes of the run."""
    items = [*(f"Not measured: {text}" for text in record.not_measured), *record.notes]
    return section(Items(items) if items else Text("Every figure of this report was measured."))
