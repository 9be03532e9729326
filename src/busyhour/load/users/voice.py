"""Calls placed with StartOutboundVoiceContact: the target runs them and reports their outcomes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson

from busyhour.calls.behaviour import Behaviour
from busyhour.calls.caller import Caller
from busyhour.calls.policy import CallPolicy
from busyhour.errors import BusyhourError, ExitCode, did_you_mean
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.client.blocking_calls import listed
from busyhour.load.client.load_client import Answer
from busyhour.load.client.operations import Operation
from busyhour.load.error_classes import Class
from busyhour.load.outcomes.clean_up import STOPS_PER_SECOND
from busyhour.load.outcomes.contact_events import ContactEventSource
from busyhour.load.outcomes.describe_contact import ContactPoller
from busyhour.load.outcomes.source import Contact, Ended, Source, Unknown
from busyhour.load.outcomes.stop_contacts import ContactStopper
from busyhour.results import journal
from busyhour.results.journal import Journal, ended_file
from busyhour.results.measurement.sampling import CONTACTS
from busyhour.results.outcomes import ENDING, REFUSED, Ending

FICTIONAL_SOURCE = "+12025550199"
"""Source number if the scenario has none (emulator only); 555-01XX is reserved for fiction."""

NUMBERS = 1000
"""Number of different destinations, if the scenario's pattern has as many."""

STOP_BURST = 10
"""StopContact requests sent at once when calls are cut off; the operation's documented burst is 15."""


IDS_KEPT = 10_000
"""Ids of contacts that are not followed, kept in memory to stop them; four times what can be stopped in the five
minutes that a clean-up takes at most. On AWS the journal has all of them."""


