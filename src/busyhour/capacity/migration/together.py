"""Queues that hang together: a call can get from one to the other, or they share a number, a module or a table.

Read from the flows, statically: every branch is one that a call may take. A queue whose reference is known only during a
call is not seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import NamedTuple

from busyhour.calls.acd import resource_id
from busyhour.flows.actions.functions import ARN_KEYS, function_name
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Action, Flow, FlowType
from busyhour.scenarios.model import Scenario

_TO_QUEUE = frozenset({"to-queue", "dequeue"})
_CHOOSING = {"input": "press", "lex": "say"}


class Place(NamedTuple):
    """Where a call is: flow, action, the queue that is set, the queue that it waits in, the flow that it would hear there."""

    flow: str
    action: str
    target: str
    waits_in: str
    queue_flow: str


@dataclass(frozen=True, slots=True)
class Link:
    """Why two queues hang together: `transfer`, `number`, `module` or `table`; which one; the call that shows it."""

    kind: str
    first: str
    second: str
    through: str
    call: str

    @property
    def breaks_calls(self) -> bool:
        """Whether calls reach the second queue; modules and tables are only to be kept equal on both sides."""
        return self.kind in ("transfer", "number")


@dataclass(slots=True)
class _Walk:
    """Places that calls reach, how each was reached first, and where each leads."""

    before: dict[Place, tuple[Place, str] | None] = field(default_factory=dict)
    leads_to: dict[Place, list[Place]] = field(default_factory=dict)
    arrivals: dict[str, list[Place]] = field(default_factory=dict)
    """Places at which a call is sent to a queue, by its name."""


def links(scenario: Scenario, library: FlowLibrary) -> list[Link]:
    """Return what holds the queues of a scenario together, transfers first."""
    entry = library.resolve(scenario.flows.entry)
    if entry is None:
        return []
    walk = _walk(scenario, library, entry)
    found: list[Link] = []
    for queue, places in walk.arrivals.items():
        by_source = {place.waits_in: place for place in reversed(places)}
        for source, place in by_source.items():
            if source not in ("", queue):
                found.append(Link("transfer", source, queue, place.flow, _call(walk, place)))
    from_outside = {
        queue: place
        for queue, places in walk.arrivals.items()
        for place in reversed(places)
        if not place.waits_in
    }
    for first, second in permutations(sorted(from_outside), 2):
        found.append(Link("number", first, second, entry.name, _call(walk, from_outside[second])))
    used = {queue: _used(walk, places, scenario, library) for queue, places in walk.arrivals.items()}
    for first, second in combinations(sorted(used), 2):
        for kind, name in sorted(used[first] & used[second]):
            found.append(Link(kind, first, second, name, ""))
    order = ("transfer", "number", "module", "table")
    return sorted(found, key=lambda link: (order.index(link.kind), link.first, link.second, link.through))


# ------------------------------------------------------------------------------------------------------ walk


def _walk(scenario: Scenario, library: FlowLibrary, entry: Flow) -> _Walk:
    walk = _Walk()
    queues = _queue_names(scenario)
    actions = {flow.name: {action.identifier: action for action in flow.actions} for flow in library}
    set_in = {flow.name: _set_in(flow, library, queues) for flow in library if flow.type is FlowType.MODULE}
    start = Place(entry.name, entry.start, "", "", "")
    walk.before[start] = None
    waiting = deque([start])
    while waiting:
        place = waiting.popleft()
        action = actions[place.flow].get(place.action)
        if action is None:
            continue
        for following, choice in _following(place, action, library, queues, set_in, walk):
            walk.leads_to.setdefault(place, []).append(following)
            if following not in walk.before:
                walk.before[following] = (place, choice)
                waiting.append(following)
    return walk


def _following(
    place: Place,
    action: Action,
    library: FlowLibrary,
    queues: Mapping[str, str],
    set_in: Mapping[str, frozenset[str]],
    walk: _Walk,
) -> Iterator[tuple[Place, str]]:
    """Yield the places to which an action leads, and what the caller chooses for each."""
    target, queue_flow = place.target, place.queue_flow
    other: list[str] = []
    match action.behaviour:
        case "target-queue":
            target = _queue(action, queues) or ""
        case "event-hooks":
            hooks = action.parameters.get("EventHooks")
            hook = hooks.get("CustomerQueue") if isinstance(hooks, Mapping) else None
            flow = library.resolve(hook) if isinstance(hook, str) else None
            queue_flow = flow.name if flow is not None else queue_flow
        case behaviour if behaviour in _TO_QUEUE:
            queue = _queue(action, queues) or target
            if queue:
                walk.arrivals.setdefault(queue, []).append(place)
                flow = library.resolve(queue_flow) if queue_flow else None
                if flow is not None:
                    yield Place(flow.name, flow.start, "", queue, queue_flow), ""
        case "transfer-to-flow" | "invoke-module":
            key = "ContactFlowId" if action.behaviour == "transfer-to-flow" else "FlowModuleId"
            flow = library.resolve(str(action.parameters.get(key) or ""))
            if flow is not None:
                yield place._replace(flow=flow.name, action=flow.start), ""
                other = sorted(set_in.get(flow.name, ()))
    for target_now in dict.fromkeys([target, *other]):
        at = place._replace(target=target_now, queue_flow=queue_flow)
        for identifier, choice in _branches(action):
            yield at._replace(action=identifier), choice


def _branches(action: Action) -> Iterator[tuple[str, str]]:
    verb = _CHOOSING.get(action.behaviour)
    for condition in action.conditions:
        keys = " or ".join(condition.operands)
        choice = f"{verb} {keys} at {action.display_name or action.identifier!r}" if verb and keys else ""
        yield condition.target, choice
    yield from ((target, "") for target in action.targets())


def _queue_names(scenario: Scenario) -> dict[str, str]:
    """Return the names of the scenario's queues by ARN, id and name."""
    return {
        reference: queue.name
        for queue in scenario.queues.values()
        for reference in filter(None, (queue.name, queue.arn, resource_id(queue.arn or "")))
    }


