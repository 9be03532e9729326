"""Failures that a call met in its flows: where, why, and what was missing.

Only what does not work is a failure. Branches for what callers, queues and hours do by design (no condition holds,
nothing entered, queue at capacity, a number that is none) are not.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from busyhour.fast_dataclass import value
from busyhour.flows.references import find, text_of

if TYPE_CHECKING:
    from busyhour.flows.compiled import Node


class Cause(StrEnum):
    """Why an action failed."""

    FUNCTION_FAILED = "function failed"
    FUNCTION_MISSING = "missing function"
    FLOW_MISSING = "missing flow"
    MODULE_MISSING = "missing module"
    HOOK_MISSING = "missing hook flow"
    """The flow of an event hook is not there: Connect's default runs in its place. No branch is taken."""
    NO_QUEUE = "no queue set"
    EMPTY_REFERENCE = "empty reference"
    CHANNEL = "other channel"
    """The action does not work on the contact's channel."""
    NO_WAY_ON = "no way on"
    """A branch is missing or not connected, or the flow goes round without an end: Connect cuts the contact off."""
    OTHER = "error"


EXPECTED = frozenset(
    {
        *("NoMatchingCondition", "InputTimeLimitExceeded", "QueueAtCapacity"),
        *("InvalidPhoneNumber", "InvalidCallbackNumber", "ConnectionTimeLimitExceeded"),
    }
)
"""Error types whose branch is a way of the call by design, not a failure."""

WANTING = frozenset(
    {
        *(Cause.FUNCTION_MISSING, Cause.FLOW_MISSING, Cause.MODULE_MISSING),
        *(Cause.NO_QUEUE, Cause.EMPTY_REFERENCE),
    }
)
"""Causes that a line in the scenario (or a value in a function's answer) removes."""


@value
class Failure:
    """One failure of one call. `flow`, `action` (identifier) and `type` are the place."""

    flow: str
    action: str
    name: str
    """The action's name in the designer; empty where it has none."""
    type: str
    cause: Cause
    what: str = ""
    """What was missing: the reference that was empty, or the flow, module or function by the name that the flow uses."""
    source: str = ""
    """Function whose answer `$.External` held at that moment; empty where there was none."""
    detail: str = ""


def failure(node: Node, cause: Cause, what: str = "", source: str = "", detail: str = "") -> Failure:
    """The failure of a node's action."""
    action = node.action
    return Failure(
        node.flow.name, action.identifier, action.display_name, action.type, cause, what, source, detail
    )


def emptied(raw: Any) -> str:
    """The references in a parameter that came out empty, as text; the parameter itself where it has none."""
    text = text_of(raw)
    return ", ".join(dict.fromkeys(one.text for one in find(text))) or text
