"""The time limit of a Lambda function leaves no room for a retry."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

ROOM_SECONDS = 3
"""Shortest limit in which a cold start and one retry fit; the default of the designer."""


@rule(
    id="lambda-no-retry-room",
    severity="note",
    summary="The time limit of a Lambda function leaves no room for a retry",
    why="Connect retries throttled and failed invocations up to three times, but only within this limit.",
    fix="Give the function up to 8 seconds, and play a prompt before it if callers would wonder.",
    source="AWS administrator guide, Invoke AWS Lambda function: up to 3 retries within the timeout",
    group="resilience",
    types=("InvokeLambdaFunction",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Limits below the three seconds that the designer gives by default."""
    for action in flow.of_type("InvokeLambdaFunction"):
        limit = action.parameters.get("InvocationTimeLimitSeconds")
        if isinstance(limit, str) and limit.isdecimal() and 0 < int(limit) < ROOM_SECONDS:
            yield flow.problem(
                f"{limit} s is the limit for the function and all its retries",
                "Parameters",
                "InvocationTimeLimitSeconds",
                action=action,
            )