class VoiceCalls(CallBehaviour):
    """One StartOutboundVoiceContact per call.

    Its outcome from DescribeContact or, if there is a file, contact events.
    """

    attributes: Mapping[str, str] = {}
    """Contact attributes of every call; override `attributes_of` for varying ones."""

    ring_timeout: int | None = None
    """RingTimeoutInSeconds, 15 to 60; None: Connect's default."""

    outcomes_per_second = 8.0
    """DescribeContact requests a second of all workers together.

    The operation's documented quota is 10/s for the account.

    0: outcomes are not polled.
    """

    stops_per_second = STOPS_PER_SECOND
    """StopContact requests a second of all workers together when calls are cut off.

    The documented quota is 10/s.
    """

    def prepare(self) -> None:
        """Find the entry flow and prepare the sample request of all calls."""
        drive = self.drive
        settings, scenario = drive.settings, drive.scenario
        self._aws = settings.aws
        connect = drive.service("connect")
        self._source = self._ends_by()
        self._unknown = Unknown(IDS_KEPT)
        self._waiting = self._known = self._to_stop = self._out_of_reach = 0
        self._cutting = self._stops_live = False
        self._token = uuid.uuid4().hex
        self._numbers = self.numbers()
        self._base: dict[str, Any] = {
            "InstanceId": settings.instance,
            "ContactFlowId": self.flow_id(),
            "SourcePhoneNumber": scenario.aws.source_number or FICTIONAL_SOURCE,
        }
        if self.ring_timeout is not None:
            self._base["RingTimeoutInSeconds"] = self.ring_timeout
        if scenario.traffic.campaign:
            self._base["TrafficType"] = "CAMPAIGN"
        self._written = orjson.dumps(self._base)[:-1]
        sample = {**self._base, "DestinationPhoneNumber": self.destination(0), "ClientToken": self._token}
        self._start: Operation = connect.operation(
            "StartOutboundVoiceContact", {**sample, "Attributes": self.attributes_of(0)}
        )
        any_contact = {"InstanceId": settings.instance, "ContactId": "contact"}
        stop = connect.operation("StopContact", any_contact, application=False)
        pause = drive.n / self.stops_per_second
        self._stopper = ContactStopper(drive.clock, stop, settings.instance, pause, self._stopped)
        keeps = settings.run_dir if settings.aws else None
        self._ends = Journal(ended_file(keeps, drive.k)) if keeps is not None else None
        drive.recorder.gauges_calls = False
        # Without polls and events the end of no contact is known, so all of them count as in progress.
        self._follows = self.outcomes_per_second > 0 or settings.contact_events is not None
        if drive.gate is not None and self._follows:
            drive.gate.caps.follow(lambda: self._source.weight)

    # ------------------------------------------------------------------------- what a team may override

    def destination(self, index: int) -> str:
        """Return the number that call `index` dials, E.164. On AWS the scenario's allow-list in turn."""
        if self._aws:
            allowed = self.drive.scenario.aws.destinations
            if not allowed:
                raise BusyhourError(
                    f"{self.drive.scenario.path}: [aws] destinations is empty: no number may be dialled.",
                    "List the numbers to call in it.",
                    ExitCode.REFUSED,
                )
            return allowed[index % len(allowed)]
        return self._numbers[index % len(self._numbers)]

    def numbers(self) -> list[str]:
        """Return the emulator's destinations: NUMBERS draws of the scenario's numbers, dialled in turn."""
        scenario = self.drive.scenario
        behaviour = Behaviour(scenario.callers, scenario.seed, CallPolicy())
        return [Caller(behaviour, index).number() or FICTIONAL_SOURCE for index in range(NUMBERS)]

    def attributes_of(self, index: int) -> Mapping[str, str]:
        """Return the contact attributes of call `index`."""
        return self.attributes

    def flow_id(self) -> str:
        """Return the id of the scenario's entry flow at the target, by its name.

        Raises:
            BusyhourError: the instance has no flow of that name, or does not list its flows.
        """
        wanted = self.drive.scenario.flows.entry
        parameters = {"InstanceId": self.drive.settings.instance, "MaxResults": 1000}
        flows = listed(
            self.drive.service("connect"), "ListContactFlows", parameters, "ContactFlowSummaryList"
        )
        names = {str(flow["Name"]): str(flow["Id"]) for flow in flows}
        if wanted not in names:
            raise BusyhourError(
                f"The instance {self.drive.settings.instance} has no flow named {wanted!r}.{did_you_mean(wanted, names)}",
                "Publish the flow, or name another one as [flows] entry.",
            )
        return names[wanted]

    # ---------------------------------------------------------------------------------------- the calls

    def begin(self) -> None:
        """Start following contacts."""
        self._source.begin()

    def refuses(self, index: int) -> str:
        """Return the reason if no connection is left, or a cap of the scenario is reached."""
        if not self._start.has_room:
            return "connections"
        gate = self.drive.gate
        return "cap on concurrent calls" if gate is not None and gate.caps.full else ""

    def arrive(self, index: int, intended: float) -> None:
        """Start the contact."""
        request: dict[str, Any] = {
            "DestinationPhoneNumber": self.destination(index),
            "ClientToken": f"{self._token}-{index}",
        }
        if self._aws:
            # No operation finds a contact by its token, but SearchContacts does by its name: `busyhour stop` asks for it.
            request["Name"] = request["ClientToken"]
        attributes = self.attributes_of(index)
        if attributes:
            request["Attributes"] = dict(attributes)
        self._waiting += 1
        body = b"%b,%b" % (self._written, orjson.dumps(request)[1:])  # the shared part was serialised once
        self._start.send(body, intended, partial(self._started, index, intended))

    @property
    def in_progress(self) -> float:
        """Number of contacts in progress: followed ones with their weight, and requests in flight."""
        return self._source.weight + self._waiting

    def _started(self, index: int, intended: float, answer: Answer) -> None:
        self._waiting -= 1
        drive = self.drive
        if answer.kind is not Class.OK:
            blocked = answer.kind in (Class.RATE_THROTTLE, Class.LIMIT)
            drive.recorder.call_ended("blocked" if blocked else "failed", answer.code)
            if blocked:
                drive.recorder.count(REFUSED)
            return
        identity = orjson.loads(answer.body)["ContactId"]
        for listener in drive.on_contact:
            listener(index, identity)
        if self._cutting:
            drive.recorder.call_ended("cut_off")
            if self._stops_live:
                self._stop([identity], at_once=1)
            return
        drive.recorder.count(f"{CONTACTS}accepted")
        left = self._source.follow(index, identity, answer.finished_at)
        if drive.gate is not None and self._follows:
            drive.gate.caps.claim(identity)
        if left is not None:
            self._unknown.add(left)
        # A contact that is given up for another leaves the number of followed contacts unchanged.
        if left is None:
            drive.recorder.count(f"{CONTACTS}followed")
        if left != identity:
            drive.recorder.gauge("in_progress", self.in_progress)

    # ------------------------------------------------------------------------------------------ outcomes

    def _ends_by(self) -> Source:
        drive = self.drive
        if drive.settings.contact_events is not None:
            return ContactEventSource(drive, drive.settings.contact_events, self._reported_end)
        return ContactPoller(drive, self.outcomes_per_second, self._reported_end)

    def _reported_end(self, contact: Contact, ended: Ended) -> None:
        self._known += 1
        self._over(contact.id)
        self._count(contact, ended)

    def _count(self, contact: Contact, ended: Ended) -> None:
        recorder = self.drive.recorder
        what = "blocked" if ended.blocked else "completed"
        recorder.call_ended(what, ended.reason)
        recorder.count(CONTACTS + what)
        recorder.count(ENDING + ended.ending)
        recorder.gauge("in_progress", self.in_progress)
        recorder.duration("call/duration", ended.at - contact.started)
        if ended.connected is not None:
            recorder.duration(
                "call/in_flow", (ended.queued if ended.queued is not None else ended.at) - ended.connected
            )
        if ended.queued is not None:
            recorder.count("call/queued")
            answered = ended.answered is not None
            left = ended.answered if ended.answered is not None else ended.at
            wait = left - ended.queued
            in_time = wait <= self.drive.scenario.service_level_seconds
            recorder.wait_ended(left, wait, answered=answered, in_time=in_time)

    # --------------------------------------------------------------------------------------------- the end

    def settled(self) -> bool:
        """Whether the outcome of every followed call is known, and every contact to stop has ended."""
        return not self._waiting and not self._source.followed and not self._stopper

    @property
    def to_end(self) -> float:
        """Number of accepted contacts without a known end, and requests in flight."""
        return len(self._source.followed) + self._unknown.count + len(self._stopper) + self._waiting

    def cut_off(self, *, interrupted: bool) -> None:
        """Stop contacts in progress on AWS and after an interrupt.

        Otherwise the emulator ends with the run anyway.
        """
        self._cutting = True
        followed = [contact.id for contact in self._source.end()]
        for _ in followed:
            self.drive.recorder.call_ended("cut_off")
            self.drive.recorder.count(f"{CONTACTS}cut_off")
            self.drive.recorder.count(ENDING + Ending.CUT_OFF)
        self._stops_live = interrupted or self.drive.settings.aws
        if self._stops_live:
            self._stop([*self._not_followed(followed), *followed], at_once=max(1, STOP_BURST // self.drive.n))

    def _not_followed(self, followed: list[str]) -> list[str]:
        """Return contacts that may be in progress but are not followed.

        The newest, which are the likeliest, last.
        """
        unknown, folder = self._unknown, self.drive.settings.run_dir
        if unknown.forgotten and self._ends is not None and folder is not None:
            known = set(followed)
            live = journal.live(folder, self.drive.k) or []
            return [identity for identity in reversed(live) if identity not in known]
        self._out_of_reach = unknown.forgotten
        return list(unknown.ids)

    def worker_lost(self, k: int, heir: int, heirs: int) -> None:
        """Stop the contacts that the lost worker left on AWS: no other process supervises them."""
        folder = self.drive.settings.run_dir
        if self._ends is not None and folder is not None:
            left = (journal.live(folder, k) or [])[heir::heirs]
            self.drive.clock.post(self.drive.clock.real(), self._stop, left[::-1])

    def _stop(self, contacts: list[str], at_once: int = 0) -> None:
        """Stop these contacts too; of all waiting ones, the last ones first."""
        self._to_stop += len(contacts)
        self._stopper.stop(contacts, at_once)

    def _stopped(self, identity: str) -> None:
        self._to_stop -= 1
        self._over(identity)

    def _over(self, identity: str) -> None:
        """Record that the contact has ended and needs no stop."""
        if self._ends is not None:
            self._ends.write(identity)

    def finish(self) -> None:
        """Add notes on how many outcomes are known, and on contacts that could not be stopped."""
        drive, forgotten, journaled = self.drive, self._unknown.forgotten, self._ends is not None
        for text in self._source.final_notes(self._known, self._unknown.count):
            drive.note(text)
        if forgotten:
            drive.note(
                f"Of the contacts whose end is not known the ids of the newest {IDS_KEPT} were kept in memory"
                f" and {forgotten} were not{'; the run journal has all of them' if journaled else ''}."
            )
        left = self._to_stop + self._out_of_reach
        if left:
            drive.note(
                f"{left} contacts could not be stopped in time and may still be live."
                + (" `busyhour stop` with the run's folder ends them." if journaled else "")
            )
        if self._ends is not None:
            self._ends.close()
