"""A transition leads to an action that does not exist."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import DRAFT_TARGETS, FlowView, Problem, did_you_mean, pointer_text, rule, transitions


@rule(
    id="dangling-target",
    severity="error",
    summary="A transition leads to an action that does not exist",
    why="Connect rejects the flow on publish.",
    fix="Point the branch at the Identifier of an existing action.",
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A transition leads to an action that does not exist."""
    known = flow.by_identifier
    if flow.targets <= known.keys():
        return
    for action in flow.actions:
        for pointer, target in transitions(action):
            if target not in known and target not in DRAFT_TARGETS:
                where = pointer_text(flow.source_of(("Actions", action.index, *pointer)))
                yield flow.problem(
                    f"{where} leads to {target!r}, but no action has this Identifier.{did_you_mean(target, known)}",
                    *pointer,
                    action=action,
                )
