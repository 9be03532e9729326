"""A TOML file that knows the line of each key, for messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.input_files import SETTINGS_BYTES, parse_toml, read_text
from busyhour.project.violations import Keys, dotted, explain, not_finite, value_shown

_TABLE = re.compile(r"^\s*\[(?!\[)(?P<name>[^\]]+)\]\s*(#.*)?$")
_LIST_TABLE = re.compile(r"^\s*\[\[(?P<name>[^\]]+)\]\]\s*(#.*)?$")
_KEY_PART = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[A-Za-z0-9_-]+)"
_ASSIGNMENT = re.compile(rf"^\s*(?P<name>{_KEY_PART}(?:\s*\.\s*{_KEY_PART})*)\s*=")
_PART = re.compile(_KEY_PART)
_AT_LINE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_MOST_PROBLEMS = 8


def shown(path: Path) -> str:
    """Format `path` for messages: relative to the current folder if below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A parsed TOML file.

    `lines` are the lines of tables and keys at the start of a line, `elsewhere` the origins of values that do
    not come from the file.
    """

    path: Path
    data: dict[str, Any]
    lines: Mapping[Keys, int]
    elsewhere: Mapping[Keys, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, what: str) -> TomlFile:
        """Read and parse `path`; `what` names the kind of file in messages ("scenario").

        Raises:
            BusyhourError: the file cannot be read, or is not valid TOML: the message has line and column.
        """
        try:
            text = read_text(path, SETTINGS_BYTES)
        except FileNotFoundError as error:
            raise BusyhourError(
                f"{shown(path)}: no such file", f"Give the path of a {what}, a TOML file."
            ) from error
        except UnicodeDecodeError as error:
            raise BusyhourError(
                f"{shown(path)}: byte {error.start} is not UTF-8",
                "TOML is UTF-8; save the file in that encoding.",
            ) from error
        except OSError as error:
            raise BusyhourError(
                f"{shown(path)}: cannot be read: {error.strerror}",
                f"Give the path of a {what}, a TOML file.",
            ) from error
        try:
            data = parse_toml(text)
        except tomllib.TOMLDecodeError as error:
            raise BusyhourError(
                _syntax(path, text, str(error)),
                "Correct the TOML there; strings are in quotes, a table begins with [name] on a line of its own.",
            ) from error
        return cls(path, data, _lines(text))

    def line(self, keys: Sequence[str | int]) -> int | None:
        """Return the line of the value at `keys`, or of the nearest table or key around it.

        None for the file as a whole.
        """
        for end in range(len(keys), 0, -1):
            if (found := self.lines.get(tuple(keys[:end]))) is not None:
                return found
        return None

    def with_values(self, settings: Sequence[str]) -> TomlFile:
        """Return the file with replaced values.

        Each setting is `key.key=value`, as given to the option --set.

        A value is parsed as TOML, and taken as text if that fails: `traffic.duration=20s` needs no quotes.

        Raises:
            BusyhourError: a setting is not of that form, or its parent is not a table.
        """
        data: dict[str, Any] = deepcopy(self.data)
        elsewhere = dict(self.elsewhere)
        for setting in settings:
            match = _ASSIGNMENT.match(setting)
            if match is None:
                raise BusyhourError(
                    f"--set {setting}: not KEY=VALUE", "Write for example --set traffic.duration=20s."
                )
            *above, last = keys = _parts(match["name"])
            table = data
            for depth, key in enumerate(above, start=1):
                if key not in table:
                    table[key] = {}
                    elsewhere[tuple(above[:depth])] = f"--set {setting}"
                table = table[key]
                if not isinstance(table, dict):
                    raise BusyhourError(
                        f"--set {setting}: {dotted(above[:depth])} is {value_shown(table)}, not a table",
                        f"Set {dotted(above[:depth])} itself.",
                    )
            table[last] = _value(setting[match.end() :].strip())
            elsewhere[tuple(keys)] = f"--set {setting}"
        return replace(self, data=data, elsewhere=elsewhere)

    def at(self, keys: Sequence[str | int]) -> str:
        """Return `file:line`, or the file alone if the line is unknown.

        The setting if the value comes from one.
        """
        for end in range(len(keys), 0, -1):
            if (setting := self.elsewhere.get(tuple(keys[:end]))) is not None:
                return setting
        line = self.line(keys)
        return shown(self.path) if line is None else f"{shown(self.path)}:{line}"

    def error(self, keys: Sequence[str | int], problem: str, hint: str | None = None) -> BusyhourError:
        """Return an error at the value of `keys`; `problem` follows the key ("is -3, must be at least 0")."""
        return BusyhourError(f"{self.at(keys)}: {dotted(keys)} {problem}", hint)

    def check(self, schema: Mapping[str, Any]) -> None:
        """Validate the file against a JSON Schema (2020-12).

        TOML has nan and inf, which satisfy every bound of a schema: no key accepts them.

        Raises:
            BusyhourError: it is invalid; one line for each problem, in the order of the file.
        """
        errors = list(_validator()(schema).iter_errors(self.data))
        problems = [*not_finite(self.data), *(problem for error in errors for problem in explain(error))]
        if not problems:
            return
        problems.sort(key=lambda problem: self.line(problem.about) or 0)
        texts = list(dict.fromkeys(f"{self.at(problem.about)}: {problem.text}" for problem in problems))
        if len(texts) > _MOST_PROBLEMS:
            texts[_MOST_PROBLEMS:] = [f"and {len(texts) - _MOST_PROBLEMS} more"]
        raise BusyhourError("\n".join(texts), problems[0].way_out or None)


@lru_cache(maxsize=1)
def _validator() -> Any:
    """Return jsonschema's validator with patterns as JSON Schema means them.

    To Python's `re`, `$` matches before a newline at the end as well.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    def pattern(validator: Any, wanted: str, value: Any, schema: Any) -> Iterator[ValidationError]:
        exact = re.sub(r"(?<!\\)\$$", r"\\Z", wanted)
        if validator.is_type(value, "string") and not re.search(exact, value):
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    return extend(Draft202012Validator, {"pattern": pattern})  # type: ignore[no-untyped-call]  # jsonschema's stubs


