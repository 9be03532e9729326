"""Possible values of references before each action: a few constants, or anything (constant propagation)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from busyhour.exploration.world.candidates import name_of, reads_of
from busyhour.exploration.world.context import Context
from busyhour.exploration.world.inherited import GIVEN_BY_SERVICES, WITH_THE_CONTACT
from busyhour.flows.action_types import declared
from busyhour.flows.model import Action, Flow, FlowType
from busyhour.flows.references import ROOTS, find, text_of, whole

Possible = frozenset[str | None] | None
"""Possible values of a reference; None among them: no value. None for the whole: any value."""

ANY: Possible = None
NOTHING: Possible = frozenset({None})
MOST = 16
"""Number of constants kept for one reference before it counts as any value."""

Values = Mapping[str, Possible]

_OPEN = GIVEN_BY_SERVICES | {"Modules"}
_INHERITED = GIVEN_BY_SERVICES | {
    "External",
    "Lex",
    "StoredCustomerInput",
    "Metrics",
    "MediaStreams",
}
_EMPTY_AT_FIRST = _INHERITED | {"Modules", "FlowAttributes"}


def interesting(flow: Flow) -> set[str]:
    """Return the references whose values affect a branch, and those copied into them."""
    found: set[str] = set()
    for action in flow.actions:
        if action.behaviour in ("compare", "loop-counter", "attributes", "flow-attributes", "data"):
            found.update(one.name for one in reads_of(action))
    return found


def initial(names: Iterable[str], flow: Flow, inherits: bool) -> Values:
    """Return the values when the flow is entered."""
    found: dict[str, Possible] = {}
    for name in names:
        root = name.partition(".")[0]
        if root == "Channel":
            found[name] = frozenset({"VOICE", "CHAT", "TASK", "EMAIL"})
        elif root not in ROOTS:
            found[name] = NOTHING
        elif flow.type is FlowType.MODULE and (root in WITH_THE_CONTACT or name.startswith("Modules.Input")):
            found[name] = ANY
        elif root in _EMPTY_AT_FIRST:
            found[name] = ANY if inherits and root in _INHERITED else NOTHING
        else:
            found[name] = ANY
    return found


def join(left: Values, right: Values) -> Values:
    """Return the values after two paths join."""
    joined: dict[str, Possible] = {}
    for name in left:
        one, other = left[name], right[name]
        if one is None or other is None:
            joined[name] = ANY
        else:
            both = one | other
            joined[name] = ANY if len(both) > MOST else both
    return joined


def leaving(action: Action, kind: str, index: int, values: Values, context: Context) -> Values:
    """Return the values after the action, on one of its branches."""
    failed = kind == "error" and action.errors[index].error_type not in (
        "NoMatchingCondition",
        "InvalidPhoneNumber",
    )
    given = action.parameters
    match action.behaviour:
        case "attributes" if not failed and given.get("TargetContact") != "Related":
            return _assigned(values, "Attributes", given.get("Attributes"), context)
        case "flow-attributes" if not failed:
            return _assigned(values, "FlowAttributes", given.get("FlowAttributes"), context)
        case "data" if not failed:
            return _any(values, {"Name", "Description", "LanguageCode", "CustomerId", "Wisdom"})
        case "voice":
            return _any(values, {"TextToSpeechVoiceId"})
        case "media-streaming":
            return _any(values, {"MediaStreams"})
        case "invoke-function":
            cleared = context.policy.failed_invocation_clears_external
            return _any(
                values, {"External", "LambdaInvocation"} if not failed or cleared else {"LambdaInvocation"}
            )
        case "input":
            return _any(values, {"StoredCustomerInput"})
        case "lex":
            return _any(values, set(declared(action.type).fills))
        case "read-metrics":
            return _any(values, {"Metrics"})
        case "invoke-module":
            return _any(
                values,
                {
                    "Attributes",
                    *_OPEN,
                    "LanguageCode",
                    "Name",
                    "Description",
                    "CustomerId",
                    "Metrics",
                    "MediaStreams",
                    "TextToSpeechVoiceId",
                    "Tags",
                    "SegmentAttributes",
                    "References",
                },
            )
        case "tag" | "untag":
            return _any(values, {"Tags"})
        case behaviour if behaviour not in _PLAIN:
            # A service, or a type that is not modelled: its return values are unknown.
            return _any(values, _OPEN | {"Tags", "References", "SegmentAttributes"})
        case _:
            return values


_PLAIN = frozenset(
    {
        *("message", "loop-prompts", "compare", "loop-counter", "hours", "check-metrics", "wait"),
        *("transfer-to-flow", "to-queue", "to-agent", "disconnect", "end-flow", "end-module"),
        *("configuration", "event-hooks", "callback-number", "routing"),
        *("attributes", "distribute", "flow-attributes", "data", "target-queue"),
    }
)
"""Behaviours without return values."""


def _assigned(values: Values, root: str, given: Any, context: Context) -> Values:
    if not isinstance(given, Mapping):
        return values
    changed = dict(values)
    for key, raw in given.items():
        if find(key):
            return _any(values, {root})
        name = f"{root}.{key}"
        if name in values:
            value = raw.get("Value") if isinstance(raw, Mapping) and root == "FlowAttributes" else raw
            changed[name] = _value(text_of(value), values, root, context)
    return changed


def _value(text: str, values: Values, root: str, context: Context) -> Possible:
    found = find(text)
    if not found:
        removed = not text and root == "Attributes" and context.policy.empty_value_removes_attribute
        return NOTHING if removed else frozenset({text})
    reference = whole(text)
    held = values.get(name_of(reference), ANY) if reference is not None and reference.text == text else ANY
    if held is None:
        return ANY
    empty = None if root == "Attributes" and context.policy.empty_value_removes_attribute else ""
    return frozenset(empty if one in (None, "") else one for one in held)


def _any(values: Values, roots: Iterable[str]) -> Values:
    wanted = frozenset(roots)
    return {
        name: ANY if name.partition(".")[0] in wanted or name in wanted else held
        for name, held in values.items()
    }
