"""Tables of exports: CSV in the dialects and encodings that centres' tools write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, read_bytes
from busyhour.learning.exports.fields import cut
from busyhour.project.csv_rows import csv_rows
from busyhour.project.toml_file import shown

_SEPARATORS = ",;\t|"
MOST_COLUMNS = 1_000
"""Columns of an export; those of known systems have about 100."""
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """An export: its headers, and its rows as they are."""

    path: Path
    headers: tuple[str, ...]
    text: str
    separator: str

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and fields of each row that has any; fields that are missing at its end are empty.

        Raises:
            BusyhourError: a row has more fields than there are headers, or cannot be read.
        """
        rows = csv_rows(self.text, self.separator, self._broken)
        next(rows)
        for line, row in rows:
            if not any(field.strip() for field in row):
                continue
            if any(field.strip() for field in row[len(self.headers) :]):
                raise self.error(
                    line,
                    f"{len(row)} fields, and {len(self.headers)} in the header",
                    "Quote fields that contain the separator, and export again.",
                )
            yield line, [*row, *[""] * (len(self.headers) - len(row))]

    def error(self, line: int, problem: str, way_out: str) -> BusyhourError:
        """Return the error of a line."""
        return BusyhourError(f"{shown(self.path)}:{line}: {problem}", way_out)

    def _broken(self, line: int, problem: str) -> BusyhourError:
        return self.error(line, problem, "Export the file again as CSV in UTF-8.")


def read_table(path: Path) -> Table:
    """Read a CSV file with a header.

    UTF-8 or UTF-16 with a mark, UTF-8 without, else Latin-1; comma, semicolon, tab or bar between fields.

    Raises:
        BusyhourError: it cannot be read, or has no header.
    """
    try:
        raw = read_bytes(path, DATA_BYTES)
    except OSError as error:
        raise BusyhourError(
            f"{shown(path)}: cannot be read: {error.strerror}", "Name a CSV export of the centre's calls."
        ) from error
    text = _text(raw, path).replace("\r\n", "\n").replace("\r", "\n")
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    table = Table(path, (), text, separator)
    fields = next(csv_rows(text, separator, table._broken), (1, []))[1]
    headers = tuple(" ".join(name.split()) for name in fields)
    if len(headers) < 2:
        raise table.error(
            1,
            f"{cut(header)} is no header: it has no comma, semicolon, tab or bar",
            "Export with a header line that names the columns.",
        )
    if len(headers) > MOST_COLUMNS:
        raise table.error(
            1, f"has {len(headers):,} columns, and {MOST_COLUMNS:,} are read", "Export fewer columns."
        )
    return replace(table, headers=headers)


def _text(raw: bytes, path: Path) -> str:
    for mark, encoding in _ENCODINGS:
        if raw.startswith(mark):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise BusyhourError(
                    f"{shown(path)}: byte {error.start} is not {encoding}", "Export the file again as UTF-8."
                ) from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
