"""Outcomes that the target knows of every call, in place of the generator's estimates from a sample. Voice runs alone.

The emulator reports how each contact ended. AWS reports how many calls were beyond the quota of concurrent calls; CloudWatch
is some minutes behind and counts other callers' contacts too, so its sum counts where the sample does not contradict it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from busyhour.results.entries import OperatorMetric
from busyhour.results.load_result import LoadResult
from busyhour.results.outcomes import REFUSED, from_counts
from busyhour.results.record import RunRecord

BREACHING = "CallsBreachingConcurrencyQuota"
FLOW_ERRORS = "ContactFlowErrors"
START = "StartOutboundVoiceContact"


def of_every_call(
    load: LoadResult, snapshot: Mapping[str, Any], metrics: Sequence[OperatorMetric]
) -> LoadResult:
    """The result of a voice run with what is known of every call.

    Args:
        load: what the generator measured.
        snapshot: the emulator's account; empty for AWS.
        metrics: what CloudWatch counted.
    """
    calls = snapshot.get("calls") or {}
    arrivals = load.arrivals
    accepted = sum(n for o in load.operations if o.name == START for n in [o.requests - _refused(o)])
    if calls and calls["started"] == accepted:
        return _by_emulator(load, snapshot)
    values = {metric.name: metric.value for metric in metrics if metric.value is not None}
    if BREACHING in values and not snapshot:
        limits = min(arrivals.refused, sum(o.limits for o in load.operations if o.name == START))
        blocked = min(arrivals.started, arrivals.refused - limits + max(limits, round(values[BREACHING])))
        if arrivals.sampled is None or blocked >= arrivals.intervals["blocked"][0]:
            kept = {name: bounds for name, bounds in arrivals.intervals.items() if name != "blocked"}
            load = replace(load, arrivals=replace(arrivals, blocked=blocked, intervals=kept))
    outcomes = load.call_outcomes
    if outcomes is not None and outcomes.error_branch is None and FLOW_ERRORS in values and not snapshot:
        most = round(values[FLOW_ERRORS])
        bounded = replace(outcomes, error_branch=0 if not most else None, error_branch_most=most)
        load = replace(load, call_outcomes=bounded)
    return load


def as_recorded(load: LoadResult, record: RunRecord) -> LoadResult:
    """The result of the load side with what the run's record knows of every call."""
    return replace(load, arrivals=record.arrivals, calls=record.calls, call_outcomes=record.outcomes)


def _refused(operation: Any) -> int:
    return int(operation.errors + operation.throttles + operation.limits)


def _by_emulator(load: LoadResult, snapshot: Mapping[str, Any]) -> LoadResult:
    calls, going_on = snapshot["calls"], int(snapshot["contacts"]["in_progress"])
    arrivals = load.arrivals
    stopped = int(calls["ends"].get("OTHER", 0)) if load.interrupted else 0
    reorder = int(calls["reorder"])
    return replace(
        load,
        arrivals=replace(
            arrivals,
            blocked=arrivals.refused + reorder,
            cut_off=going_on + stopped,
            completed=int(calls["ended"]) - reorder - stopped,
            sampled=None,
            of=None,
            intervals={},
        ),
        calls=dict(calls),
        call_outcomes=from_counts({**snapshot.get("outcomes", {}), REFUSED: arrivals.refused}),
    )
