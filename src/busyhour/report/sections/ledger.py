"""The evidence ledger inside a run record: need, request, value in force and proof of each quota."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.quotas.evidence import Row
from busyhour.quotas.ledger import in_words
from busyhour.report.blocks import Section, Tone, cell, section, table, words
from busyhour.report.figures import NEEDED
from busyhour.results.codec import decode
from busyhour.results.record import RunRecord

_COLUMNS = (
    words("Quota"),
    words("Place", below=True),
    words(NEEDED),
    words("Requested"),
    words("Applied"),
    words("Verified under load"),
)


def ledger(record: RunRecord) -> Section | None:
    """The ledger's rows: those where something is left to do first, then others, then the proven ones."""
    rows = [row for row in map(_row, record.ledger) if row is not None]
    rows.sort(key=lambda row: (not row.open, not row.proven, row.place, row.name))
    lines = []
    for row in rows:
        quota, needed, requested, applied, verified = in_words(row)
        tone = Tone.GOOD if row.proven else Tone.WARN if row.open else Tone.NONE
        proof = cell("not yet" if verified == "-" else verified, tone=tone)
        lines.append((quota, row.place, needed, requested, applied, proof))
    caption = "For each quota: its need, the value requested from AWS, the value in force, and what a load run has proven."
    return section(table(_COLUMNS, lines, caption))


def _row(data: Mapping[str, Any]) -> Row | None:
    """A row as this version knows it; one that it cannot read is left out."""
    try:
        return decode(Row, data)
    except BusyhourError:
        return None
