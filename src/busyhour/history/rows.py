"""Rows of the history: a run to a row of the table, and a row to a run or its summary."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from busyhour.history.entry import Entry, Judgement, Night
from busyhour.input_files import MIB, parse_json
from busyhour.regression.compare import Confirmation
from busyhour.regression.metrics.observation import Observation, from_json, name_of
from busyhour.results.codec import decode, encode

MOST_BYTES = 64 * MIB
"""Most bytes of one run's measurements."""


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the summary of a run from its columns; raises as `night_of`."""
    id_, run_id, started, of, outcome, worse, accepted, revision, repeat_of, version, name, judgement = row
    return Entry(
        *(id_, run_id, started, of, outcome, None if worse is None else bool(worse), bool(accepted)),
        *(revision, repeat_of, version, name or name_of(run_id, started, of)),
        decode(Judgement, parse_json(judgement)).shown,
    )


def night_of(row: Sequence[Any]) -> Night:
    """Return a run from its columns.

    Raises:
        BusyhourError, ValueError, TypeError, zlib.error: a column is damaged.
    """
    confirmation = parse_json(row[7])
    return Night(
        observation=from_json(parse_json(_unpacked(row[1]))),
        regressed=None if row[2] is None else bool(row[2]),
        accepted=bool(row[3]),
        revision=row[4],
        flows=parse_json(row[5]),
        added=row[6],
        id=row[0],
        confirmation=None if confirmation is None else decode(Confirmation, confirmation),
        repeat_of=row[8],
        judgement=decode(Judgement, parse_json(row[9])),
    )


def _unpacked(packed: bytes) -> bytes:
    """Decompress an observation of at most `MOST_BYTES`.

    Raises:
        ValueError: it is larger, or incomplete.
        zlib.error: it is damaged.
    """
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(packed, MOST_BYTES)
    if not unpacking.eof:
        raise ValueError(f"its measurements are incomplete, or larger than {MOST_BYTES:,} bytes")
    return text


def identity_of(observation: Observation) -> str:
    """Return the plan of a run as text, equal for equal plans."""
    return json.dumps(observation.identity, sort_keys=True)


def row_of(night: Night) -> tuple[Any, ...]:
    """Return the columns of a run."""
    one = night.observation
    packed = json.dumps(encode(one), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return (
        one.run_id,
        one.started,
        str(one.identity.get("name")),
        identity_of(one),
        one.outcome,
        night.added or datetime.now(UTC).isoformat(timespec="seconds"),
        zlib.compress(packed.encode(), 6),
        None if night.regressed is None else int(night.regressed),
        int(night.accepted),
        night.revision,
        json.dumps(night.flows, sort_keys=True),
        json.dumps(encode(night.confirmation)),
        night.repeat_of,
        json.dumps(encode(night.judgement)),
        one.version,
        one.name,
    )
