"""Ends of contacts from contact events in a file, one event a line, that another program appends during the run.

`busyhour emulator --events FILE` writes one. On AWS a rule of EventBridge for "Amazon Connect Contact Event"
leads, for example through a queue, to a program that appends the events unchanged to the file. No API is
called, so every contact can be followed. Connect sends events on a best-effort basis and in no order
(Administrator Guide, "Contact events"); an end without an event by the end of the run counts as unknown.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from busyhour.errors import BusyhourError
from busyhour.load.outcomes.source import Contact, Ended, Told
from busyhour.load.settings import CONTACT_EVENTS

if TYPE_CHECKING:
    from busyhour.load.runner.generator import Drive

DETAIL_TYPE = "Amazon Connect Contact Event"

FOLLOWED_AT_MOST = 200_000
"""Contacts of one worker whose end is awaited.

Beyond this the oldest is given up, since its event was probably lost.
"""

EARLY_AT_MOST = 20_000
"""Kept ends of unknown contacts: an event may arrive before StartOutboundVoiceContact's response."""

LOOK_SECONDS = 0.1
CHUNK = 65_536
"""Bytes read at a time: about 70 events, less than a millisecond of the generator's loop."""

LINE_BYTES = 1024 * 1024
"""Longest line; EventBridge's events have at most 256 KB."""
REASON_LENGTH = 100
"""Characters of a reason that are kept; Connect's own have at most 36."""
IDENTITY_LENGTH = 256
"""Longest ContactId (Connect API reference)."""
_TOO_LONG = b"DISCONNECTED in a line that is too long: "
"""Stands for the beginning of such a line, which is counted as invalid at its end."""

_ENDS = (b"DISCONNECTED", b"COMPLETED")


