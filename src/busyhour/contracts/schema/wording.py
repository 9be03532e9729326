"""Wording of the messages: lists, JSON values and their kinds, the nearest name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

LONGEST = 80
"""Characters of a value that a message shows."""


def listed(names: Sequence[str], last: str) -> str:
    """Join names: `a, b and c`; empty names are omitted."""
    names = [name for name in names if name]
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def bare_kind(value: Any) -> str:
    """Return the name of a JSON value's kind: `list`."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
        case _:
            return "object"


def json_kind(value: Any) -> str:
    """Return the kind of a JSON value with its article: `a list`."""
    name = bare_kind(value)
    return name if name == "null" else f"an {name}" if name == "object" else f"a {name}"


def shown(value: Any) -> str:
    """Format the value as JSON, shortened if long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
