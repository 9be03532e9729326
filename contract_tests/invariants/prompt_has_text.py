"""A prompt that is made of values is not empty."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Played, Violation, invariant
from busyhour.api.invariants import protocol as p


@invariant(
    id="prompt-has-text",
    former_ids=("prompt-says-something",),
    summary="A prompt that is made of values is not empty",
    why="The caller hears nothing where a prompt is meant; Polly rejects empty text.",
    fix="Set the value on every path that leads to the prompt, or read a key that the function returns.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a prompt of references without text although nothing had failed."""
    if call.call.contact.channel != "VOICE":
        return
    for moment in call.moments:
        if moment.fault:
            return
        if isinstance(moment.effect, p.Play) and not moment.effect.text.strip():
            run = call.action_of(moment)
            given = (
                ""
                if run is None
                else str(run.action.parameters.get("Text") or run.action.parameters.get("SSML") or "")
            )
            if "$." in given:
                yield Violation(f"the prompt {given!r} has no value and plays nothing", run)
                return
