"""The longest time that consecutive Lambda functions may take while the caller hears nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from busyhour.contracts.analysis.silence import interactive
from busyhour.flows.action_types import types_of

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView

DEFAULT_SECONDS = 3
"""The designer's default limit in seconds, for an action without one."""

_Step = tuple[int, int]
"""An action, and the seconds that may have passed when it is reached."""


def seconds(action: ActionView) -> int:
    """Return the longest time in seconds that the action may wait for a Lambda function; 0 for any other action."""
    if action.behaviour != "invoke-function" or action.parameters.get("InvocationType") == "ASYNCHRONOUS":
        return 0
    limit = action.parameters.get("InvocationTimeLimitSeconds")
    return int(limit) if isinstance(limit, str) and limit.isdecimal() else DEFAULT_SECONDS


def longest_silences(flow: FlowView, limit: int) -> Iterator[tuple[ActionView, list[ActionView], int]]:
    """Return the functions at which a silence may first exceed `limit`: (function, functions so far, seconds).

    Sums over every path at once: the longest silence before each action only grows, and is followed only up
    to `limit`, so each action is visited at most that many times. No path goes through a Loop more
    often than its count.
    """
    graph = flow.graph
    if graph.start is None:
        return
    if not graph.circular and sum(map(seconds, flow.of_type(*types_of("invoke-function")))) <= limit:
        return
    longest: dict[int, int] = {graph.start: 0}
    before: dict[_Step, _Step | None] = {(graph.start, 0): None}
    todo = deque([graph.start])
    over: dict[int, _Step] = {}
    while todo:
        node = todo.popleft()
        waited = longest[node]
        action = flow.actions[node]
        after = 0 if interactive(action) else waited + seconds(action)
        if after > limit:
            if node not in over:
                over[node] = (node, waited)
            continue
        for edge in flow.followed[node]:
            if after <= longest.get(edge.target, -1):
                continue
            counted = action.behaviour == "loop-counter" and edge.label == "ContinueLooping"
            if counted and _times(before, (node, waited)) > _rounds(action):
                continue
            longest[edge.target] = after
            before[edge.target, after] = None if interactive(action) else (node, waited)
            todo.append(edge.target)
    for node in sorted(over):
        step: _Step | None = over[node]
        chain: list[ActionView] = []
        while step is not None:
            action = flow.actions[step[0]]
            if seconds(action):
                chain.append(action)
            step = before[step]
        yield flow.actions[node], chain[::-1], over[node][1] + seconds(flow.actions[node])


def _rounds(loop: ActionView) -> int:
    """Return how often a Loop continues; once if the count is computed at run time."""
    count = loop.parameters.get("LoopCount")
    return int(str(count)) if str(count).isdecimal() else 1


def _times(before: Mapping[_Step, _Step | None], step: _Step) -> int:
    """Return how often the action of this step has been reached within the current silence."""
    times = 0
    at: _Step | None = step
    while at is not None:
        times += at[0] == step[0]
        at = before[at]
    return times
