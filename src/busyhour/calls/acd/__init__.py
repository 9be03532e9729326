"""Automatic call distribution (ACD): queues and agents, waiting and answered contacts, statistics.

Contacts are taken by priority (1 is first), then by time in queue. Agents are staffed for one queue each, or
have a routing profile (`calls.acd.agents`). An agent is busy from the moment the contact is taken until the wrap-up
is over. All times are the clock's own, so under a virtual clock the statistics are exact.

A queue that neither the scenario nor a routing profile names has no limit and as many agents as callers: no
contact waits in it. `Acd.unnamed` lists these queues.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from busyhour.calls.acd.agents import Agent, Team
from busyhour.calls.acd.contact_queue import AcdQueue
from busyhour.calls.acd.queue_statistics import QueueStatistics
from busyhour.calls.acd.ringing import Ringing
from busyhour.calls.acd.ticket import Ticket, Waiter
from busyhour.calls.ports import Clock
from busyhour.scenarios.model import Queue


class Acd:
    """All queues of an instance.

    Args:
        clock: gives the time.
        queues: those of the scenario, by name.
        threshold: answered within this many seconds counts for the service level.
        agent_capacity: most contacts that wait for one agent in person.
    """

    def __init__(
        self, clock: Clock, queues: Mapping[str, Queue], threshold: float = 20.0, agent_capacity: int = 10
    ) -> None:
        self._clock = clock
        self._agent_capacity = agent_capacity
        self._threshold = threshold
        self._rings: Ringing | None = None
        self.team = Team()
        """Agents with routing profiles; empty at first."""
        self._unattended: Collection[str] | None = ()
        self.ends = bytearray()
        """How waits ended (`queue_statistics.IN_TIME`, ...), of all queues together, in order of time."""
        self.queues = {name: self._make(queue, queue.agents) for name, queue in queues.items()}
        self.unnamed: dict[str, None] = {}
        """Queues that calls used and the scenario does not name, in the order of first use."""
        self._known = dict(self.queues)
        for name, queue in queues.items():
            for alias in filter(None, (queue.name, queue.arn, resource_id(queue.arn or ""))):
                self._known.setdefault(alias, self.queues[name])

    def known(self, reference: str) -> AcdQueue | None:
        """Return the queue by name, ARN or id if the scenario names it or a call has been in it."""
        return self._known.get(reference) or self._known.get(resource_id(reference))

    def queue(self, reference: str) -> AcdQueue:
        """Return the queue by name, ARN or id; create one without limits if the scenario does not name it."""
        found = self.known(reference)
        if found is None:
            name = resource_id(reference)
            found = self._make(
                Queue(name=name, agents=0, arn=reference if reference.startswith("arn:") else None), None
            )
            self.queues[name] = self._attend(found)
            self.unnamed[name] = None
            self._known[reference] = self._known[name] = found
        return found

    def agent_queue(self, agent: str) -> AcdQueue:
        """Return the personal queue of one agent (TransferContactToQueue with an AgentId)."""
        name = f"agent:{resource_id(agent)}"
        found = self._known.get(name)
        if found is None:
            member = self.team.find(agent)
            staff = 1 if member is None else 0
            queue = Queue(name=name, agents=staff, capacity=self._agent_capacity)
            found = self._make(queue, staff)
            self.queues[name] = self._known[name] = self._attend(found)
            if member is not None:
                self.team.give_queue(member, found)
        return found

    def open_agent_queue(self, agent: str) -> None:
        """Make the personal queue of an agent known under the agent's id, as the target of a transfer."""
        self._known[resource_id(agent)] = self.agent_queue(agent)

    def open(
        self, name: str, references: tuple[str, ...], *, agents: int | None, capacity: int | None
    ) -> AcdQueue:
        """Create the queue `name` if it does not exist, also known by `references`.

        An existing queue keeps its staff.
        """
        found = self._known.get(name)
        if found is None:
            queue = Queue(
                name=name, agents=agents or 0, capacity=capacity, arn=references[0] if references else None
            )
            found = self._make(queue, agents)
            self.queues[name] = self._attend(found)
        for reference in (name, *references):
            self._known[reference] = found
        return found

    def join(
        self,
        queue: AcdQueue,
        waiter: Waiter,
        priority: int = 5,
        adjustment: float = 0.0,
        channel: str = "VOICE",
    ) -> Ticket | None:
        """Put a contact in a queue.

        `ticket.agent` is set when an agent took it at once; None: the queue is full.
        """
        ticket = queue.join(waiter, self._clock.now(), priority, adjustment, channel)
        if ticket is not None and ticket.agent is None and queue.team is not None:
            for delay in queue.team.delays(queue, channel):
                self._clock.call_later(delay, partial(self._offer, ticket))
        return ticket

    def leave(self, ticket: Ticket, *, abandoned: bool) -> None:
        """Take a waiting contact out of its queue."""
        ticket.queue.leave(ticket, self._clock.now(), abandoned)

    def release(self, queue: AcdQueue, agent: int) -> None:
        """Free the agent after wrap-up."""
        queue.release(agent, self._clock.now())

    def wrapped_up(self, ticket: Ticket) -> None:
        """Free the agent or member who had the contact of `ticket`, who then takes the next contact."""
        if ticket.member is None:
            self.release(ticket.queue, ticket.agent or 0)
            return
        ticket.queue.release_member(ticket.member, ticket.channel, self._clock.now())
        self.dispatch(ticket.member)

    def set_aside(self, ticket: Ticket) -> None:
        """Free the agent of a contact that is paused; the agent takes the next one."""
        if ticket.member is not None:
            ticket.member.talking -= 1
        self.wrapped_up(ticket)

    def take_up(self, ticket: Ticket) -> None:
        """Give a contact that was set aside back to its agent."""
        ticket.queue.take_up(ticket, self._clock.now())

    def sign(self, agent: Agent, *, signed_in: bool) -> None:
        """Sign the agent in (takes waiting contacts) or out (takes no more contacts)."""
        if signed_in and not agent.signed_in:
            agent.idle_since = self._clock.now()
        agent.signed_in = signed_in
        self.dispatch(agent)

    def dispatch(self, agent: Agent) -> None:
        """Give an agent waiting contacts until all the agent's slots are in use."""
        if agent.dispatching:
            return
        agent.dispatching = True
        try:
            while (ticket := self.team.next_for(agent, self._clock.now())) is not None:
                ticket.queue.offer(ticket, self._clock.now(), agent)
        finally:
            agent.dispatching = False

    def _offer(self, ticket: Ticket) -> None:
        """Offer a contact to agents after the delay of a routing profile."""
        if not ticket.waits:
            return
        agent = self.team.idle_for(ticket, self._clock.now())
        if agent is not None:
            self.dispatch(agent)

    def leave_unattended(self, queues: Collection[str] | None) -> None:
        """Stop agents from taking contacts from these queues (by name; None: from every queue).

        All others are attended.

        Contacts already with agents continue. Contacts waiting in a queue that is attended again are taken.
        """
        self._unattended = queues
        for queue in tuple(self.queues.values()):
            self._attend(queue)
            queue.serve(self._clock.now())
        for agent in tuple(self.team.agents.values()):
            self.dispatch(agent)

    def let_ring(self, misses: Callable[[str], bool]) -> None:
        """Let contacts ring at agents who do not answer: `misses` decides by the queue's name."""
        self._rings = Ringing(self._clock, self, misses)
        for queue in self.queues.values():
            queue.rings = self._rings

    def _make(self, queue: Queue, agents: int | None) -> AcdQueue:
        made = AcdQueue(queue, agents, self._threshold, self._clock.now(), self.ends)
        made.rings = self._rings
        return made

    def _attend(self, queue: AcdQueue) -> AcdQueue:
        queue.attended = self._unattended is not None and queue.name not in self._unattended
        return queue

    def restart(self) -> None:
        """Reset the statistics of every queue."""
        self.ends.clear()
        for queue in self.queues.values():
            queue.restart(self._clock.now())

    def statistics(self) -> dict[str, QueueStatistics]:
        """Return the statistics of every queue, by name."""
        now = self._clock.now()
        return {name: queue.statistics(now) for name, queue in self.queues.items()}


def resource_id(reference: str) -> str:
    """Return the last part of an ARN's resource (`.../queue/abc` -> `abc`), or any other text unchanged."""
    return reference.rpartition("/")[2] or reference if reference.startswith("arn:") else reference


__all__ = ["Acd", "AcdQueue", "QueueStatistics", "Ticket", "Waiter", "resource_id"]
