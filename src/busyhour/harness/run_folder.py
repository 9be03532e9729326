"""The folder of a run: one run at a time writes into it, and none reads what an earlier one left.

A run holds a lock on the folder, inherited by its load generator: as long as a generator of a killed run ends its contacts,
no other run begins there. Files of an earlier run are moved into `earlier/`, and every file of a run has the run's id.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from busyhour.errors import BusyhourError, ExitCode
from busyhour.results import journal

LOCK_FILE = ".run.lock"
EARLIER = "earlier"
"""Folder below the run's, with a folder for each earlier run."""

_OURS = re.compile(
    r"(run|load|target|compare|limit|permit|permit\.taken|emulator\.ready)\.json|progress\.jsonl"
    r"|(report|support|increases)\..*|(locust|emulator|stopped|(contacts|ended|requests)-\d+)\.log"
    r"|step-\d+|.*-repeat-\d+"
)
"""Names of what runs write; anything else in the folder stays where it is."""

_held: dict[Path, Claim] = {}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write into a folder."""

    folder: Path
    run: str
    """Random id of this run; load.json, run.json, target.json and each line of progress.jsonl have it."""
    descriptor: int
    """Of the lock; the load generator inherits it."""


def made(scenario: str, runs: Path, now: datetime, named: Path | None = None) -> Path:
    """Make the run's folder: the named one, else one below `runs` named after scenario and time.

    Raises:
        BusyhourError: it cannot be made or written to.
    """
    name = f"{scenario}-{now:%Y%m%dT%H%M%SZ}"
    folder = named or runs / name
    with contextlib.suppress(FileNotFoundError):
        if named is None and folder.exists():
            folder = folder.with_name(f"{name}-{secrets.token_hex(2)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        raise BusyhourError(
            f"The run's folder {folder} cannot be written: {error.strerror}.",
            "Free some space, or name another folder with --out.",
        ) from None
    return folder


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[Claim]:
    """Lock the folder, which exists, and move an earlier run's files aside; nested, it is the claim that is held already.

    Raises:
        BusyhourError: another run writes there, or contacts of an earlier run may be live (exit code 3), or it cannot be
            written.
    """
    key = folder.resolve()
    if key in _held:
        yield _held[key]
        return
    descriptor = _lock(folder)
    try:
        _refuse_live(folder)
        claim = Claim(folder, secrets.token_hex(8), descriptor)
        try:
            _move_aside(folder)
            about = {"pid": os.getpid(), "run": claim.run, "since": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(about).encode(), 0)
        except OSError as error:
            raise BusyhourError(
                f"The run's folder {folder} cannot be written: {error.strerror or error}.",
                "Free some space, or name another folder with --out.",
            ) from None
        _held[key] = claim
        try:
            yield claim
        finally:
            del _held[key]
    finally:
        os.close(descriptor)


def _lock(folder: Path) -> int:
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise BusyhourError(
            f"The run's folder {folder} cannot be written: {error.strerror}.",
            "Name another folder with --out.",
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(descriptor)
        os.close(descriptor)
        raise BusyhourError(
            f"Refused: another run writes into {folder}{holder}.",
            "Wait for its end, or name another folder with --out.",
            ExitCode.REFUSED,
        ) from None
    except OSError:  # a file system without locks: the run's id in its files is what is left
        return descriptor
    return descriptor


def _holder(descriptor: int) -> str:
    try:
        about = json.loads(os.pread(descriptor, 4096, 0))
        return f" (process {about['pid']}, since {about['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _refuse_live(folder: Path) -> None:
    live = journal.live(folder)
    if live:
        raise BusyhourError(
            f"Refused: {len(live)} contacts of the earlier run in {folder} may still be live.",
            f"End them: busyhour stop {folder} --live. Or name another folder with --out.",
            ExitCode.REFUSED,
        )


def _move_aside(folder: Path) -> None:
    ours = [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]
    if not ours:
        return
    newest = datetime.fromtimestamp(max(path.lstat().st_mtime for path in ours), UTC)
    below = folder / EARLIER / f"{newest:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    below.mkdir(parents=True)
    for path in ours:
        path.rename(below / path.name)
