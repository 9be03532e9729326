"""Whole calls through the flow machine: Lambda receives Connect's requests, and no phone rings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from busyhour.calls.centre import CallCentre
from busyhour.calls.live import LiveCall
from busyhour.calls.policy import CallPolicy
from busyhour.capacity.demand.machine import machine_of
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.users.functions import LambdaFunctions
from busyhour.scenarios.model import Queue, Scenario


class BackendCalls(CallBehaviour):
    """One whole call per arrival; callers who wait, talk or think are timers, not greenlets."""

    policy: CallPolicy | None = None
    """Choices that a scenario cannot configure; None: the documented ones."""

    centre: CallCentre | None = None
    """Opened at second 0."""

    _cutting = False

    def prepare(self) -> None:
        """Read and compile the flows; prepare the functions that they name."""
        drive = self.drive
        scenario = share_of_worker(drive.scenario, drive.k, drive.n)
        if drive.n > 1 and scenario.queues:
            drive.note(
                f"Agents and places in queues were divided among {drive.n} workers; each has its own queues."
            )
        self._functions = LambdaFunctions(drive)
        for name in scenario.functions:
            self._functions.prepare(name)
        self._scenario = scenario
        self._machine = machine_of(scenario)
        self._machine.call(
            scenario.flows.entry
        )  # a missing entry flow is reported now, not at the first call

    def begin(self) -> None:
        """Create the call centre."""
        policy = replace(
            self.policy or CallPolicy(), service_level_seconds=self._scenario.service_level_seconds
        )
        self.centre = CallCentre(
            self.drive.clock, self._machine, self._scenario, self._functions, self, policy=policy
        )

    def refuses(self, index: int) -> str:
        """Return `connections` if no connection is left for the call's first invocation."""
        return "" if self._functions.has_room else "connections"

    def arrive(self, index: int, intended: float) -> None:
        """Start the call."""
        assert self.centre is not None
        self.centre.arrive(index, **self.fields_of(index))

    def fields_of(self, index: int) -> Mapping[str, Any]:
        """Return further fields of call `index`: `attributes`, `entry`, fields of `flows.contact.Contact`."""
        return {"instance_arn": self.drive.settings.instance_arn, "region": self.drive.settings.region}

    @property
    def in_progress(self) -> float:
        """Number of calls in progress."""
        return self.centre.in_progress if self.centre is not None else 0

    def settled(self) -> bool:
        """Whether all calls are over."""
        return self.in_progress == 0

    def cut_off(self, *, interrupted: bool) -> None:
        """Hang up every call in progress."""
        self._cutting = True
        if self.centre is not None:
            self.centre.stop_all("end of the run")

    def on_event(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        """Count an event of a call."""
        recorder = self.drive.recorder
        if kind in ("queued", "answered", "abandoned") and self.centre is not None:
            recorder.gauge("waiting", sum(queue.waiting for queue in self.centre.acd.queues.values()))
        if kind == "ended":
            recorder.call_ended("cut_off" if self._cutting else "completed", str(detail["reason"]))
            recorder.duration("call/duration", at - call.started)
            if call.connected_to_system is not None:
                left = call.enqueued if call.enqueued is not None else at
                recorder.duration("call/in_flow", left - call.connected_to_system)
            if call.terminal:
                recorder.count(f"call/terminal/{call.terminal}")
            if call.machine_call.error_branches:
                recorder.count("call/error_branches", call.machine_call.error_branches)
            for key in call.centre.outcome(call, cut_off=self._cutting):
                recorder.count(key)
        elif kind == "answered":
            wait = detail["wait"]
            in_time = wait <= self.drive.scenario.service_level_seconds
            recorder.wait_ended(at, wait, answered=True, in_time=in_time)
        elif kind == "abandoned":
            recorder.wait_ended(at, detail["wait"], answered=False, in_time=False)
        elif kind in ("queued", "at_capacity", "flow_error"):
            recorder.count(f"call/{kind}")
        elif kind == "unmodelled":
            recorder.count(f"unmodelled/{detail['type']}")

    def finish(self) -> None:
        """Pass on the notes of the call centre."""
        for note in self.centre.notes() if self.centre is not None else ():
            if "is not modelled" not in note:  # reported by name as `unmodelled`
                self.drive.note(note)


def share_of_worker(scenario: Scenario, k: int, n: int) -> Scenario:
    """Return the scenario with this worker's share of the agents and of the queues' places."""
    if n == 1:
        return scenario

    def part(whole: int) -> int:
        return whole // n + (1 if k < whole % n else 0)

    def divided(queue: Queue) -> Queue:
        capacity = None if queue.capacity is None else part(queue.capacity)
        return replace(queue, agents=part(queue.agents), capacity=capacity)

    return replace(scenario, queues={name: divided(queue) for name, queue in scenario.queues.items()})
