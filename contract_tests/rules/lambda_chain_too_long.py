"""Lambda functions one after the other, with nothing between them that callers hear, may take over 20 seconds."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, action_name, longest_silences, rule

LIMIT_SECONDS = 20
"""What Connect allows for a sequence of invocations that no prompt breaks."""


@rule(
    id="lambda-chain-too-long",
    severity="warning",
    summary="Lambda functions one after the other, without a prompt between them, may take over 20 seconds",
    why="Connect allows 20 seconds for such a sequence; when the functions are slow, callers wait in silence and the "
    "last invocation takes its error branch although its own limit is not reached.",
    fix="Play a prompt between the functions, invoke fewer of them, or give them shorter limits.",
    source="AWS administrator guide, Invoke Lambda functions: a sequence of functions is limited to 20 seconds",
    group="resilience",
    types=("InvokeLambdaFunction",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The functions at which the sum of the limits first passes 20 seconds."""
    for action, chain, seconds in longest_silences(flow, LIMIT_SECONDS):
        names = [action_name(flow, one) for one in chain]
        if len(names) > 8:
            names = [*names[:3], f"… ({len(names) - 7} more)", *names[-4:]]
        yield flow.problem(
            f"{' → '.join(names)} may take {seconds} s in all, without a prompt between them", action=action
        )
