"""Queues and agents: who waits, who is answered, who is turned away, and what that adds up to.

Contacts are taken by priority (1 is first), then by time in queue. Agents are staffed for one queue each. An
agent is busy from the moment the contact is taken until the wrap-up is over. All times are the clock's own, so
under a virtual clock the statistics are exact.

A queue that the scenario does not name has no limit and as many agents as callers: nobody waits in it, and
`Acd.unnamed` says which queues those were.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from busyhour.calls.ports import Clock
from busyhour.scenarios.model import Queue


class Waiter(Protocol):
    """Somebody who waits in a queue."""

    def taken(self, ticket: Ticket) -> None:
        """An agent (`ticket.agent`) has taken the contact that waited."""


class _Nobody:
    """Waits for nothing."""

    def taken(self, ticket: Ticket) -> None:
        """Nobody is told."""


_NOBODY = _Nobody()


class Ticket:
    """A contact's place in one queue; `agent` is None while it waits."""

    __slots__ = ("agent", "left", "priority", "queue", "since", "waiter")

    def __init__(self, queue: AcdQueue, waiter: Waiter, since: float, priority: int) -> None:
        self.queue = queue
        self.waiter = waiter
        self.since = since
        self.priority = priority
        self.agent: int | None = None
        self.left = False


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """What happened in one queue from the start until now.

    offered = contacts that asked for the queue; each of them was answered, abandoned, turned away (queue full),
    moved (left for another queue, or by its flow) or is still waiting. Times in seconds.
    """

    name: str
    agents: int | None
    offered: int
    answered: int
    answered_in_time: int
    abandoned: int
    turned_away: int
    moved: int
    waiting: int
    largest_size: int
    largest_size_at: float
    longest_wait: float
    mean_wait: float
    """Mean wait of those answered."""
    busy_seconds: float
    observed_seconds: float
    waits: array[float]
    """Wait of every answered contact, in the order of answers."""

    @property
    def service_level(self) -> float | None:
        """Share of answered and abandoned contacts that were answered within the threshold; None: there were none."""
        total = self.answered + self.abandoned
        return self.answered_in_time / total if total else None

    @property
    def abandoned_share(self) -> float | None:
        """Share of answered and abandoned contacts that were abandoned; None: there were none."""
        total = self.answered + self.abandoned
        return self.abandoned / total if total else None

    @property
    def occupancy(self) -> float | None:
        """Share of staffed time that agents talked or wrapped up; None: no staffed time."""
        staffed = (self.agents or 0) * self.observed_seconds
        return self.busy_seconds / staffed if staffed else None


