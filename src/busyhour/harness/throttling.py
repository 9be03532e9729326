"""Shares of requests that a service throttled, by operation: what the generator saw, and Lambda's own counts. Pure.

A share of requests is at least that of first attempts: a throttled request is tried again, and meets the same limit. Full
executions of Lambda answer 429 as a rate does; a full Connect instance does not throttle, it blocks calls, which are
counted apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from busyhour.capacity.tolerance import Tolerances
from busyhour.quotas.figures import tolerance
from busyhour.results.record import Operation, OperatorMetric
from busyhour.scenarios.model import Scenario


@dataclass(frozen=True, slots=True)
class Throttled:
    """Requests of one operation, and how many of them were throttled. `name` is `service:Operation`."""

    name: str
    requests: int
    throttled: int

    @property
    def share(self) -> float:
        """Of all requests; 0 where there was none."""
        return self.throttled / self.requests if self.requests else 0.0


def by_operation(operations: Sequence[Operation], metrics: Sequence[OperatorMetric] = ()) -> list[Throttled]:
    """Each operation that a run made requests of, the one with the largest share first.

    Args:
        operations: what the generator measured.
        metrics: what CloudWatch counted; Lambda's are used where the generator did not invoke functions itself.
    """
    found = [
        Throttled(
            f"{one.service}:{one.name}",
            one.requests,
            one.throttles + (0 if one.service == "connect" else one.limits),
        )
        for one in operations
        if one.requests
    ]
    if not any(one.name == "lambda:Invoke" for one in found):
        counted = {one.name: one.value for one in metrics if "Lambda" in one.source}
        throttles, invocations = counted.get("Throttles") or 0.0, counted.get("Invocations") or 0.0
        if throttles + invocations:  # CloudWatch does not count a throttled request as an invocation
            found.append(Throttled("lambda:Invoke", round(throttles + invocations), round(throttles)))
    return sorted(found, key=lambda one: (-one.share, one.name))


def beyond(scenario: Scenario, throttled: Sequence[Throttled]) -> list[str]:
    """A sentence for each operation that was throttled beyond what the scenario's objectives tolerate."""
    tolerances = Tolerances(scenario)
    reasons = []
    for one in throttled:
        service, _, operation = one.name.partition(":")
        tolerated = tolerances.requests(service, operation, float(one.requests))
        if one.share > tolerated:
            reasons.append(
                f"{one.throttled:,} of {one.requests:,} requests of {one.name} were throttled, {one.share:.2%}; "
                f"{tolerance(tolerated)} is tolerated."
            )
    return reasons
