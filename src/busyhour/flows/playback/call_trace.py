"""Trace of one call, action by action: for people to read, and as the source of its flow log.

A `Tracer` is the machine's observer; the driver of the call passes it the effects, the events and the time.
`run` does all of that for a scripted call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from busyhour.flows import protocol as p
from busyhour.flows.actions.functions import function_name
from busyhour.flows.call import Call
from busyhour.flows.contact import Contact
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Action, Flow
from busyhour.flows.playback.script import Script
from busyhour.flows.policy import Policy
from busyhour.flows.references import compile_value, text_of


@dataclass(slots=True)
class Step:
    """One action that was run, or a period without one (held in the queue, talking).

    `at` is seconds from the start of the call; `parameters` have their references resolved; `changed` are the
    contact attributes that the action changed (None: removed); `branch` is the branch taken, `answers` are the
    events received while it waited, with their time.
    """

    at: float
    flow: str
    flow_arn: str
    action: Action | None
    parameters: Mapping[str, Any]
    changed: dict[str, str | None] = field(default_factory=dict)
    effect: p.Effect | None = None
    answers: list[tuple[float, p.Event]] = field(default_factory=list)
    branch: tuple[str, int] | None = None
    external: Mapping[str, Any] | None = None
    """`$.External` after the action, if it changed."""
    callers: tuple[tuple[str, str], ...] = ()
    """In a module: name and ARN of the flows and modules that invoked it, the innermost first."""


class Tracer:
    """Observes one call."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.now = 0.0
        self._attributes: Mapping[str, str] = {}
        self._external: Mapping[str, Any] | None = None

    def on_action(self, call: Call, flow: Flow, action: Action) -> None:
        """Record that an action is about to be run."""
        self._settle(call)
        compiled = compile_value(dict(action.parameters))
        parameters = compiled(call) if callable(compiled) else compiled
        around = [frame.node.flow.flow for frame in reversed(call.frames or ())]
        callers = tuple((one.name, one.arn or "") for one in around)
        self.steps.append(Step(self.now, flow.name, flow.arn or "", action, parameters, callers=callers))

    def on_branch(self, call: Call, flow: Flow, action: Action, kind: str, index: int) -> None:
        """Record that a branch was taken."""
        for step in reversed(self.steps):
            if step.action is action:
                step.branch = (kind, index)
                return

    def started(self, call: Call) -> None:
        """Record that the call is about to be started."""
        self._attributes = dict(call.attributes)

    def yielded(self, call: Call, effect: p.Effect) -> None:
        """Record the effect that the call waits with."""
        self._settle(call)
        last = self.steps[-1] if self.steps else None
        if isinstance(effect, p.Ended):
            self.steps.append(Step(self.now, call.flow_name, "", None, {}, effect=effect))
        elif last is not None and last.action is not None and effect.action == last.action.identifier:
            if last.effect is None:
                last.effect = effect
        elif not (last is not None and last.action is None and last.effect == effect):
            self.steps.append(Step(self.now, call.flow_name, "", None, {}, effect=effect))

    def answered(self, event: p.Event, seconds: float) -> None:
        """Record the event sent `seconds` after the effect."""
        self.now += seconds
        if self.steps:
            self.steps[-1].answers.append((self.now, event))

    def _settle(self, call: Call) -> None:
        """Attribute all changes since the last step to that step."""
        if self.steps:
            now = call.attributes
            changed: dict[str, str | None] = {
                key: value for key, value in now.items() if self._attributes.get(key) != value
            }
            changed |= {key: None for key in self._attributes if key not in now}
            self.steps[-1].changed.update(changed)
            if call.external is not self._external:
                self.steps[-1].external = call.external
        self._external = call.external
        self._attributes = dict(call.attributes)


@dataclass(slots=True)
class Trace:
    """A finished call."""

    contact: Contact
    steps: list[Step]
    call: Call
    seconds: float

    @property
    def ended(self) -> p.Ended:
        """How the call ended."""
        assert isinstance(self.call.pending, p.Ended)
        return self.call.pending

    def actions(self) -> list[tuple[str, str]]:
        """(flow, identifier) of every action that was run."""
        return [(step.flow, step.action.identifier) for step in self.steps if step.action is not None]


def run(
    library: FlowLibrary,
    entry: Flow | str,
    script: Script,
    *,
    contact: Contact | None = None,
    policy: Policy | None = None,
    prompt_seconds: Mapping[str, float] | None = None,
) -> Trace:
    """Run one scripted call to its end."""
    tracer = Tracer()
    machine = Machine(library, policy=policy, prompt_seconds=prompt_seconds, observer=tracer)
    call = machine.call(entry, contact)
    tracer.started(call)
    effect = call.start()
    while True:
        tracer.yielded(call, effect)
        if isinstance(effect, p.Ended):
            return Trace(call.contact, tracer.steps, call, tracer.now)
        event, seconds = script.answer(call, effect)
        tracer.answered(event, seconds)
        effect = call.send(event)


