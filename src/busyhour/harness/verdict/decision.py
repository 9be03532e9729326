"""The verdict on a run: a pure function of the calculation, of what was measured and of what the run could show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from busyhour.errors import ExitCode
from busyhour.quotas import shares
from busyhour.quotas.figures import number, tolerance, volume
from busyhour.results.entries import Arrivals, FindingRecord, ObjectiveRecord, QuotaRecord
from busyhour.results.estimate import in_words
from busyhour.results.record import AbortRecord, Outcome, RunRecord, Shown, VerdictRecord

EXIT_CODES = {
    Outcome.HOLDS: ExitCode.OK,
    Outcome.DOES_NOT_HOLD: ExitCode.DOES_NOT_HOLD,
    Outcome.NOT_SHOWN: ExitCode.INVALID_RUN,
    Outcome.INVALID: ExitCode.INVALID_RUN,
    Outcome.INTERRUPTED: ExitCode.INTERRUPTED,
}
_OF_CAPACITY = ("abandoned_share", "service_level")
"""Objectives that a smoke run does not judge: they are about agents under the planned load."""


def exit_code(record: RunRecord) -> ExitCode:
    """Return the exit code of a run. A smoke run without a failure ends with 0: it was not to show the capacity."""
    if record.abort is not None:
        return ExitCode.REFUSED
    if record.verdict.outcome is Outcome.NOT_SHOWN and is_smoke(record):
        return ExitCode.OK
    return EXIT_CODES[record.verdict.outcome]


def is_smoke(record: RunRecord) -> bool:
    """Whether the run was one that shows no capacity."""
    return bool(record.scenario.get("test", {}).get("smoke"))


def clock(seconds: float) -> str:
    """Seconds from the start as `m:ss`."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements and comparisons of a run.

    `limits` are the rows of `forecast["limits"]`; `unplanned` the reasons for which calls did not do what the plan says,
    `unmet` those of limits that together exceed an objective by calculation, `undecided` what calculation leaves open.
    """

    quotas: Sequence[QuotaRecord] = ()
    objectives: Sequence[ObjectiveRecord] = ()
    findings: Sequence[FindingRecord] = ()
    limits: Sequence[Mapping[str, Any]] = ()
    throttled: Sequence[str] = ()
    """Operations throttled beyond what is tolerated, as sentences."""
    unplanned: Sequence[str] = ()
    unmet: Sequence[str] = ()
    undecided: Sequence[str] = ()
    shown: Shown | None = None
    """None: nothing is known of the load that was reached."""


@dataclass(slots=True)
class _Reasons:
    failed: list[str] = field(default_factory=list)
    not_shown: list[str] = field(default_factory=list)


def decide(
    scenario: str,
    arrivals: Arrivals,
    measured: Measured,
    *,
    headroom: float = 0.0,
    smoke: bool = False,
    invalid: Sequence[str] = (),
    interrupted: bool = False,
    lost: bool = False,
    abort: AbortRecord | None = None,
) -> VerdictRecord:
    """Decide in this order: interrupted, does not hold, invalid, not shown, holds.

    A limit that the plan exceeds by calculation decides, however little a short run saw of it. What was measured at
    arrivals raised above the plan (`test.factor`) is not the plan's: it makes a run NOT SHOWN, not DOES NOT HOLD. A smoke
    run judges errors, throttles and rejections, never the capacity.

    Reasons of every kind are listed, those of the outcome first. A default objective that the target does not let a run
    measure is reported as not measured and decides nothing: the calculation covers what it bounds.

    Args:
        scenario: its name.
        arrivals: counts of calls.
        measured: what was measured and compared.
        headroom: share of each quota that the scenario wants to keep free; 0: none is asked for.
        smoke: the run shows no capacity.
        invalid: reasons for which the generator's measurements are worthless.
        interrupted: the run ended early.
        lost: the target ended during the run, so what failed may be its end.
        abort: what ended it early by itself.
    """
    invalid = list(invalid)
    if arrivals.started == 0 and not interrupted and abort is None:
        invalid.append("No call was started, so nothing was measured.")
    reasons = _reasons(measured, 0.0 if smoke else headroom, smoke)
    failed, not_shown = reasons.failed, reasons.not_shown
    if interrupted or abort is not None:
        why = "Stopped before the end; this is what was measured until then."
        if abort is not None:
            why = f"Aborted at {clock(abort.at)} ({abort.time}) by {abort.condition}: {abort.text}."
        outcome, listed = Outcome.INTERRUPTED, [why, *failed, *invalid]
    elif failed and not lost:
        outcome, listed = Outcome.DOES_NOT_HOLD, [*failed, *invalid, *not_shown]
    elif invalid:
        outcome, listed = Outcome.INVALID, [*invalid, *failed, *not_shown]
    elif not_shown:
        outcome, listed = Outcome.NOT_SHOWN, not_shown
    else:
        outcome, listed = Outcome.HOLDS, []
    return VerdictRecord(outcome, listed, _summary(scenario, outcome, listed, arrivals, measured))


def _reasons(measured: Measured, headroom: float, smoke: bool) -> _Reasons:
    found = _Reasons()
    bound = {q.key for q in _bound(measured)}
    over = [*exceeded([row for row in measured.limits if row.get("key") not in bound]), *measured.unmet]
    undecided = [_undecided_reason(row) for row in measured.limits if _verdict_of(row) == "undecided"]
    undecided += [f"Not decided by calculation: {reason}" for reason in measured.undecided]
    objectives = [o for o in measured.objectives if not (smoke and o.metric in _OF_CAPACITY)]
    factor = measured.shown.factor if measured.shown is not None else 1.0
    rejections = [
        *_quota_reasons(measured, headroom if factor <= 1.0 else 0.0),
        *([] if smoke else over),
        *measured.throttled,
        *(
            f"Objective {o.metric} {o.bound}{' (default)' if o.default else ''}: measured {o.measured:g}"
            f"{f' ({in_words(o.interval, o.sampled)})' if o.interval else ''}{f', {o.why}' if o.why else ''}."
            for o in objectives
            if o.holds is False and o.measured is not None
        ),
    ]
    if factor > 1.0 and not exceeded(measured.limits) and not measured.unmet:
        found.not_shown += [
            f"Arrivals were raised to {factor:g} x the plan (test.factor): {r}" for r in rejections
        ]
        rejections = []
    found.failed = [
        *measured.unplanned,
        *rejections,
        *_finding_reasons(measured.findings),
    ]
    if measured.shown is not None:
        found.not_shown += measured.shown.why
    if smoke:
        found.not_shown += [f"Not judged by a smoke run: {reason}" for reason in over]
    found.not_shown += undecided
    found.not_shown += [
        f"Objective {o.metric} {'could not be measured' if o.measured is None else 'is not decided'}: {o.why}"
        for o in objectives
        if o.holds is None and not (o.default and (smoke or o.measured is None))
    ]
    return found


def exceeded(limits: Sequence[Mapping[str, Any]]) -> list[str]:
    """A reason for each limit that the plan exceeds by calculation: need, value and the calculation."""
    return [_limit_reason(row) for row in limits if _verdict_of(row) == "exceeds"]


def _verdict_of(row: Mapping[str, Any]) -> str:
    return str(row.get("verdict") or ("exceeds" if row.get("binds_at_plan") else "within"))


def _needs(row: Mapping[str, Any]) -> str:
    """The need of a limit, in words."""
    unit = f" {row['unit']}" if row.get("unit") and row["unit"] != "count" else ""
    need = row.get("needed")
    return "no value carries the plan" if need is None else f"the plan needs {number(float(need))}{unit}"


_REJECTED = {
    "agents": "of the contacts would not be answered in time",
    "abandoned": "of the contacts would be abandoned",
    "waiting": "of the contacts would find the queue full",
}
"""What the share that a limit rejects is, by the model of its requirement; a number of resources rejects none."""


def _limit_reason(row: Mapping[str, Any]) -> str:
    value = f"{number(float(row['value']))} {row['origin']}"
    text = f"By calculation {row['name']} does not carry the plan: {_needs(row)}, {value}"
    rejected, tolerated = row.get("rejected_at_plan"), row.get("tolerated")
    model = str((row.get("requirement") or {}).get("model"))
    if rejected is not None and tolerated is not None and model != "count":
        what = _REJECTED.get(model, "of the first attempts would be rejected")
        text += f"; {rejected:.3g} {what}, {tolerance(tolerated)} is tolerated"
    return f"{text}{_calculation(row)}."


def _calculation(row: Mapping[str, Any]) -> str:
    calculation = str(row.get("calculation") or "").rstrip(".")
    return f" ({calculation})" if calculation else ""


def _undecided_reason(row: Mapping[str, Any]) -> str:
    text = f"{row['name']} is not decided by calculation: {number(float(row['value']))} {row['origin']} lies within "
    half = row.get("load_half_width")
    around = f" ({number(float(row['load']))} ± {number(float(half))})" if half else ""
    return f"{text}the interval of the sampled demand{around}. More sampled calls decide it: busyhour forecast --calls."


def _bound(measured: Measured) -> list[QuotaRecord]:
    """Quotas that bound in the run. One of which only the need is known is a reason by calculation, in `limits`."""
    by_calculation = {row.get("key") for row in measured.limits if _verdict_of(row) == "exceeds"}
    return [
        q
        for q in measured.quotas
        if q.verdict == "binds"
        and not (q.key in by_calculation and q.peak is None and not q.rejected and not q.rejected_share)
    ]


def _quota_reasons(measured: Measured, headroom: float) -> list[str]:
    """Quotas that bound, the first to bind first, each with the calculation for it."""
    quotas = measured.quotas
    over = {row["key"]: row for row in measured.limits if _verdict_of(row) == "exceeds" and "key" in row}
    reasons = []
    binding = sorted(
        _bound(measured),
        key=lambda q: (q.first_rejected_at is None, q.first_rejected_at or 0.0, q.key),
    )
    for quota in binding:
        text = f"{quota.name} ({quota.value:g} {quota.unit}, {quota.origin}) bound"
        if quota.first_rejected_at is not None:
            text += f" at {clock(quota.first_rejected_at)}"
        if quota.rejected:
            text += f" and rejected {quota.rejected:,}"
        if quota.rejected_share and quota.tolerated is not None:
            would = "" if quota.rejected else " and would have rejected"
            text += f"{would or ','} {quota.rejected_share:.2%} of first attempts, {tolerance(quota.tolerated)} is tolerated"
        if quota.peak is not None:
            text += f"; peak demand {quota.peak:,.4g}"
        if quota.key in over:
            row = over[quota.key]
            text += f"; by calculation {_needs(row)}{_calculation(row)}"
        reasons.append(text + ".")
    reasons += [
        f"{q.name}: {'measured peak' if q.peak is not None else 'needed'} {q.utilisation:.0%} of the value {q.value:g} "
        f"{q.unit}, less headroom than the scenario asks for."
        for q in quotas
        if headroom and q.verdict == "tight" and q.utilisation is not None
    ]
    return reasons


def _finding_reasons(findings: Sequence[FindingRecord]) -> list[str]:
    errors = [f for f in findings if f.severity == "error"]
    if not errors:
        return []
    first = errors[0]
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    return [f"The flow check found {first.rule} at {first.path}:{first.line}:{first.column}{more}."]


def _summary(
    scenario: str, outcome: Outcome, reasons: Sequence[str], arrivals: Arrivals, measured: Measured
) -> str:
    if outcome is not Outcome.HOLDS:
        verb = "" if outcome is Outcome.DOES_NOT_HOLD else "is "
        return f"{scenario} {verb}{outcome}: {reasons[0]}"
    text = f"{scenario} holds: {arrivals.started:,} of {arrivals.planned:,} planned calls started on time"
    first = next((row for row in measured.limits if row.get("calls_per_hour")), None)
    if first is not None:
        text += f"; first to bind: {first['name']}, at {volume(first['calls_per_hour'], first.get('volume_half_width', 0.0))} calls/h"
    text += "".join(f"; nearest quota: {words}" for words in shares.nearest(measured.quotas))
    return text + "."
