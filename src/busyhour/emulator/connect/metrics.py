"""What Connect reports to CloudWatch, under its own names and dimensions (Administrator Guide, "Monitoring your instance using CloudWatch").

Levels (ConcurrentCalls, QueueSize, ...) are sampled when they rise and once a second. What is counted (breaches,
flow errors, full queues) is reported as 0 once a second while nothing happens, so that none and unknown differ; AWS
reports nothing then. CallRecordingUploadError is
not reported: the emulator records no calls. ThrottledCalls is not either: AWS does not document the calls per
second behind it, so nothing is enforced.
"""

from __future__ import annotations

from typing import Any

from busyhour.emulator.metrics import Dimensions, dimensions
from busyhour.emulator.state import EmulatorState

CONNECT = "AWS/Connect"
USAGE = "AWS/Usage"
CALLS = "L-12AB7C57"
CAMPAIGN_CALLS = "L-E908C3A1"
_PER_INTERVAL = ("CallsPerInterval", "ConcurrentHighVolumeCallsPerInterval")
_LEVELS = {CALLS: "ConcurrentCalls", CAMPAIGN_CALLS: "ConcurrentHighVolumeCalls"}


class ConnectMetrics:
    """Writes the series of one instance."""

    def __init__(self, state: EmulatorState) -> None:
        self._state = state
        self._store = state.metrics
        self._instance = state.account.instance_id
        self._voice = self._dimensions("VoiceCalls")
        self._named: dict[tuple[str, str], Dimensions] = {}
        self._usage: dict[str, Dimensions] = {}
        self._flows: set[str] = set()
        self._second = 0
        self._calls = [0, 0]
        """General and campaign calls of the current second."""
        self._highest: dict[str, tuple[int, int]] = {}
        """By pool: the current second and the highest level in it."""

    def api_call(self, operation: str, at: float, *, throttled: bool) -> None:
        """A request came in."""
        where = self._usage.get(operation)
        if where is None:
            where = self._usage[operation] = dimensions(
                (("Service", "Connect"), ("Type", "API"), ("Resource", operation), ("Class", "None"))
            )
        self._store.count(USAGE, "ThrottleCount" if throttled else "CallCount", where, 1, at)

    def call(self, at: float, flow: str, *, campaign: bool) -> None:
        """A call that begins in `flow` came in or was placed; calls are reported second by second."""
        self._flows.add(flow)
        second = int(at)
        if second != self._second:
            self._report_calls()
            self._second = second
        self._calls[campaign] += 1

    def _report_calls(self) -> None:
        for campaign, name in enumerate(_PER_INTERVAL):
            if self._calls[campaign]:
                self._store.count(CONNECT, name, self._voice, self._calls[campaign], self._second)
                self._calls[campaign] = 0

    def breaching(self, at: float) -> None:
        """A call found the concurrency quota full."""
        self._store.count(CONNECT, "CallsBreachingConcurrencyQuota", self._voice, 1, at)

    def concurrent(self, at: float, code: str) -> None:
        """A call has begun in the pool `code`: the level now, if it is the highest of this second so far.

        Lower levels are seen by `sample`, once a second.
        """
        active = self._state.limits.in_use(code)
        second = int(at)
        if self._highest.get(code, (0, 0)) < (second, active):
            self._highest[code] = (second, active)
            self._level(code, active, at)

    def sample(self, at: float) -> None:
        """Once a second: the levels now, the calls of the second before, and 0 for what did not happen."""
        if int(at) != self._second:
            self._report_calls()
        self._store.count(CONNECT, "CallsBreachingConcurrencyQuota", self._voice, 0, at)
        for flow in self._flows:
            where = self._dimension("ContactFlow", "ContactFlowName", flow)
            self._store.count(CONNECT, "ContactFlowErrors", where, 0, at)
            self._store.count(CONNECT, "ContactFlowFatalErrors", where, 0, at)
        for code in (CALLS, CAMPAIGN_CALLS):
            active = self._state.limits.in_use(code)
            if code == CALLS or active or code in self._highest:
                self._level(code, active, at)

    def _level(self, code: str, active: int, at: float) -> None:
        """The number of active calls, and its share of the quota as a decimal fraction."""
        name = _LEVELS[code]
        self._store.gauge(CONNECT, name, self._voice, active, at)
        quota = self._state.limits.applied(code)
        if quota > 0:
            self._store.gauge(CONNECT, f"{name}Percentage", self._voice, active / quota, at)

    def agent_answered(self, at: float) -> None:
        """An agent took a call: nobody missed it. The emulator's agents answer at once."""
        self._store.count(CONNECT, "MissedCalls", self._voice, 0, at)

    def flow_error(self, flow: str, at: float, *, fatal: bool) -> None:
        """An error branch was run, or a flow could not go on."""
        self._flows.add(flow)
        where = self._dimension("ContactFlow", "ContactFlowName", flow)
        self._store.count(CONNECT, "ContactFlowFatalErrors" if fatal else "ContactFlowErrors", where, 1, at)

    def queue_full(self, queue: str, at: float) -> None:
        """A queue turned a contact away."""
        where = self._dimension("Queue", "QueueName", queue)
        self._store.count(CONNECT, "QueueCapacityExceededError", where, 1, at)

    def queue(self, queue: Any, now: float, at: float) -> None:
        """Size of a queue (`calls.acd.AcdQueue`) and age of the contact that has waited longest."""
        where = self._dimension("Queue", "QueueName", queue.name)
        self._store.gauge(CONNECT, "QueueSize", where, queue.waiting, at)
        self._store.gauge(CONNECT, "LongestQueueWaitTime", where, queue.oldest_age(now), at)
        self._store.count(CONNECT, "QueueCapacityExceededError", where, 0, at)

    def _dimension(self, group: str, name: str, value: str) -> Dimensions:
        found = self._named.get((name, value))
        if found is None:
            found = self._named[name, value] = self._dimensions(group, (name, value))
        return found

    def _dimensions(self, group: str, *more: tuple[str, str]) -> Dimensions:
        return dimensions((("InstanceId", self._instance), ("MetricGroup", group), *more))
