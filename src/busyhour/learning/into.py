"""Write what was learnt into a scenario file: its comments, order and other tables stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable

from busyhour.atomic_write import write_atomically
from busyhour.errors import BusyhourError
from busyhour.learning.learnt import Learnt, LearntValue
from busyhour.learning.render import figure, form, table_of
from busyhour.project.toml_file import shown
from busyhour.scenarios.reader import load

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
        document = tomlkit.parse(scenario.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, TOMLKitError) as error:
        raise BusyhourError(
            f"{shown(scenario)}: cannot be read: {error}", "Name a scenario file: --into scenarios/NAME.toml."
        ) from error
    traffic, callers = _table(document, "traffic"), _table(document, "callers")
    intervals = scenario.with_name(f"{scenario.stem}-intervals.csv")
    day = learnt.arrivals.busiest_day
    for key in _OTHER_VOLUMES:
        traffic.pop(key, None)
    stated = tomlkit.inline_table()
    stated |= {"file": intervals.name, "interval": f"{learnt.arrivals.seconds / 60:g}m", "column": "calls"}
    traffic["intervals"] = stated
    traffic["intervals"].comment(f"{Path(learnt.source).name}: {day.date}, the day with the busiest interval")
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
    held = scenario.with_name(f".{scenario.name}.learnt.toml")
    rows = "".join(
        f"{at * learnt.arrivals.seconds // 3600:02.0f}:{at * learnt.arrivals.seconds % 3600 // 60:02.0f},{calls:g}\n"
        for at, calls in enumerate(day.calls)
    )
    try:
        write_atomically(intervals, f"interval,calls\n{rows}".encode())
        held.write_text(tomlkit.dumps(document), encoding="utf-8")
        load(held, root=root)
        write_atomically(scenario, held.read_bytes())
    except BusyhourError as error:
        message = error.message.replace(held.name, scenario.name)
        raise BusyhourError(f"with what was learnt: {message}", error.hint) from error
    finally:
        held.unlink(missing_ok=True)
    return intervals


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
        f"{Path(learnt.source).name}, {learnt.start:%Y-%m-%d} to {learnt.end:%Y-%m-%d}, {one.count:,} calls: "
        f"{figure(one.around, one.unit)}{fitted}{assumed}"
    )
