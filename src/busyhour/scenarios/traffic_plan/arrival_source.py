"""Read values of a scenario file as durations, distributions and paths, with their places for messages."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.input_files import DATA_BYTES, parse_json, read_bytes, read_text
from busyhour.project.patterns import is_pattern, matching
from busyhour.project.toml_file import TomlFile, shown
from busyhour.project.violations import Keys, value_shown
from busyhour.scenarios.model import Distribution
from busyhour.scenarios.traffic import ShapePoint
from busyhour.scenarios.units import seconds


class Source:
    """The parsed file and the folders that its paths are resolved from.

    Args:
        file: the scenario file, already validated by the schema. root: the project's root; the second place
            for paths, after the scenario's own folder.
    """

    def __init__(self, file: TomlFile, root: Path | None) -> None:
        self.file = file
        folders = [file.path.parent, *([root] if root else [])]
        self.folders = list(dict.fromkeys(folder.resolve() for folder in folders))

    @property
    def _places(self) -> str:
        own = "the scenario's own folder"
        return own if len(self.folders) == 1 else f"{own} or the project's root"

    def error(self, keys: Sequence[str | int], problem: str, hint: str | None = None) -> BusyhourError:
        """Return an error at the value of `keys`."""
        return self.file.error(keys, problem, hint)

    def duration(self, keys: Keys, value: str | float, *, positive: bool = False) -> float:
        """Return a duration in seconds."""
        try:
            result = seconds(value)
        except ValueError as error:
            raise self.error(
                keys, f"is {value_shown(value)}, which {error}", 'Write for example "90s" or "1h30m".'
            ) from error
        if positive and result == 0:
            raise self.error(keys, f"is {value_shown(value)}; it must be more than 0")
        return result

    def distribution(self, keys: Keys, value: Any) -> Distribution:
        """Return a distribution: a bare duration is a constant."""
        if not isinstance(value, Mapping):
            return Distribution("constant", self.duration(keys, value))
        kind = value["distribution"]
        given = {
            name: self.duration((*keys, name), value[name])
            for name in ("mean", "low", "high")
            if name in value
        }
        if kind == "uniform":
            if "high" not in given:
                raise self.error(
                    keys, "is uniform and has no 'high'", 'Give low and high, as in high = "30s".'
                )
            low = given.get("low", 0.0)
            if low > given["high"]:
                raise self.error((*keys, "low"), f"is {low:g} s, above high, which is {given['high']:g} s")
            if "mean" in given or "cv" in value:
                extra = "mean" if "mean" in given else "cv"
                raise self.error((*keys, extra), "does not belong to a uniform distribution", "Remove it.")
            return Distribution(kind, (low + given["high"]) / 2, low=low, high=given["high"])
        if "mean" not in given:
            raise self.error(keys, f"is {kind} and has no 'mean'", 'Give the mean, as in mean = "16s".')
        if "low" in given:
            raise self.error(
                (*keys, "low"), f"does not belong to a distribution that is {kind}", "Remove it."
            )
        if "cv" in value and kind not in ("lognormal", "gamma"):
            raise self.error((*keys, "cv"), f"does not belong to a distribution that is {kind}", "Remove it.")
        if "high" in given and given["high"] < given["mean"]:
            raise self.error(
                (*keys, "high"),
                f"is {given['high']:g} s, below the mean, which is {given['mean']:g} s",
                "Values above high are drawn again, so high must be well above the mean.",
            )
        return Distribution(kind, given["mean"], cv=float(value.get("cv", 1.0)), high=given.get("high"))

    def shape(self, keys: Keys, points: Sequence[Mapping[str, Any]]) -> tuple[ShapePoint, ...]:
        """Return the points of a shape, in order of time."""
        made: list[ShapePoint] = []
        for index, point in enumerate(points):
            at = self.duration((*keys, index, "at"), point["at"])
            if made and at < made[-1].at:
                raise self.error(
                    (*keys, index, "at"),
                    f"is {at:g} s, before the point above it, which is at {made[-1].at:g} s",
                    "Put the points in order of time.",
                )
            made.append(ShapePoint(at, float(point["factor"])))
        return tuple(made)

    def path(self, keys: Keys, value: str, what: str) -> Path:
        """Return an existing file, absolute; `what` names it in the message ("a table definition")."""
        for folder in self.folders:
            if (found := folder / value).is_file():
                return found.resolve()
        tried = self.folders[0] / value
        beside = [entry.name for entry in tried.parent.iterdir()] if tried.parent.is_dir() else []
        raise self.error(
            keys,
            f"is {value_shown(value)}: no such file.{did_you_mean(tried.name, beside)}",
            f"Give the path of {what}, from {self._places}.",
        )

    def files(self, keys: Keys, pattern: str) -> list[Path]:
        """Return the files that match a pattern, sorted; at least one."""
        if not is_pattern(pattern):
            return [self.path(keys, pattern, "an exported flow")]
        for folder in self.folders:
            files = matching(folder, pattern)
            if files:
                return files
        raise self.error(
            keys,
            f"is {value_shown(pattern)}: no file matches.",
            f"Give a pattern of exported flows, from {self._places}.",
        )

    def json(self, keys: Keys, value: str, what: str) -> tuple[Path, Any]:
        """Return an existing JSON file and its content."""
        path = self.path(keys, value, what)
        try:
            return path, parse_json(read_text(path, DATA_BYTES))
        except json.JSONDecodeError as error:
            raise BusyhourError(
                f"{shown(path)}:{error.lineno}:{error.colno}: not JSON: {error.msg}",
                f"{self.file.at(keys)} names this file as {what}.",
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise self.error(keys, f"is {value_shown(value)}: cannot be read: {error}") from error

    def handler(self, keys: Keys, value: str) -> str:
        """Return `file.py:callable` with the file's absolute path; the file defines the callable."""
        file, _, name = value.rpartition(":")
        path = self.path(keys, file, "the function's Python file")
        try:
            tree = ast.parse(read_bytes(path), filename=str(path))
        except (SyntaxError, ValueError) as error:
            line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
            raise BusyhourError(
                f"{shown(path)}:{line}:{column}: not Python: {getattr(error, 'msg', error)}",
                f"{self.file.at(keys)} names this file as a handler.",
            ) from error
        defined = _top_level_names(tree)
        if name not in defined:
            raise self.error(
                keys,
                f"is {value_shown(value)}: {shown(path)} defines no {name!r}.{did_you_mean(name, defined)}",
                f"Functions there: {', '.join(sorted(defined)) or 'none'}.",
            )
        return f"{path}:{name}"


def _top_level_names(tree: ast.Module) -> set[str]:
    """Return names that a module may bind to a handler: functions, classes, assignments and imports."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    return names
