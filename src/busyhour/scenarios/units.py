"""Parse and format durations ("90s", "2m", "1h30m", "250ms", or a number of seconds)."""

from __future__ import annotations

import re

_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PART = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|[dhms])\s*")


def seconds(value: str | float) -> float:
    """Parse a duration to seconds; a bare number is in seconds.

    Units must descend and occur once each.

    Raises:
        ValueError: `value` is not a duration; the message gives the reason ("has an hour after a minute").
    """
    if isinstance(value, int | float):
        if not 0 <= value < float("inf"):
            raise ValueError("is not a duration: a number of seconds from 0 is needed")
        return float(value)
    total, place, last = 0.0, 0, ""
    while place < len(value):
        part = _PART.match(value, place)
        if part is None:
            raise ValueError(f"is not a duration: {value[place:].strip()!r} is not understood")
        unit = part["unit"]
        if last and _SECONDS[unit] >= _SECONDS[last]:
            raise ValueError(f"is not a duration: {unit!r} comes after {last!r}")
        # 0.001 has no exact binary form; dividing keeps "250ms" at exactly 0.25.
        total += float(part["number"]) / 1000.0 if unit == "ms" else float(part["number"]) * _SECONDS[unit]
        place, last = part.end(), unit
    if not last:
        raise ValueError("is not a duration: it is empty")
    return total


def written(value: float) -> str:
    """Format a duration of `value` seconds, to the millisecond, such that `seconds` reads it.

    "1h30m", "2s500ms".
    """
    rest = round(value * 1000)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
