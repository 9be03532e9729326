"""Read calls per interval from a CSV file, as exported by a workforce management tool."""

from __future__ import annotations

import re
from pathlib import Path

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.input_files import DATA_BYTES, read_text
from busyhour.project.csv_rows import csv_rows, listed
from busyhour.project.toml_file import shown

COLUMNS = ("calls", "offered", "contacts", "volume", "count")
"""Column names of calls in exports, in the order in which they are tried."""

_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+")
"""A number that means 1,200 calls in one country and 1.2 in another."""


def read_intervals(path: Path, column: str | None = None) -> tuple[float, ...]:
    """Read the calls of each interval, in the order of the file.

    The file has a header; blank lines are ignored.

    Args:
        path: the CSV file, comma, semicolon or tab between fields.
        column: the header of the column with the calls; None: the first of `COLUMNS` that exists.

    Raises:
        BusyhourError: the file cannot be read, has no such column, or has a value that is not a number of
            calls.
    """
    try:
        text = read_text(path, DATA_BYTES, encoding="utf-8-sig")
    except OSError as error:
        raise BusyhourError(
            f"{shown(path)}: cannot be read: {error.strerror}", "Correct the path of traffic.intervals.file."
        ) from error
    except UnicodeDecodeError as error:
        raise BusyhourError(
            f"{shown(path)}: byte {error.start} is not UTF-8", "Export the intervals as CSV in UTF-8."
        ) from error

    def broken(line: int, problem: str) -> BusyhourError:
        return BusyhourError(f"{shown(path)}:{line}: {problem}", "Export the intervals as CSV in UTF-8.")

    separator = max(",;\t", key=text.partition("\n")[0].count)
    rows = csv_rows(text, separator, broken)
    header = [name.strip() for name in next(rows, (1, []))[1]]
    place = _column(path, header, column)
    calls = []
    for line, row in rows:
        if not any(field.strip() for field in row):
            continue
        field = row[place].strip() if place < len(row) else ""
        try:
            value = float(field)
        except ValueError:
            value = -1.0
        way_out = "Every row needs a number from 0, with a point for decimals and nothing between thousands."
        where = f"{shown(path)}:{line}"
        if not 0 <= value < float("inf"):
            raise BusyhourError(f"{where}: {header[place]} is {field!r:.80}, not a number of calls", way_out)
        if _THOUSANDS.fullmatch(field):
            raise BusyhourError(
                f"{where}: {header[place]} is {field!r:.80}, thousands or three decimals", way_out
            )
        if any(more.strip() for more in row[len(header) :]):
            raise BusyhourError(f"{where}: {len(row)} fields, and {len(header)} in the header", way_out)
        calls.append(value)
    if not calls:
        raise BusyhourError(f"{shown(path)}: no interval below the header", "Give one row for each interval.")
    return tuple(calls)


def _column(path: Path, header: list[str], wanted: str | None) -> int:
    if wanted is not None:
        if wanted in header:
            return header.index(wanted)
        raise BusyhourError(
            f"{shown(path)}:1: no column {wanted!r}.{did_you_mean(wanted, header)}",
            f"Columns here: {listed(header) or 'none'}.",
        )
    lower = [name.lower() for name in header]
    for name in COLUMNS:
        if name in lower:
            return lower.index(name)
    raise BusyhourError(
        f"{shown(path)}:1: no column is named {', '.join(COLUMNS[:-1])} or {COLUMNS[-1]}",
        f"Name the column with traffic.intervals.column. Columns here: {listed(header) or 'none'}.",
    )