def _parts(name: str) -> list[str]:
    """Split `a."b c".d` into its keys, unquoted."""
    parts = []
    for part in _PART.findall(name):
        if part[0] in "\"'":
            try:
                part = next(iter(parse_toml(f"{part} = 0")))
            except tomllib.TOMLDecodeError:
                part = part[1:-1]
        parts.append(part)
    return parts


def _value(text: str) -> Any:
    """Parse a value as TOML; the text itself if it is not TOML."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _lines(text: str) -> dict[Keys, int]:
    """Return the lines of tables and of keys at the start of a line.

    Keys of inline tables have the line of their key.

    A scan, not a parser: a line inside a multi-line string that looks like a key may be taken for one. It
    only affects the line in a message, and the first occurrence of a key counts.
    """
    found: dict[Keys, int] = {}
    counts: dict[Keys, int] = {}
    here: Keys = ()

    def resolve(parts: Sequence[str]) -> Keys:
        keys: Keys = ()
        for part in parts:
            keys = (*keys, part)
            if keys in counts:
                keys = (*keys, counts[keys] - 1)
        return keys

    for number, line in enumerate(text.splitlines(), start=1):
        if match := _LIST_TABLE.match(line):
            parts = _parts(match["name"])
            plain = (*resolve(parts[:-1]), parts[-1])
            counts[plain] = counts.get(plain, 0) + 1
            here = (*plain, counts[plain] - 1)
            found.setdefault(plain, number)
            found.setdefault(here, number)
        elif match := _TABLE.match(line):
            here = resolve(_parts(match["name"]))
            _note(found, here, number, since=0)
        elif match := _ASSIGNMENT.match(line):
            _note(found, (*here, *_parts(match["name"])), number, since=len(here))
    return found


def _note(found: dict[Keys, int], keys: Keys, number: int, since: int) -> None:
    for end in range(since + 1, len(keys) + 1):
        found.setdefault(keys[:end], number)


def _syntax(path: Path, text: str, message: str) -> str:
    match = _AT_LINE.search(message)
    if match and match["line"]:
        where = f"{match['line']}:{match['column']}"
    else:
        lines = text.splitlines() or [""]
        where = f"{len(lines)}:{len(lines[-1]) + 1}"
    problem = _AT_LINE.sub("", message)
    return f"{shown(path)}:{where}: not TOML: {problem[:1].lower()}{problem[1:]}"
