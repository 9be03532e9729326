"""An Identifier is missing, too long, or has characters that are not allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, json_kind, rule

MAX_LENGTH = 50

_ILLEGAL = re.compile(r"[%:(\\/)=$,;\[\]{}]")
_RESERVED = frozenset(
    {
        "__proto__",
        "constructor",
        "__defineGetter__",
        "__defineSetter__",
        "toString",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "valueOf",
    }
)


@rule(
    id="identifier",
    severity="error",
    summary="An Identifier is missing, too long, or has characters that are not allowed",
    why="Connect rejects the flow.",
    fix="Use at most 50 characters without % : ( \\\\ / ) = $ , ; [ ] { } and none of the reserved names.",
    source="AWS, Amazon Connect Flow language (2019-10-30)",
    group="structure",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """An Identifier is missing, too long, or has characters that are not allowed."""
    names = flow.by_identifier.keys()
    if (
        len(names) == len(flow.actions)
        and _ILLEGAL.search("".join(names)) is None
        and _RESERVED.isdisjoint(names)
        and max(map(len, names), default=0) <= MAX_LENGTH
    ):
        return
    for action in flow.actions:
        name = action.identifier
        if name and len(name) <= MAX_LENGTH and _ILLEGAL.search(name) is None and name not in _RESERVED:
            continue
        if action.stray:
            continue
        where = f"Actions[{action.index}].Identifier"
        given = action.raw.get("Identifier")
        if "Identifier" not in action.raw:
            yield flow.problem(f"Actions[{action.index}] has no Identifier", action=action)
        elif not isinstance(given, str):
            yield flow.problem(
                f"{where} is {json_kind(given)}; an Identifier is a string", "Identifier", action=action
            )
        elif not name:
            yield flow.problem(f"{where} is an empty string", "Identifier", action=action)
        elif name in _RESERVED:
            yield flow.problem(f"{where} is {name!r}, a reserved name", "Identifier", action=action)
        elif len(name) > MAX_LENGTH:
            yield flow.problem(
                f"{where} has {len(name)} characters; at most {MAX_LENGTH} are allowed",
                "Identifier",
                action=action,
            )
        else:
            bad = sorted(set(_ILLEGAL.findall(name)))
            yield flow.problem(
                f"{where} {name!r} has the character {' '.join(bad)}, which an Identifier cannot have",
                "Identifier",
                action=action,
            )
