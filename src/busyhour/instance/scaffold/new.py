"""Write a new scenario of a pulled project, read back before it is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from busyhour.atomic_write import write_atomically
from busyhour.errors import BusyhourError
from busyhour.instance.scaffold.entry import entry_flow
from busyhour.instance.scaffold.known import read_facts
from busyhour.instance.scaffold.reach import reach
from busyhour.instance.scaffold.write import Writer
from busyhour.project import Project
from busyhour.scenarios.reader import load

_NAME = re.compile(r"\w[\w.-]*")
_UNSAFE = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Written:
    """A scenario that was written: its file, entry, numbers of flows and actions, everything to look at."""

    path: Path
    entry: str
    flows: int
    actions: int
    looks: list[str]

    def __str__(self) -> str:
        return (
            f"Wrote {self.path}: {self.flows} flows, {self.actions} actions from {self.entry!r}, "
            f"{len(self.looks)} values to look at."
        )


def name_of(alias: str) -> str:
    """Return the name of a first scenario for the alias of an instance."""
    return _UNSAFE.sub("_", alias).strip("._-") or "instance"


def write_scenario(project: Project, name: str, entry: str | None, *, force: bool) -> Written:
    """Write the scenario `name` of the project's pulled instance.

    Args:
        project: with a pulled instance.
        name: of the scenario.
        entry: flow or phone number; None: the flow is chosen.
        force: whether an existing file is replaced.

    Raises:
        BusyhourError: the name or the entry is invalid, the scenario is there, or nothing was pulled.
    """
    if _NAME.fullmatch(name) is None:
        raise BusyhourError(
            f"{name!r} is not a valid name of a scenario.",
            "Write letters, digits, _ and -: busyhour scenario new busy_hour",
        )
    path = project.scenarios_folder / f"{name.removesuffix('.toml')}.toml"
    if path.exists() and not force:
        raise BusyhourError(f"{path} is there already.", "Give another name, or --force to replace it.")
    facts = read_facts(project.root)
    flow, why = entry_flow(facts, entry)
    reached = reach(facts.library, flow)
    writer = Writer(facts, reached, flow, path.parent)
    text = writer.text(why)
    held = path.with_name(f".{path.stem}.new.toml")
    try:
        write_atomically(held, text.encode(), make_folder=True)
        load(held, root=project.root)
        held.replace(path)
    finally:
        held.unlink(missing_ok=True)
    return Written(path, flow.name, len(reached.flows), len(reached.actions), writer.looks)
