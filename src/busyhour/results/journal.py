"""Journal of a run's contacts: those accepted, and those known to have ended. It survives a kill -9.

One contact id per line; `contacts-<k>.log` and `ended-<k>.log` belong to worker k, `stopped.log` lists what a
later clean-up ended, `contacts-found.log` those that it found. A contact is written as soon as its id is known, before it is used. `requests-<k>.log` has a line for
each contact before it is asked for: its ClientToken; `answered-<k>.log` has the same line once the outcome is known.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from busyhour.errors import BusyhourError

STOPPED_FILE = "stopped.log"

FOUND = "found"
"""In place of a worker's number: contacts that a later clean-up found by name, and the requests that started them."""


def contacts_file(folder: Path, k: int | str) -> Path:
    """Return the path of worker k's accepted contacts."""
    return folder / f"contacts-{k}.log"


def ended_file(folder: Path, k: int) -> Path:
    """Return the path of worker k's contacts that are known to have ended."""
    return folder / f"ended-{k}.log"


def requests_file(folder: Path, k: int) -> Path:
    """Return the path of worker k's requests that start contacts, one client token a line."""
    return folder / f"requests-{k}.log"


def answered_file(folder: Path, k: int | str) -> Path:
    """Return the path of worker k's requests whose outcome is known: a contact with an id, or none."""
    return folder / f"answered-{k}.log"


def unanswered(folder: Path) -> list[str]:
    """Return the client tokens of a run's requests whose contacts, if there are any, have no known id."""
    known = {line for path in folder.glob("answered-*.log") for line in _lines(path)}
    tokens = dict.fromkeys(line for path in sorted(folder.glob("requests-*.log")) for line in _lines(path))
    return [token for token in tokens if token not in known]


def requested(folder: Path, k: int) -> int | None:
    """Return the number of contacts that worker `k` asked for; None if its journal is not here."""
    path = requests_file(folder, k)
    return len(_lines(path)) if path.exists() else None


class Journal:
    """A file of ids, written to disk line by line.

    Raises:
        BusyhourError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            # A link or a device could take the ids and keep none of them.
            number = os.open(
                path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600
            )
            self._file = os.fdopen(number, "a", encoding="ascii", buffering=1)
            if not stat.S_ISREG(os.fstat(number).st_mode):
                self._file.close()
                raise OSError(errno.EINVAL, "not a file")
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
    """Return the contacts of a run, or of its worker `k`, that are not known to have ended, newest first.

    Without a journal there are none.
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
        raise BusyhourError(
            f"{path}: cannot be read: {error.strerror}.", "Make the run's folder readable for this user."
        ) from None
    return [line.strip() for line in text.splitlines() if line.strip()]
