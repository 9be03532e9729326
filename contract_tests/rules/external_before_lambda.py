"""`$.External` is read on a path on which no Lambda function has returned."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import (
    ActionView,
    FlowView,
    Problem,
    fills_on_success,
    rule,
    types_that_fill,
    unfilled,
)


def _synchronous(action: ActionView) -> bool:
    return action.parameters.get("InvocationType") != "ASYNCHRONOUS"


_ANSWERED = fills_on_success(*types_that_fill("External"), when=_synchronous)


@rule(
    id="external-before-lambda",
    severity="warning",
    summary="$.External is read on a path on which no Lambda function has returned",
    why="The reference is empty there: the prompt is read with a blank where the value should be, or the flow continues without it.",
    fix="Set the value before, send the path to an action that does not need it, or invoke the function on it too.",
    source="AWS administrator guide, Lambda functions in flows: $.External holds the answer of the last invocation",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.External` is read on a path on which no Lambda function has returned."""
    yield from unfilled(flow, "External", _ANSWERED, "a Lambda function has answered")
