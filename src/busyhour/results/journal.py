"""The journal of a run's contacts: which were accepted, and which are known to have ended. It outlives a kill -9.

One contact id a line; `contacts-<k>.log` and `ended-<k>.log` are worker k's, `stopped.log` is what a later clean-up
ended. A contact is written down as soon as its id is known, before anything else is done with it.
"""

from __future__ import annotations

from pathlib import Path

from busyhour.errors import BusyhourError

STOPPED_FILE = "stopped.log"


def contacts_file(folder: Path, k: int) -> Path:
    """Worker k's accepted contacts."""
    return folder / f"contacts-{k}.log"


def ended_file(folder: Path, k: int) -> Path:
    """Worker k's contacts that are known to have ended."""
    return folder / f"ended-{k}.log"


class Journal:
    """A file of ids that is on its way to the disk line by line.

    Raises:
        BusyhourError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("a", encoding="ascii", buffering=1)
        except OSError as error:
            raise BusyhourError(
                f"{path}: the journal of contacts cannot be written: {error.strerror}.",
                "Without it a killed run could not be cleaned up. Name another folder with --out.",
            ) from None

    def write(self, identity: str) -> None:
        """Add one id."""
        self._file.write(identity + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def live(folder: Path, k: int | None = None) -> list[str] | None:
    """Contacts of a run, or of its worker `k`, that are not known to have ended, the newest first.

    None where no journal was kept.
    """
    files = sorted(folder.glob("contacts-*.log")) if k is None else [contacts_file(folder, k)]
    if not any(file.exists() for file in files):
        return None
    over = {line for path in (*folder.glob("ended-*.log"), folder / STOPPED_FILE) for line in _lines(path)}
    started = dict.fromkeys(line for path in files for line in _lines(path))
    return [identity for identity in reversed(started) if identity not in over]


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BusyhourError(f"{path}: cannot be read: {error.strerror}.") from None
    return [line.strip() for line in text.splitlines() if line.strip()]
