"""Calls per interval from records of real contacts.

Contact records (CTR), a contact search export, SearchContacts.

Contacts are counted by `InitiationTimestamp`, the time at which a contact arrived or was dialled (Connect API
reference, ContactSearchSummary). Contact records are delivered at least once, so a repeated contact counts
once.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, MAX_DEPTH, depth, read_text
from busyhour.project.csv_rows import csv_rows, listed
from busyhour.project.toml_file import shown

INBOUND = ("INBOUND",)
OUTBOUND = ("OUTBOUND", "API", "EXTERNAL_OUTBOUND")
"""InitiationMethods of new calls; transfers and callbacks follow from them."""

MOST_INTERVALS = 200_000
"""A week in steps of 5 seconds; more is taken as a mistake in the interval."""

_TIMESTAMP, _CHANNEL, _METHOD = "initiationtimestamp", "channel", "initiationmethod"
_IDENTITIES = ("contactid", "id")
_LISTS = ("Contacts", "Contact")
"""Members of API responses that contain the contacts (SearchContacts, DescribeContact)."""

_MOST_SECONDS = 253_402_300_800.0
"""Epoch seconds of the year 10000; a larger number is not a time in seconds."""

Row = tuple[str, Mapping[str, Any]]
"""Place of a record (`line 3`, `record 3`) and its fields, by name in lower case without spaces."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filter of contacts. A record without the field in question passes."""

    channel: str = "VOICE"
    methods: Sequence[str] = INBOUND
    start: float | None = None
    """Epoch seconds; earlier contacts are ignored, and the first interval begins here.

    None: with the first contact.
    """


def read_contacts(path: Path, interval: float, wanted: Wanted) -> tuple[float, ...]:
    """Count contacts in each interval, from the first (or `wanted.start`) to the last.

    Args:
        path: CSV with a header, or JSON: an array, objects one after another, or a response of
            SearchContacts.
        interval: its length in seconds. Without a start, intervals begin at whole multiples of it in UTC.
        wanted: filter of contacts.

    Raises:
        BusyhourError: the file cannot be read, has no InitiationTimestamp, or no contact in it counts.
    """
    try:
        text = read_text(path, DATA_BYTES, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BusyhourError(
            f"{shown(path)}: cannot be read: {getattr(error, 'strerror', None) or error}",
            "Export contacts as CSV or JSON in UTF-8.",
        ) from error
    rows = _json(path, text) if text.lstrip()[:1] in ("{", "[") else _csv(path, text)
    moments = sorted(_moments(path, rows, wanted))
    if not moments:
        raise BusyhourError(
            f"{shown(path)}: no contact counts: channel {wanted.channel}, initiated by {' or '.join(wanted.methods)}",
            "Set traffic.contacts.channel, methods or start to values in the file.",
        )
    first = wanted.start if wanted.start is not None else math.floor(moments[0] / interval) * interval
    count = int((moments[-1] - first) // interval) + 1
    if count > MOST_INTERVALS:
        raise BusyhourError(
            f"{shown(path)}: from the first contact to the last are {count:,} intervals of {interval:g} s",
            "Give a longer traffic.contacts.interval, or an export of less time.",
        )
    calls = [0.0] * count
    for moment in moments:
        calls[int((moment - first) // interval)] += 1.0
    return tuple(calls)


def _moments(path: Path, rows: Iterable[Row], wanted: Wanted) -> Iterator[float]:
    seen: set[str] = set()
    for where, row in rows:
        if _TIMESTAMP not in row:
            raise BusyhourError(
                f"{shown(path)}: {where}: no InitiationTimestamp",
                f"Export contact records or a contact search. Fields here: {listed(row) or 'none'}.",
            )
        if not _is(row.get(_CHANNEL), (wanted.channel,)) or not _is(row.get(_METHOD), wanted.methods):
            continue
        identity = next((str(row[name]) for name in _IDENTITIES if row.get(name)), "")
        if identity and identity in seen:
            continue
        seen.add(identity)
        moment = _moment(row[_TIMESTAMP])
        if moment is None:
            raise BusyhourError(
                f"{shown(path)}: {where}: InitiationTimestamp is {row[_TIMESTAMP]!r:.80}, not a date and time",
                "Times are like 2026-11-02T08:00:00Z, or seconds since 1970.",
            )
        if wanted.start is None or moment >= wanted.start:
            yield moment


def _is(value: Any, wanted: Sequence[str]) -> bool:
    return value in (None, "") or str(value).strip().upper() in wanted


def _moment(value: Any) -> float | None:
    """Return epoch seconds of a timestamp; without an offset it is UTC. None if it is not a timestamp."""
    try:
        seconds = float(value)
        return seconds if abs(seconds) < _MOST_SECONDS else None
    except OverflowError:
        return None
    except (TypeError, ValueError):
        pass
    text = str(value).strip()
    if text.endswith(("UTC", "GMT")):
        text = f"{text[:-3].rstrip()}+00:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def header_name(header: str) -> str:
    """Return a column header without case, spaces and punctuation."""
    return re.sub(r"[^a-z0-9]", "", header.lower())


def _csv(path: Path, text: str) -> Iterator[Row]:
    def broken(line: int, problem: str) -> BusyhourError:
        return BusyhourError(f"{shown(path)}:{line}: {problem}", "Export contacts as CSV or JSON in UTF-8.")

    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv_rows(text, separator, broken)
    names = [header_name(header) for header in next(rows, (1, []))[1]]
    for line, row in rows:
        if any(field.strip() for field in row):
            yield f"line {line}", dict(zip(names, row, strict=False))


def _json(path: Path, text: str) -> Iterator[Row]:
    """Yield objects, nested or not: Kinesis Data Firehose puts them one after another without a separator."""
    decoder = json.JSONDecoder()
    at, number = 0, 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise BusyhourError(
                f"{shown(path)}:{error.lineno}:{error.colno}: not JSON: {error.msg}",
                "Give contact records as JSON objects, or a CSV export.",
            ) from error
        except (RecursionError, ValueError):  # too deep, or an integer of more than 4,300 digits
            value, deep = None, True
        else:
            deep = depth(value) > MAX_DEPTH
        if deep:
            raise BusyhourError(
                f"{shown(path)}: the JSON value after record {number} is nested more than {MAX_DEPTH} levels deep, or has "
                "an integer of more than 4,300 digits",
                "Give contact records as JSON objects, or a CSV export.",
            )
        for record in _records(value):
            number += 1
            yield f"record {number}", {header_name(key): field for key, field in record.items()}


def _records(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for item in value:
            yield from _records(item)
    elif isinstance(value, dict):
        inside = next((value[name] for name in _LISTS if isinstance(value.get(name), list | dict)), None)
        if inside is None:
            yield value
        else:
            yield from _records(inside)
