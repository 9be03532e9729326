"""The file is not a JSON document."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="not-json",
    severity="error",
    summary="The file is not a JSON document",
    why="Nothing can be read from it; CreateContactFlow returns InvalidRequestException.",
    fix="Export the flow again, or fix the text at the place that is named.",
    source="RFC 8259; CreateContactFlow takes Content as a JSON string",
    group="structure",
    scope="file",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The file is not a JSON document."""
    error = flow.unreadable
    if error is not None:
        yield Problem(error.problem, help=error.hint)
