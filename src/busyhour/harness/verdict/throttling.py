"""Operations that were throttled beyond what a scenario tolerates. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.capacity.tolerance import Tolerances
from busyhour.quotas.figures import tolerance
from busyhour.results.throttled import Throttled
from busyhour.scenarios.model import Scenario


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
