"""Write what was learnt into a scenario file: its comments, order and other tables stay."""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable

from busyhour.atomic_write import write_atomically
from busyhour.errors import BusyhourError
from busyhour.flows.export.reader import read_file
from busyhour.input_files import SETTINGS_BYTES, parse_toml, read_text
from busyhour.learning.findings import Findings
from busyhour.learning.learnt import Learnt, LearntValue
from busyhour.learning.recorded import behaviour
from busyhour.learning.recorded.flow_logs import FlowLogCounts, Place
from busyhour.learning.render import figure, form, table_of
from busyhour.printable import printable
from busyhour.project.toml_file import shown
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.reader import load

_HEADER = "interval,calls\n"
_OTHER_VOLUMES = ("calls_per_hour", "contacts", "shape", "layers")
"""Members of [traffic] that state the volume otherwise, or change it over a time that is another one now."""


@dataclass(frozen=True, slots=True)
class Written:
    """Files that were written, and what was learnt and has no place in the scenario, with the reason."""

    files: tuple[Path, ...]
    left: tuple[str, ...]


def write_into(scenario: Path, found: Findings, growth: float | None, root: Path) -> Written:
    """Write volumes, callers, choices and functions into the scenario.

    The file that results is read as a scenario before the old one is replaced.

    Args:
        scenario: the file.
        found: what to write.
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
    intervals = scenario.with_name(f"{scenario.stem}-intervals.csv")
    before = _written_before(intervals) if found.calls is not None else None
    left: list[str] = []
    if found.calls is not None:
        _write_volume(document, found.calls, intervals)
        _write_callers(_table(document, "callers"), found.calls)
    if growth is not None:
        _table(document, "traffic")["growth"] = growth
    if found.choices is not None:
        names = _Names(load(scenario, root=root))
        left += _write_choices(_table(document, "callers"), found.choices, names)
        left += _write_hours(document, found.choices)
    left += _write_functions(document, found)
    held = _beside(scenario)
    try:
        if found.calls is not None:
            write_atomically(intervals, f"{_HEADER}{_rows(found.calls)}")
        write_atomically(held, tomlkit.dumps(document))
        load(held, root=root)
        write_atomically(scenario, tomlkit.dumps(document))
    except BusyhourError as error:
        if found.calls is not None and before is None:
            intervals.unlink(missing_ok=True)
        elif before is not None:
            write_atomically(intervals, before)
        message = error.message.replace(held.name, scenario.name)
        raise BusyhourError(f"with what was learnt: {message}", error.hint) from error
    finally:
        held.unlink(missing_ok=True)
    return Written((scenario,) if found.calls is None else (scenario, intervals), tuple(left))


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


def _rows(learnt: Learnt) -> str:
    seconds = learnt.arrivals.seconds
    return "".join(
        f"{at * seconds // 3600:02.0f}:{at * seconds % 3600 // 60:02.0f},{calls:g}\n"
        for at, calls in enumerate(learnt.arrivals.busiest_day.calls)
    )


def _write_volume(document: tomlkit.TOMLDocument, learnt: Learnt, intervals: Path) -> None:
    traffic, day = _table(document, "traffic"), learnt.arrivals.busiest_day
    for key in _OTHER_VOLUMES:
        traffic.pop(key, None)
    stated = tomlkit.inline_table()
    stated |= {"file": intervals.name, "interval": f"{learnt.arrivals.seconds / 60:g}m", "column": "calls"}
    traffic["intervals"] = stated
    traffic["intervals"].comment(f"{_name(learnt.source)}: {day.date}, the day with the busiest interval")


def _write_callers(callers: AbstractTable, learnt: Learnt) -> None:
    for one in learnt.values:
        if one.key.startswith("callers.") and one.fitted is not None:
            _set(
                callers, one.key.removeprefix("callers."), table_of(one.fitted.distribution), _of(one, learnt)
            )
    if "wrap_up" not in callers and any(one.key == "callers.talk" for one in learnt.values):
        callers["wrap_up"] = "0s"


class _Names:
    """Actions of a scenario's flows by the names that its [callers] may use."""

    def __init__(self, scenario: Scenario) -> None:
        self._display: dict[Place, str] = {}
        for file in scenario.flows.files:
            flow = read_file(file)
            for action in flow.actions:
                self._display[flow.name, action.identifier] = action.display_name

    def __contains__(self, place: Place) -> bool:
        return place in self._display

    def name(self, place: Place) -> str:
        """Return `flow/action` with the name that the designer shows."""
        return f"{place[0]}/{self._display.get(place) or place[1]}"

    def spellings(self, place: Place) -> list[str]:
        """Return every key that names this action alone or first."""
        flow, identifier = place
        display = self._display.get(place) or identifier
        alone = [
            name
            for name in {display, identifier}
            if sum(name in (one[1], shown_as) for one, shown_as in self._display.items()) == 1
        ]
        return [f"{flow}/{display}", f"{flow}/{identifier}", *alone]


