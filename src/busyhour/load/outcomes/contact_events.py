"""Ends of contacts by contact events: from a file, an event a line, that somebody else writes while the run goes on.

`busyhour emulator --events FILE` writes one. On AWS a rule of EventBridge for "Amazon Connect Contact Event" leads, for
example by way of a queue, to whatever appends the events to the file as they are. No API is called, so every contact can
be followed. Connect sends events on a best-effort basis and in no order (Administrator Guide, "Contact events"); an end
that is not told when the run is over counts as unknown.
"""

from __future__ import annotations

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
"""Contacts of one worker whose end is awaited; beyond them the oldest is given up, whose event was probably lost."""

EARLY_AT_MOST = 20_000
"""Ends of contacts that are not known here, the newest: the event may come before StartOutboundVoiceContact's answer."""

LOOK_SECONDS = 0.1
CHUNK = 65_536
"""Bytes read at a time: about 70 events, less than a millisecond of the generator's loop."""

_ENDS = (b"DISCONNECTED", b"COMPLETED")


class Tail:
    """What is written to a file from now on. The file may not be there yet, and may be replaced by a new one.

    Raises:
        BusyhourError: `path` can never be such a file.
    """

    def __init__(self, path: Path) -> None:
        if path.is_dir() or not path.parent.is_dir():
            why = "is a folder" if path.is_dir() else f"is in {path.parent}, which is no folder"
            raise BusyhourError(
                f"{CONTACT_EVENTS}: {path} {why}.",
                "Name the file that contact events are appended to, as JSON lines; it may be made later.",
            )
        self._path = path
        self._rest = b""
        self._file = 0
        self._offset = 0
        if path.exists():
            about = path.stat()
            self._file, self._offset = about.st_ino, about.st_size

    def lines(self) -> list[bytes]:
        """The next complete lines; empty where there are none yet."""
        try:
            with self._path.open("rb") as file:
                about = self._path.stat()
                if about.st_ino != self._file or about.st_size < self._offset:
                    self._file, self._offset, self._rest = about.st_ino, 0, b""
                file.seek(self._offset)
                data = file.read(CHUNK)
        except OSError:
            return []
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def read_end(line: bytes, epoch: float) -> tuple[str, Ended] | None:
    """Id and end of the contact that an event tells of; None where it tells of no end. `epoch`: second 0 of the run.

    Raises:
        ValueError: the line is no JSON object, or a time in it is none.
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
    # AWS's own sample of a DISCONNECTED event writes AgentInfo, its data model agentInfo.
    agent = detail.get("agentInfo") or detail.get("AgentInfo") or {}
    return str(detail.get("contactId")), Ended(
        at=at,
        reason=str(detail.get("disconnectReason") or "unknown"),
        connected=_moment(detail, "connectedToSystemTimestamp", epoch),
        queued=_moment(detail.get("queueInfo") or {}, "enqueueTimestamp", epoch),
        answered=_moment(agent, "connectedToAgentTimestamp", epoch),
        initiated=_moment(detail, "initiationTimestamp", epoch),
    )


def _moment(of: Mapping[str, Any], name: str, epoch: float) -> float | None:
    text = of.get(name)
    return None if text is None else datetime.fromisoformat(text).timestamp() - epoch


class Listening:
    """Follows every contact, by the events in a file.

    Args:
        drive: the run.
        path: the file.
        told: hears of each end.
    """

    def __init__(self, drive: Drive, path: Path, told: Told) -> None:
        self._drive = drive
        self._path = path
        self._told = told
        self._tail = Tail(path)
        # Ordered, since giving up the oldest key of a plain dict walks over all that were taken out before it.
        self._contacts: OrderedDict[str, Contact] = OrderedDict()
        self._early: OrderedDict[str, Ended] = OrderedDict()
        self._broken = self._left = 0
        self._over = False

    def begin(self) -> None:
        """Read from now on."""
        self._look()

    def follow(self, index: int, identity: str, started: float) -> str | None:
        """Await its end; gives the oldest contact up where too many are awaited."""
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
        """Contacts whose end no event has told yet."""
        return self._contacts

    @property
    def weight(self) -> float:
        """Each of them is one."""
        return float(len(self._contacts))

    def end(self) -> list[Contact]:
        """Read what is there, then no more."""
        while self._read():
            pass
        self._over = True
        left = list(self._contacts.values())
        self._contacts.clear()
        self._left = len(left)
        return left

    def last_words(self, known: int, unknown: int) -> list[str]:
        """Which ends no event told, and which lines were none."""
        said = []
        missing = unknown + self._left
        if missing:
            said.append(
                f"Outcomes are those of the contact events in {self._path}: known for {known} calls, unknown for "
                f"{missing}, which were still going on, or whose events were late or lost."
            )
        if self._broken:
            said.append(f"{self._broken} lines of {self._path} could not be read as contact events.")
        return said

    def _look(self) -> None:
        if not self._over:
            more = self._read()
            self._drive.clock.call_later(0.001 if more else LOOK_SECONDS, self._look)

    def _read(self) -> bool:
        """Take the next lines; False where there are none."""
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
        except (ValueError, TypeError, AttributeError):
            self._broken += 1
            return
        if found is not None:
            identity, ended = found
            contact = self._contacts.pop(identity, None)
            if contact is None:
                self._early[identity] = ended
            else:
                self._told(contact, ended)
