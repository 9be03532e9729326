"""Write what was learnt into a scenario file: its comments, order and other tables stay."""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable

from busyhour.atomic_write import write_atomically
from busyhour.errors import BusyhourError
from busyhour.input_files import SETTINGS_BYTES, parse_toml, read_text
from busyhour.learning.learnt import Learnt, LearntValue
from busyhour.learning.render import figure, form, table_of
from busyhour.printable import printable
from busyhour.project.toml_file import shown
from busyhour.scenarios.reader import load

_HEADER = "interval,calls\n"
_OTHER_VOLUMES = ("calls_per_hour", "contacts", "shape", "layers")
"""Members of [traffic] that state the volume otherwise, or change it over a time that is another one now."""


def write_into(scenario: Path, learnt: Learnt, growth: float | None, root: Path) -> Path:
    """Write arrivals and callers into the scenario; return the CSV file of the intervals, which lies beside it.

    The file that results is read as a scenario before the old one is replaced.

    Args:
        scenario: the file.
        learnt: what to write.
        growth: multiplies the recorded volume; None: the file's own stays.
        root: of the project.

    Raises:
        BusyhourError: the file cannot be read or written, or what results is no scenario.
    """
    try:
        text = read_text(scenario, SETTINGS_BYTES)
        parse_toml(text)  # has limits of depth and time, which tomlkit does not have
        document = tomlkit.parse(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, TOMLKitError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise BusyhourError(
            f"{shown(scenario)}: cannot be read: {why}", "Name a scenario file: --into scenarios/NAME.toml."
        ) from error
    traffic, callers = _table(document, "traffic"), _table(document, "callers")
    intervals = scenario.with_name(f"{scenario.stem}-intervals.csv")
    before = _written_before(intervals)
    day = learnt.arrivals.busiest_day
    for key in _OTHER_VOLUMES:
        traffic.pop(key, None)
    stated = tomlkit.inline_table()
    stated |= {"file": intervals.name, "interval": f"{learnt.arrivals.seconds / 60:g}m", "column": "calls"}
    traffic["intervals"] = stated
    traffic["intervals"].comment(f"{_name(learnt)}: {day.date}, the day with the busiest interval")
    if growth is not None:
        traffic["growth"] = growth
    for one in learnt.values:
        if one.key.startswith("callers.") and one.fitted is not None:
            value = tomlkit.inline_table()
            value |= table_of(one.fitted.distribution)
            name = one.key.removeprefix("callers.")
            callers[name] = value
            callers[name].comment(_comment(one, learnt))
    if "wrap_up" not in callers and any(one.key == "callers.talk" for one in learnt.values):
        callers["wrap_up"] = "0s"
    held = _beside(scenario)
    rows = "".join(
        f"{at * learnt.arrivals.seconds // 3600:02.0f}:{at * learnt.arrivals.seconds % 3600 // 60:02.0f},{calls:g}\n"
        for at, calls in enumerate(day.calls)
    )
    try:
        write_atomically(intervals, f"{_HEADER}{rows}")
        write_atomically(held, tomlkit.dumps(document))
        load(held, root=root)
        write_atomically(scenario, tomlkit.dumps(document))
    except BusyhourError as error:
        if before is None:
            intervals.unlink(missing_ok=True)
        else:
            write_atomically(intervals, before)
        message = error.message.replace(held.name, scenario.name)
        raise BusyhourError(f"with what was learnt: {message}", error.hint) from error
    finally:
        held.unlink(missing_ok=True)
    return intervals


def _written_before(intervals: Path) -> str | None:
    """Return the intervals that this command wrote earlier; None if there is no such file.

    Raises:
        BusyhourError: another file has that name.
    """
    if not os.path.lexists(intervals):
        return None
    try:
        text = read_text(intervals, SETTINGS_BYTES)
    except (OSError, UnicodeDecodeError):
        text = ""
    if intervals.is_symlink() or not text.startswith(_HEADER):
        raise BusyhourError(
            f"{shown(intervals)}: exists and is not a file that this command wrote; it would be overwritten.",
            "Move it, or give the scenario another name.",
        )
    return text


def _beside(scenario: Path) -> Path:
    """Make an empty file beside the scenario, under a name that no file has, and return its path."""
    try:
        descriptor, name = tempfile.mkstemp(dir=scenario.parent, prefix=f".{scenario.stem}.", suffix=".toml")
    except OSError as error:
        raise BusyhourError(
            f"{shown(scenario)}: cannot be written: {error.strerror}.",
            "Check the folder and its permissions.",
        ) from error
    os.close(descriptor)
    return Path(name)


def _name(learnt: Learnt) -> str:
    return printable(Path(learnt.source).name)


def _table(document: tomlkit.TOMLDocument, name: str) -> AbstractTable:
    found: Any = document.get(name)
    if not isinstance(found, AbstractTable):
        found = tomlkit.table()
        document[name] = found
    table = document[name]
    assert isinstance(table, AbstractTable)
    return table


def _comment(one: LearntValue, learnt: Learnt) -> str:
    fitted = f", {form(one.fitted)}" if one.fitted is not None and one.fitted.p is not None else ""
    assumed = f"; ASSUMED: {one.assumed}" if one.assumed else ""
    return (
        f"{_name(learnt)}, {learnt.start:%Y-%m-%d} to {learnt.end:%Y-%m-%d}, {one.count:,} calls: "
        f"{figure(one.around, one.unit)}{fitted}{assumed}"
    )
