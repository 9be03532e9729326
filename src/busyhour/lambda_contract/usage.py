"""The flows' side of the contract: invocations with parameters, and the keys of responses that are read.

`$.External` holds the response of the last function that succeeded. Responses are therefore followed from each
invocation over every path, through transfers to other flows and into queue flows, until the next one succeeds;
modules cannot read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from busyhour.exploration.world.candidates import CandidateValues, reads_of
from busyhour.exploration.world.values import OTHER
from busyhour.flows.actions.functions import ARN_KEYS, function_name
from busyhour.flows.matching import number
from busyhour.flows.model import Action, Flow
from busyhour.flows.policy import Policy
from busyhour.flows.references import find, text_of
from busyhour.lambda_contract.contract import (
    Contract,
    FunctionContract,
    Invocation,
    Place,
    Reading,
    State,
)

Resolve = Callable[[str], Flow | None]
"""The flow of a reference, None if missing."""

_HOOKS = ("CustomerQueue", "AgentWhisper", "CustomerWhisper", "CustomerRemaining")


class _At(NamedTuple):
    """An action, by the index of its flow and its identifier."""

    flow: int
    action: str


Facts = frozenset[str]


class _Known(NamedTuple):
    """Facts before an action: on some path, and on every path."""

    some: Facts
    every: Facts


def contract_of(flows: Iterable[Flow], resolve: Resolve, policy: Policy | None = None) -> Contract:
    """Return what these flows expect of every function that they invoke."""
    return _Usage(tuple(flows), resolve, policy or Policy()).contract()


def name_of_function(action: Action) -> str:
    """Return the name of the function that an action invokes; its parameter unchanged if that contains no ARN."""
    raw = next((text_of(action.parameters[key]) for key in ARN_KEYS if key in action.parameters), "")
    return function_name(raw)


class _Usage:
    def __init__(self, flows: tuple[Flow, ...], resolve: Resolve, policy: Policy) -> None:
        self._flows = flows
        self._resolve = resolve
        self._policy = policy
        self._pools = CandidateValues(flows)
        self._actions = [_first(flow) for flow in flows]
        self._before: dict[_At, _Known] = {}
        self._follow()

    def contract(self) -> Contract:
        """Return the functions by name."""
        invocations: dict[str, list[Invocation]] = {}
        readings: dict[str, dict[str, list[Place]]] = {}
        for at, known in sorted(self._before.items(), key=lambda one: (one[0].flow, self._order(one[0]))):
            flow, action = self._flows[at.flow], self._actions[at.flow][at.action]
            place = Place(flow.name, action.display_name or action.identifier)
            if action.behaviour == "invoke-function":
                name = name_of_function(action)
                invocations.setdefault(name, []).append(self._invocation(place, action, known))
                readings.setdefault(name, {})
            for read in reads_of(action):
                if read.root == "External" and read.path:
                    for fact in known.some:
                        if fact.startswith("External of "):
                            keys = readings.setdefault(fact.removeprefix("External of "), {})
                            keys.setdefault(".".join(read.path), []).append(place)
        return Contract(
            {
                name: FunctionContract(
                    name, tuple(found), tuple(self._reading(*one) for one in sorted(readings[name].items()))
                )
                for name, found in sorted(invocations.items())
            }
        )

    def _reading(self, key: str, places: list[Place]) -> Reading:
        tested = tuple(one for one in self._pools.of(f"External.{key}") if one != OTHER)
        return Reading(key, tuple(dict.fromkeys(places)), tested)

    def _invocation(self, place: Place, action: Action, known: _Known) -> Invocation:
        given = action.parameters
        asynchronous = text_of(given.get("InvocationType")).upper() == "ASYNCHRONOUS"
        policy = self._policy
        longest = policy.lambda_asynchronous_limit_seconds if asynchronous else policy.lambda_limit_seconds
        limit = number(given.get("InvocationTimeLimitSeconds"))
        parameters = given.get("LambdaInvocationAttributes")
        validation = given.get("ResponseValidation")
        response = validation.get("ResponseType") if isinstance(validation, Mapping) else None
        return Invocation(
            place,
            dict(parameters) if isinstance(parameters, Mapping) else {},
            "JSON" if response == "JSON" else "STRING_MAP",
            longest if limit is None or limit <= 0 else min(limit, longest),
            asynchronous,
            State(tuple(sorted(known.every)), tuple(sorted(known.some - known.every))),
        )

    def _order(self, at: _At) -> int:
        return self._actions[at.flow][at.action].index

    # ------------------------------------------------------------------------------- following paths

    def _follow(self) -> None:
        todo: list[_At] = []
        for number_, flow in enumerate(self._flows):
            start = _At(number_, flow.start)
            if flow.start in self._actions[number_]:
                self._before[start] = _Known(frozenset(), frozenset())
                todo.append(start)
        while todo:
            at = todo.pop()
            known = self._before[at]
            for target, after in self._leaving(at, known):
                if target.action not in self._actions[target.flow]:
                    continue
                before = self._before.get(target)
                joined = (
                    after if before is None else _Known(before.some | after.some, before.every & after.every)
                )
                if joined != before:
                    self._before[target] = joined
                    todo.append(target)

    def _leaving(self, at: _At, known: _Known) -> Iterable[tuple[_At, _Known]]:
        action = self._actions[at.flow][at.action]
        failed = {one.target for one in action.errors if one.error_type != "NoMatchingCondition"}
        works = {one.target for one in action.conditions}
        works |= {one.target for one in action.errors if one.error_type == "NoMatchingCondition"}
        if action.next_action is not None:
            works.add(action.next_action)
        for target in works:
            yield _At(at.flow, target), self._worked(action, known)
        for target in failed:
            yield _At(at.flow, target), known
        for target_flow in self._elsewhere(at, action):
            number_ = next(i for i, one in enumerate(self._flows) if one is target_flow)
            yield _At(number_, target_flow.start), known

    def _elsewhere(self, at: _At, action: Action) -> Iterable[Flow]:
        """Return the flows in which the contact continues with its current data."""
        if not self._policy.external_survives_transfer:
            return
        if action.behaviour == "transfer-to-flow":
            found = self._resolve(text_of(action.parameters.get("ContactFlowId")))
            if found is not None:
                yield found
        if action.behaviour == "to-queue":
            for one in self._flows[at.flow].actions:
                hooks = one.parameters.get("EventHooks") if one.behaviour == "event-hooks" else None
                for hook, reference in hooks.items() if isinstance(hooks, Mapping) else ():
                    found = self._resolve(text_of(reference)) if hook in _HOOKS else None
                    if found is not None:
                        yield found

    def _worked(self, action: Action, known: _Known) -> _Known:
        given: Any = action.parameters
        match action.behaviour:
            case "invoke-function":
                if text_of(given.get("InvocationType")).upper() == "ASYNCHRONOUS":
                    return known
                kept = _Known(_without_external(known.some), _without_external(known.every))
                return _with(kept, f"External of {name_of_function(action)}")
            case "attributes" if given.get("TargetContact") != "Related":
                attributes = given.get("Attributes")
                names = (
                    [key for key in attributes if not find(key)] if isinstance(attributes, Mapping) else []
                )
                return _with(known, *(f"Attributes.{key}" for key in names))
            case "target-queue":
                return _with(known, "Queue")
            case "input" if text_of(given.get("StoreInput")).lower() == "true":
                return _with(known, "StoredCustomerInput")
            case "lex":
                return _with(known, "Lex")
            case _:
                return known


def _first(flow: Flow) -> dict[str, Action]:
    found: dict[str, Action] = {}
    for action in flow.actions:
        found.setdefault(action.identifier, action)
    return found


def _with(known: _Known, *facts: str) -> _Known:
    return _Known(known.some | frozenset(facts), known.every | frozenset(facts))


def _without_external(facts: Facts) -> Facts:
    return frozenset(one for one in facts if not one.startswith("External of "))