def lines(trace: Trace) -> Iterator[str]:
    """Format the trace, one line per event."""
    flow = None
    for step in trace.steps:
        if step.action is not None and step.flow != flow:
            flow = step.flow
            yield f"{_clock(step.at)}  -- {flow} --"
        name = "" if step.action is None else step.action.display_name or step.action.identifier
        kind = "" if step.action is None else step.action.type
        text = _subject(step) if step.effect is None else describe_effect(step.effect)
        yield f"{_clock(step.at)}  {name or '.':<36} {kind:<28} {text}".rstrip()
        for at, event in step.answers:
            text = describe_event(event)
            if text:
                yield f"{_clock(at)}      {text}"
        for key, value in step.changed.items():
            yield f"{'':>9}      {key} = {value!r}" if value is not None else f"{'':>9}      {key} is removed"
        if step.branch is not None and step.action is not None and step.branch[0] != "next":
            yield f"{'':>9}      branch: {branch_name(step.action, *step.branch)}"


def _subject(step: Step) -> str:
    """Describe the subject of an action without an effect if its name does not show it."""
    given = step.parameters
    match step.action.behaviour if step.action is not None else "":
        case "compare" if step.action is not None:
            return f"{step.action.parameters.get('ComparisonValue')} is {text_of(given.get('ComparisonValue'))!r}"
        case "target-queue":
            return _tail(text_of(given.get("QueueId") or given.get("AgentId")))
        case "transfer-to-flow" | "invoke-module":
            return _tail(text_of(given.get("ContactFlowId") or given.get("FlowModuleId")))
        case "event-hooks":
            hooks = given.get("EventHooks")
            found = hooks.items() if isinstance(hooks, Mapping) else ()
            return ", ".join(f"{hook} is {_tail(text_of(flow))}" for hook, flow in found)
        case _:
            return ""


def branch_name(action: Action, kind: str, index: int) -> str:
    """Describe a branch: the condition, or the error type."""
    if kind == "condition":
        condition = action.conditions[index]
        return f"{condition.operator} {' '.join(condition.operands)}"
    return action.errors[index].error_type if kind == "error" else "NextAction"


def describe_effect(effect: p.Effect) -> str:
    """Describe an effect."""
    match effect:
        case p.Play(text=text, seconds=seconds, audience=audience):
            return f"{audience.value} hears {text!r} ({seconds:.1f} s)"
        case p.Loop("", "", _):
            return "the customer is held"
        case p.Loop(text=text, seconds=seconds):
            return f"customer hears {text!r} in a loop" + (
                "" if seconds == float("inf") else f", {seconds:g} s"
            )
        case p.Collect(text=text, menu=menu, choices=choices, max_digits=most):
            wanted = f"one of {', '.join(choices) or 'no key'}" if menu else f"up to {most} digits"
            return f"customer hears {text!r}, should press {wanted}"
        case p.Converse(text=text, bot=bot):
            return f"customer hears {text!r}, talks to bot {bot.rpartition('/')[2]}"
        case p.Invoke(function_arn=arn, event=event):
            return f"invokes {function_name(arn)} with {_json(event['Details']['Parameters'])}"
        case p.CheckHours(hours=hours, queue=queue):
            return f"are {hours or f'the hours of queue {_tail(queue)}'} open?"
        case p.ReadMetrics(queue=queue, agent=agent, metric=metric):
            return f"reads {metric or 'metrics'} of {_tail(agent or queue)}"
        case p.Enqueue(queue=queue, agent=agent):
            return f"into the queue {_tail(agent or queue)}"
        case p.Talk(agent=agent):
            return f"talks to {_tail(agent)}"
        case p.Dial(number=number):
            return f"dials {number}"
        case p.Pause(seconds=seconds):
            return "waits until the wait is over" if seconds == float("inf") else f"waits up to {seconds:g} s"
        case p.Service(type=type, parameters=parameters):
            return f"requests {type} {_json(parameters)}"
        case p.Ended(reason=reason, detail=detail):
            return f"ended: {reason.value}" + (f" ({detail})" if detail else "")


def describe_event(event: p.Event) -> str:
    """Describe an event; empty if it adds nothing."""
    match event:
        case p.Done(by, keys):
            return f"{by} hangs up" if by else f"pressed {keys} meanwhile" if keys else ""
        case p.Digits(digits, later):
            return f"pressed {digits}" + (f", and {later} when the input was over" if later else "")
        case p.Silence():
            return "nothing was entered"
        case p.LexResult(intent, slots):
            return f"intent {intent!r} {_json(slots) if slots else ''}".rstrip()
        case p.LambdaResult(payload):
            return f"answered {_json(payload)}"
        case p.LambdaFailed(kind, detail):
            return f"failed: {kind} {detail}".rstrip()
        case p.Hours(open, override):
            return ("open" if open else "closed") + (f", override {override!r}" if override else "")
        case p.Metrics(values):
            return _json(values)
        case p.Queued(name, arn):
            return f"queued in {name or _tail(arn)}"
        case p.AtCapacity():
            return "the queue is full"
        case p.AgentAnswered(agent, username):
            return f"agent {username or _tail(agent)} answers"
        case p.Connected():
            return "connected"
        case p.WaitOver(branch):
            return f"the wait is over: {branch or 'its time'}"
        case p.CustomerReturned():
            return "the customer returned"
        case p.Succeeded(values, branch):
            return f"done {branch or ''} {_json(values) if values else ''}".rstrip()
        case p.Failed(error, detail):
            return f"failed: {error} {detail}".rstrip()
        case p.HungUp():
            return "the customer hangs up"
        case p.Stopped():
            return "stopped"


def _clock(seconds: float) -> str:
    return f"{seconds:9.1f}"


def _tail(reference: str | None) -> str:
    return (reference or "?").rpartition("/")[2]


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 160 else f"{text[:157]}..."