class AcdQueue:
    """One queue with its agents. Made by `Acd`; `agents` None is as many as needed."""

    __slots__ = (
        "_answered_in_time",
        "_area",
        "_area_at",
        "_by_age",
        "_dispatching",
        "_free",
        "_heap",
        "_next_agent",
        "_opened",
        "_sequence",
        "_threshold",
        "abandoned",
        "agents",
        "answered",
        "arn",
        "busy",
        "capacity",
        "largest_size",
        "largest_size_at",
        "longest_wait",
        "moved",
        "name",
        "offered",
        "open_share",
        "turned_away",
        "waiting",
        "waits",
    )

    def __init__(self, queue: Queue, agents: int | None, threshold: float, now: float) -> None:
        self.name = queue.name
        self.arn = queue.arn or ""
        self.agents = agents
        self.capacity = queue.capacity
        self.open_share = queue.open_share
        self.waiting = self.busy = 0
        self.offered = self.answered = self.abandoned = self.turned_away = self.moved = 0
        self.largest_size = 0
        self.largest_size_at = now
        self.longest_wait = 0.0
        self.waits: array[float] = array("d")
        self._answered_in_time = 0
        self._threshold = threshold
        self._heap: list[tuple[int, float, int, Ticket]] = []
        self._by_age: deque[Ticket] = deque()
        self._free: list[int] = []
        self._next_agent = 0
        self._sequence = 0
        self._dispatching = False
        self._opened = now
        self._area = 0.0
        self._area_at = now

    @property
    def available(self) -> int:
        """Agents who could take a contact now; 1 where there is no limit."""
        return 1 if self.agents is None else max(0, self.agents - self.busy)

    @property
    def staffed(self) -> int:
        """Agents signed in."""
        return self.busy + 1 if self.agents is None else self.agents

    def oldest_age(self, now: float) -> float:
        """How long the contact that has waited longest has waited, seconds; 0 when nobody waits."""
        self._forget_first()
        return now - self._by_age[0].since if self._by_age else 0.0

    def join(self, waiter: Waiter, now: float, priority: int, adjustment: float) -> Ticket | None:
        """Take an agent or wait; None when the queue is full. `taken` is not called for an agent taken at once."""
        self.offered += 1
        ticket = Ticket(self, waiter, now, priority)
        if not self.waiting and self._has_agent():
            self._take(ticket, now)
            return ticket
        if self.capacity is not None and self.waiting >= self.capacity:
            self.turned_away += 1
            return None
        self._sequence += 1
        heapq.heappush(self._heap, (priority, now - adjustment, self._sequence, ticket))
        self._by_age.append(ticket)
        self.waiting += 1
        if self.waiting > self.largest_size:
            self.largest_size = self.waiting
            self.largest_size_at = now
        return ticket

    def leave(self, ticket: Ticket, now: float, abandoned: bool) -> None:
        """Give up a place in the queue; `abandoned` when the caller hung up."""
        if ticket.left or ticket.agent is not None:
            return
        ticket.left = True
        # Its entries stay in the heap until they come up; they must not keep the call in memory.
        ticket.waiter = _NOBODY
        self.waiting -= 1
        if abandoned:
            self.abandoned += 1
            self.longest_wait = max(self.longest_wait, now - ticket.since)
        else:
            self.moved += 1
        if len(self._heap) > 64 and len(self._heap) > 2 * self.waiting:
            self._heap = [entry for entry in self._heap if not entry[3].left]
            heapq.heapify(self._heap)
            self._by_age = deque(t for t in self._by_age if not t.left and t.agent is None)

    def release(self, agent: int, now: float) -> None:
        """An agent is free again; whoever is first in the queue is answered."""
        self._account(now)
        self.busy -= 1
        self._free.append(agent)
        if self._dispatching:
            return
        self._dispatching = True
        try:
            while self.waiting and self._has_agent():
                ticket = heapq.heappop(self._heap)[3]
                if ticket.left:
                    continue
                self.waiting -= 1
                self._take(ticket, now)
                waiter, ticket.waiter = ticket.waiter, _NOBODY
                waiter.taken(ticket)
        finally:
            self._dispatching = False
        self._forget_first()

    def restart(self, now: float) -> None:
        """Count from now on; who waits and who talks goes on as before."""
        self.offered = self.answered = self.abandoned = self.turned_away = self.moved = 0
        self.largest_size, self.largest_size_at = self.waiting, now
        self.longest_wait = 0.0
        self.waits = array("d")
        self._answered_in_time = 0
        self._opened = self._area_at = now
        self._area = 0.0

    def statistics(self, now: float) -> QueueStatistics:
        """What happened until now."""
        self._account(now)
        return QueueStatistics(
            name=self.name,
            agents=self.agents,
            offered=self.offered,
            answered=self.answered,
            answered_in_time=self._answered_in_time,
            abandoned=self.abandoned,
            turned_away=self.turned_away,
            moved=self.moved,
            waiting=self.waiting,
            largest_size=self.largest_size,
            largest_size_at=self.largest_size_at,
            longest_wait=max(self.longest_wait, self.oldest_age(now)),
            mean_wait=math.fsum(self.waits) / self.answered if self.answered else 0.0,
            busy_seconds=self._area,
            observed_seconds=now - self._opened,
            waits=self.waits,
        )

    def _has_agent(self) -> bool:
        return self.agents is None or self.busy < self.agents

    def _take(self, ticket: Ticket, now: float) -> None:
        self._account(now)
        self.busy += 1
        if self._free:
            ticket.agent = self._free.pop()
        else:
            self._next_agent += 1
            ticket.agent = self._next_agent
        wait = now - ticket.since
        self.answered += 1
        self.waits.append(wait)
        if wait <= self._threshold:
            self._answered_in_time += 1
        self.longest_wait = max(self.longest_wait, wait)

    def _forget_first(self) -> None:
        """Drop those at the head of the list by age who wait no more."""
        by_age = self._by_age
        while by_age and (by_age[0].left or by_age[0].agent is not None):
            by_age.popleft()

    def _account(self, now: float) -> None:
        self._area += self.busy * (now - self._area_at)
        self._area_at = now


