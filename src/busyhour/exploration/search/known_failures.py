"""Calls that failed in earlier explorations, kept in a folder in the format of Hypothesis."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.exploration.world.choices import Choice, choices_of
from busyhour.flows.model import Flow


class KnownFailures:
    """The calls of one flow, by its name, that failed before."""

    def __init__(self, folder: Path, flow: Flow) -> None:
        from hypothesis.database import DirectoryBasedExampleDatabase

        self._database = DirectoryBasedExampleDatabase(folder)
        self._key = b"busyhour " + hashlib.sha256(flow.name.encode("utf-8", "surrogatepass")).digest()

    def calls(self) -> list[list[Choice]]:
        """Return the choices of each call, the shortest first."""
        found: list[list[Choice]] = []
        for one in sorted(self._database.fetch(self._key), key=len):
            try:
                found.append(choices_of(one.decode("ascii", "replace")))
            except BusyhourError:
                # Written by another version and no longer readable: ignored.
                self._database.delete(self._key, one)
        return found

    def keep(self, tokens: Collection[str]) -> None:
        """Save the calls with these tokens, and delete all others."""
        words = {one.encode("ascii") for one in tokens}
        for old in list(self._database.fetch(self._key)):
            if old not in words:
                self._database.delete(self._key, old)
        for word in words:
            self._database.save(self._key, word)
