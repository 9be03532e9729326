"""A team's project: its root, its settings, and the files that names refer to.

Names are looked up in the team's folders first and then in those shipped with busyhour, so a team replaces a
unit by one of the same name and adds one by adding a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.input_files import SETTINGS_BYTES, parse_toml, read_text
from busyhour.project.patterns import matching
from busyhour.project.toml_file import TomlFile, shown
from busyhour.shipped import shipped_root

CONFIG = "busyhour.toml"
ROOMS = ("scenarios", "loadtests", "contract_tests", "flow_schemas", "reports")
_SCHEMA = Path(__file__).with_name("busyhour.schema.json")


@dataclass(frozen=True, slots=True)
class Project:
    """A project root with its settings.

    Made by `Project.find` or `Project.at`; other files are read on demand. `config` is the file with the
    settings, None if there is none. `shipped` is the folder of the rooms that ship with busyhour.
    """

    root: Path
    config: Path | None = None
    runs: str = "reports/out"
    ledger: str = "reports/ledger.json"
    history: str = "reports/history.sqlite"
    flow_patterns: tuple[str, ...] = ()
    rooms: Mapping[str, str] = field(default_factory=dict)
    check: Mapping[str, Any] = field(default_factory=dict)
    """The raw table [check]; `contracts.settings` interprets it."""
    shipped: Path = field(default_factory=shipped_root)

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """Find the project that contains `start` (by default the current folder).

        Its root is the nearest parent folder with a busyhour.toml, or a pyproject.toml with [tool.busyhour];
        otherwise `start` itself.

        Raises:
            BusyhourError: the project's settings are invalid.
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
        """Read the project with this root and its settings.

        Raises:
            BusyhourError: the settings are invalid; the message names file, line and key.
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

    def scenario(self, name: str | Path) -> Path:
        """Return the file of a scenario, by its name or its path.

        A path is resolved from the current folder, then from the root.

        Raises:
            BusyhourError: there is none; the message lists the existing ones.
        """
        return self._unit("scenario", "scenarios", ".toml", name)

    @property
    def scenarios_folder(self) -> Path:
        """The folder of the team's own scenarios; it may not exist yet."""
        return self.root / self.rooms.get("scenarios", "scenarios")

    def own_scenarios(self) -> list[str]:
        """Return the names of the team's own scenarios, sorted; the shipped ones left out."""
        found = self.scenarios_folder.glob("*.toml")
        return sorted(path.stem for path in found if not path.name.startswith(("_", ".")))

    def only_scenario(self) -> str:
        """Return the name of the team's only scenario.

        Raises:
            BusyhourError: there is none, or more than one.
        """
        own = self.own_scenarios()
        if len(own) == 1:
            return own[0]
        raise BusyhourError(
            f"{self.scenarios_folder}: {len(own) or 'no'} scenarios, and none is named.",
            f"Name one: {', '.join(own)}." if own else "Write one: busyhour scenario new NAME",
        )

    def loadtest(self, name: str | Path) -> Path:
        """Return the locustfile of a kind of load ("voice"), or a path.

        Raises:
            BusyhourError: there is none; the message lists the existing ones.
        """
        return self._unit("load test", "loadtests", ".py", name)

    def rules_folders(self) -> list[Path]:
        """Return the existing folders of contract rules, the team's first."""
        return [folder for room in self._room("contract_tests") if (folder := room / "rules").is_dir()]

    def invariants_folders(self) -> list[Path]:
        """Return the existing folders of invariants of explored calls, the team's first."""
        return [folder for room in self._room("contract_tests") if (folder := room / "invariants").is_dir()]

    def schemas_root(self) -> Path:
        """Return the folder of flow.schema.json and actions/.

        The team's if it has one, else the shipped one.
        """
        for room in self._room("flow_schemas"):
            if (room / "flow.schema.json").is_file():
                return room
        return self.shipped / "flow_schemas"

    def report_templates(self) -> list[Path]:
        """Return the existing folders of report templates, the team's first."""
        return [folder for room in self._room("reports") if (folder := room / "templates").is_dir()]

    def flows(self) -> list[Path]:
        """Return the project's exported flows, sorted.

        Raises:
            BusyhourError: a pattern matches no file.
        """
        found: dict[Path, None] = {}
        for number, pattern in enumerate(self.flow_patterns, start=1):
            matches = matching(self.root, pattern)
            if not matches:
                raise BusyhourError(
                    f"{shown(self.config or self.root)}: flows[{number}] is {pattern!r}: no file matches.",
                    f"Patterns start at {self.root}. Correct this one, or remove it.",
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
        """The history of nightly runs. It may not exist yet."""
        return self.root / self.history

    def _room(self, room: str) -> Iterator[Path]:
        """Return the folders of a room: the team's, then the shipped one; each once."""
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
            if path.exists() and not path.is_dir():
                raise BusyhourError(
                    f"{text}: is a pipe or a device, not a file.",
                    f"Name a file: a {kind} is read more than once.",
                )
        if text.endswith(suffix) or "/" in text:
            # For something that looks like a path, the message has the tried path first, then the names.
            guess = did_you_mean(Path(text).stem, units)
            raise BusyhourError(f"{text}: no such {kind} file.{guess}", _what_there_is(kind, units))
        raise BusyhourError(
            f"no {kind} named {text!r}.{did_you_mean(text, units)}", _what_there_is(kind, units)
        )


def _what_there_is(kind: str, units: Mapping[str, Path]) -> str:
    if not units:
        return f"Give the path of a {kind} file; this project has none."
    return f"Known: {', '.join(units)}. The path of a file is also accepted."


def _has_tool_table(path: Path) -> bool:
    """Whether this pyproject.toml has [tool.busyhour]. A broken file is left to other tools."""
    try:
        tool = parse_toml(read_text(path, SETTINGS_BYTES)).get("tool")
    except (OSError, ValueError):
        return False
    return isinstance(tool, dict) and isinstance(tool.get("busyhour"), dict)
