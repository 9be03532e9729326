"""Unused entries of a scenario: functions, queues, aliases, menus, prompts and tables that no flow uses.

An entry with a misspelt name has no effect, and its target keeps its defaults. References in flows are read
statically; if one is computed at run time, any entry may be used, and no entry of that kind is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.flows.action_types import DECLARED
from busyhour.flows.actions.functions import ARN_KEYS, function_name
from busyhour.flows.export.layout import shown_name
from busyhour.flows.library import identity
from busyhour.flows.model import Action, Flow
from busyhour.flows.prompts import recordings
from busyhour.flows.references import find
from busyhour.scenarios.model import DriveKind, Scenario

_FLOW_KEYS = ("ContactFlowId", "FlowModuleId", "ContactFlowArn")
_ASKING = frozenset(type for type, one in DECLARED.items() if one.decided_outside)
"""Action types whose result the caller or another service determines, as configured in [callers]."""


@dataclass(frozen=True, slots=True)
class Unused:
    """An unused entry: its place, what is wrong, and the fix."""

    keys: tuple[str, ...]
    problem: str
    hint: str


@dataclass(frozen=True, slots=True)
class _Named:
    """Names of one kind that flows use; `all` if some are computed, so that any may be used."""

    names: frozenset[str]
    all: bool

    @classmethod
    def of(cls, values: Iterable[tuple[str, str]]) -> _Named:
        """Collect the names from (value, name shown in the designer) pairs."""
        names: set[str] = set()
        every = False
        for value, shown in values:
            every = every or bool(find(value)) or not (value or shown)
            names |= {value, identity(value), value.rpartition("/")[2], shown} - {""}
        return cls(frozenset(names), every)


def unused(scenario: Scenario, flows: Iterable[Flow]) -> list[Unused]:
    """Return the unused entries of a scenario, by kind, in the order of the file."""
    flows = list(flows)
    actions = [(flow, action) for flow in flows for action in flow.actions]
    return [
        *_functions(scenario, actions),
        *_queues(scenario, actions),
        *_aliases(scenario, actions),
        *_inputs(scenario, actions),
        *_prompts(scenario, actions),
        *_tables(scenario),
    ]


_Actions = list[tuple[Flow, Action]]


def _values(actions: _Actions, keys: Iterable[str], *shown: str) -> Iterator[tuple[str, str]]:
    for flow, action in actions:
        for key in keys:
            value = action.parameters.get(key)
            if isinstance(value, str):
                yield value, shown_name(flow, action, key, *shown)


def _functions(scenario: Scenario, actions: _Actions) -> Iterator[Unused]:
    if scenario.drive in (DriveKind.LAMBDA, DriveKind.DYNAMODB):
        return
    found = _Named.of(_values(actions, ARN_KEYS, "lambdaFunction"))
    called = {function_name(name) for name in found.names} | found.names
    if found.all:
        return
    for name in scenario.functions:
        if name not in called:
            known = sorted({function_name(value) for value, _ in _values(actions, ARN_KEYS)})
            yield Unused(
                ("functions", name),
                f"is a function that no flow calls.{did_you_mean(name, known)}",
                f"Functions that the flows call: {', '.join(known) or 'none'}.",
            )


def _queues(scenario: Scenario, actions: _Actions) -> Iterator[Unused]:
    values = list(_values(actions, ("QueueId",), "queue"))
    found = _Named.of(values)
    if found.all:
        return
    known = sorted({shown or value for value, shown in values})
    hint = f"Queues that the flows name: {', '.join(known) or 'none'}."
    for name, queue in scenario.queues.items():
        by_arn = queue.arn is not None and bool({queue.arn, identity(queue.arn)} & found.names)
        if not by_arn and name not in found.names:
            yield Unused(("queues", name), f"is a queue that no flow names.{did_you_mean(name, known)}", hint)
        elif queue.arn is not None and not by_arn:
            arns = sorted(value for value, _ in values)
            near = did_you_mean(queue.arn, arns)
            yield Unused(("queues", name, "arn"), f"is {queue.arn!r}, which no flow names.{near}", hint)


def _aliases(scenario: Scenario, actions: _Actions) -> Iterator[Unused]:
    hooks = [
        (value, "")
        for _, action in actions
        for value in _texts(action.parameters.get("EventHooks"))
        if action.behaviour == "event-hooks"
    ]
    found = _Named.of([*_values(actions, _FLOW_KEYS, "ContactFlow", "contactFlow"), *hooks])
    answers = {value for function in scenario.functions.values() for value in function.response.values()}
    if found.all and any(function.handler or function.url for function in scenario.functions.values()):
        return
    for alias in scenario.flows.aliases:
        if alias in answers or {alias, identity(alias)} & found.names:
            continue
        known = sorted(found.names)
        yield Unused(
            ("flows", "aliases", alias),
            f"is a reference that no flow makes.{did_you_mean(alias, known)}",
            "Give the ARN, id or placeholder as in the exports, or remove it.",
        )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (one for one in value.values() if isinstance(one, str) and one)


def _inputs(scenario: Scenario, actions: _Actions) -> Iterator[Unused]:
    places: dict[str, set[str]] = {}
    for flow, action in actions:
        for name in {action.identifier, action.display_name} - {""}:
            for spelling in (name, f"{flow.name}/{name}"):
                places.setdefault(spelling, set()).add(action.type)
    asking = sorted(name for name, types in places.items() if types & _ASKING and "/" not in name)
    callers = scenario.callers
    ahead = any("EnableDTMFBuffer" in action.parameters for _, action in actions)
    for table, names in (("menus", callers.menus), ("inputs", callers.inputs)):
        for name in names:
            types = places.get(name, set())
            if types & _ASKING or (ahead and table == "inputs" and "MessageParticipant" in types):
                continue
            what = (
                f"is a {', '.join(sorted(types))}, which has no input"
                if types
                else "is not an action of the flows"
            )
            yield Unused(
                ("callers", table, name),
                f"{what}.{did_you_mean(name.rpartition('/')[2], asking)}",
                "Name an action with input from the caller: a menu, a stored input, a bot.",
            )


def _prompts(scenario: Scenario, actions: _Actions) -> Iterator[Unused]:
    names: set[str] = set()
    prompts: set[str] = set()
    for flow, action in actions:
        names |= {
            action.identifier,
            action.display_name,
            shown_name(flow, action, "PromptId", "promptName", "audio"),
        }
        for value in recordings(action.parameters):
            if find(value):
                return
            names |= {value, value.rpartition("/")[2]}
            prompts.add(value)
    for name in scenario.prompt_seconds:
        if name not in names:
            yield Unused(
                ("prompts", name),
                f"is a prompt that no flow plays.{did_you_mean(name, sorted(prompts))}",
                f"Recorded prompts of the flows: {', '.join(sorted(prompts)) or 'none'}.",
            )


def _tables(scenario: Scenario) -> Iterator[Unused]:
    functions = scenario.functions.values()
    if scenario.drive is DriveKind.DYNAMODB or any(one.handler or one.url for one in functions):
        return
    used = {operation.rpartition(".")[0] for one in functions for operation in one.operations}
    for name in scenario.tables:
        if name not in used:
            yield Unused(
                ("tables", name),
                f"is a table that no function uses.{did_you_mean(name, used)}",
                f'Write operations = {{ "{name}.GetItem" = 1 }} for the function that reads it, or remove it.',
            )
