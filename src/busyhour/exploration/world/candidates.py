"""Candidate values for each reference: those that the flows' own conditions test, followed backwards.

A condition on `$.Attributes.tier` determines candidates of `$.External.tier` if a flow copies one into the
other. Values that a parameter requires (a number of loops, a telephone number, a queue) are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from busyhour.exploration.world.values import OTHER, tests_of, witnesses
from busyhour.flows.model import Action, Flow
from busyhour.flows.references import Reference, find, text_of, walk, whole

MOST = 24
"""Maximum number of values for one reference."""

_SINKS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("LoopCount",): ("2", "0", OTHER),
    ("CallbackNumber",): ("+15555550123", OTHER),
    ("ThirdPartyPhoneNumber",): ("+15555550123",),
    ("ThirdPartyConnectionTimeLimitSeconds",): ("20",),
    ("QueueId",): ("a queue",),
    ("AgentId",): ("an agent",),
    ("ContactFlowId",): ("a flow",),
    ("FlowModuleId",): ("a module",),
    ("LambdaFunctionARN",): ("a-function",),
    ("TimeLimitSeconds",): ("60",),
}
"""Parameters that require a certain kind of value, and such values."""


class Read(NamedTuple):
    """One reference that an action reads. `name` is its canonical form, `Root.path`."""

    name: str
    root: str
    path: tuple[str, ...]


class _Copy(NamedTuple):
    """A copy of `source` into `target`, with text before and after it."""

    source: str
    target: str
    before: str
    after: str


def name_of(reference: Reference) -> str:
    """Return the canonical form of a reference, for any spelling."""
    return ".".join((reference.root, *reference.path))


def reads_of(action: Action) -> tuple[Read, ...]:
    """Return the references that an action reads, each once."""
    found = [reference for _, reference in walk(dict(action.parameters))]
    found += [
        reference for one in action.conditions for operand in one.operands for reference in find(operand)
    ]
    return tuple(dict.fromkeys(Read(name_of(one), one.root, one.path) for one in found))


LISTS: Mapping[str, list[dict[str, Any]]] = {"two elements": [{}, {}], "no element": []}
"""Lists for a loop to run over, by the words that stand for them."""


def loop_list(action: Action) -> str:
    """Return the reference to the list that a loop runs over, empty if it runs over none."""
    if action.behaviour != "loop-counter" or "LoopCount" in action.parameters:
        return ""
    given = next((value for key, value in action.parameters.items() if key != "LoopName"), None)
    reference = whole(given) if isinstance(given, str) else None
    return "" if reference is None else name_of(reference)


class CandidateValues:
    """Candidate values by reference, over all flows of a library.

    Args:
        flows: the flows.
        module_of: returns the flow of a module's id, None if missing.
    """

    def __init__(self, flows: Iterable[Flow]) -> None:
        self._values: dict[str, dict[str, None]] = {}
        self._copies: list[_Copy] = []
        self.written: set[str] = set()
        """References that some action writes."""
        self.dynamic: set[str] = set()
        """References compared with other references, and lists of loops: having no value leads elsewhere."""
        for flow in flows:
            for action in flow.actions:
                self._look_at(action)
        self._follow_copies()

    def of(self, name: str) -> tuple[str, ...]:
        """Return candidate values, empty if nothing depends on the reference's value."""
        return tuple(self._values.get(name, ()))

    def _add(self, name: str, values: Iterable[str]) -> bool:
        pool = self._values.setdefault(name, {})
        size = len(pool)
        for value in values:
            if len(pool) >= MOST:
                break
            pool.setdefault(value)
        return len(pool) > size

    def _look_at(self, action: Action) -> None:
        given = action.parameters
        if action.behaviour == "compare":
            self._compare(action)
        if listed := loop_list(action):
            self._add(listed, LISTS)
            self.dynamic.add(listed)
        for path, values in _SINKS.items():
            reference = whole(text_of(given.get(path[0]))) if path[0] in given else None
            if reference is not None:
                self._add(name_of(reference), values)
        match action.behaviour:
            case "attributes":
                self._assign("Attributes", given.get("Attributes"))
            case "flow-attributes":
                self._assign("FlowAttributes", given.get("FlowAttributes"))
            case "invoke-module":
                self._assign("Modules.Input", given.get("Input"))
            case "end-module":
                self._assign("Modules.ResultData", given.get("ResultData"))
                if "Result" in given:
                    self._copy(given["Result"], "Modules.Result")
            case "data":
                for key in ("Name", "Description", "LanguageCode", "CustomerId"):
                    if key in given:
                        self._copy(given[key], key)

    def _compare(self, action: Action) -> None:
        reference = whole(text_of(action.parameters.get("ComparisonValue")))
        if reference is None:
            return
        name = name_of(reference)
        tests = tests_of(action.conditions)
        if tests:
            self._add(name, witnesses(tests))
        for condition in action.conditions:
            for operand in condition.operands:
                for other in find(operand):
                    # Both sides get a common value, so that they can be equal.
                    self.dynamic.update((name, name_of(other)))
                    self._add(name, ("same", OTHER))
                    self._add(name_of(other), ("same", OTHER))

    def _assign(self, root: str, given: Any) -> None:
        if isinstance(given, Mapping):
            for key, value in given.items():
                if isinstance(value, Mapping):
                    value = value.get("Value")
                self._copy(value, f"{root}.{key}")

    def _copy(self, raw: Any, target: str) -> None:
        self.written.add(target)
        text = text_of(raw)
        found = find(text)
        if len(found) == 1:
            one = found[0]
            self._copies.append(_Copy(name_of(one), target, text[: one.start], text[one.end :]))

    def _follow_copies(self) -> None:
        changed = True
        while changed:
            changed = False
            for copy in self._copies:
                values = [
                    inner
                    for value in self._values.get(copy.target, ())
                    if value.startswith(copy.before) and value.endswith(copy.after)
                    if (inner := value[len(copy.before) : len(value) - len(copy.after)])
                ]
                if copy.before or copy.after:
                    # A value that matches no condition need not have the same prefix and suffix.
                    values.append(OTHER)
                changed = (copy.target in self._values and self._add(copy.source, values)) or changed
