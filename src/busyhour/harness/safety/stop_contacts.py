"""Finishes the clean-up of a run that was killed: StopContact for every contact of its journal that may be live."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from busyhour.errors import BusyhourError
from busyhour.harness.target import Target
from busyhour.load.outcomes.clean_up import STOPS_PER_SECOND
from busyhour.results import store
from busyhour.results.codec import decode
from busyhour.results.journal import FOUND, STOPPED_FILE, Journal, answered_file, contacts_file

TARGET_FILE = "target.json"
"""Where the run went, written before its first call: all that a clean-up needs beside the journal."""

TRIES = 5
"""How often one contact is tried when StopContact is throttled or fails at the service."""

GONE = frozenset({"ContactNotFoundException", "ResourceNotFoundException"})
AGAIN = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "Throttling", "InternalServiceException"}
)

_FRESH_SECONDS = 5.0

SEARCH_DAYS = 13
"""How far back contacts are searched; SearchContacts has its higher rate within two weeks."""


class Connect(Protocol):
    """The operations of boto3's Connect client that are used here."""

    def stop_contact(self, **arguments: Any) -> Any:
        """StopContact."""

    def search_contacts(self, **arguments: Any) -> Any:
        """SearchContacts."""


@dataclass(slots=True)
class Swept:
    """The outcome of the contacts that were asked to stop."""

    stopped: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Had ended already (ContactNotFoundException)."""
    failed: dict[str, str] = field(default_factory=dict)
    """Could not be stopped: why, by contact."""


def target_of(folder: Path) -> Target:
    """Where the run in `folder` went.

    Raises:
        BusyhourError: the folder is not a run's.
    """
    if not folder.is_dir():
        raise BusyhourError(
            f"{folder} is not a folder.", "Name the folder of a run, such as reports/out/latest."
        )
    if (folder / TARGET_FILE).is_file():
        return decode(Target, store.read_json(folder / TARGET_FILE))
    if (folder / store.RUN_FILE).is_file():
        return decode(Target, store.read_run(folder).target)
    raise BusyhourError(
        f"{folder} has neither {TARGET_FILE} nor {store.RUN_FILE}: not a busyhour run folder.",
        "Name the folder of a run.",
    )


def going_on(folder: Path, now: Callable[[], float] = time.time) -> bool:
    """Whether the run's generator wrote something within the last seconds."""
    try:
        return now() - (folder / store.PROGRESS_FILE).stat().st_mtime < _FRESH_SECONDS
    except OSError:
        return False


def sweep(
    client: Connect,
    instance: str,
    contacts: Sequence[str],
    folder: Path,
    *,
    rate: float = STOPS_PER_SECOND,
    sleep: Callable[[float], None] = time.sleep,
    progress: Callable[[Swept], None] = lambda _: None,
    into: Swept | None = None,
) -> Swept:
    """Stop `contacts` one after the other, at most `rate` requests a second; what has ended is noted in `folder`.

    Started again, it goes on where it was: contacts noted as ended are not in the journal's `live` any more.

    Args:
        client: Connect.
        instance: id of the instance.
        contacts: ids.
        folder: of the run.
        rate: requests per second; halved each time that one is throttled.
        sleep: waits; handed in by tests.
        progress: called after each contact with what has been done.
        into: filled as it goes, so that a Ctrl-C leaves what was done.
    """
    done = Swept() if into is None else into
    journal = Journal(folder / STOPPED_FILE)
    pause = 1.0 / rate
    try:
        for contact in contacts:
            for attempt in range(1, TRIES + 1):
                code, words = _stop(client, instance, contact)
                sleep(pause)
                if code not in AGAIN or attempt == TRIES:
                    break
                pause = min(pause * 2.0, 4.0)
            if code in GONE:
                done.gone.append(contact)
            elif code:
                done.failed[contact] = words
            else:
                done.stopped.append(contact)
            if contact not in done.failed:
                journal.write(contact)
            progress(done)
    finally:
        journal.close()
    return done


def look_up(
    client: Connect,
    instance: str,
    tokens: Sequence[str],
    folder: Path,
    *,
    rate: float = STOPS_PER_SECOND,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> str:
    """Search the contacts of requests without an answer by their name, and write those found into the journal.

    A live run gives each contact its ClientToken as its name. Contacts appear in SearchContacts minutes after their start,
    so one that is not found may be live.

    Args:
        client: Connect.
        instance: id of the instance.
        tokens: of the requests.
        folder: of the run.
        rate: requests per second.
        sleep: waits; handed in by tests.
        now: epoch seconds.

    Returns:
        Why the search ended early; empty if all were searched.
    """
    contacts, answers = Journal(contacts_file(folder, FOUND)), Journal(answered_file(folder, FOUND))
    ended = Journal(folder / STOPPED_FILE)
    try:
        for token in tokens:
            found = _named(client, instance, token, now())
            sleep(1.0 / rate)
            if isinstance(found, str):
                return found
            for contact in found:
                contacts.write(str(contact["Id"]))
                if contact.get("DisconnectTimestamp") is not None:
                    ended.write(str(contact["Id"]))
            if found:
                answers.write(token)
    finally:
        for journal in (contacts, answers, ended):
            journal.close()
    return ""


def _named(client: Connect, instance: str, name: str, now: float) -> list[Any] | str:
    """Return the contacts of that name, or why they could not be searched."""
    from botocore.exceptions import BotoCoreError, ClientError

    span = {"Type": "INITIATION_TIMESTAMP", "StartTime": now - SEARCH_DAYS * 86_400, "EndTime": now}
    try:
        answer = client.search_contacts(
            InstanceId=instance,
            TimeRange=span,
            SearchCriteria={"Name": {"SearchText": [name], "MatchType": "MATCH_EXACT"}},
            MaxResults=100,
        )
    except (BotoCoreError, ClientError) as error:
        return str(error)
    return [contact for contact in answer.get("Contacts") or () if contact.get("Name") == name]


def _stop(client: Connect, instance: str, contact: str) -> tuple[str, str]:
    """Error code and words; both empty where it was stopped."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        client.stop_contact(InstanceId=instance, ContactId=contact)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code") or "unknown")
        return code, str(error)
    except BotoCoreError as error:
        return type(error).__name__, str(error)
    return "", ""
