"""The emulator's state in a folder: written at its end, on demand and from time to time, read at its start.

A snapshot is one JSON file that appears complete or not at all, and, beside it, the code packages that it names.
What is in progress (contacts, invocations), what was measured, and what moto keeps for other services is not kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import orjson

from busyhour.errors import BusyhourError

FORMAT = 1
FILE = "state.json"
_log = logging.getLogger(__name__)


class Part(Protocol):
    """A part of the emulator that has something to keep."""

    @property
    def part(self) -> str:
        """Name of the part in the snapshot."""

    def dump(self, folder: Path) -> Any:
        """What is to be kept, as JSON data; large things as files in `folder`, named by their content."""

    def restore(self, data: Any, folder: Path) -> None:
        """Take up what `dump` gave. Called before the first request."""


class StateFolder:
    """Keeps the state of all parts in one folder.

    Args:
        path: the folder; made when something is written.
        parts: what has something to keep, in the order in which it is restored.
    """

    def __init__(self, path: Path, parts: Iterable[Part]) -> None:
        self.path = path
        self._parts = list(parts)

    def load(self) -> bool:
        """Restore what the folder has; False where it has nothing.

        Raises:
            BusyhourError: the snapshot cannot be read, or is of another format.
        """
        file = self.path / FILE
        try:
            document = orjson.loads(file.read_bytes())
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            raise self._unusable(f"cannot be read: {error}") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise self._unusable(f"is not of format {FORMAT}")
        kept = document.get("parts", {})
        for part in self._parts:
            if part.part not in kept:
                continue
            try:
                part.restore(kept[part.part], self.path)
            except (KeyError, TypeError, ValueError, OSError, AttributeError) as error:
                raise self._unusable(f"has a damaged part {part.part!r}: {error!r}") from error
        return True

    def save(self) -> int:
        """Write a snapshot in place of the one before; returns its bytes.

        Raises:
            BusyhourError: the folder cannot be written to.
        """
        file = self.path / FILE
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            parts = {part.part: part.dump(self.path) for part in self._parts}
            text = orjson.dumps({"format": FORMAT, "parts": parts}, option=orjson.OPT_NON_STR_KEYS)
            partial = file.with_suffix(".partial")
            partial.write_bytes(text)
            partial.replace(file)
        except OSError as error:
            raise BusyhourError(
                f"--state {self.path}: the snapshot cannot be written: {error.strerror or error}.",
                "Name a folder that can be written to.",
            ) from None
        return len(text)

    def _unusable(self, why: str) -> BusyhourError:
        return BusyhourError(
            f"--state {self.path}: {FILE} {why}.", "Name another folder, or remove the file to begin anew."
        )
