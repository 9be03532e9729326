"""No ordinary call is cut off before the caller has heard anything."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import FlowType, Played, Violation, invariant
from busyhour.api.invariants import protocol as p


@invariant(
    id="heard-before-disconnect",
    former_ids=("ends-with-a-word",),
    summary="No caller is disconnected before having heard anything",
    why="The caller thinks that the line is broken, and calls again.",
    fix="Say why the call ends before disconnecting.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a telephone call without a failure that the flow disconnects before the caller heard anything."""
    ended = call.ended
    if (
        ended is None
        or ended.terminal != "DisconnectParticipant"
        or call.entry.type not in (None, FlowType.CONTACT_FLOW)
    ):
        return
    contact = call.call.contact
    if call.elsewhere or contact.channel != "VOICE" or contact.initiation_method != "INBOUND":
        return
    if not call.moments or any(one.fault for one in call.moments):
        return
    met = any(one.is_heard or isinstance(one.effect, p.Enqueue | p.Dial | p.Invoke) for one in call.moments)
    callback = any(
        isinstance(one.effect, p.Service) and one.effect.type == "CreateCallbackContact"
        for one in call.moments
    )
    if not met and not callback:
        yield Violation("the caller is disconnected and has heard nothing", call.actions[-1])