class Acd:
    """All queues of an instance.

    Args:
        clock: tells the time.
        queues: those of the scenario, by name.
        threshold: answered within this many seconds counts for the service level.
    """

    def __init__(self, clock: Clock, queues: Mapping[str, Queue], threshold: float = 20.0) -> None:
        self._clock = clock
        self._threshold = threshold
        now = clock.now()
        self.queues = {name: AcdQueue(queue, queue.agents, threshold, now) for name, queue in queues.items()}
        self.unnamed: dict[str, None] = {}
        """Queues that calls asked for and the scenario does not name, in the order of first use."""
        self._known = dict(self.queues)
        for name, queue in queues.items():
            for alias in filter(None, (queue.name, queue.arn, resource_id(queue.arn or ""))):
                self._known.setdefault(alias, self.queues[name])

    def known(self, reference: str) -> AcdQueue | None:
        """The queue by name, ARN or id, if the scenario names it or a call has been in it."""
        return self._known.get(reference) or self._known.get(resource_id(reference))

    def queue(self, reference: str) -> AcdQueue:
        """The queue by name, ARN or id; one that the scenario does not name is made without limits."""
        found = self.known(reference)
        if found is None:
            name = resource_id(reference)
            found = AcdQueue(
                Queue(name=name, agents=0, arn=reference if reference.startswith("arn:") else None),
                None,
                self._threshold,
                self._clock.now(),
            )
            self.queues[name] = found
            self.unnamed[name] = None
            self._known[reference] = self._known[name] = found
        return found

    def agent_queue(self, agent: str) -> AcdQueue:
        """The personal queue of one agent (TransferContactToQueue with an AgentId): staffed by that agent alone."""
        name = f"agent:{resource_id(agent)}"
        found = self._known.get(name)
        if found is None:
            found = AcdQueue(Queue(name=name, agents=1, capacity=10), 1, self._threshold, self._clock.now())
            self.queues[name] = self._known[name] = found
        return found

    def join(
        self, queue: AcdQueue, waiter: Waiter, priority: int = 5, adjustment: float = 0.0
    ) -> Ticket | None:
        """Put a contact in a queue. `ticket.agent` is set when an agent took it at once; None: the queue is full."""
        return queue.join(waiter, self._clock.now(), priority, adjustment)

    def leave(self, ticket: Ticket, *, abandoned: bool) -> None:
        """Take a waiting contact out of its queue."""
        ticket.queue.leave(ticket, self._clock.now(), abandoned)

    def release(self, queue: AcdQueue, agent: int) -> None:
        """The agent has wrapped up."""
        queue.release(agent, self._clock.now())

    def restart(self) -> None:
        """Count from now on, in every queue."""
        for queue in self.queues.values():
            queue.restart(self._clock.now())

    def statistics(self) -> dict[str, QueueStatistics]:
        """Statistics of every queue, by name."""
        now = self._clock.now()
        return {name: queue.statistics(now) for name, queue in self.queues.items()}


def resource_id(reference: str) -> str:
    """Last part of an ARN's resource (`.../queue/abc` -> `abc`); any other text as it is."""
    return reference.rpartition("/")[2] or reference if reference.startswith("arn:") else reference
