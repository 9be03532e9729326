"""Texts that a flow plays: plain text and SSML, of prompts, menus, bots and loops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.flow_view import FlowView
    from busyhour.flows.model import Pointer

SPEAKING = (
    "ConnectParticipantWithLexBot",
    "GetParticipantInput",
    "MessageParticipant",
    "MessageParticipantIteratively",
)
"""Types with a text that is played."""


class Spoken(NamedTuple):
    """One text: its action, its pointer within the action, `Text` or `SSML`, and the text itself."""

    action: ActionView
    pointer: Pointer
    kind: str
    text: str


def spoken(flow: FlowView) -> Iterator[Spoken]:
    """Return every text that the flow plays."""
    by_type = flow.by_type
    for type in SPEAKING:
        for action in by_type.get(type, ()):
            yield from _of(action, ("Parameters",), action.parameters)
            messages = action.parameters.get("Messages")
            for at, one in enumerate(messages if isinstance(messages, list) else ()):
                if isinstance(one, dict):
                    yield from _of(action, ("Parameters", "Messages", at), one)


def _of(action: ActionView, place: Pointer, holder: dict[str, Any]) -> Iterator[Spoken]:
    for kind in ("Text", "SSML"):
        text = holder.get(kind)
        if text.__class__ is str and text:
            yield Spoken(action, (*place, kind), kind, text)