def _queue(action: Action, queues: Mapping[str, str]) -> str | None:
    reference = action.parameters.get("QueueId")
    if not isinstance(reference, str):
        return None
    return queues.get(reference) or queues.get(resource_id(reference))


def _set_in(flow: Flow, library: FlowLibrary, queues: Mapping[str, str]) -> frozenset[str]:
    """Return the queues that a module, or one that it invokes, may leave set."""
    found: set[str] = set()
    waiting, seen = [flow], {flow.name}
    while waiting:
        for action in waiting.pop().actions:
            if action.behaviour == "target-queue" and (queue := _queue(action, queues)):
                found.add(queue)
            inner = action.parameters.get("FlowModuleId")
            module = library.resolve(inner) if isinstance(inner, str) else None
            if module is not None and module.name not in seen:
                seen.add(module.name)
                waiting.append(module)
    return frozenset(found)


def _call(walk: _Walk, place: Place) -> str:
    """Return the choices of a call that gets to a place, in their order."""
    choices: list[str] = []
    before = walk.before[place]
    while before is not None:
        place, choice = before
        if choice:
            choices.append(choice)
        before = walk.before[place]
    return ", then ".join(reversed(choices))


def _used(
    walk: _Walk, places: Sequence[Place], scenario: Scenario, library: FlowLibrary
) -> frozenset[tuple[str, str]]:
    """Return modules and tables that calls to a queue may use on their way: kind and name."""
    sources: dict[Place, list[Place]] = {}
    for one, following in walk.leads_to.items():
        for other in following:
            sources.setdefault(other, []).append(one)
    waiting, seen = list(places), set(places)
    while waiting:
        for one in sources.get(waiting.pop(), ()):
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    found: set[tuple[str, str]] = set()
    for name, identifier in {(place.flow, place.action) for place in seen}:
        flow = library.get(name)
        if flow.type is FlowType.MODULE:
            found.add(("module", name))
        action = next((one for one in flow.actions if one.identifier == identifier), None)
        for key in ARN_KEYS if action is not None and action.behaviour == "invoke-function" else ():
            function = (
                scenario.functions.get(function_name(str(action.parameters.get(key) or "")))
                if action
                else None
            )
            tables = (
                {one.rpartition(".")[0] for one in function.operations} if function is not None else set()
            )
            found |= {("table", table) for table in tables}
    return frozenset(found)
