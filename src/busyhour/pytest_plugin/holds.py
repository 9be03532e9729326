"""`assert_holds`: fails with what does not hold, the bound, and where to look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.pytest_plugin.runs import Run

_NEAREST = 5
"""Quotas that a failure lists."""


def assert_holds(
    run: Run,
    *,
    at_most: Mapping[str, float] | None = None,
    at_least: Mapping[str, float] | None = None,
    headroom: Mapping[str, float] | float | None = None,
    verdict: bool = True,
    findings: Collection[str] = ("error",),
) -> None:
    """Fail unless the run holds.

    Args:
        run: what `busyhour_run` gave.
        at_most: objectives beside the scenario's own: metric and highest value, latencies in milliseconds and shares
            as fractions: `{"latency_p95:lambda": 800, "blocked_share": 0}`.
        at_least: the same with the lowest value: `{"service_level": 0.8}`.
        headroom: share that must be left free of every quota that was measured, or of those named.
        verdict: compare the run with its scenario's own objectives, quotas and findings too; of a smoke run all but
            the capacity.
        findings: severities of the flow check of which there may be none.

    Raises:
        AssertionError: something does not hold, or could not be measured; it lists everything that is wrong.
    """
    __tracebackhide__ = True
    record = run.record
    wrong = []
    if verdict and not run.passes:
        wrong += record.verdict.reasons or [record.verdict.summary]
    wrong += _objectives(run, at_most or {}, at_least or {})
    wrong += _headroom(run, headroom)
    wrong += [
        f"{finding.severity} {finding.rule} at {finding.path}:{finding.line}: {finding.message}"
        for finding in record.findings
        if finding.severity in findings
    ]
    if wrong:
        lines = [f"{record.scenario.get('name')} does not hold:", *(f"  - {text}" for text in _once(wrong))]
        raise AssertionError("\n".join([*lines, *_context(run)]))


def _objectives(run: Run, at_most: Mapping[str, float], at_least: Mapping[str, float]) -> list[str]:
    from busyhour.harness.verdict.known_outcomes import as_recorded
    from busyhour.harness.verdict.objectives import judge
    from busyhour.scenarios.model import Objective

    wanted = [
        Objective(metric, at_most=at_most.get(metric), at_least=at_least.get(metric))
        for metric in dict.fromkeys((*at_most, *at_least))
    ]
    return [
        f"{one.metric} {one.bound}: "
        + (f"not measured, {one.why}" if one.measured is None else f"measured {one.measured:g}")
        + (f", not decided, {one.why}" if one.measured is not None and one.holds is None else "")
        for one in judge(wanted, as_recorded(run.load, run.record), run.record.throttled or None)
        if not one.holds
    ]


def _headroom(run: Run, wanted: Mapping[str, float] | float | None) -> list[str]:
    if wanted is None:
        return []
    quotas = [quota for quota in run.record.quotas if quota.headroom is not None]
    if not isinstance(wanted, Mapping):
        return [
            f"headroom of {quota.name}: {quota.headroom:.1%}, wanted {wanted:.1%}"
            for quota in quotas
            if quota.headroom is not None and quota.headroom < wanted
        ]
    wrong = []
    for name, least in wanted.items():
        found = [quota for quota in quotas if name in (quota.name, quota.code, quota.key)]
        if not found:
            wrong.append(
                f"headroom of {name}: not measured; there is {', '.join(quota.name for quota in quotas)}"
            )
        wrong += [
            f"headroom of {quota.name}: {quota.headroom:.1%}, wanted {least:.1%}"
            for quota in found
            if quota.headroom is not None and quota.headroom < least
        ]
    return wrong


def _once(wrong: list[str]) -> list[str]:
    return list(dict.fromkeys(wrong))


def _context(run: Run) -> list[str]:
    """What a reader wants to see beside: calls, operations, the nearest quotas, where the rest is."""
    from busyhour.quotas import shares

    record = run.record
    calls = record.arrivals
    lines = [f"calls: {calls.planned} planned, {calls.started} started, {calls.blocked} blocked"]
    lines += [
        f"{one.service}:{one.name}: {one.requests} requests, {one.throttles} throttled, {one.errors} errors"
        + (f", p95 {one.latency.p95:.1f} ms" if one.latency is not None else "")
        for one in record.operations
    ]
    lines += shares.nearest(record.quotas, _NEAREST)
    return [*lines, f"run: {run.folder}"]
