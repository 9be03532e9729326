"""Values that each action of a flow reads and fills, and paths on which a value is read before it is filled."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from busyhour.contracts.analysis.graph import Edge
from busyhour.contracts.analysis.paths import before_each, path_text, witnesses
from busyhour.contracts.finding import Severity
from busyhour.contracts.rule import Problem
from busyhour.contracts.schema.wording import listed
from busyhour.flows import references
from busyhour.flows.model import FlowType
from busyhour.flows.references import Reference

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView
    from busyhour.flows.model import Pointer


@lru_cache(maxsize=4096)
def find(text: str) -> tuple[Reference, ...]:
    """Return every reference in `text`, cached: few texts make up most parameters."""
    return tuple(references.find(text))


class Read(NamedTuple):
    """One reference in the parameters of action number `action`, at `pointer` of that action."""

    action: int
    pointer: Pointer
    reference: Reference


def reads(flow: FlowView) -> list[Read]:
    """Return every reference in the parameters of the flow's actions and in the operands of their conditions."""
    found: list[Read] = []
    for action in flow.actions:
        if action.parameters:
            _collect(found, action.index, ("Parameters",), action.parameters)
        for condition in action.conditions:
            if condition.operands:
                place = ("Transitions", "Conditions", condition.at, "Condition", "Operands")
                _collect(found, action.index, place, condition.operands)
    return found


def _collect(found: list[Read], action: int, pointer: Pointer, value: Any) -> None:
    kind = value.__class__
    if kind is str:
        if "$" in value:
            found.extend(Read(action, pointer, one) for one in find(value))
    elif kind is dict:
        for key in sorted(value):
            inner = value[key]
            if "$" in key:
                found.extend(Read(action, (*pointer, key), one) for one in find(key))
            if inner.__class__ is not str or "$" in inner:
                _collect(found, action, (*pointer, key), inner)
    elif kind is list:
        for at, inner in enumerate(value):
            if inner.__class__ is not str or "$" in inner:
                _collect(found, action, (*pointer, at), inner)


def attributes_set(action: ActionView) -> Mapping[str, Any]:
    """Return the contact attributes that the action sets (key -> value), empty for any other action."""
    if action.behaviour != "attributes":
        return {}
    found = action.parameters.get("Attributes")
    return found if isinstance(found, dict) else {}


def fills_on_success(
    *types: str,
    when: Callable[[ActionView], bool] = lambda action: True,
    errors: tuple[str, ...] = ("NoMatchingCondition",),
) -> Fill:
    """Return a fill by actions of these types: on every transition but their errors.

    `errors` are error types that also fill: at `NoMatchingCondition` the action succeeded and no condition
    matched.
    """

    def fill(flow: FlowView, edge: Edge) -> bool:
        action = flow.actions[edge.source]
        return action.type in types and (edge.kind != "error" or edge.label in errors) and when(action)

    return fill


Fill = Callable[["FlowView", Edge], bool]
"""Whether taking a transition fills the value."""


_HANDED_OVER = frozenset({"Input", "LambdaInvocationAttributes", "LexSessionAttributes", "ViewData"})
"""Parameters that pass the previous result to an action that fills it: empty the first time."""


def unfilled(
    flow: FlowView,
    root: str,
    fill: Fill,
    source: str,
    *,
    concerns: Callable[[Read], bool] | None = None,
) -> Iterator[Problem]:
    """Return the reads of `root` that some path reaches without filling it.

    If a read comes before any action that fills the value, the flow may get the value from elsewhere, for
    example from the flow that transferred the contact here. It is a warning if that is impossible: in a module,
    and in an inbound flow that fills the value itself and that no flow of the project leads to. If no flow
    leads there at all, one note names what the flow relies on. A `Compare` is never reported: without a value
    it takes its NoMatchingCondition branch, which is how flows test for a value. If one of its conditions
    matches, the value is filled.

    Args:
        flow: the flow.
        root: first name of the references.
        fill: transitions that fill the value.
        source: how the value is filled, as text: `a Lambda function has answered`.
        concerns: narrows the reads.
    """
    wanted: dict[int, list[Read]] = {}
    for read in flow.reads:
        if (
            read.reference.root == root
            and (concerns is None or concerns(read))
            and not (
                read.pointer[1] in _HANDED_OVER
                and any(fill(flow, edge) for edge in flow.followed[read.action])
            )
        ):
            wanted.setdefault(read.action, []).append(read)
    if not wanted:
        return

    def known(edge: Edge) -> bool:
        return fill(flow, edge) or (
            edge.kind == "condition"
            and edge.source in wanted
            and flow.actions[edge.source].behaviour == "compare"
        )

    filled = before_each(flow, lambda edge: int(known(edge)), 1)
    doubtful = [at for at in sorted(wanted) if not filled[at] and flow.graph.reachable[at]]
    if not doubtful:
        return
    sometimes = filled_first(flow, wanted.keys(), fill)
    if not all(sometimes[at] for at in doubtful) and not _begins_empty(flow, fill):
        if flow.project.flow_set.may_be_entered(flow):
            return
        first = next(at for at in doubtful if not sometimes[at])
        read = wanted[first][0]
        yield flow.problem(
            f"nothing in this flow ensures that {source} before {read.reference.text} is read here; "
            "another flow must ensure it",
            *read.pointer,
            action=flow.actions[first],
            severity=Severity.NOTE,
        )
        return
    without = witnesses(flow, lambda edge: not known(edge))
    for at in doubtful:
        if flow.actions[at].behaviour == "compare":
            continue
        path = without(at)
        if path is None:
            continue
        texts = list(dict.fromkeys(read.reference.text for read in wanted[at]))
        shown = listed(texts[:3] + ([f"{len(texts) - 3} more"] if len(texts) > 3 else []), "and")
        yield flow.problem(
            f"{shown} {'is' if len(texts) == 1 else 'are'} empty when the flow takes the path "
            f"{path_text(flow, path, at)}: nothing on that path means that {source}",
            *wanted[at][0].pointer,
            action=flow.actions[at],
        )


def _begins_empty(flow: FlowView, fill: Fill) -> bool:
    """Whether nothing can be filled when the flow begins."""
    if flow.flow_type is FlowType.MODULE:
        return True
    return (
        flow.flow_type is FlowType.CONTACT_FLOW
        and not flow.project.flow_set.may_be_entered(flow)
        and any(fill(flow, edge) for edges in flow.followed for edge in edges)
    )


def filled_first(flow: FlowView, readers: Collection[int], fill: Fill) -> list[bool]:
    """Return for each action whether some path fills the value before it reaches any reader."""
    graph = flow.graph
    if graph.start is None:
        return [False] * len(flow.actions)
    ahead = {graph.start}
    stack = [graph.start]
    filled: set[int] = set()
    while stack:
        node = stack.pop()
        if node in readers:
            continue
        for edge in flow.followed[node]:
            if fill(flow, edge):
                filled.add(edge.target)
            elif edge.target not in ahead:
                ahead.add(edge.target)
                stack.append(edge.target)
    return graph.reachable_from(sorted(filled))
