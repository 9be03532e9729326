"""The run record itself, as in run.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from busyhour.results.record import RunRecord


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """Indented JSON, keys in the record's order."""
    import orjson

    return orjson.dumps(asdict(record), option=orjson.OPT_INDENT_2) + b"\n"
