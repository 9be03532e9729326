"""Failures of a call in its flows: place, cause, and what was missing.

Branches for what callers, queues and hours do by design (no condition matches, no input, queue at capacity,
an invalid number) are not failures.
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
    """The flow of an event hook does not exist: Connect's default runs instead. No branch is taken."""
    NO_QUEUE = "no queue set"
    EMPTY_REFERENCE = "empty reference"
    CHANNEL = "other channel"
    """The action does not work on the contact's channel."""
    NO_WAY_ON = "no way on"
    """A branch is missing or not connected, or the flow loops without end: Connect cuts the contact off."""
    OTHER = "error"


class TextTooLongError(Exception):
    """The text of a prompt, with its references resolved, has more characters than Connect speaks."""


EXPECTED = frozenset(
    {
        *("NoMatchingCondition", "InputTimeLimitExceeded", "QueueAtCapacity"),
        *("InvalidPhoneNumber", "InvalidCallbackNumber", "ConnectionTimeLimitExceeded"),
    }
)
"""Error types whose branch is a path by design, not a failure."""

WANTING = frozenset(
    {
        *(Cause.FUNCTION_MISSING, Cause.FLOW_MISSING, Cause.MODULE_MISSING),
        *(Cause.NO_QUEUE, Cause.EMPTY_REFERENCE),
    }
)
"""Causes that a line in the scenario (or a value in a function's response) removes."""


@value
class Failure:
    """One failure of one call. `flow`, `action` (identifier) and `type` are the place."""

    flow: str
    action: str
    name: str
    """The action's name in the designer; empty without one."""
    type: str
    cause: Cause
    what: str = ""
    """The missing item: the empty reference, or the flow, module or function by the name that the flow uses."""
    source: str = ""
    """Function whose response `$.External` had at that moment; empty without one."""
    detail: str = ""


def failure(node: Node, cause: Cause, what: str = "", source: str = "", detail: str = "") -> Failure:
    """Make the failure of a node's action."""
    action = node.action
    return Failure(
        node.flow.name, action.identifier, action.display_name, action.type, cause, what, source, detail
    )


def emptied(raw: Any) -> str:
    """Return the references in a parameter that resolved to nothing, as text.

    Without references, the parameter itself.
    """
    text = text_of(raw)
    return ", ".join(dict.fromkeys(one.text for one in find(text))) or text