def _write_choices(callers: AbstractTable, counts: FlowLogCounts, names: _Names) -> list[str]:
    left = []
    for table, choices_of in (("menus", counts.menus), ("inputs", counts.inputs)):
        for place, choices in sorted(choices_of.items()):
            if not choices:
                continue
            if place not in names:
                left.append(
                    f"{'/'.join(place)}: no action of the scenario's flows; its choices are not written."
                )
                continue
            into = _sub_table(callers, table)
            key, *others = [one for one in names.spellings(place) if one in into] or [names.name(place)]
            for other in others:
                into.pop(other)
            days = printable(f"{counts.first[:10]} to {counts.last[:10]}")
            comment = f"{_name(counts.source)}, {days}: {choices.total():,} times"
            if table == "menus":
                _set(into, key, behaviour.menu(choices), comment)
            else:
                into[key] = behaviour.inputs(choices)
                into[key].comment(f"{comment}; ASSUMED: which digits, none are kept")
    return left


def _write_hours(document: tomlkit.TOMLDocument, counts: FlowLogCounts) -> list[str]:
    queues: Any = _tables(document, "queues")
    shares = behaviour.open_shares(counts.hours, queues)
    for name, (share, checks) in shares.items():
        queues[name]["open_share"] = share
        queues[name]["open_share"].comment(f"{_name(counts.source)}: {checks:,} checks of hours")
    if len(shares) == len(counts.hours):
        return []
    return ["Hours checked without a queue of the scenario set before: their share is not written."]


def _write_functions(document: tomlkit.TOMLDocument, found: Findings) -> list[str]:
    left: list[str] = []
    functions: Any = _tables(document, "functions")
    for one in found.functions:
        into = _modelled(functions, one.name, left)
        if into is None:
            continue
        for key, fitted in (("latency", one.latency), ("cold_start", one.cold_start)):
            if fitted is not None:
                _set(into, key, table_of(fitted.distribution), f"{fitted.count:,} reports: {form(fitted)}")
        if one.failed is not None:
            into["error_share"] = round(one.failed.value, 6)
            into["error_share"].comment(f"{one.latency.count:,} reports")
    return left


def _tables(document: tomlkit.TOMLDocument, name: str) -> dict[str, Any]:
    """Return the tables below `name`; what is no table there is named when the result is read as a scenario."""
    found: Any = document.get(name)
    return (
        {key: one for key, one in found.items() if isinstance(one, Mapping)}
        if isinstance(found, Mapping)
        else {}
    )


def _modelled(functions: Mapping[str, Any], name: str, left: list[str]) -> Any:
    """Return the table of a function that is answered by a model; None, with the reason, for any other."""
    if name not in functions:
        left.append(f"{name}: no function of the scenario; what was learnt of it is not written.")
    elif "handler" in functions[name]:
        left.append(f"{name}: its handler runs here, so its recorded times and failures are not written.")
    else:
        return functions[name]
    return None


def _set(table: Any, key: str, members: Mapping[str, Any], comment: str) -> None:
    value = tomlkit.inline_table()
    value |= members
    table[key] = value
    table[key].comment(comment)


def _name(source: str) -> str:
    return printable(Path(source).name)


def _table(document: tomlkit.TOMLDocument, name: str) -> AbstractTable:
    return _sub_table(document, name)


def _sub_table(of: Any, name: str) -> AbstractTable:
    if not isinstance(of.get(name), AbstractTable):
        of[name] = tomlkit.table()
    table = of[name]
    assert isinstance(table, AbstractTable)
    return table


def _of(one: LearntValue, learnt: Learnt) -> str:
    fitted = f", {form(one.fitted)}" if one.fitted is not None and one.fitted.p is not None else ""
    assumed = f"; ASSUMED: {one.assumed}" if one.assumed else ""
    return (
        f"{_name(learnt.source)}, {learnt.start:%Y-%m-%d} to {learnt.end:%Y-%m-%d}, {one.count:,} calls: "
        f"{figure(one.around, one.unit)}{fitted}{assumed}"
    )
