"""An input of a view is an empty string."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from busyhour.api.rules import FlowView, Pointer, Problem, pointer_text, rule


@rule(
    id="empty-view-value",
    severity="warning",
    summary="An input of a view is an empty string",
    why="The designer publishes it, but CreateContactFlow rejects empty strings in ViewData: the flow cannot be deployed "
    "to another instance by API as it is.",
    fix="Remove the entry, or give it a single space.",
    source="Rejections by CreateContactFlow on record in public projects, 2026, against exports that the console published",
    group="schema",
    types=("ShowView",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Every view with its empty strings; one finding for each view."""
    for action in flow.of_type("ShowView"):
        empty = list(_empty(action.parameters.get("ViewData"), ("Parameters", "ViewData")))
        if empty:
            predicate = (
                f" and {len(empty) - 1} more are empty strings" if len(empty) > 1 else " is an empty string"
            )
            yield flow.problem(pointer_text(empty[0][1:]) + predicate, *empty[0], action=action)


def _empty(value: Any, path: Pointer) -> Iterator[Pointer]:
    """Find the places of empty strings in a value."""
    if value == "":
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _empty(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _empty(inner, (*path, index))
