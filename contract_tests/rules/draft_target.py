"""A branch of a saved draft is connected to nothing."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import DRAFT_TARGETS, FlowView, Problem, pointer_text, rule, transitions


@rule(
    id="draft-target",
    severity="error",
    summary="A branch of a saved draft is connected to nothing",
    why="All branches must be connected before a flow can be published.",
    fix="Connect the branch in the designer, or point it at an action.",
    source="AWS administrator guide: all connectors must be connected to publish",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A branch of a saved draft is connected to nothing."""
    if flow.targets.isdisjoint(DRAFT_TARGETS):
        return
    for action in flow.actions:
        if "" in action.targets or "$end" in action.targets:
            for pointer, target in transitions(action):
                if target in DRAFT_TARGETS:
                    where = pointer_text(flow.source_of(("Actions", action.index, *pointer)))
                    shown = "an empty string" if target == "" else repr(target)
                    yield flow.problem(
                        f"{where} is {shown}: this branch of a draft is connected to nothing",
                        *pointer,
                        action=action,
                    )
