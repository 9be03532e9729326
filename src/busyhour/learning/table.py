"""Tables of exports: CSV in the dialects and encodings that centres' tools write."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, read_bytes
from busyhour.project.toml_file import shown

_SEPARATORS = ",;\t|"
_ENCODINGS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """An export: its headers, and its rows as they are."""

    path: Path
    headers: tuple[str, ...]
    lines: tuple[str, ...]
    separator: str

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield line number and fields of each row that has any; fields that are missing at its end are empty.

        Raises:
            BusyhourError: a row has more fields than there are headers.
        """
        reader = csv.reader(self.lines, delimiter=self.separator)
        next(reader)
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if any(field.strip() for field in row[len(self.headers) :]):
                raise self.error(
                    reader.line_num,
                    f"{len(row)} fields, and {len(self.headers)} in the header",
                    "Quote fields that contain the separator, and export again.",
                )
            yield reader.line_num, [*row, *[""] * (len(self.headers) - len(row))]

    def error(self, line: int, problem: str, way_out: str) -> BusyhourError:
        """Return the error of a line."""
        return BusyhourError(f"{shown(self.path)}:{line}: {problem}", way_out)


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
    lines = tuple(_text(raw, path).splitlines())
    header = lines[0] if lines else ""
    separator = max(_SEPARATORS, key=header.count)
    headers = tuple(name.strip() for name in next(csv.reader([header], delimiter=separator), []))
    if len(headers) < 2:
        raise BusyhourError(
            f"{shown(path)}:1: {header[:60]!r} is no header: it has no comma, semicolon, tab or bar",
            "Export with a header line that names the columns.",
        )
    return Table(path, headers, lines, separator)


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
