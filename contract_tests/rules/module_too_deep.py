"""Modules are nested deeper than five levels."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowType, FlowView, Problem, reference_chain, rule

_DEEPEST = 5


@rule(
    id="module-too-deep",
    severity="warning",
    summary="Modules are nested deeper than five levels",
    why="The invocation below the fifth level fails: the contact takes the error branch.",
    fix="Invoke the inner modules from the flow, or merge some of them.",
    source="AWS administrator guide, flow modules: up to five levels of nesting",
    group="project",
    types=("InvokeFlowModule",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Chains of more than five modules that begin here; one that begins in another flow is reported there."""
    flow_set = flow.project.flow_set
    invoked = any(
        one.kind == "module" and target is flow and one.source is not flow
        for one, target in flow_set.resolved
    )
    if flow.flow_type is FlowType.MODULE and invoked and not _returns(flow):
        return
    chain = reference_chain(flow, "module", _DEEPEST + 1)
    if chain:
        names = " → ".join([flow.name, *(target.name for _, target in chain)])
        first = chain[0][0]
        yield flow.problem(
            f"modules are nested {len(chain)} deep: {names}; at most {_DEEPEST} levels are allowed",
            *first.pointer,
            action=first.action,
        )


def _returns(flow: FlowView) -> bool:
    """Whether the module invokes itself through others within the levels allowed."""
    return any(target is flow for _, target in reference_chain(flow, "module", _DEEPEST + 1))
