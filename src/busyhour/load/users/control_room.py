"""Monitoring traffic of a contact centre: wallboards that poll metrics, desktops that read a contact's data.

These requests use the same buckets of account and Region as the calls' own (BPAPI: throttles are "by account,
and per Region, not by user and not by instance"), so a busy hour without them is easier than the real one.
"""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from busyhour.errors import BusyhourError
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.client.blocking_calls import listed
from busyhour.load.client.load_client import Answer
from busyhour.load.client.operations import Operation

QUEUES_AT_ONCE = 100
"""Maximum number of queues in one GetCurrentMetricData request (botocore: connect)."""

_PATHS = {"GetContactAttributes": "/contact/attributes", "DescribeContact": "/contacts"}


class ControlRoom(CallBehaviour):
    """Polls like dashboards and agents' desktops, alongside the calls of the run or alone."""

    takes_calls = False

    dashboards = 4
    """Number of polling wallboards, supervisors' screens and integrations, of all workers together."""

    refresh_seconds = 15.0
    """Seconds between polls of each; polls of all are spread evenly over this time."""

    metrics: tuple[str, ...] = (
        "AGENTS_AVAILABLE",
        "AGENTS_ONLINE",
        "AGENTS_ON_CONTACT",
        "CONTACTS_IN_QUEUE",
        "OLDEST_CONTACT_AGE",
    )
    """Current metrics that a dashboard requests."""

    reads: tuple[str, ...] = ("GetContactAttributes", "DescribeContact")
    """Data that a desktop reads of each of its contacts.

    Needs a kind that places calls in the same process (voice).
    """

    read_share = 1.0
    """Share of the contacts that reach a desktop."""

    read_after_seconds = 5.0
    """Seconds from the contact's start to the desktop's request: menus and queue."""

    def prepare(self) -> None:
        """Find the instance's queues and prepare the requests."""
        drive = self.drive
        connect = drive.service("connect")
        instance = drive.settings.instance
        queues = self.queue_ids()
        parts = [queues[i : i + QUEUES_AT_ONCE] for i in range(0, len(queues), QUEUES_AT_ONCE)]
        self._polls: list[Operation] = [
            connect.operation(
                "GetCurrentMetricData",
                {
                    "InstanceId": instance,
                    "Filters": {"Queues": part, "Channels": ["VOICE"]},
                    "Groupings": ["QUEUE"],
                    "CurrentMetrics": [{"Name": name, "Unit": self.unit_of(name)} for name in self.metrics],
                },
            )
            for part in parts
        ]
        unknown = set(self.reads) - set(_PATHS)
        if unknown:
            raise BusyhourError(
                f"A desktop cannot read {', '.join(sorted(unknown))}.", f"Use some of {', '.join(_PATHS)}."
            )
        key = {"GetContactAttributes": "InitialContactId", "DescribeContact": "ContactId"}
        self._reads = [
            (
                connect.operation(name, {"InstanceId": instance, key[name]: "contact"}),
                f"{_PATHS[name]}/{quote(instance, safe='-_.~')}/",
            )
            for name in self.reads
        ]
        self._over = False
        self._heard = 0
        self._due = 0
        if self._reads and self.read_share > 0:
            drive.on_contact.append(self._contact)

    # ------------------------------------------------------------------------- what a team may override

    def queue_ids(self) -> list[str]:
        """Return the ids of the queues that dashboards show: all standard queues of the instance.

        Raises:
            BusyhourError: the instance does not return them.
        """
        parameters = {"InstanceId": self.drive.settings.instance, "QueueTypes": ["STANDARD"]}
        queues = listed(self.drive.service("connect"), "ListQueues", parameters, "QueueSummaryList")
        return [str(queue["Id"]) for queue in queues]

    def unit_of(self, metric: str) -> str:
        """Return the unit that Connect requires for a current metric: seconds for ages and waits, else a count."""
        return "SECONDS" if metric.endswith(("_AGE", "_TIME")) else "COUNT"

    # -------------------------------------------------------------------------------------------- the polls

    def begin(self) -> None:
        """Start this worker's dashboards, each at its offset in the interval."""
        if not self._polls:
            self.drive.note("The instance has no queue: dashboards had nothing to poll.")
            return
        for number in range(self.drive.k, self.dashboards, self.drive.n):
            self._next(number * self.refresh_seconds / self.dashboards)

    def _next(self, intended: float) -> None:
        self.drive.clock.call_at(intended, partial(self._poll, intended))

    def _poll(self, intended: float) -> None:
        if self._over:
            return
        for operation in self._polls:
            operation.send(operation.sample, intended)
        self._next(intended + self.refresh_seconds)

    def _contact(self, index: int, identity: str) -> None:
        """Schedule a desktop's request for an accepted contact."""
        before, self._heard = self._heard, self._heard + 1
        if int(self._heard * self.read_share) > int(before * self.read_share):
            self._due += len(self._reads)
            self.drive.clock.call_later(self.read_after_seconds, partial(self._read, identity))

    def _read(self, identity: str) -> None:
        if self._over:
            return
        now = self.drive.clock.now()
        for operation, path in self._reads:
            operation.send(b"", now, self._answered, path + quote(identity, safe="-_.~"))

    def _answered(self, _: Answer) -> None:
        self._due -= 1

    # ---------------------------------------------------------------------------------------------- the end

    @property
    def in_progress(self) -> float:
        """Always 0: this kind has no calls."""
        return 0.0

    def cut_off(self, *, interrupted: bool) -> None:
        """Stop polling."""
        self._over = True

    def settled(self) -> bool:
        """Whether desktops have finished reading; dashboards are not waited for."""
        return self._over or not self._due

    def finish(self) -> None:
        """Add a note if desktops had nothing to read."""
        if self.reads and self.read_share > 0 and not self._heard:
            self.drive.note(
                "No contact was placed in this process, so desktops read nothing: run the control room together with voice."
            )
