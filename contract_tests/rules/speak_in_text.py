"""A plain text that has SSML in it."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import SPEAKING, FlowView, Problem, rule, spoken


@rule(
    id="speak-in-text",
    severity="warning",
    summary="A plain text that has SSML in it",
    why="AWS documents the parameter as plain text: callers can hear the tags read aloud.",
    fix="Move the text into the parameter SSML (in the designer: Interpret as SSML).",
    source="AWS developer guide, MessageParticipant: Text and SSML are different parameters",
    group="schema",
    types=SPEAKING,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Texts with the tag `<speak>`."""
    for action, pointer, kind, text in spoken(flow):
        if kind == "Text" and ("<speak>" in text or "<speak " in text or "</speak>" in text):
            yield flow.problem(
                "<speak> in the parameter Text: AWS documents markup for the parameter SSML only",
                *pointer,
                action=action,
            )
