"""Findings that a flow itself suppresses: `{"ignore": ["rule-id"], "reason": "…"}` in its metadata.

In `Metadata.ActionMetadata[<identifier>].busyhour` it applies to findings on that action, in
`Metadata.busyhour` to those on the flow as a whole. Connect ignores both. Without a reason nothing is
suppressed; the rule `suppression` reports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import FlowView
    from busyhour.flows.model import Pointer

KEY = "busyhour"


@dataclass(frozen=True, slots=True)
class Suppression:
    """The suppression in one place of the metadata.

    `action` is the identifier of the action, empty for the flow as a whole. `broken` describes what is wrong
    with it, empty if nothing is.
    """

    action: str
    pointer: Pointer
    rules: frozenset[str]
    reason: str
    broken: str = ""


def suppressions(flow: FlowView) -> Iterator[Suppression]:
    """Return all suppressions of the flow, malformed ones included."""
    if KEY in flow.metadata:
        yield _read("", ("Metadata", KEY), flow.metadata[KEY])
    for identifier, layout in flow.action_metadata.items():
        if isinstance(layout, dict) and KEY in layout:
            yield _read(identifier, ("Metadata", "ActionMetadata", identifier, KEY), layout[KEY])


def in_force(flow: FlowView) -> Mapping[tuple[str, str], str]:
    """Return (identifier or empty, rule) -> the reason for the suppression."""
    if flow.document is None or KEY not in flow.document.text:
        return {}
    return {
        (one.action, rule): one.reason for one in suppressions(flow) if not one.broken for rule in one.rules
    }


def _read(action: str, pointer: Pointer, raw: Any) -> Suppression:
    def broken(problem: str) -> Suppression:
        return Suppression(action, pointer, frozenset(), "", problem)

    if not isinstance(raw, dict):
        return broken('is not of the form {"ignore": ["rule-id"], "reason": "…"}')
    ignore, reason = raw.get("ignore"), raw.get("reason")
    if not isinstance(ignore, list) or not ignore or not all(isinstance(one, str) for one in ignore):
        return broken('has no list "ignore" with the ids of rules')
    if not isinstance(reason, str) or not reason.strip():
        return broken('has no "reason"')
    if unknown := sorted(raw.keys() - {"ignore", "reason"}):
        return broken(f"has unknown members: {', '.join(unknown)}")
    return Suppression(action, pointer, frozenset(ignore), reason.strip())
