"""A card or identity number is spoken back."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import SPEAKING, FlowView, Problem, carries_secret, confidential, rule

_TEXTS = ("Text", "SSML")


@rule(
    id="sensitive-spoken",
    severity="warning",
    summary="A card or identity number is spoken back to the caller",
    why="It is heard by bystanders and is in the recording, which rules for payment cards forbid.",
    fix="Read back the last digits at most.",
    source="PCI DSS 4.0, requirement 3: mask card numbers when displayed, no storage after authorisation",
    group="security",
    types=SPEAKING,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Texts with an input that a prompt asked for as secret, or with an attribute or a slot of such a name."""
    reads = [one for one in flow.reads if one.pointer[-1] in _TEXTS]
    if not reads:
        return
    carried = frozenset().union(*carries_secret(flow).values())
    for read in reads:
        action = flow.actions[read.action]
        if action.type not in SPEAKING:
            continue
        root, path = read.reference.root, read.reference.path
        stored = root == "StoredCustomerInput" and read.action in carried
        named = root in ("Attributes", "External", "Lex") and bool(path) and confidential(path[-1])
        if stored or named:
            yield flow.problem(
                f"{read.reference.text}, a card or identity number, is read aloud",
                *read.pointer,
                action=action,
            )
