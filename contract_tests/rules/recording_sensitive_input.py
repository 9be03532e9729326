"""The call is recorded while the caller enters something confidential."""

from __future__ import annotations

import re
from collections.abc import Iterator

from busyhour.api.rules import ActionView, Edge, FlowView, Problem, is_true, path_text, rule, shortest

_SECRET = re.compile(
    r"\b(?:(?:credit|debit|payment)[ -]?card(?: number)?|card number|cvv|cvc|security code|pin(?: code| number)?"
    r"|social security(?: number)?|ssn|pass ?code|password)\b",
    re.IGNORECASE,
)
_RECORDERS = ("UpdateContactRecordingBehavior", "UpdateContactRecordingAndAnalyticsBehavior")


@rule(
    id="recording-sensitive-input",
    severity="warning",
    summary="The call is recorded while the caller enters something confidential",
    why="Spoken answers and keys end up in the recording, which rules for payment cards forbid.",
    fix="Switch the recording of the IVR off before the question, and on again after it.",
    source="AWS administrator guide, Set recording behavior: automated interaction (IVR) recording",
    group="resilience",
    types=_RECORDERS,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Confidential input that some path reaches with the recording of the IVR on."""
    asking = [one for one in flow.of_type("GetParticipantInput") if _confidential(one)]
    switches = {one.index: on for one in flow.of_type(*_RECORDERS) if (on := _records(one)) is not None}
    if not asking or True not in switches.values():
        return
    for action in asking:
        for start in (at for at, on in switches.items() if on):
            path = _recorded(flow, start, action.index, switches)
            if path is not None:
                yield flow.problem(
                    f"the IVR is recorded here: switched on by {path_text(flow, path, action.index)}",
                    action=action,
                )
                break


def _confidential(action: ActionView) -> bool:
    """Whether the input is stored, and is encrypted or has a name that suggests confidential data."""
    parameters = action.parameters
    if not is_true(parameters.get("StoreInput")):
        return False
    if "InputEncryption" in parameters:
        return True
    texts = [parameters.get(key) for key in ("Text", "SSML")]
    return any(isinstance(one, str) and _SECRET.search(one) for one in texts)


def _records(action: ActionView) -> bool | None:
    """Whether the action switches the recording of the IVR on or off, None where it changes nothing."""
    for inside in ("RecordingBehavior", "VoiceRecordingBehavior", "VoiceBehavior"):
        found = action.parameters.get(inside)
        if isinstance(found, dict):
            nested = found.get("VoiceRecordingBehavior")
            found = nested if isinstance(nested, dict) else found
            setting = found.get("IVRRecordingBehavior")
            return None if setting is None else setting == "Enabled"
    return None


def _recorded(flow: FlowView, start: int, goal: int, switches: dict[int, bool]) -> list[Edge] | None:
    """A path from where the recording is switched on to the input, on which nothing switches it off."""
    if not flow.graph.reachable[start]:
        return None
    return shortest(flow, start, goal, lambda edge: switches.get(edge.source, True))
