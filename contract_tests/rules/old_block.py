"""A block of an old export has a parameter that no block has, or a branch after the end."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule


@rule(
    id="old-block",
    severity="warning",
    summary="A block of the old designer's export has an unknown parameter, or a branch though it ends the flow",
    why="It is not known what the import makes of it, so nothing that depends on it is checked.",
    fix="Import the file, look at the block, and export the flow again.",
    source="exports of the old designer in public projects, 2018 to 2026",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Parameters of names that no export of the old designer has, and branches of Disconnect and Resume."""
    if flow.converted is not None:
        for at, pointer, problem in flow.converted.leftovers:
            yield flow.problem(problem, *pointer, action=flow.actions[at])
