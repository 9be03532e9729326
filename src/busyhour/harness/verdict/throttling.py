"""Shares of first attempts that a service throttled, by operation. Pure.

The generator knows which of its requests repeat one that failed, and so does the emulator's Connect of its invocations.
CloudWatch counts all requests: their share is taken where nothing else is known, named as what it is. Full executions
of Lambda answer 429 as a rate does; a full Connect instance does not throttle, it blocks calls, which are counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from busyhour.capacity.tolerance import Tolerances
from busyhour.quotas.figures import tolerance
from busyhour.results.entries import Operation, OperatorMetric
from busyhour.results.throttled import ALL, FIRST, Throttled
from busyhour.scenarios.model import Scenario

INVOKE = "lambda:Invoke"


def by_operation(
    operations: Sequence[Operation],
    metrics: Sequence[OperatorMetric] = (),
    functions: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Throttled]:
    """Each operation that a run made requests of, the one with the largest share first.

    Args:
        operations: what the generator measured.
        metrics: what CloudWatch counted; Lambda's are used where nothing else counted invocations.
        functions: what the emulator's Connect counted, by function (`calls.invoker.FunctionCounts`).
    """
    found = [_of(one) for one in operations if one.requests]
    if not any(one.name == INVOKE for one in found):
        found += _invocations(metrics, functions or {})
    return sorted(found, key=lambda one: (-one.share, one.name))


def _of(one: Operation) -> Throttled:
    """Throttles of an operation. A limit error of Connect blocks a call and is none."""
    counts_limits = one.service != "connect"
    refused = one.throttles + (one.limits if counts_limits else 0)
    name = f"{one.service}:{one.name}"
    if one.first_attempts is None:
        return Throttled(name, one.requests, refused, ALL)
    first = (one.first_throttles or 0) + ((one.first_limits or 0) if counts_limits else 0)
    return Throttled(name, one.first_attempts, first, FIRST, one.requests, refused)


def _invocations(
    metrics: Sequence[OperatorMetric], functions: Mapping[str, Mapping[str, Any]]
) -> list[Throttled]:
    """Connect's own invocations of Lambda, as the target counted them."""

    def total(field: str) -> int:
        return sum(int(counts.get(field, 0)) for counts in functions.values())

    if total("invocations"):
        first = total("invocations"), total("first_throttled")
        return [Throttled(INVOKE, *first, FIRST, total("attempts"), total("throttled"))]
    counted = {one.name: one.value for one in metrics if "Lambda" in one.source}
    throttles, invocations = counted.get("Throttles") or 0.0, counted.get("Invocations") or 0.0
    if not throttles + invocations:
        return []
    # CloudWatch does not count a throttled request as an invocation.
    return [Throttled(INVOKE, round(throttles + invocations), round(throttles), ALL)]


def beyond(scenario: Scenario, throttled: Sequence[Throttled], started: int) -> list[str]:
    """A sentence for each operation that was throttled beyond what the scenario's objectives tolerate.

    Args:
        scenario: its objectives and its plan.
        throttled: shares by operation.
        started: calls that the run started: a number of requests is tolerated in the planned busy hour.
    """
    tolerances = Tolerances(scenario)
    reasons = []
    for one in throttled:
        service, _, operation = one.name.partition(":")
        per_hour = scenario.plan.calls_per_hour * one.attempts / started if started else float(one.attempts)
        tolerated = tolerances.requests(service, operation, per_hour)
        if one.share > tolerated:
            reasons.append(
                f"{one.throttled:,} of {one.attempts:,} {one.of} of {one.name} were throttled, {one.share:.2%}; "
                f"{tolerance(tolerated)} is tolerated{one.beside}."
            )
    return reasons
