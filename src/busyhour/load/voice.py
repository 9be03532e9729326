"""Calls placed with StartOutboundVoiceContact: the target runs them, we see what it tells of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

import orjson

from busyhour.calls.caller import Behaviour, Caller
from busyhour.calls.policy import CallPolicy
from busyhour.errors import BusyhourError, ExitCode, did_you_mean
from busyhour.load.asking import listed
from busyhour.load.clean_up import STOPS_PER_SECOND
from busyhour.load.client import Answer
from busyhour.load.errors import Class
from busyhour.load.kind import Kind
from busyhour.load.operations import Operation
from busyhour.load.outcomes import Contact, Ended, Watch, read, share_watched
from busyhour.load.stopper import Stopper
from busyhour.results import journal
from busyhour.results.journal import Journal, contacts_file, ended_file

FICTIONAL_SOURCE = "+12025550199"
"""Source number where the scenario names none (emulator only); 555-01XX is reserved for fiction."""

NUMBERS = 1000
"""How many different numbers are rung, where the scenario's pattern has as many."""

STOP_BURST = 10
"""StopContact requests sent at once when calls are cut off; the operation's documented burst is 15."""


class VoiceCalls(Kind):
    """One StartOutboundVoiceContact per call; its outcome is asked for with DescribeContact."""

    attributes: Mapping[str, str] = {}
    """Contact attributes of every call; override `attributes_of` for ones that differ."""

    ring_timeout: int | None = None
    """RingTimeoutInSeconds, 15 to 60; None: Connect's default."""

    outcomes_per_second = 8.0
    """DescribeContact requests of all workers together; the operation's documented quota is 10/s for the account.

    0: outcomes are not asked for.
    """

    stops_per_second = STOPS_PER_SECOND
    """StopContact requests of all workers together when calls are cut off; the documented quota is 10/s."""

    def prepare(self) -> None:
        """Find the entry flow and write the request that all calls are like."""
        drive = self.drive
        settings, scenario = drive.settings, drive.scenario
        self._aws = settings.aws
        connect = drive.service("connect")
        self._watch = Watch()
        self._waiting = 0
        self._accepted: dict[str, None] = {}
        self._known = 0
        self._cutting = self._stops_live = False
        self._token = uuid.uuid4().hex
        self._numbers = self.numbers()
        self._share = (-1, 0.0)
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
        contact = {"InstanceId": settings.instance, "ContactId": "contact"}
        self._describe = connect.operation("DescribeContact", contact, application=False)
        stop = connect.operation("StopContact", contact, application=False)
        pause = drive.n / self.stops_per_second
        self._stopper = Stopper(drive.clock, stop, settings.instance, pause, self._over)
        self._contact_path = f"/contacts/{quote(settings.instance, safe='-_.~')}/"
        keeps = settings.run_dir if settings.aws else None
        self._journal = Journal(contacts_file(keeps, drive.k)) if keeps is not None else None
        self._ends = Journal(ended_file(keeps, drive.k)) if keeps is not None else None
        drive.recorder.gauges_calls = False

    # ------------------------------------------------------------------------- what a team may override

    def destination(self, index: int) -> str:
        """The number that call `index` rings, E.164. On AWS one of the scenario's allow-list, in turn."""
        if self._aws:
            allowed = self.drive.scenario.aws.destinations
            if not allowed:
                raise BusyhourError(
                    "The scenario allows no destination.",
                    "List the numbers to call under [aws] destinations.",
                    ExitCode.REFUSED,
                )
            return allowed[index % len(allowed)]
        return self._numbers[index % len(self._numbers)]

    def numbers(self) -> list[str]:
        """The emulator's callees: the scenario's numbers, drawn NUMBERS times and rung in turn."""
        scenario = self.drive.scenario
        behaviour = Behaviour(scenario.callers, scenario.seed, CallPolicy())
        return [Caller(behaviour, index).number() or FICTIONAL_SOURCE for index in range(NUMBERS)]

    def attributes_of(self, index: int) -> Mapping[str, str]:
        """Contact attributes of call `index`."""
        return self.attributes

    def flow_id(self) -> str:
        """Id of the scenario's entry flow at the target, by its name.

        Raises:
            BusyhourError: the instance has no flow of that name, or does not tell.
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
        """Ask for outcomes from now on."""
        if self.outcomes_per_second > 0:
            self._pause = self.drive.n / self.outcomes_per_second
            self.drive.clock.call_later(self._pause, self._ask_next)

    def refuses(self, index: int) -> str:
        """No connection is left, or a cap of the scenario is reached."""
        if not self._start.has_room:
            return "connections"
        if self._aws:
            caps = self.drive.scenario.aws
            if caps.max_calls is not None and index >= caps.max_calls:
                return "cap on calls"
            if (
                caps.max_concurrent is not None
                and self.in_progress * caps.slots >= caps.max_concurrent / self.drive.n
            ):
                return "cap on concurrent calls"
        return ""

    def arrive(self, index: int, intended: float) -> None:
        """Start the contact."""
        request: dict[str, Any] = {
            "DestinationPhoneNumber": self.destination(index),
            "ClientToken": f"{self._token}-{index}",
        }
        attributes = self.attributes_of(index)
        if attributes:
            request["Attributes"] = dict(attributes)
        self._waiting += 1
        body = b"%b,%b" % (self._written, orjson.dumps(request)[1:])  # what all calls share was written once
        self._start.send(body, intended, partial(self._started, index, intended))

    @property
    def in_progress(self) -> float:
        """Contacts that go on: those watched, each standing for those that are not, and requests on the way."""
        return self._watch.weight + self._waiting

    def _started(self, index: int, intended: float, answer: Answer) -> None:
        self._waiting -= 1
        drive = self.drive
        if answer.kind is not Class.OK:
            turned_away = answer.kind in (Class.RATE_THROTTLE, Class.LIMIT)
            drive.recorder.call_ended("blocked" if turned_away else "failed", answer.code)
            return
        identity = orjson.loads(answer.body)["ContactId"]
        self._accepted[identity] = None
        if self._journal is not None:
            self._journal.write(identity)
        for listener in drive.on_contact:
            listener(index, identity)
        if self._cutting:
            drive.recorder.call_ended("cut_off")
            if self._stops_live:
                self._stopper.stop([identity], at_once=1)
            return
        if self._watch.begin(index, identity, answer.finished_at, self._share_at(intended)) is not None:
            drive.recorder.gauge("in_progress", self.in_progress)

    def _share_at(self, moment: float) -> float:
        """Which share of the contacts that start now is watched; worked out once a second."""
        second = int(moment)
        if second != self._share[0]:
            schedule = self.drive.schedule
            rate = schedule.rate_at(min(moment, schedule.duration - 1e-6))
            self._share = (second, share_watched(self.outcomes_per_second, rate))
        return self._share[1]

    # ------------------------------------------------------------------------------------------ outcomes

    def _ask_next(self) -> None:
        if self._cutting:
            return
        clock = self.drive.clock
        contact = self._watch.next(clock.now(), eager=clock.now() > self.drive.scenario.traffic.duration)
        if contact is not None:
            path = self._contact_path + quote(contact.id, safe="-_.~")
            self._describe.send(b"", clock.now(), partial(self._described, contact), path)
        clock.call_later(self._pause, self._ask_next)

    def _described(self, contact: Contact, answer: Answer) -> None:
        now = self.drive.clock.now()
        if answer.kind is Class.RATE_THROTTLE:
            self._pause = min(self._pause * 2.0, 10.0)
            self.drive.note(
                "DescribeContact was throttled: outcomes were asked for more slowly than planned."
            )
        ended = (
            read(orjson.loads(answer.body).get("Contact", {}), self.drive.started_at) if answer.ok else None
        )
        if ended is None:
            self._watch.goes_on(contact, now)
        elif self._watch.ended(contact, ended.at):
            self._known += 1
            self._over(contact.id)
            self._count(contact, ended, now)

    def _count(self, contact: Contact, ended: Ended, now: float) -> None:
        recorder = self.drive.recorder
        recorder.call_ended("blocked" if ended.turned_away else "completed", ended.reason)
        recorder.gauge("in_progress", self.in_progress)
        recorder.duration("call/duration", ended.at - contact.started)
        if ended.connected is not None:
            recorder.duration(
                "call/in_flow", (ended.queued if ended.queued is not None else ended.at) - ended.connected
            )
        if ended.queued is not None:
            recorder.count("call/queued")
            wait = (ended.answered if ended.answered is not None else ended.at) - ended.queued
            recorder.duration("call/queue_wait", wait)
            recorder.count("call/answered" if ended.answered is not None else "call/abandoned")
            if ended.answered is not None and wait <= self.drive.scenario.service_level_seconds:
                recorder.count("call/answered_in_time")

    # --------------------------------------------------------------------------------------------- the end

    def settled(self) -> bool:
        """Whether the outcome of every watched call is known, and every call to be stopped is."""
        return not self._waiting and not self._watch.contacts and not self._stopper

    @property
    def to_end(self) -> float:
        """Accepted contacts that are not known to have ended, and requests on the way."""
        return len(self._accepted) + len(self._stopper) + self._waiting

    def cut_off(self, *, interrupted: bool) -> None:
        """Stop contacts that still go on: on AWS and when interrupted; else the emulator ends with the run anyway."""
        self._cutting = True
        recorder, now = self.drive.recorder, self.drive.clock.now()
        for contact in list(self._watch.contacts.values()):
            self._watch.ended(contact, now)
            recorder.call_ended("cut_off")
        self._stops_live = interrupted or self.drive.settings.aws
        if self._stops_live:
            self._stopper.stop(self._accepted, at_once=max(1, STOP_BURST // self.drive.n))

    def worker_lost(self, k: int, heir: int, heirs: int) -> None:
        """End the contacts that the worker left on AWS: nobody else watches over them."""
        folder = self.drive.settings.run_dir
        if self._journal is not None and folder is not None:
            left = (journal.live(folder, k) or [])[heir::heirs]
            self.drive.clock.post(self.drive.clock.real(), self._stopper.stop, left)

    def _over(self, identity: str) -> None:
        """The contact has ended: nobody need stop it any more."""
        self._accepted.pop(identity, None)
        if self._ends is not None:
            self._ends.write(identity)

    def finish(self) -> None:
        """Say how much of the outcomes is known, and which contacts could not be stopped."""
        drive = self.drive
        unknown = len(self._accepted)
        if unknown and not self._cutting:
            drive.note(
                f"Outcomes were asked for within {self.outcomes_per_second:g} DescribeContact requests a second: "
                f"known for {self._known} calls, not asked for {unknown}. Calls in progress are an estimate."
            )
        if unknown and self._cutting and (drive.interrupted or drive.settings.aws):
            drive.note(
                f"{unknown} contacts could not be stopped in time and may still be live."
                + (" `busyhour stop` with the run's folder ends them." if self._journal is not None else "")
            )
        for kept in (self._journal, self._ends):
            if kept is not None:
                kept.close()
