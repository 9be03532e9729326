"""The emulator's state in a folder: written at its end, on demand and periodically, read at its start.

A snapshot is one JSON file, written atomically, and, beside it, the code packages that it names. One
emulator has the folder at a time; if it is killed, the folder is free, with the previous complete snapshot.
Work in progress (contacts, invocations), measurements, and moto's state of other services are not stored.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol

import orjson

from busyhour import __version__
from busyhour.atomic_write import replace_file
from busyhour.errors import BusyhourError
from busyhour.input_files import DATA_BYTES, read_bytes

FORMAT = 1
FILE = "state.json"
LOCK = "lock"


class Part(Protocol):
    """A part of the emulator with state to store."""

    @property
    def part(self) -> str:
        """Name of the part in the snapshot."""

    def dump(self, folder: Path) -> Any:
        """Return the state as JSON data; large objects as files in `folder`, named by their content."""

    def restore(self, data: Any, folder: Path) -> None:
        """Restore the result of `dump`. Called before the first request."""


class StateFolder:
    """Stores the state of all parts in one folder.

    Args:
        path: the folder; created on the first write.
        parts: the parts, in the order of restoring.
        identity: owner of the state, by name (account, Region): that of another is not loaded.
    """

    def __init__(self, path: Path, parts: Iterable[Part], identity: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._parts = list(parts)
        self._identity = dict(identity or {})
        self._lock: IO[str] | None = None

    def claim(self) -> None:
        """Lock the folder for this process, until `release` or the end of the process.

        Raises:
            BusyhourError: another emulator has locked it, or it is not writable.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / LOCK).open("a+", encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read(20).strip()
            lock.close()
            raise BusyhourError(
                f"--state {self.path}: another emulator keeps its state there"
                + (f", process {holder}." if holder else "."),
                "Stop that one, or name another folder.",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        """Unlock the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def load(self) -> bool:
        """Restore the folder's state; return False if it is empty.

        Raises:
            BusyhourError: the snapshot cannot be read, is of another format, or of another account.
        """
        file = self.path / FILE
        try:
            document = orjson.loads(read_bytes(file, DATA_BYTES))
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            raise self._unusable(f"cannot be read: {error}") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            found = document.get("format") if isinstance(document, dict) else None
            raise self._unusable(f"is not of format {FORMAT}, which this busyhour has, but {found!r}")
        kept = document.get("parts", {})
        if not isinstance(kept, dict):
            raise self._unusable("has no parts")
        self._check_identity(document.get("identity"))
        digest = document.get("sha256")
        if digest is not None and digest != _digest(kept):
            raise self._unusable("has changed since it was written (its sha256 differs)")
        for part in self._parts:
            if part.part not in kept:
                continue
            try:
                part.restore(kept[part.part], self.path)
            except Exception as error:
                # A damaged part may raise any exception on restoring.
                writer = document.get("busyhour")
                by = f", written by busyhour {writer}" if writer != __version__ else ""
                raise self._unusable(f"has a damaged part {part.part!r}{by}: {_reason(error)}") from error
        return True

    def save(self) -> int:
        """Write a snapshot in place of the previous one; return its bytes.

        Raises:
            BusyhourError: the folder is not writable.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            parts = {part.part: part.dump(self.path) for part in self._parts}
            document = {
                "format": FORMAT,
                "busyhour": __version__,
                "identity": self._identity,
                "sha256": _digest(parts),
                "parts": parts,
            }
            text = orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)
            replace_file(self.path / FILE, text)
        except OSError as error:
            raise self._unwritable(error) from None
        return len(text)

    def _check_identity(self, kept: Any) -> None:
        if not isinstance(kept, dict):
            return
        for name, mine in self._identity.items():
            if kept.get(name, mine) != mine:
                raise BusyhourError(
                    f"--state {self.path}: {FILE} is of {name} {kept[name]}, and this emulator is {name} {mine}.",
                    "Start it as the one that wrote it, or name another folder.",
                )

    def _unwritable(self, error: OSError) -> BusyhourError:
        return BusyhourError(
            f"--state {self.path}: the snapshot cannot be written: {error.strerror or error}.",
            "Name a folder that can be written to.",
        )

    def _unusable(self, why: str) -> BusyhourError:
        return BusyhourError(
            f"--state {self.path}: {FILE} {why}. It is left as it is.",
            "Name another folder, or move the file away to begin again.",
        )


def _digest(parts: Any) -> str:
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_NON_STR_KEYS)).hexdigest()


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
