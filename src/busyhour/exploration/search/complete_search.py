"""A complete form of an explored call: all values that were settled during the call, given from the start.

`follow` plays such a call on the plain flow machine. It runs the same actions, which proves that settling
values on first read is equivalent to having them from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from busyhour.exploration.world.context import Context
from busyhour.exploration.world.inherited import OF_CONTACT
from busyhour.exploration.world.record import Moment, Played, Settled
from busyhour.flows import protocol as p
from busyhour.flows.actions import ASKABLE
from busyhour.flows.call import Call
from busyhour.flows.contact import Contact
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Flow, FlowType

_IN_CONTACT = frozenset({"CustomerEndpoint", "SystemEndpoint", "InitiationMethod", "AwsRegion"})
_LEX_PARTS = {"Slots": "slots", "SessionAttributes": "session_attributes"}
_METRIC_NAMES = {
    "Queue.Name": "queue_name",
    "Queue.ARN": "queue_arn",
    "Queue.Size": "NumberOfContactsInQueue",
    "Queue.OldestContactAge": "OldestContactInQueueAgeSeconds",
}


def start(played: Played) -> dict[str, Any]:
    """Return the contact: differences from an ordinary inbound call, attributes, values left by another flow."""
    contact, usual = played.call.contact, Contact()
    given: dict[str, Any] = {
        key: getattr(contact, key)
        for key in ("channel", "initiation_method", "customer_endpoint", "system_endpoint", "region", "queue")
        if getattr(contact, key) != getattr(usual, key)
    }
    attributes = {one.name.removeprefix("Attributes."): one.value for one in _known(played, {"Attributes"})}
    values = {one.name: one.value for one in _known(played, OF_CONTACT)}
    values |= {
        one.name: one.value for one in played.settled if _source(one, played) is None and _is_answer(one)
    }
    given |= {key: found for key, found in (("attributes", attributes), ("values", values)) if found}
    if played.inherited:
        given["external"] = played.inherited
    return given


def events(played: Played) -> list[p.Event]:
    """Return the event of every moment, with all parts that were read later."""
    return [_event(one, _brought(one, played)) for one in played.moments]


def follow(context: Context, played: Played) -> list[tuple[str, str]]:
    """Return (flow, identifier) of the actions that the plain machine runs for this contact and these events."""
    observer = _Heard(context)
    names = {one.value for one in _known(played, {"Queue"}) if one.name == "Queue.Name"}
    queue_names = {run_queue: (str(name), "") for name in names for run_queue in _queues(played)}
    machine = Machine(context.library, policy=context.policy, observer=observer, queue_names=queue_names)
    given = start(played)
    contact = replace(played.call.contact, attributes=given.get("attributes", {}))
    call = machine.call(played.entry, contact)
    call.put_values({key: value for key, value in given.get("values", {}).items() if "." in key})
    for key, value in given.get("values", {}).items():
        if key == "StoredCustomerInput":
            call.stored_input = value
        elif "." not in key:
            call.put(key, value)
    if played.inherited is not None:
        call.external = dict(played.inherited)
    if played.entry.type in (FlowType.AGENT_WHISPER, FlowType.CUSTOMER_WHISPER, FlowType.OUTBOUND_WHISPER):
        call.agent = played.call.agent
    effect = call.start()
    for event in events(played):
        if isinstance(effect, p.Ended):
            break
        effect = call.send(event)
    context.library.run(None)
    return observer.actions


@dataclass(slots=True)
class _Heard:
    """An observer that records the actions run, and offers stand-ins as exploration does."""

    context: Context
    actions: list[tuple[str, str]] = field(default_factory=list)

    def on_action(self, call: Call, flow: Flow, action: Action) -> None:
        """Record an action."""
        self.actions.append((flow.name, action.identifier))
        self.context.library.run(action)

    def on_branch(self, call: Call, flow: Flow, action: Action, kind: str, index: int) -> None:
        """Ignore the branch."""


def _known(played: Played, roots: frozenset[str] | set[str]) -> list[Settled]:
    return [one for one in played.settled if one.name.partition(".")[0] in roots and one.value is not None]


def _queues(played: Played) -> list[str]:
    found = [
        one.effect.queue for one in played.moments if isinstance(one.effect, p.Enqueue) and one.effect.queue
    ]
    given = [
        one.effect.parameters.get("QueueId") for one in played.moments if isinstance(one.effect, p.Service)
    ]
    return [str(one) for one in (*found, *given, played.call.queue) if one]


def _is_answer(one: Settled) -> bool:
    """Whether the value comes from some answer."""
    root = one.name.partition(".")[0]
    return one.value is not None and root not in OF_CONTACT | _IN_CONTACT | {
        "Attributes",
        "External",
        "Queue",
        "Agent",
    }


def _source(one: Settled, played: Played) -> Moment | None:
    """Return the moment whose answer contained the value: the last of its kind before it was read."""
    root = one.name.partition(".")[0]
    for moment in reversed(played.moments[: one.moments]):
        effect, event = moment.effect, moment.event
        if root == "Lex":
            if isinstance(event, p.LexResult):
                return moment
        elif root == "Metrics":
            if isinstance(effect, p.ReadMetrics) and effect.metric is None and isinstance(event, p.Metrics):
                return moment
        elif isinstance(effect, p.Service) and effect.type not in ASKABLE and isinstance(event, p.Succeeded):
            return moment
    return None


def _brought(moment: Moment, played: Played) -> dict[str, str]:
    return {
        one.name: one.value
        for one in played.settled
        if one.value is not None and _is_answer(one) and _source(one, played) is moment
    }


def _event(moment: Moment, brought: Mapping[str, str]) -> p.Event:
    event = moment.event
    if isinstance(event, p.LambdaResult) and isinstance(event.payload, dict):
        return replace(event, payload=dict(event.payload))
    if not brought:
        return event
    match event:
        case p.LexResult():
            parts: dict[str, dict[str, Any]] = {"slots": {}, "session_attributes": {}, "extra": {}}
            for name, value in brought.items():
                _, first, *rest = name.split(".")
                if first in _LEX_PARTS and rest:
                    parts[_LEX_PARTS[first]][".".join(rest)] = value
                else:
                    _put(parts["extra"], [first, *rest], value)
            return p.LexResult(
                event.intent, parts["slots"], parts["session_attributes"], event.turns, parts["extra"]
            )
        case p.Metrics(values):
            found: dict[str, float | str] = dict(values)
            for name, value in brought.items():
                path = name.removeprefix("Metrics.")
                agents = path.removeprefix("Agents.").removesuffix(".Count")
                found[_METRIC_NAMES.get(path, f"NumberOfAgents{agents}")] = value
            return replace(event, values=found)
        case p.Succeeded(values):
            return replace(event, values={**values, **brought})
        case _:
            return event


def _put(target: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = target.get(part)
        target = target.setdefault(part, {}) if isinstance(inner, dict | None) else {}
    target[path[-1]] = value
