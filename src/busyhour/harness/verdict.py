"""The verdict on a run: a pure function of what was measured and what it was held against."""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.errors import ExitCode
from busyhour.results.record import (
    AbortRecord,
    Arrivals,
    FindingRecord,
    ObjectiveRecord,
    Outcome,
    QuotaRecord,
    VerdictRecord,
)

EXIT_CODES = {
    Outcome.HOLDS: ExitCode.OK,
    Outcome.DOES_NOT_HOLD: ExitCode.DOES_NOT_HOLD,
    Outcome.INVALID: ExitCode.INVALID_RUN,
    Outcome.INTERRUPTED: ExitCode.INTERRUPTED,
}


def clock(seconds: float) -> str:
    """Seconds from the start as `m:ss`."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def decide(
    scenario: str,
    arrivals: Arrivals,
    quotas: Sequence[QuotaRecord],
    objectives: Sequence[ObjectiveRecord],
    findings: Sequence[FindingRecord],
    *,
    headroom: float = 0.0,
    invalid: Sequence[str] = (),
    interrupted: bool = False,
    abort: AbortRecord | None = None,
) -> VerdictRecord:
    """Decide in this order: interrupted, invalid, does not hold, holds.

    A quota with less than `headroom` left counts only where the scenario asks for headroom at all.

    Reasons are listed all the same: an invalid run may still have hit a quota, and that is worth reading. An
    objective that could not be measured makes a run invalid, since nothing shows that it holds.
    """
    invalid = [
        *invalid,
        *(f"Objective {o.metric} could not be measured: {o.why}" for o in objectives if o.holds is None),
    ]
    if arrivals.started == 0 and not interrupted and abort is None:
        invalid.append("No call was started, so nothing was measured.")
    failed = [
        *_quota_reasons(quotas, headroom),
        *(
            f"Objective {o.metric} {o.bound}: measured {o.measured:g}."
            for o in objectives
            if o.holds is False and o.measured is not None
        ),
        *_finding_reasons(findings),
    ]
    if interrupted or abort is not None:
        why = "Stopped before the end; this is what was measured until then."
        if abort is not None:
            why = f"Aborted at {clock(abort.at)} ({abort.time}) by {abort.condition}: {abort.text}."
        outcome, reasons = Outcome.INTERRUPTED, [why, *invalid, *failed]
    elif invalid:
        outcome, reasons = Outcome.INVALID, [*invalid, *failed]
    elif failed:
        outcome, reasons = Outcome.DOES_NOT_HOLD, failed
    else:
        outcome, reasons = Outcome.HOLDS, []
    return VerdictRecord(outcome, reasons, _summary(scenario, outcome, reasons, arrivals, quotas))


def _quota_reasons(quotas: Sequence[QuotaRecord], headroom: float) -> list[str]:
    reasons = []
    binding = sorted(
        (q for q in quotas if q.verdict == "binds"),
        key=lambda q: (q.first_rejected_at is None, q.first_rejected_at or 0.0, q.key),
    )
    for quota in binding:
        text = f"{quota.name} ({quota.value:g} {quota.unit}, {quota.origin}) bound"
        if quota.first_rejected_at is not None:
            text += f" at {clock(quota.first_rejected_at)}"
        if quota.rejected:
            text += f" and turned away {quota.rejected:,}"
        if quota.peak is not None:
            text += f"; peak demand {quota.peak:,.4g}"
        reasons.append(text + ".")
    reasons += [
        f"{q.name}: {q.utilisation:.0%} of {q.value:g} {q.unit} used, less headroom than the scenario asks for."
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
    scenario: str, outcome: Outcome, reasons: Sequence[str], arrivals: Arrivals, quotas: Sequence[QuotaRecord]
) -> str:
    if outcome is not Outcome.HOLDS:
        return f"{scenario} {'is ' if outcome in (Outcome.INVALID, Outcome.INTERRUPTED) else ''}{outcome}: {reasons[0]}"
    text = f"{scenario} holds: {arrivals.started:,} of {arrivals.planned:,} planned calls started on time"
    used = [q for q in quotas if q.utilisation is not None]
    if used:
        tightest = max(used, key=lambda q: q.utilisation or 0.0)
        text += f"; nearest quota: {tightest.name}, {tightest.utilisation:.0%} used"
    return text + "."
