"""`key=value` on the command line: values that take the place of a scenario file's for one run."""

from __future__ import annotations

import tomllib
from typing import Any

from busyhour.errors import BusyhourError


def put(data: dict[str, Any], setting: str) -> None:
    """Put one setting into parsed TOML; tables on the way are made.

    The key is dotted; a part with a dot in it stands in quotes, as in TOML. The value is read as TOML where it is
    TOML (`5`, `true`, `["a"]`, `{ at_most = 1 }`), otherwise it is a string (`20s`).

    Raises:
        BusyhourError: it is not `key=value`, or a part of the key is there and is no table.
    """
    key, equals, text = setting.partition("=")
    if not equals or not key.strip():
        raise BusyhourError(
            f"The setting {setting!r} is not KEY=VALUE.", "Write for example --set traffic.duration=20s."
        )
    *tables, last = _parts(key.strip(), setting)
    at = data
    for part in tables:
        inner = at.setdefault(part, {})
        if not isinstance(inner, dict):
            raise BusyhourError(
                f"The setting {setting!r}: {part!r} is {inner!r} in the scenario, no table.",
                "Leave out what follows it.",
            )
        at = inner
    at[last] = _value(text.strip())


def _parts(key: str, setting: str) -> list[str]:
    try:
        at: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        raise BusyhourError(
            f"The setting {setting!r}: {key!r} is no dotted key.",
            "Put a part that has other characters than letters, digits, - and _ in double quotes.",
        ) from None
    parts = []
    while isinstance(at, dict):
        ((part, at),) = at.items()
        parts.append(part)
    return parts


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