class FileTail:
    """New lines of a file from now on. The file may not exist yet, and may be replaced by a new one.

    Raises:
        BusyhourError: `path` cannot be a file.
    """

    def __init__(self, path: Path) -> None:
        if (path.exists() and not path.is_file()) or not path.parent.is_dir():
            where = f"is in {path.parent}, which is not a folder"
            why = "is a folder" if path.is_dir() else "is not a file" if path.exists() else where
            raise BusyhourError(
                f"{CONTACT_EVENTS}: {path} {why}.",
                "Name the file that contact events are appended to, as JSON lines; it may be created later.",
            )
        self._path = path
        self._rest = b""
        self._file = 0
        self._offset = 0
        if path.exists():
            about = path.stat()
            self._file, self._offset = about.st_ino, about.st_size

    def unread(self) -> int:
        """Return the bytes that are in the file by now and were not read; a new file in its place is all unread."""
        try:
            about = self._path.stat()
        except OSError:
            return 0
        if not stat.S_ISREG(about.st_mode):
            return 0
        replaced = about.st_ino != self._file or about.st_size < self._offset
        return about.st_size - (0 if replaced else self._offset)

    def lines(self) -> list[bytes]:
        """Return the next complete lines; empty if there are none yet."""
        try:
            # Never waits, should a pipe or a device have taken the file's place.
            with open(os.open(self._path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # noqa: PTH123  # a descriptor
                about = os.fstat(file.fileno())
                if not stat.S_ISREG(about.st_mode):
                    return []
                if about.st_ino != self._file or about.st_size < self._offset:
                    self._file, self._offset, self._rest = about.st_ino, 0, b""
                file.seek(self._offset)
                data = file.read(CHUNK)
        except OSError:
            return []
        self._offset += len(data)
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest if len(rest) <= LINE_BYTES else _TOO_LONG
        return lines


def read_end(line: bytes, epoch: float) -> tuple[str, Ended] | None:
    """Return id and end of an event's contact; None for an event without an end. `epoch`: second 0 of the run.

    Raises:
        ValueError: the line is not a JSON object, has no valid ContactId, or a time that is invalid or without a time zone.
    """
    event = orjson.loads(line)
    if not isinstance(event, dict):
        raise ValueError("no JSON object")
    detail = event.get("detail")
    if event.get("detail-type") != DETAIL_TYPE or not isinstance(detail, dict):
        return None
    at = _moment(detail, "disconnectTimestamp", epoch)
    if at is None:
        return None
    identity = detail.get("contactId")
    if not isinstance(identity, str) or not 0 < len(identity) <= IDENTITY_LENGTH:
        raise ValueError("no valid contactId")
    reason = detail.get("disconnectReason") or "unknown"
    # AWS's own sample of a DISCONNECTED event has AgentInfo, its data model agentInfo.
    agent = detail.get("agentInfo") or detail.get("AgentInfo") or {}
    return identity, Ended(
        at=at,
        reason=reason[:REASON_LENGTH] if isinstance(reason, str) else "unknown",
        connected=_moment(detail, "connectedToSystemTimestamp", epoch),
        queued=_moment(detail.get("queueInfo") or {}, "enqueueTimestamp", epoch),
        answered=_moment(agent, "connectedToAgentTimestamp", epoch),
        initiated=_moment(detail, "initiationTimestamp", epoch),
    )


def _moment(of: Mapping[str, Any], name: str, epoch: float) -> float | None:
    text = of.get(name)
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{name} has no time zone")
    return moment.timestamp() - epoch


class ContactEventSource:
    """Follows every contact by the events in a file.

    Args:
        drive: the run.
        path: the file.
        on_end: called with each end.
    """

    def __init__(self, drive: Drive, path: Path, on_end: Told) -> None:
        self._drive = drive
        self._path = path
        self._told = on_end
        self._tail = FileTail(path)
        # Ordered, since finding the oldest key of a plain dict walks over all keys removed before it.
        self._contacts: OrderedDict[str, Contact] = OrderedDict()
        self._early: OrderedDict[str, Ended] = OrderedDict()
        self._broken = self._left = 0
        self._over = False

    def begin(self) -> None:
        """Start reading."""
        self._look()

    def follow(self, index: int, identity: str, started: float) -> str | None:
        """Await the contact's end; give up the oldest contact if too many are awaited."""
        contact = Contact(identity, started, 1.0)
        ended = self._early.pop(identity, None)
        if ended is not None:
            self._told(contact, ended)
            return None
        self._contacts[identity] = contact
        if len(self._contacts) <= FOLLOWED_AT_MOST:
            return None
        return self._contacts.popitem(last=False)[0]

    @property
    def followed(self) -> Mapping[str, Contact]:
        """Contacts without an event of their end so far."""
        return self._contacts

    @property
    def weight(self) -> float:
        """Number of followed contacts, each weighing 1."""
        return float(len(self._contacts))

    def end(self) -> list[Contact]:
        """Read the lines that are written by now, then stop: a writer that goes on does not delay the end."""
        for _ in range(-(-self._tail.unread() // CHUNK)):
            self._read()
        self._over = True
        left = list(self._contacts.values())
        self._contacts.clear()
        self._left = len(left)
        return left

    def final_notes(self, known: int, unknown: int) -> list[str]:
        """Return notes on ends without events, and on invalid lines."""
        notes = []
        missing = unknown + self._left
        if missing:
            notes.append(
                f"Outcomes are those of the contact events in {self._path}: known for {known} calls, unknown for "
                f"{missing}, which were still in progress, or whose events were late or lost."
            )
        if self._broken:
            notes.append(f"{self._broken} lines of {self._path} could not be read as contact events.")
        return notes

    def _look(self) -> None:
        if not self._over:
            more = self._read()
            self._drive.clock.call_later(0.001 if more else LOOK_SECONDS, self._look)

    def _read(self) -> bool:
        """Process the next lines; return False if there are none."""
        lines = self._tail.lines()
        for line in lines:
            if any(word in line for word in _ENDS):
                self._take(line)
        while len(self._early) > EARLY_AT_MOST:
            self._early.popitem(last=False)
        return bool(lines)

    def _take(self, line: bytes) -> None:
        try:
            found = read_end(line, self._drive.started_at)
        except (ValueError, TypeError, AttributeError, OverflowError):
            self._broken += 1
            return
        if found is not None:
            identity, ended = found
            contact = self._contacts.pop(identity, None)
            if contact is None:
                self._early[identity] = ended
            else:
                self._told(contact, ended)
