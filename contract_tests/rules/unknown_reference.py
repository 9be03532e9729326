"""A reference begins with a name that Connect does not know."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import ROOTS, FlowView, Problem, Severity, did_you_mean, rule

_NEVER_FILLED = frozenset({"LambdaResponse", "LastPressedDigit", "UserInput"})
"""Seen in hand-written flows; nothing fills them."""

_KNOWN = ROOTS - _NEVER_FILLED


@rule(
    id="unknown-reference",
    severity="warning",
    summary="A reference begins with a name that Connect does not know",
    why="Such a reference is empty on every call.",
    fix="Contact attributes are $.Attributes.<key>, answers of Lambda functions $.External.<key>.",
    source="AWS administrator guide, list of available contact attributes and their JSONPath references",
    group="data-flow",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A reference begins with a name that Connect does not know.

    One that resembles no known name is worth a note only: Connect knows some that AWS does not document.
    """
    reported: set[tuple[int, str]] = set()
    for read in flow.reads:
        reference = read.reference
        if reference.root in _KNOWN or not reference.text.startswith(("$.", "$[")):
            continue
        if (read.action, reference.text) in reported:
            continue
        reported.add((read.action, reference.text))
        guess = did_you_mean(reference.root, _KNOWN)
        certain = bool(guess) or reference.root in _NEVER_FILLED
        yield flow.problem(
            f"{reference.text} is empty on every call: there is no $.{reference.root}.{guess}"
            if certain
            else f"$.{reference.root} is not a reference that AWS documents",
            *read.pointer,
            action=flow.actions[read.action],
            severity=None if certain else Severity.NOTE,
        )
