"""One ACD queue: waiting contacts and agents. See `calls.acd`."""

from __future__ import annotations

import heapq
import math
from array import array
from collections import deque
from collections.abc import Callable, Collection

from busyhour.calls.acd.agents import Agent, Team, give_back, signed_in, take
from busyhour.calls.acd.queue_statistics import ABANDONED, IN_TIME, LATE, QueueStatistics
from busyhour.calls.acd.ticket import NO_WAITER, Ticket, Waiter
from busyhour.scenarios.model import Queue

Entry = tuple[int, float, int, Ticket]
"""A waiting contact in the order of its queue: priority, time of arrival less its adjustment, sequence."""


class AcdQueue:
    """One queue with its agents. Made by `Acd`; `agents` None means as many as needed."""

    __slots__ = (
        "_answered_in_time",
        "_area",
        "_area_at",
        "_by_age",
        "_dispatching",
        "_ends",
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
        "attended",
        "busy",
        "capacity",
        "enabled",
        "largest_size",
        "largest_size_at",
        "longest_wait",
        "moved",
        "name",
        "offered",
        "open_share",
        "rejected",
        "ringing",
        "rings",
        "shared",
        "team",
        "waiting",
        "waits",
    )

    def __init__(
        self, queue: Queue, agents: int | None, threshold: float, now: float, ends: bytearray | None = None
    ) -> None:
        self._ends = bytearray() if ends is None else ends
        self.name = queue.name
        self.arn = queue.arn or ""
        self.agents = agents
        self.capacity = queue.capacity
        self.open_share = queue.open_share
        self.enabled = True
        """Whether the queue accepts contacts (Status ENABLED)."""
        self.attended = True
        """Whether agents take contacts from the queue now; see `Acd.leave_unattended`."""
        self.team: Team | None = None
        """Agents with routing profiles, some of whom serve this queue."""
        self.shared = 0
        """Contacts that agents with routing profiles have; part of `busy`."""
        self.rings: Callable[[AcdQueue, Entry, Agent | None], bool] | None = None
        """Whether a contact that is offered to an agent is not answered; None: every one is."""
        self.ringing = 0
        """Waiting contacts that ring at an agent who does not answer."""
        self.waiting = self.busy = 0
        self.offered = self.answered = self.abandoned = self.rejected = self.moved = 0
        self.largest_size = 0
        self.largest_size_at = now
        self.longest_wait = 0.0
        self.waits: array[float] = array("d")
        self._answered_in_time = 0
        self._threshold = threshold
        self._heap: list[Entry] = []
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
        """Number of agents who could take a contact now; 1 for a queue without limit."""
        if not self.attended:
            return 0
        if self.agents is None:
            return 1
        own = max(0, self.agents - self.busy + self.shared)
        return own if self.team is None else own + sum(_can_take_from(agent, self) for agent in self.members)

    @property
    def staffed(self) -> int:
        """Number of agents signed in."""
        if not self.attended:
            return self.busy
        return self.busy + 1 if self.agents is None else self.agents + len(self.members)

    def waiting_on(self, channels: Collection[str]) -> int:
        """Number of waiting contacts on these channels."""
        return sum(ticket.waits and ticket.channel in channels for ticket in self._by_age)

    @property
    def members(self) -> list[Agent]:
        """Return the signed-in agents whose routing profile has the queue."""
        return [] if self.team is None else signed_in(self.team.of(self))

    def oldest_age(self, now: float) -> float:
        """Wait so far of the contact that has waited longest, in seconds; 0 for an empty queue."""
        self._forget_first()
        return now - self._by_age[0].since if self._by_age else 0.0

    def join(
        self, waiter: Waiter, now: float, priority: int, adjustment: float, channel: str = "VOICE"
    ) -> Ticket | None:
        """Take an agent or wait; return None when the queue is full.

        `taken` is not called for an agent taken at once.
        """
        self.offered += 1
        ticket = Ticket(self, waiter, now, priority, channel)
        own = self.waiting == self.ringing and self._has_agent()
        member = None if own or self.team is None else self.team.idle_for(ticket, now)
        rings = False
        if own or member is not None:
            rings = self._rings((priority, now - adjustment, self._sequence + 1, ticket), member)
            if not rings:
                self._take(ticket, now, member)
                return ticket
        elif self.capacity is not None and self.waiting >= self.capacity:
            self.rejected += 1
            return None
        self._sequence += 1
        if not rings:
            heapq.heappush(self._heap, (priority, now - adjustment, self._sequence, ticket))
        self._by_age.append(ticket)
        self.waiting += 1
        if self.waiting > self.largest_size:
            self.largest_size = self.waiting
            self.largest_size_at = now
        return ticket

    def leave(self, ticket: Ticket, now: float, abandoned: bool) -> None:
        """Leave the queue; `abandoned` when the caller hung up."""
        if not ticket.waits:
            return
        ticket.left = True
        self._rings_no_more(ticket)
        # Its entries stay in the heap until they reach the head; they must not keep the call in memory.
        ticket.waiter = NO_WAITER
        self.waiting -= 1
        if abandoned:
            self.abandoned += 1
            self._ends.append(ABANDONED)
            self.longest_wait = max(self.longest_wait, now - ticket.since)
        else:
            self.moved += 1
        if len(self._heap) > 64 and len(self._heap) > 2 * self.waiting:
            self._heap = [entry for entry in self._heap if entry[3].waits]
            heapq.heapify(self._heap)
            self._by_age = deque(t for t in self._by_age if t.waits)

    def move(self, ticket: Ticket, *, priority: int | None = None, adjustment: float | None = None) -> None:
        """Change priority, or the seconds by which a waiting contact counts as older; others stay where they are."""
        for index, (known, came, sequence, one) in enumerate(self._heap):
            if one is ticket:
                came = came if adjustment is None else ticket.since - adjustment
                known = known if priority is None else priority
                ticket.priority = known
                self._heap[index] = (known, came, sequence, ticket)
                heapq.heapify(self._heap)
                return

    def position(self, ticket: Ticket) -> int:
        """Return the place of a waiting contact among those that wait, 1 for the next."""
        order = sorted(entry for entry in self._heap if entry[3].waits)
        return next((place for place, entry in enumerate(order, 1) if entry[3] is ticket), 1)

    def release(self, agent: int, now: float) -> None:
        """Free an agent; the first waiting contact is answered."""
        self._account(now)
        self.busy -= 1
        self._free.append(agent)
        self.serve(now)

    def release_member(self, agent: Agent, channel: str, now: float) -> None:
        """Free an agent with a routing profile after wrap-up of a contact of this queue."""
        self._account(now)
        self.busy -= 1
        self.shared -= 1
        give_back(agent, channel, now)

    def take_up(self, ticket: Ticket, now: float) -> None:
        """Give a contact that was set aside back to its agent, even where the agent has as many as allowed."""
        self._account(now)
        self.busy += 1
        if ticket.member is not None:
            self.shared += 1
            take(ticket.member, ticket.channel)
        elif ticket.agent in self._free:
            self._free.remove(ticket.agent)

    def serve(self, now: float) -> None:
        """Answer waiting contacts while agents of this queue alone are free."""
        if self._dispatching:
            return
        self._dispatching = True
        try:
            while self._heap and self._has_agent():
                entry = heapq.heappop(self._heap)
                if entry[3].waits and not self._rings(entry, None):
                    self.answer(entry[3], now)
        finally:
            self._dispatching = False
        self._forget_first()

    def answer(self, ticket: Ticket, now: float, member: Agent | None = None) -> None:
        """Answer a waiting contact by `member` or by an agent of this queue alone."""
        self.waiting -= 1
        self._take(ticket, now, member)
        waiter, ticket.waiter = ticket.waiter, NO_WAITER
        waiter.taken(ticket)

    def offer(self, ticket: Ticket, now: float, member: Agent) -> None:
        """Offer a waiting contact to `member`, who takes it or lets it ring."""
        if self.rings is not None:
            entry = next(one for one in self._heap if one[3] is ticket)
            if self._rings(entry, member):
                self._heap.remove(entry)
                heapq.heapify(self._heap)
                return
        self.answer(ticket, now, member)

    def occupy(self, ticket: Ticket, now: float, member: Agent | None) -> None:
        """Keep an agent busy with a contact that rings."""
        self._account(now)
        self.busy += 1
        self.ringing += 1
        ticket.rings = True
        if member is not None:
            self.shared += 1
            take(member, ticket.channel)

    def vacate(self, ticket: Ticket, now: float, member: Agent | None) -> None:
        """Free the agent at whom a contact rang."""
        self._rings_no_more(ticket)
        self._account(now)
        self.busy -= 1
        if member is not None:
            self.shared -= 1
            member.talking -= 1
            give_back(member, ticket.channel, now)

    def put_back(self, entry: Entry) -> None:
        """Let a contact that was missed wait on in its place."""
        heapq.heappush(self._heap, entry)

    def first(self, channel: str, since: float) -> tuple[int, float, int, Ticket] | None:
        """Return the first contact of `channel` by priority and time that came by `since`; None without one."""
        heap = self._heap
        while heap and not heap[0][3].waits:
            heapq.heappop(heap)
        if not heap or not self.attended:
            return None
        if heap[0][3].channel == channel and heap[0][3].since <= since:
            return heap[0]
        able = (
            entry
            for entry in heap
            if entry[3].channel == channel and entry[3].since <= since and entry[3].waits
        )
        return min(able, default=None)

    def restart(self, now: float) -> None:
        """Reset the statistics; waiting and answered contacts continue."""
        self.offered = self.answered = self.abandoned = self.rejected = self.moved = 0
        self.largest_size, self.largest_size_at = self.waiting, now
        self.longest_wait = 0.0
        self.waits = array("d")
        self._answered_in_time = 0
        self._opened = self._area_at = now
        self._area = 0.0

    def statistics(self, now: float) -> QueueStatistics:
        """Return the statistics up to now."""
        self._account(now)
        return QueueStatistics(
            name=self.name,
            agents=self.agents,
            offered=self.offered,
            answered=self.answered,
            answered_in_time=self._answered_in_time,
            abandoned=self.abandoned,
            rejected=self.rejected,
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

    def _rings(self, entry: Entry, member: Agent | None) -> bool:
        return self.rings is not None and self.rings(self, entry, member)

    def _rings_no_more(self, ticket: Ticket) -> None:
        self.ringing -= ticket.rings
        ticket.rings = False

    def _has_agent(self) -> bool:
        return self.attended and (self.agents is None or self.busy - self.shared < self.agents)

    def _take(self, ticket: Ticket, now: float, member: Agent | None = None) -> None:
        self._account(now)
        self.busy += 1
        if member is not None:
            ticket.agent, ticket.member = 0, member
            self.shared += 1
            take(member, ticket.channel)
        elif self._free:
            ticket.agent = self._free.pop()
        else:
            self._next_agent += 1
            ticket.agent = self._next_agent
        wait = now - ticket.since
        self.answered += 1
        self.waits.append(wait)
        in_time = wait <= self._threshold
        self._answered_in_time += in_time
        self._ends.append(IN_TIME if in_time else LATE)
        self.longest_wait = max(self.longest_wait, wait)

    def _forget_first(self) -> None:
        """Drop contacts that no longer wait from the head of the list by age."""
        by_age = self._by_age
        while by_age and not by_age[0].waits:
            by_age.popleft()

    def _account(self, now: float) -> None:
        self._area += self.busy * (now - self._area_at)
        self._area_at = now


def _can_take_from(agent: Agent, queue: AcdQueue) -> bool:
    return any(skill.queue is queue and agent.can_take(skill.channel) for skill in agent.skills)
