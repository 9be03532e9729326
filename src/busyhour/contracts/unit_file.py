"""A unit in a Python file of its own (a rule, an invariant): one file, one object, named like the file."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any, Protocol, TypeVar

from busyhour.errors import BusyhourError
from busyhour.shipped import shipped_root


class Named(Protocol):
    """The object in a file; its `id` is the file's name with hyphens for underscores."""

    @property
    def id(self) -> str:
        """Stable name."""


U = TypeVar("U", bound=Named)


def units_in(folder: Path, kind: type[U], how: str) -> Iterator[tuple[Path, U]]:
    """Return every unit in a folder, in the order of file names; files that begin with an underscore are skipped.

    Raises:
        BusyhourError: as `unit_in`.
    """
    for path in sorted(folder.glob("*.py")):
        if not path.name.startswith("_"):
            yield path, unit_in(path, kind, how)


def unit_in(path: Path, kind: type[U], how: str) -> U:
    """Return the one object of `kind` in the file at `path`; `how` is the hint for making one.

    Raises:
        BusyhourError: the file cannot be imported, or does not contain exactly one object, named like the file.
    """
    word = kind.__name__.lower()
    found = [value for value in vars(_module(path, word)).values() if isinstance(value, kind)]
    if len(found) != 1:
        raise BusyhourError(f"{path}: contains {len(found)} {word}s, not one", how)
    expected = path.stem.replace("_", "-")
    if found[0].id != expected:
        article = "An" if word[0] in "aeiou" else "A"
        raise BusyhourError(
            f"{path}: the {word}'s id is {found[0].id!r}, not {expected!r}",
            f"{article} {word} is named like its file.",
        )
    return found[0]


def crashed(word: str, file: Path | None, error: Exception) -> tuple[str, str]:
    """Describe the failure of a unit's own code: a message with file and line, and the way out.

    Args:
        word: `rule` or `invariant`.
        file: the unit's file; None for one that was made in memory.
        error: what its code raised.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if file is not None and Path(frame.filename) == file]
    frame = (own or frames)[-1]
    place = f"{frame.filename}:{frame.lineno}"
    ours = file is not None and file.is_relative_to(shipped_root() / "contract_tests")
    way_out = (
        f"The {word} ships with busyhour: please report it." if ours else f"Correct the {word} at that line."
    )
    return f"the {word} crashed ({place}): {type(error).__name__}: {error}", way_out


def _line(path: Path, error: Exception) -> str:
    """`:LINE` of the file at which its import failed, or nothing."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    found = error.lineno if isinstance(error, SyntaxError) and error.filename == str(path) else None
    found = found or (lines[-1] if lines else None)
    return f":{found}" if found else ""


class _FromSource(SourceFileLoader):
    """Compiles the source each time: a compiled file beside it may hold other code than the source shows."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the source."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _loader(name: str, path: Path) -> SourceFileLoader:
    ships = path.resolve().is_relative_to((shipped_root() / "contract_tests").resolve())
    return (SourceFileLoader if ships else _FromSource)(name, str(path))


def _module(path: Path, word: str) -> Any:
    # The folder is part of the name: a team's file may be called like a shipped one.
    name = f"busyhour_{word}s.{path.parent.parent.parent.name}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_loader(name, path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BusyhourError:
        raise
    except Exception as error:
        raise BusyhourError(
            f"{path}{_line(path, error)}: cannot be imported: {type(error).__name__}: {error}",
            f"Correct the file; a {word} is loaded by importing it.",
        ) from error
    return module
