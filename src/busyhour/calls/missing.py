"""Text for each failure: what was missing, and the scenario line that supplies it, where there is one."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from busyhour.errors import did_you_mean
from busyhour.flows.action_types import declared
from busyhour.flows.actions.functions import function_name
from busyhour.flows.failure import Cause, Failure
from busyhour.flows.model import FlowType
from busyhour.flows.references import text_of, whole

if TYPE_CHECKING:
    from busyhour.flows.library import FlowLibrary
    from busyhour.scenarios.model import Scenario

_VALUES: Mapping[str, str] = {
    "transfer-to-flow": "<ARN, id or name of a flow>",
    "invoke-module": "<ARN, id or name of a module>",
    "invoke-function": "<name of a function>",
    "target-queue": "<ARN or name of a queue>",
    "dequeue": "<ARN or name of a queue>",
    "third-party": "<telephone number>",
    "event-hooks": "<ARN, id or name of a flow>",
}
"""Expected content of an empty parameter, by behaviour of the action type."""


def reason_of(failure: Failure) -> str:
    """Describe what was wrong."""
    match failure.cause:
        case Cause.EMPTY_REFERENCE:
            what = f"{failure.what} is empty" if failure.what else "the parameter is empty"
            return f"{failure.type} has no target: {what}"
        case Cause.NO_QUEUE:
            return f"{failure.type}: no queue was set before it"
        case Cause.FLOW_MISSING | Cause.MODULE_MISSING | Cause.HOOK_MISSING:
            kind = "module" if failure.cause is Cause.MODULE_MISSING else "flow"
            return f"{kind} {failure.what!r} is not in the scenario"
        case Cause.FUNCTION_MISSING:
            return f"function {failure.what!r} is not in the scenario"
        case Cause.FUNCTION_FAILED:
            return f"function {failure.what!r} failed ({failure.detail.partition(':')[0]})"
        case _:
            return f"{failure.type} failed: {failure.detail or failure.cause.value}"


def remedy(failure: Failure, scenario: Scenario, library: FlowLibrary) -> str:
    """Return the line to write; empty if no scenario entry would help."""
    match failure.cause:
        case Cause.FLOW_MISSING | Cause.MODULE_MISSING | Cause.HOOK_MISSING:
            return _alias(failure, library)
        case Cause.FUNCTION_MISSING:
            name = function_name(failure.what)
            return f'[functions.{_key(name)}] latency = "<time>" (or handler = "<file.py:callable>"){_near(name, scenario)}'
        case Cause.EMPTY_REFERENCE:
            return _value(failure, scenario, library)
        case Cause.NO_QUEUE:
            return f"an UpdateContactTargetQueue before it in the flow {failure.flow!r}"
        case _:
            return ""


def _alias(failure: Failure, library: FlowLibrary) -> str:
    reference, module = failure.what, failure.cause is Cause.MODULE_MISSING
    kind = "module" if module else "flow"
    candidates = [
        flow.name
        for flow in library
        if (flow.type is FlowType.MODULE) is module and flow.name != failure.flow
    ]
    last = reference.rpartition("/")[2].strip("{}")
    near = difflib.get_close_matches(last, candidates, n=1) or (candidates if len(candidates) == 1 else [])
    if near:
        return f"[flows.aliases] {_key(reference)} = {json.dumps(near[0])}"
    return f'[flows.aliases] {_key(reference)} = "<name of a {kind}>", with its export in [flows] files'


def _near(name: str, scenario: Scenario) -> str:
    hint = did_you_mean(name, scenario.functions)
    return f" ({hint.strip()})" if hint else ""


def _value(failure: Failure, scenario: Scenario, library: FlowLibrary) -> str:
    """Describe the source of an empty reference's value: a function's response, or where an attribute is set."""
    reference = whole(failure.what.partition(",")[0])
    wanted = _VALUES.get(declared(failure.type).behaviour, "<value>")
    if reference is None:
        return f"a value for it in the flow {failure.flow!r}"
    name = ".".join(reference.path)
    if reference.root == "External":
        return _answer(name, wanted, failure, scenario)
    if reference.root == "Attributes":
        given = _given(name, library)
        if given is None:
            return f"contact attribute {name!r}: set it in a flow, or in attributes_of of the load test"
        inner = whole(given)
        if inner is not None and inner.root == "External":
            return _answer(".".join(inner.path), wanted, failure, scenario)
        return f"contact attribute {name!r}, which a flow sets from {given!r}"
    return f"a value for {reference.text}"


def _answer(name: str, wanted: str, failure: Failure, scenario: Scenario) -> str:
    function = function_name(failure.source)
    if not function:
        return f"an InvokeLambdaFunction before it whose response has {name!r}"
    known = scenario.functions.get(function)
    if known is not None and (known.handler or known.url):
        return f"a response of {function!r} that has {name!r} ({known.handler or known.url})"
    return f"[functions.{_key(function)}] response = {{ {_key(name)} = {json.dumps(wanted)} }}"


def _given(attribute: str, library: FlowLibrary) -> str | None:
    """Return the value that some flow gives a contact attribute; None if no flow sets it."""
    for action in (action for flow in library for action in flow.actions):
        values = action.parameters.get("Attributes")
        if action.behaviour != "attributes" or not isinstance(values, Mapping):
            continue
        if attribute in values:
            return text_of(values[attribute])
    return None


def _key(name: str) -> str:
    """Format a key as TOML."""
    plain = name.replace("-", "").replace("_", "")
    return name if plain.isascii() and plain.isalnum() else json.dumps(name, ensure_ascii=False)
