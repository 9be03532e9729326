"""Ends of contacts from DescribeContact, within a request rate."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from busyhour.load.client.load_client import Answer
from busyhour.load.error_classes import Class
from busyhour.load.outcomes.source import Contact, Told, Watch, read, share_watched

if TYPE_CHECKING:
    from busyhour.load.runner.generator import Drive

LONGEST_PAUSE_SECONDS = 10.0

BUSIEST_SECONDS = 30.0
"""Seconds: the sampled share of contacts is what the rate allows in the busiest half minute, and constant for the
whole run. A share that followed the planned rate would give a ramp's quiet minutes the same weight as its busy ones."""


class ContactPoller:
    """Polls a sample of the contacts, as large as the rate allows, until each has ended.

    Args:
        drive: the run.
        per_second: requests a second of all workers together; 0: no polling.
        on_end: called with each end.
    """

    def __init__(self, drive: Drive, per_second: float, on_end: Told) -> None:
        self._drive = drive
        self._rate = per_second
        self._told = on_end
        self._watch = Watch()
        _, planned = drive.schedule.planned_series(min(BUSIEST_SECONDS, drive.schedule.duration))
        self._share = share_watched(per_second, max(planned, default=0.0))
        self._over = False
        instance = drive.settings.instance
        self._describe = drive.service("connect").operation(
            "DescribeContact", {"InstanceId": instance, "ContactId": "contact"}, application=False
        )
        self._path = f"/contacts/{quote(instance, safe='-_.~')}/"
        self._pause = drive.n / per_second if per_second > 0 else 0.0

    def begin(self) -> None:
        """Start polling."""
        if self._pause:
            self._drive.clock.call_later(self._pause, self._ask_next)

    def follow(self, index: int, identity: str, started: float) -> str | None:
        """Watch the contact if it is in the sample."""
        return None if self._watch.begin(index, identity, started, self._share) is not None else identity

    @property
    def followed(self) -> Mapping[str, Contact]:
        """Contacts that are polled."""
        return self._watch.contacts

    @property
    def weight(self) -> float:
        """Estimated number of contacts in progress, from the sample."""
        return self._watch.weight

    def end(self) -> list[Contact]:
        """Stop polling."""
        self._over = True
        left = list(self._watch.contacts.values())
        self._watch = Watch()
        return left

    def final_notes(self, known: int, unknown: int) -> list[str]:
        """Return notes on the share of contacts that was not polled."""
        if not unknown:
            return []
        return [
            f"Outcomes were polled with at most {self._rate:g} DescribeContact requests a second: "
            f"known for {known} calls, not polled for {unknown}. Calls in progress are an estimate."
        ]

    def _ask_next(self) -> None:
        if self._over:
            return
        clock = self._drive.clock
        contact = self._watch.next(clock.now(), eager=clock.now() > self._drive.scenario.traffic.duration)
        if contact is not None:
            path = self._path + quote(contact.id, safe="-_.~")
            self._describe.send(b"", clock.now(), partial(self._described, contact), path)
        clock.call_later(self._pause, self._ask_next)

    def _described(self, contact: Contact, answer: Answer) -> None:
        if answer.kind is Class.RATE_THROTTLE:
            self._pause = min(self._pause * 2.0, LONGEST_PAUSE_SECONDS)
            self._drive.note("DescribeContact was throttled: outcomes were polled more slowly than planned.")
        ended = (
            read(orjson.loads(answer.body).get("Contact", {}), self._drive.started_at) if answer.ok else None
        )
        if ended is None:
            self._watch.still_in_progress(contact, self._drive.clock.now())
        elif self._watch.ended(contact, ended.at):
            self._told(contact, ended)
