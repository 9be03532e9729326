"""Format readings of quotas as data and as lines of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from busyhour.quotas.freshness import FROM_ACCOUNT
from busyhour.quotas.model import Origin
from busyhour.quotas.resolve import Reading


def as_data(readings: Sequence[Reading], asked: str) -> dict[str, Any]:
    """Return the output of `busyhour quotas --format json`; quotas.schema.json is its schema.

    Args:
        readings: in the order to be printed.
        asked: the sources that the user named.
    """
    return {
        "sources": asked,
        "quotas": [_row(reading) for reading in readings],
        "summary": {
            "quotas": len(readings),
            "by_origin": dict(Counter(str(reading.value.origin) for reading in readings)),
            "problems": sum(len(reading.problems) for reading in readings),
            "disagreements": sum(len(reading.disagreements) for reading in readings),
        },
    }


def _row(reading: Reading) -> dict[str, Any]:
    quota, value = reading.quota, reading.value
    return {
        "key": quota.key,
        "service": quota.service,
        "name": quota.name,
        "code": quota.code,
        "value": value.value,
        "default": quota.default,
        "unit": quota.unit,
        "origin": str(value.origin),
        "read_at": value.read_at,
        "detail": value.detail,
        "scope": str(quota.scope),
        "per": quota.per,
        "kind": str(quota.kind),
        "operation": quota.operation,
        "adjustable": quota.adjustable,
        "adjustable_note": quota.adjustable_note,
        "note": quota.note,
        "source": quota.source,
        "date": quota.date,
        "others": [
            {"value": other.value, "origin": str(other.origin), "read_at": other.read_at}
            for other in reading.others
        ],
        "disagreements": list(reading.disagreements),
        "problems": [
            {"message": problem.message, "origin": str(problem.origin), "action": problem.action}
            for problem in reading.problems
        ],
    }


def remarks(readings: Iterable[Reading]) -> list[str]:
    """Return remarks on the values, each once with its number: contradictions, and what could not be read."""
    counts = Counter(
        text
        for reading in readings
        for text in (*reading.disagreements, *(problem.text for problem in reading.problems))
    )
    return [text if times == 1 else f"{text} ({times} quotas)" for text, times in counts.items()]


def when(reading: Reading) -> str:
    """Return when the value was read: to the minute for a reading, else the date of the page."""
    return reading.value.read_at[:16].replace("T", " ") + ("Z" if "T" in reading.value.read_at else "")


def is_applied(reading: Reading) -> bool:
    """Whether the value is the account's own, not a default."""
    return str(reading.value.origin) in FROM_ACCOUNT or reading.value.origin is Origin.OVERRIDE
