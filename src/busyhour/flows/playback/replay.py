"""Run a real flow log through the exported flow, and find where they diverge.

The log has the actions that were run and some of the results. At each effect every possible answer
is tried, the log's own first, and the one that follows the log furthest is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.matching import number
from busyhour.flows.model import Action, Flow
from busyhour.flows.playback.call_trace import Trace, Tracer
from busyhour.flows.playback.flow_log import Logged
from busyhour.flows.policy import Policy

_KEYS = re.compile(r"\+?[0-9*#]+")
"""A result that names the pressed keys, as opposed to a timeout."""

_SEVERAL = frozenset({"SetAttributes", "SetFlowAttributes", "SetContactFlow", "CheckAttribute"})
"""Module types with several entries for one action."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """Divergence of log and export: the entry that the export does not reach, and what it runs instead."""

    entry: Logged
    after: str
    """Identifier of the last action that both ran; empty at the start."""
    instead: str
    """Identifier of the action that the export runs; empty if it runs none."""


@dataclass(frozen=True, slots=True)
class Replay:
    """How far the export follows a log: `followed` of `entries` actions, and the divergence, if any."""

    followed: int
    entries: int
    trace: Trace
    divergence: Divergence | None


def replay(
    library: FlowLibrary,
    entry: Flow | str,
    log: list[Logged],
    *,
    contact: Contact | None = None,
    policy: Policy | None = None,
) -> Replay:
    """Follow the first contact of the log through the flow."""
    logged = _actions(log)
    events: list[p.Event] = []
    trace, effect, action = _simulate(library, entry, contact, policy, events)
    while not isinstance(effect, p.Ended) and _followed(trace, logged) < len(logged):
        done = _followed(trace, logged)
        if _diverges(trace, logged):
            break
        here = logged[done - 1] if done else None
        best: tuple[int, p.Event] | None = None
        for event in _candidates(effect, action, here, trace.call.is_queued):
            tried, _, _ = _simulate(library, entry, contact, policy, [*events, event])
            reach = _followed(tried, logged) - (1 if _diverges(tried, logged) else 0)
            if best is None or reach > best[0]:
                best = (reach, event)
        if best is None or len(events) > 4 * len(logged) + 100:
            break
        events.append(best[1])
        trace, effect, action = _simulate(library, entry, contact, policy, events)
    followed = _followed(trace, logged)
    if not isinstance(effect, p.Ended):
        trace.call.send(p.Stopped())
    return Replay(followed, len(logged), trace, _divergence(trace, logged, followed))


def _actions(log: list[Logged]) -> list[Logged]:
    """Return one entry for each action of the first contact: attributes, hooks and comparisons are logged one by one."""
    contact = log[0].contact
    actions: list[Logged] = []
    keys: set[str] = set()
    for entry in log:
        if entry.contact != contact:
            continue
        key = _part(entry)
        last = actions[-1] if actions else None
        if (
            last is not None
            and entry.module_type in _SEVERAL
            and entry.module_type == last.module_type
            and entry.identifier == last.identifier
            and key not in keys
        ):
            keys.add(key)
            continue
        keys = {key}
        actions.append(entry)
    return actions


def _part(entry: Logged) -> str:
    """Return what an entry of several is about: an attribute, a hook, a comparison."""
    given = entry.parameters
    if entry.module_type == "CheckAttribute":
        return f"{given.get('ComparisonMethod')} {given.get('SecondValue')}"
    return str(given.get("Key") or given.get("Type"))


def _simulate(
    library: FlowLibrary,
    entry: Flow | str,
    contact: Contact | None,
    policy: Policy | None,
    events: list[p.Event],
) -> tuple[Trace, p.Effect, Action | None]:
    tracer = Tracer()
    call = Machine(library, policy=policy, observer=tracer).call(entry, contact)
    tracer.started(call)
    effect = call.start()
    for event in events:
        tracer.yielded(call, effect)
        tracer.answered(event, 0.0)
        effect = call.send(event)
    tracer.yielded(call, effect)
    return Trace(call.contact, tracer.steps, call, 0.0), effect, tracer.steps[-1].action


def _visited(trace: Trace, logged: list[Logged]) -> list[str]:
    """Return the identifiers that were run since the log begins; actions before logging was enabled are missing."""
    visited = [identifier for _, identifier in trace.actions()]
    first = logged[0].identifier
    return visited[visited.index(first) :] if first in visited else []


def _followed(trace: Trace, logged: list[Logged]) -> int:
    count = 0
    for identifier, entry in zip(_visited(trace, logged), logged, strict=False):
        if identifier != entry.identifier:
            break
        count += 1
    return count


def _diverges(trace: Trace, logged: list[Logged]) -> bool:
    """Whether an action was run that the log does not have."""
    return _followed(trace, logged) < min(len(_visited(trace, logged)), len(logged))


def _divergence(trace: Trace, logged: list[Logged], followed: int) -> Divergence | None:
    if followed == len(logged):
        return None
    visited = _visited(trace, logged)
    return Divergence(
        logged[followed],
        logged[followed - 1].identifier if followed else "",
        visited[followed] if followed < len(visited) else "",
    )


def _candidates(
    effect: p.Effect, action: Action | None, entry: Logged | None, queued: bool
) -> Iterator[p.Event]:
    """Return every possible answer, the likeliest first."""
    result = entry.results if entry is not None else None
    errors = [branch.error_type for branch in action.errors] if action is not None else []
    match effect:
        case p.Play() | p.Pause():
            yield p.Done()
        case p.Loop(seconds=seconds):
            if seconds != float("inf"):
                yield p.Done()
        case p.Collect(choices=choices):
            if result and _KEYS.fullmatch(result):
                # The log has the pressed keys: an export that leads elsewhere from there is a different flow.
                yield p.Digits(result)
                errors = []
            else:
                yield p.Silence()
                for choice in choices if result is None else ():
                    yield p.Digits(choice)
        case p.Converse(intents=intents):
            if result:
                yield p.LexResult(result)
            yield p.Silence()
            for intent in intents:
                yield p.LexResult(intent)
        case p.Invoke():
            if entry is not None and entry.external is not None:
                yield p.LambdaResult(entry.external)
            yield p.LambdaFailed("function_error", result or "")
            yield p.LambdaResult({})
            return
        case p.CheckHours(overrides=overrides):
            yield p.Hours(True)
            yield p.Hours(False)
            for override in overrides:
                yield p.Hours(False, override)
        case p.ReadMetrics(metric=metric):
            yield p.Metrics({})
            for condition in action.conditions if action is not None and metric is not None else ():
                near = number(condition.operands[0]) if condition.operands else None
                for value in (near - 1, near, near + 1) if near is not None else ():
                    yield p.Metrics({str(metric): value})
        case p.Enqueue(queue=queue):
            yield p.Queued("", queue or "")
            yield p.AtCapacity()
        case p.Talk():
            yield p.Done("agent")
            yield p.Done("customer")
            return
        case p.Dial():
            yield p.Connected()
        case p.Service(branches=branches):
            yield p.Succeeded()
            for branch in branches:
                yield p.Succeeded(branch=branch)
    if queued and not isinstance(effect, p.Enqueue):
        yield p.AgentAnswered("agent/1", "agent")
    for error in errors:
        yield p.Failed(error)
    if isinstance(effect, p.Pause):
        if effect.continues:
            yield p.Succeeded(branch="Continue")
        for one in effect.events:
            yield p.CustomerReturned() if one == "CustomerReturned" else p.Succeeded(branch=one)
