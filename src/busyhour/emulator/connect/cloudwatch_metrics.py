"""Metrics that Connect reports to CloudWatch, under its own names and dimensions (Administrator Guide, "Monitoring your instance using CloudWatch").

Levels (ConcurrentCalls, QueueSize, ...) are sampled when they rise and once a second. Counters (breaches,
flow errors, full queues) are reported as 0 once a second without events, so that zero and unknown differ; AWS
reports nothing then. CallRecordingUploadError is reported where a fault is injected: the emulator records no calls.
ThrottledCalls is not reported: AWS does not document the calls per second behind it, so it is not enforced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.emulator.account import EmulatorState
from busyhour.emulator.cloudwatch.store import Dimensions, dimensions

CONNECT = "AWS/Connect"
USAGE = "AWS/Usage"
CALLS = "L-12AB7C57"


@dataclass(frozen=True, slots=True)
class PoolMetrics:
    """Metrics of one concurrency quota. `whole` is 1 if the percentage is a decimal fraction, else 100."""

    group: str
    level: str
    breaching: str
    per_interval: str
    whole: float = 1.0


POOLS: Mapping[str, PoolMetrics] = {
    CALLS: PoolMetrics("VoiceCalls", "ConcurrentCalls", "CallsBreachingConcurrencyQuota", "CallsPerInterval"),
    "L-E908C3A1": PoolMetrics(
        "VoiceCalls",
        "ConcurrentHighVolumeCalls",
        "CallsBreachingConcurrencyQuota",
        "ConcurrentHighVolumeCallsPerInterval",
    ),
    "L-D4BA6F6E": PoolMetrics(
        "Chats",
        "ConcurrentActiveChats",
        "ChatsBreachingActiveChatQuota",
        "SuccessfulChatsPerInterval",
        100.0,
    ),
    "L-60553137": PoolMetrics("Tasks", "ConcurrentTasks", "TasksBreachingConcurrencyQuota", "", 100.0),
}


class ConnectMetrics:
    """Writes the series of one instance.

    Args:
        state: shared state of the emulator.
        instance_id: the instance.
        scope: separates the instance's quotas from those of others.
    """

    def __init__(self, state: EmulatorState, instance_id: str, scope: str = "") -> None:
        self._state = state
        self._store = state.metrics
        self._instance = instance_id
        self._scope = scope
        self._groups = {
            group: self._dimensions(group) for group in dict.fromkeys(pool.group for pool in POOLS.values())
        }
        self._voice = self._groups["VoiceCalls"]
        self._named: dict[tuple[str, str], Dimensions] = {}
        self._usage: dict[str, Dimensions] = {}
        self._flows: set[str] = set()
        self._second = 0
        self._begun: Counter[str] = Counter()
        """Contacts of the current second by pool."""
        self._highest: dict[str, tuple[int, int]] = {}
        """By pool: the current second and its highest level."""

    def api_call(self, operation: str, at: float, *, throttled: bool) -> None:
        """Count an API request."""
        where = self._usage.get(operation)
        if where is None:
            where = self._usage[operation] = dimensions(
                (("Service", "Connect"), ("Type", "API"), ("Resource", operation), ("Class", "None"))
            )
        self._store.count(USAGE, "ThrottleCount" if throttled else "CallCount", where, 1, at)

    def begun(self, pool: str, at: float, flow: str) -> None:
        """Count a contact that begins in `flow`; reported by second."""
        self._flows.add(flow)
        second = int(at)
        if second != self._second:
            self._report_begun()
            self._second = second
        self._begun[pool] += 1

    def _report_begun(self) -> None:
        for code, number in self._begun.items():
            pool = POOLS[code]
            if pool.per_interval:
                where = self._groups[pool.group]
                self._store.count(CONNECT, pool.per_interval, where, number, self._second)
        self._begun.clear()

    def breaching(self, pool: str, at: float) -> None:
        """Count a contact that was rejected by its full concurrency quota."""
        about = POOLS[pool]
        self._store.count(CONNECT, about.breaching, self._groups[about.group], 1, at)

    def misconfigured(self, at: float) -> None:
        """Count a call to a number without a flow."""
        self._store.count(CONNECT, "MisconfiguredPhoneNumbers", self._voice, 1, at)

    def expired(self, channel: str, at: float) -> None:
        """Count a contact that exceeded its maximum duration."""
        if channel == "TASK":
            self._store.count(CONNECT, "TasksExpired", self._groups["Tasks"], 1, at)

    def concurrent(self, pool: str, at: float) -> None:
        """Record the level of the pool after a contact has begun, if it is the highest of this second so far.

        Lower levels are sampled by `sample`, once a second.
        """
        active = self._state.limits.in_use(pool, self._scope)
        second = int(at)
        if self._highest.get(pool, (0, 0)) < (second, active):
            self._highest[pool] = (second, active)
            self._level(pool, active, at)

    def sample(self, at: float) -> None:
        """Report, once a second, the current levels, the contacts of the second before, and 0 for absent events."""
        if int(at) != self._second:
            self._report_begun()
        self._store.count(CONNECT, POOLS[CALLS].breaching, self._voice, 0, at)
        for flow in self._flows:
            where = self._dimension("ContactFlow", "ContactFlowName", flow)
            self._store.count(CONNECT, "ContactFlowErrors", where, 0, at)
            self._store.count(CONNECT, "ContactFlowFatalErrors", where, 0, at)
        for code in POOLS:
            active = self._state.limits.in_use(code, self._scope)
            if code == CALLS or active or code in self._highest:
                self._level(code, active, at)

    def _level(self, code: str, active: int, at: float) -> None:
        """Return the number of active contacts, and its share of the quota."""
        pool = POOLS[code]
        where = self._groups[pool.group]
        self._store.gauge(CONNECT, pool.level, where, active, at)
        quota = self._state.limits.applied(code, self._scope)
        if quota > 0:
            share = active / quota * pool.whole
            self._store.gauge(CONNECT, f"{pool.level}Percentage", where, share, at)

    def agent_answered(self, at: float) -> None:
        """Report 0 missed calls for an answered call."""
        self._store.count(CONNECT, "MissedCalls", self._voice, 0, at)

    def missed(self, at: float) -> None:
        """Count a contact that an agent did not answer."""
        self._store.count(CONNECT, "MissedCalls", self._voice, 1, at)

    def upload_failed(self, at: float) -> None:
        """Count a call whose recording was not stored."""
        self._store.count(CONNECT, "CallRecordingUploadError", self._dimensions("CallRecordings"), 1, at)

    def flow_error(self, flow: str, at: float, *, fatal: bool) -> None:
        """Count an error branch, or a flow that could not continue."""
        self._flows.add(flow)
        where = self._dimension("ContactFlow", "ContactFlowName", flow)
        self._store.count(CONNECT, "ContactFlowFatalErrors" if fatal else "ContactFlowErrors", where, 1, at)

    def queue_full(self, queue: str, at: float) -> None:
        """Count a contact that a full queue rejected."""
        where = self._dimension("Queue", "QueueName", queue)
        self._store.count(CONNECT, "QueueCapacityExceededError", where, 1, at)

    def queue(self, queue: Any, now: float, at: float) -> None:
        """Report size of a queue (`calls.acd.AcdQueue`) and age of its oldest contact."""
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
