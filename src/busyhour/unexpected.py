"""Unexpected exceptions: whose code raised one, and the message that a command ends with."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

from busyhour import __version__
from busyhour.errors import BusyhourError, ExitCode
from busyhour.shipped import shipped_root

_LONGEST = 300
_PACKAGE = Path(__file__).parent
_SHIPPED = ("contract_tests", "loadtests", "_rooms")
_LIBRARIES = tuple(
    {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)


def describe(error: BaseException) -> BusyhourError:
    """Return the error that a command ends with: bad input where a team's own file raised it, else an internal error."""
    what = words(error)
    if _is_of_a_path(error):
        return BusyhourError(
            f"{_printable(str(error))}.",
            "Name a file or a folder that exists, by a path without loops of links.",
        )
    own = place_in_own_file(error)
    if own is not None:
        return BusyhourError(
            f"{own}: the code of this file raised {what}",
            "Correct the file; --debug prints the traceback.",
        )
    return BusyhourError(
        f"internal error in {place(error)}: {what}. This is a fault of busyhour {__version__}, not a result about "
        "your flows or your plan: what this command should have shown is not shown. Please report it to the "
        "project with the command and its output with --debug, which prints the traceback.",
        exit_code=ExitCode.INTERNAL,
    )


def _is_of_a_path(error: BaseException) -> bool:
    """Whether a path of the user cannot be looked up: links that lead back to themselves, a NUL character."""
    loop = isinstance(error, RuntimeError) and str(error).startswith(
        "Symlink loop from"
    )  # pathlib before 3.13
    return loop or (isinstance(error, ValueError) and str(error) == "embedded null byte")


def place_in_own_file(error: BaseException) -> str | None:
    """Return `file:line` of the team's own code that raised `error`; None if busyhour or a library raised it.

    The innermost frame that is not in an installed library decides.
    """
    if isinstance(error, SyntaxError) and error.filename and _is_own(Path(error.filename)):
        return f"{error.filename}:{error.lineno or 1}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if _is_ours(file):
            return None
        if _is_own(file):
            return f"{frame.filename}:{frame.lineno}"
    return None


def words(error: BaseException) -> str:
    """Return type and text of an exception on one line."""
    return f"{type(error).__name__}: {_printable(str(error))}".rstrip(": ")


def place(error: BaseException) -> str:
    """Return the innermost place in busyhour's code, or the innermost one at all."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    frame = next((one for one in reversed(frames) if _is_ours(Path(one.filename))), frames[-1])
    file = Path(frame.filename)
    shown = file.relative_to(_PACKAGE.parent) if file.is_relative_to(_PACKAGE.parent) else file
    return f"{shown}:{frame.lineno} ({frame.name})"


def _is_ours(file: Path) -> bool:
    root = shipped_root()
    return file.is_relative_to(_PACKAGE) or any(file.is_relative_to(root / name) for name in _SHIPPED)


def _is_own(file: Path) -> bool:
    """Whether a file of code belongs to neither busyhour, nor Python, nor an installed library."""
    libraries = any(file.is_relative_to(folder) for folder in _LIBRARIES)
    return not libraries and not _is_ours(file) and file.suffix == ".py" and file.is_file()


def _printable(text: str) -> str:
    """Return `text` on one line: control characters as escapes, cut to a readable length."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in cut)
