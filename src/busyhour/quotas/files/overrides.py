"""A file of quota values that the user knows: TOML or JSON, `"L-12AB7C57" = 500` or by key.

With `read_at`, a date, the values are those that the account had on that day; without it they are overrides.

```toml
"L-12AB7C57" = 500
"connect.start-outbound-voice-contact.burst" = 20   # what Support told us
```
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.input_files import parse_json, parse_toml, read_text
from busyhour.quotas.freshness import read_on
from busyhour.quotas.model import Origin, Quota, QuotaValue
from busyhour.quotas.table.quota_table import QuotaTable

READ_AT = "read_at"


class Overrides:
    """Values by quota key, with the place where each is written.

    Args:
        values: quota key -> (value, place for messages: `quotas.toml:3`). read_at: ISO 8601 time of the file,
            or the day on which the values were read from the account. origin: FILE in that case.
    """

    required_iam_actions: tuple[str, ...] = ()

    def __init__(
        self, values: Mapping[str, tuple[float, str]], read_at: str, origin: Origin = Origin.OVERRIDE
    ) -> None:
        self.origin = origin
        self._values = values
        self._read_at = read_at

    def read(self, quota: Quota) -> QuotaValue | None:
        """Return the file's value, or None."""
        if quota.key not in self._values:
            return None
        value, place = self._values[quota.key]
        return QuotaValue(quota, value, self.origin, self._read_at, place)


def read_file(path: Path, table: QuotaTable) -> Overrides:
    """Read a file of overrides; its suffix gives the format (`.json`, otherwise TOML).

    Raises:
        BusyhourError: it cannot be read, is not TOML or JSON, names an unknown quota or one quota twice, or
            gives a value that is not a number of at least 0. The message has file and line.
    """
    try:
        text = read_text(path)
        changed = path.stat().st_mtime
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BusyhourError(
            f"{path}: cannot be read: {why}.", "Give a TOML or JSON file of quota values."
        ) from None
    entries: dict[str, tuple[float, str]] = {}
    data = dict(_parse(path, text))
    read_at = _day(data.pop(READ_AT), f"{path}:{_line_of(READ_AT, text)}") if READ_AT in data else None
    for name, value in _flat(data):
        key, entry = _entry(name, value, table, f"{path}:{_line_of(name, text)}")
        if key in entries:
            raise BusyhourError(
                f"{entry[1]}: {name!r} is {key!r}, which is given in {entries[key][1]} already.", "Keep one."
            )
        entries[key] = entry
    if read_at is not None:
        return Overrides(entries, read_at, Origin.FILE)
    return Overrides(entries, datetime.fromtimestamp(changed, UTC).isoformat(timespec="seconds"))


def _day(value: object, place: str) -> str:
    """ISO 8601 of the day or time of a reading."""
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or read_on(text) is None:
        raise BusyhourError(
            f"{place}: {READ_AT} = {value!r} is not a date.",
            "Write the day on which the values were read from the account: read_at = 2026-11-20.",
        )
    return text


def _parse(path: Path, text: str) -> Mapping[str, Any]:
    try:
        data = parse_json(text) if path.suffix == ".json" else parse_toml(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise BusyhourError(
            f"{path}: not {kind}: {error}", 'Write lines such as "L-12AB7C57" = 500.'
        ) from None
    if not isinstance(data, dict):
        raise BusyhourError(
            f"{path}: holds a {type(data).__name__}, not an object.", 'Write {"L-12AB7C57": 500}.'
        )
    return data


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return entries with dotted names: a key of the table need not be quoted in TOML."""
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _entry(name: str, value: object, table: QuotaTable, place: str) -> tuple[str, tuple[float, str]]:
    try:
        quota = table.find(name)
    except BusyhourError as error:
        raise BusyhourError(f"{place}: {error.message}", error.hint) from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= sys.float_info.max:
        raise BusyhourError(
            f"{place}: {name} = {value!r:.40} is not a quota value.",
            f"Give a number of at least 0, in {quota.unit}.",
        )
    return quota.key, (float(value), place)


def _line_of(name: str, text: str) -> int:
    """Return the line of `name`, or of its last part if it is in a table of its own."""
    for part in (name, name.rpartition(".")[2]):
        wanted = re.compile(rf"""(?:^|[\s{{,."'])["']?{re.escape(part)}["']?\s*[=:]""")
        for number, line in enumerate(text.splitlines(), 1):
            if wanted.search(line):
                return number
    return 1
