"""Output of contact records and contact events of all instances."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from busyhour.calls.ports import Clock, Handle
from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.contact_events import contact_event
from busyhour.emulator.connect.contacts.contact_record import completed, record
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.server.sinks import Sink

DELIVERY_SECONDS = 60.0
"""From the end of a contact's after-call work to its record: 62 to 68 s in published records."""


class Outlets:
    """Writes the records and events of every attached instance.

    A record is written when it is complete, `DELIVERY_SECONDS` after the contact and its after-call work have ended, and
    once more after a later change of the contact. `close` writes at once what is still due.

    Args:
        time: epoch seconds.
        clock: drives the delivery.
        records: receives contact records; None for no output.
        events: receives contact events; None for no output.
    """

    def __init__(
        self, time: Callable[[], float], clock: Clock, records: Sink | None, events: Sink | None
    ) -> None:
        self._time = time
        self._clock = clock
        self._records = records
        self._events = events
        self._due: dict[str, tuple[Contact, Contacts, Handle]] = {}

    def attach(self, contacts: Contacts) -> None:
        """Start writing an instance's contacts."""
        if self._records is not None:
            contacts.on_record = self._record
        if self._events is not None:
            contacts.on_moment = self._moment

    def _record(self, contact: Contact, contacts: Contacts) -> None:
        """Plan the delivery of a contact that has ended or has changed since; one that is already due has the change."""
        if contact.id in self._due:
            return
        wait = max(0.0, completed(contact) - self._time()) + DELIVERY_SECONDS
        handle = self._clock.call_later(wait, partial(self._deliver, contact.id))
        self._due[contact.id] = contact, contacts, handle

    def _deliver(self, contact_id: str) -> None:
        assert self._records is not None
        contact, contacts, _ = self._due.pop(contact_id)
        self._records.write(record(contact, contacts.instance, self._time()))

    def _moment(self, contact: Contact, moment: str, contacts: Contacts) -> None:
        assert self._events is not None
        self._events.write(contact_event(contact, moment, contacts, self._time()))

    def close(self) -> None:
        """Write out remaining entries."""
        for contact_id, (_, _, handle) in tuple(self._due.items()):
            handle.cancel()
            self._deliver(contact_id)
        for sink in (self._records, self._events):
            if sink is not None:
                sink.close()
