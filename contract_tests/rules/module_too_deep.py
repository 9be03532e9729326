"""Modules are nested deeper than five levels."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowReference, FlowType, FlowView, Problem, rule

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
    chain = _chain(flow, _DEEPEST + 1)
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
    return any(target is flow for _, target in _chain(flow, _DEEPEST + 1))


def _chain(flow: FlowView, depth: int) -> list[tuple[FlowReference, FlowView]]:
    """Return a chain of `depth` invocations that begins in the flow, empty without one."""
    flow_set = flow.project.flow_set
    layers: list[dict[int, tuple[FlowReference, FlowView]]] = []
    here = [flow]
    for _ in range(depth):
        reached: dict[int, tuple[FlowReference, FlowView]] = {}
        for one in here:
            for reference, target in flow_set.resolved_of(one):
                if reference.kind == "module":
                    reached.setdefault(id(target), (reference, target))
        if not reached:
            return []
        layers.append(reached)
        here = [target for _, target in reached.values()]
    chain = [next(iter(layers[-1].values()))]
    for layer in reversed(layers[:-1]):
        chain.append(layer[id(chain[-1][0].source)])
    return chain[::-1]
