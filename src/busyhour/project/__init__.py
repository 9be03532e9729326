"""A team's project: where its root is, how it is set up, and which file a name stands for.

Names are looked up in the team's rooms first and then in those that ship with busyhour, so a team replaces a
unit by one of the same name and adds one by adding a file.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.project.patterns import matching
from busyhour.project.toml_file import TomlFile, shown
from busyhour.shipped import shipped_root

CONFIG = "busyhour.toml"
ROOMS = ("scenarios", "loadtests", "contract_tests", "flow_schemas", "reports")
_SCHEMA = Path(__file__).with_name("busyhour.schema.json")


@dataclass(frozen=True, slots=True)
class Project:
    """A project root with its settings. Made by `Project.find` or `Project.at`; nothing else is read until asked for.

    `config` is the file that the settings came from, None where there is none. `shipped` is the folder of the
    rooms that ship with busyhour.
    """

    root: Path
    config: Path | None = None
    runs: str = "reports/out"
    ledger: str = "reports/ledger.json"
    history: str = "reports/history.sqlite"
    flow_patterns: tuple[str, ...] = ()
    rooms: Mapping[str, str] = field(default_factory=dict)
    check: Mapping[str, Any] = field(default_factory=dict)
    """The table [check], as it stands there; `contracts.settings` gives it its meaning."""
    shipped: Path = field(default_factory=shipped_root)

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The project that `start` (the current folder) lies in.

        Its root is the nearest folder upwards with a busyhour.toml, or a pyproject.toml that has [tool.busyhour];
        where there is none, `start` itself.

        Raises:
            BusyhourError: the project's settings are wrong.
        """
        folder = (start or Path.cwd()).resolve()
        if folder.is_file():
            folder = folder.parent
        for candidate in (folder, *folder.parents):
            if (candidate / CONFIG).is_file() or _has_tool_table(candidate / "pyproject.toml"):
                return cls.at(candidate)
        return cls(folder)

    @classmethod
    def at(cls, root: Path) -> Project:
        """The project whose root is `root`, with the settings that lie there.

        Raises:
            BusyhourError: the settings are wrong; the message names file, line and key.
        """
        root = root.resolve()
        if (root / CONFIG).is_file():
            file = TomlFile.read(root / CONFIG, "project file")
        elif _has_tool_table(root / "pyproject.toml"):
            whole = TomlFile.read(root / "pyproject.toml", "project file")
            below = ("tool", "busyhour")
            lines = {keys[2:]: line for keys, line in whole.lines.items() if keys[:2] == below}
            file = TomlFile(whole.path, whole.data["tool"]["busyhour"], lines)
        else:
            return cls(root)
        file.check(json.loads(_SCHEMA.read_text(encoding="utf-8")))
        settings: dict[str, Any] = file.data
        return cls(
            root,
            config=file.path,
            runs=settings.get("runs", "reports/out"),
            ledger=settings.get("ledger", "reports/ledger.json"),
            history=settings.get("history", "reports/history.sqlite"),
            flow_patterns=tuple(settings.get("flows", ())),
            rooms=settings.get("rooms", {}),
            check=settings.get("check", {}),
        )

    # ------------------------------------------------------------------------------------------- names -> files

    def scenario(self, name: str | Path) -> Path:
        """File of a scenario, by its name or by its path (from the current folder, else from the root).

        Raises:
            BusyhourError: there is none; the message lists those that there are.
        """
        return self._unit("scenario", "scenarios", ".toml", name)

    def loadtest(self, name: str | Path) -> Path:
        """The locustfile of a kind of load ("voice"), or a path.

        Raises:
            BusyhourError: there is none; the message lists those that there are.
        """
        return self._unit("load test", "loadtests", ".py", name)

    def scenarios(self) -> dict[str, Path]:
        """Every scenario by name, the team's over the shipped ones."""
        return self._units("scenarios", ".toml")

    def loadtests(self) -> dict[str, Path]:
        """Every locustfile by name, the team's over the shipped ones."""
        return self._units("loadtests", ".py")

    def rules_folders(self) -> list[Path]:
        """Folders of contract rules that exist, the team's first."""
        return [folder for room in self._room("contract_tests") if (folder := room / "rules").is_dir()]

    def invariants_folders(self) -> list[Path]:
        """Folders of invariants of explored calls that exist, the team's first."""
        return [folder for room in self._room("contract_tests") if (folder := room / "invariants").is_dir()]

    def schemas_root(self) -> Path:
        """Folder of flow.schema.json and actions/: the team's where it has one, else the shipped one."""
        for room in self._room("flow_schemas"):
            if (room / "flow.schema.json").is_file():
                return room
        return self.shipped / "flow_schemas"

    def report_templates(self) -> list[Path]:
        """Folders of report templates that exist, the team's first."""
        return [folder for room in self._room("reports") if (folder := room / "templates").is_dir()]

    def flows(self) -> list[Path]:
        """The exported flows that the project names, sorted.

        Raises:
            BusyhourError: a pattern finds no file.
        """
        found: dict[Path, None] = {}
        for number, pattern in enumerate(self.flow_patterns, start=1):
            matches = matching(self.root, pattern)
            if not matches:
                raise BusyhourError(
                    f"{shown(self.config or self.root)}: flows[{number}] is {pattern!r}: no file fits.",
                    f"Patterns start at {self.root}. Correct this one, or take it out.",
                )
            found.update(dict.fromkeys(matches))
        return list(found)

    @property
    def runs_folder(self) -> Path:
        """Folder that runs are written into. It may not exist yet."""
        return self.root / self.runs

    @property
    def ledger_file(self) -> Path:
        """The evidence ledger. It may not exist yet."""
        return self.root / self.ledger

    @property
    def history_file(self) -> Path:
        """The history of past nights. It may not exist yet."""
        return self.root / self.history

    # ------------------------------------------------------------------------------------------------- look-up

    def _room(self, room: str) -> Iterator[Path]:
        """Folders of a room: the team's, then the shipped one; each once."""
        own = self.root / self.rooms.get(room, room)
        yield own
        if (self.shipped / room).resolve() != own.resolve():
            yield self.shipped / room

    def _units(self, room: str, suffix: str) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self._room(room):
            if folder.is_dir():
                for path in sorted(folder.glob(f"*{suffix}")):
                    if not path.name.startswith(("_", ".")):
                        found.setdefault(path.stem, path)
        return dict(sorted(found.items()))

    def _unit(self, kind: str, room: str, suffix: str, name: str | Path) -> Path:
        units = self._units(room, suffix)
        text = str(name)
        if text in units:
            return units[text]
        for base in (Path.cwd(), self.root):
            path = base / name
            if path.is_file():
                return path.resolve()
        if text.endswith(suffix) or "/" in text:
            # What looks like a path is answered with the path that was tried, then with the names.
            guess = did_you_mean(Path(text).stem, units)
            raise BusyhourError(f"{text}: there is no such {kind} file.{guess}", _what_there_is(kind, units))
        raise BusyhourError(
            f"there is no {kind} named {text!r}.{did_you_mean(text, units)}", _what_there_is(kind, units)
        )


def _what_there_is(kind: str, units: Mapping[str, Path]) -> str:
    if not units:
        return f"Give the path of a {kind} file; no room here has any."
    return f"There are: {', '.join(units)}. The path of a file will do as well."


def _has_tool_table(path: Path) -> bool:
    """Does this pyproject.toml have [tool.busyhour]? One that is broken is for other tools to complain about."""
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool")
    except (OSError, ValueError):
        return False
    return isinstance(tool, dict) and isinstance(tool.get("busyhour"), dict)
