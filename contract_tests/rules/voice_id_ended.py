"""An action of Amazon Connect Voice ID, which AWS has ended."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_TYPES = ("CheckVoiceId", "StartVoiceIdStream")
_DATA = ("VoiceAuthentication", "FraudDetection", "CustomerSpeakerId", "WatchlistId", "VoiceIdDomain")
_ENDED = "2026-05-20"


@rule(
    id="voice-id-ended",
    severity="warning",
    summary="An action of Amazon Connect Voice ID, which AWS has ended",
    why="No caller is authenticated any more: every call takes the error branch.",
    fix="Take the action out and identify callers another way.",
    source=f"AWS administrator guide, end of support for Amazon Connect Voice ID on {_ENDED}",
    group="structure",
    types=(*_TYPES, "UpdateContactData"),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Actions of Voice ID, and its fields of UpdateContactData."""
    for action in flow.of_type(*_TYPES):
        yield flow.problem(f"{action.type}: AWS ended Voice ID on {_ENDED}", action=action)
    for action in flow.of_type("UpdateContactData"):
        for name in _DATA:
            if name in action.parameters:
                yield flow.problem(
                    f"{name}: AWS ended Voice ID on {_ENDED}", "Parameters", name, action=action, key=True
                )
                break
