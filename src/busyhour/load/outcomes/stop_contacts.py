"""Ends contacts with StopContact, at a rate that leaves most of the operation's quota to others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import orjson

from busyhour.load.client.load_client import Answer
from busyhour.load.client.operations import Operation
from busyhour.load.error_classes import Class
from busyhour.load.event_loop import GeventClock


class ContactStopper:
    """Contacts to end, and the requests in flight. Throttled and unanswered requests are retried.

    Args:
        clock: the generator's loop.
        operation: StopContact.
        instance: id of the Connect instance.
        pause: seconds between requests.
        over: called with each contact that has ended, or had already.
    """

    def __init__(
        self,
        clock: GeventClock,
        operation: Operation,
        instance: str,
        pause: float,
        over: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._operation = operation
        self._instance = instance
        self._pause = pause
        self._over = over
        self._contacts: list[str] = []
        self._asked = 0
        self._running = False

    def __len__(self) -> int:
        """Number of contacts without a request yet, plus those whose response is awaited."""
        return len(self._contacts) + self._asked

    def stop(self, contacts: Iterable[str], at_once: int = 0) -> None:
        """End these contacts too: `at_once` of all waiting ones now, the others one after each pause."""
        self._contacts += contacts
        for _ in range(at_once):
            self._next()
        if not self._running:
            self._run()

    def _run(self) -> None:
        self._running = bool(len(self))
        if self._running:
            self._next()
            self._clock.call_later(self._pause, self._run)

    def _next(self) -> None:
        if self._contacts:
            contact = self._contacts.pop()
            self._asked += 1
            body = orjson.dumps({"InstanceId": self._instance, "ContactId": contact})
            self._operation.send(body, self._clock.now(), partial(self._answered, contact))

    def _answered(self, contact: str, answer: Answer) -> None:
        self._asked -= 1
        if answer.ok or answer.code == "ContactNotFoundException":
            self._over(contact)
        elif answer.kind is not Class.CLIENT_ERROR:
            self._contacts.append(contact)
