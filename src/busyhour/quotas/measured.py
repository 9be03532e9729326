"""Compare the measured peak of a quota with the plan's need: in words, and whether it may enter a request."""

from __future__ import annotations

from busyhour.quotas.figures import number
from busyhour.quotas.model import Kind, Quota
from busyhour.results.entries import QuotaRecord
from busyhour.results.record import Outcome, RunRecord


def is_rate(quota: Quota) -> bool:
    """Whether it is an amount per second, regardless of its kind in the table."""
    return quota.kind is Kind.RATE or "second" in quota.unit


def healthy(run: RunRecord) -> bool:
    """Whether the load generator kept its schedule, so that measured peaks are those of the scenario."""
    valid = run.generator.get("valid")
    return bool(valid) if valid is not None else run.verdict.outcome is not Outcome.INVALID


def peak_counts(quota: Quota, run: RunRecord) -> bool:
    """Whether a measured peak above the need may enter a request.

    Not that of a rate, nor of a run that drove more than the plan.
    """
    return not is_rate(quota) and healthy(run) and _factor(run) <= 1.0


def seen(record: QuotaRecord, run: RunRecord) -> str:
    """Format the measured peak with its source, run and time."""
    at = "" if record.peak_at is None else f", at {record.peak_at:,.0f} s"
    return f"Measured peak: {number(record.peak or 0.0)} ({record.peak_source}, run {run.run_id}{at})"


def beside_need(quota: Quota, needed: float, peak: float, run: RunRecord) -> str:
    """Format how a measured peak compares with the need, and why it does or does not enter the request."""
    if peak <= needed:
        return ", not above the need."
    if peak_counts(quota, run):
        return ", larger than the need, so it is requested; the load generator kept its schedule."
    if is_rate(quota):
        return ", of a single second; that is what the burst is for."
    if not healthy(run):
        return ", larger than the need; left out, since the load generator did not keep its schedule."
    return f", of a run at {_factor(run):g} x the plan; left out."


def _factor(run: RunRecord) -> float:
    """Return the factor by which the run's arrivals were multiplied."""
    test = run.scenario.get("test") or {}
    return float(test.get("factor") or 1.0)
