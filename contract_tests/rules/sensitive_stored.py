"""A card or identity number is stored in a contact attribute."""

from __future__ import annotations

import re
from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, attributes_set, carries_secret, confidential, rule

_SAFE = re.compile(r"encr|cipher|mask|hash|token", re.IGNORECASE)


@rule(
    id="sensitive-stored",
    severity="warning",
    summary="A card or identity number is stored unencrypted in a contact attribute",
    why="Attributes are in contact records, exports and flow logs: rules for payment cards forbid that.",
    fix="Encrypt the input (InputEncryption) and pass it to a function only; store its last digits at most.",
    source="AWS administrator guide, Store customer input: encrypt sensitive customer data",
    group="security",
    types=("UpdateContactAttributes",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Attributes set to an unencrypted input that a prompt asks for as secret, or to a slot with such a name."""
    carried = frozenset().union(*carries_secret(flow).values())
    encrypted = any("InputEncryption" in one.parameters for one in flow.of_type("GetParticipantInput"))
    for read in flow.reads:
        action = flow.actions[read.action]
        root, path = read.reference.root, read.reference.path
        key = read.pointer[-1]
        if (
            not attributes_set(action)
            or not isinstance(key, str)
            or read.pointer[:2] != ("Parameters", "Attributes")
        ):
            continue
        if _SAFE.search(key):
            continue
        entered = root == "StoredCustomerInput" and (
            read.action in carried or (confidential(key) and not encrypted)
        )
        slot = root == "Lex" and path[:1] in (("Slots",), ("SessionAttributes",)) and confidential(path[-1])
        if entered or slot:
            yield flow.problem(
                f"{read.reference.text}, a card or identity number, is stored in the attribute {key}",
                *read.pointer,
                action=action,
            )
