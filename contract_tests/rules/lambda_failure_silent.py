"""When a Lambda function fails, the contact is disconnected without a prompt."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="lambda-failure-silent",
    severity="warning",
    summary="When a Lambda function fails, the contact is disconnected without a prompt",
    why="Functions time out and are throttled exactly when many call; callers are then disconnected in silence.",
    fix="Lead the error branch to a prompt, a queue or a callback before anything disconnects.",
    source="AWS administrator guide, Invoke AWS Lambda function: timeouts, throttles and errors take the error branch",
    group="resilience",
    types=("InvokeLambdaFunction",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Error branches that can only end in a disconnect, of functions whose success leads elsewhere."""
    for action in flow.of_type("InvokeLambdaFunction"):
        if (
            flow.graph.reachable[action.index]
            and flow.serves_a_person(action)
            and not flow.cuts_off(action.next)
        ):
            for error in action.errors:
                if flow.cuts_off(error.target):
                    yield flow.problem(
                        f"{error.error_type} leads to a disconnect without a prompt, a queue or a callback",
                        "Transitions",
                        "Errors",
                        error.at,
                        action=action,
                    )
