"""Output of contact records and contact events of all instances."""

from __future__ import annotations

from collections.abc import Callable

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.contact_events import contact_event
from busyhour.emulator.connect.contacts.contact_record import record
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.server.sinks import Sink


class Outlets:
    """Writes the records and events of every attached instance.

    Args:
        time: epoch seconds.
        records: receives contact records; None for no output.
        events: receives contact events; None for no output.
    """

    def __init__(self, time: Callable[[], float], records: Sink | None, events: Sink | None) -> None:
        self._time = time
        self._records = records
        self._events = events

    def attach(self, contacts: Contacts) -> None:
        """Start writing an instance's contacts."""
        if self._records is not None:
            contacts.on_record = self._record
        if self._events is not None:
            contacts.on_moment = self._moment

    def _record(self, contact: Contact, contacts: Contacts) -> None:
        assert self._records is not None
        self._records.write(record(contact, contacts.instance))

    def _moment(self, contact: Contact, moment: str, contacts: Contacts) -> None:
        assert self._events is not None
        self._events.write(contact_event(contact, moment, contacts, self._time()))

    def close(self) -> None:
        """Write out remaining entries."""
        for sink in (self._records, self._events):
            if sink is not None:
                sink.close()
