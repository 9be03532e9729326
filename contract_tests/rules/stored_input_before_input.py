"""`$.StoredCustomerInput` is read on a path on which nothing was entered."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import (
    ActionView,
    FlowView,
    Problem,
    fills_on_success,
    is_true,
    rule,
    types_that_fill,
    unfilled,
)


def _stores(action: ActionView) -> bool:
    return is_true(action.parameters.get("StoreInput"))


_ENTERED = fills_on_success(*types_that_fill("StoredCustomerInput"), when=_stores)


@rule(
    id="stored-input-before-input",
    severity="warning",
    summary="$.StoredCustomerInput is read on a path on which the caller entered nothing",
    why="It is empty there, or still has the caller's input to another question.",
    fix="Ask for the input on that path too, or send the path elsewhere.",
    source="AWS administrator guide, Store customer input: fills $.StoredCustomerInput",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """`$.StoredCustomerInput` is read on a path on which nothing was entered."""
    yield from unfilled(flow, "StoredCustomerInput", _ENTERED, "the caller has entered something")
