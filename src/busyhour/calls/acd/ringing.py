"""Agents who do not answer: a contact rings for 20 s at an agent, is missed, and waits on in its place.

AWS, "Monitoring your instance using CloudWatch": MissedCalls counts calls that no agent answers within 20 seconds. An agent of
a routing profile who missed one gets no further contact until the status is set again; one who is staffed for a queue
alone takes the next.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.calls.acd import Acd
    from busyhour.calls.acd.agents import Agent
    from busyhour.calls.acd.contact_queue import AcdQueue, Entry
    from busyhour.calls.ports import Clock

RING_SECONDS = 20.0


class Ringing:
    """Decides who does not answer, and what follows.

    Args:
        clock: drives the time of ringing.
        acd: all queues.
        misses: whether the agent to whom a contact of a queue (by name) is offered does not answer.
    """

    def __init__(self, clock: Clock, acd: Acd, misses: Callable[[str], bool]) -> None:
        self._clock = clock
        self._acd = acd
        self._misses = misses

    def __call__(self, queue: AcdQueue, entry: Entry, member: Agent | None) -> bool:
        """Whether this contact rings without an answer; then the agent is busy with it until it is missed."""
        if not self._misses(queue.name):
            return False
        queue.occupy(entry[3], self._clock.now(), member)
        self._clock.call_later(RING_SECONDS, partial(self._missed, queue, entry, member))
        return True

    def _missed(self, queue: AcdQueue, entry: Entry, member: Agent | None) -> None:
        now, ticket = self._clock.now(), entry[3]
        queue.vacate(ticket, now, member)
        if ticket.waits:
            if member is not None:
                self._acd.sign(member, signed_in=False)
            ticket.waiter.missed(ticket)
            queue.put_back(entry)
        queue.serve(now)
        other = None if queue.team is None else queue.team.idle_for(ticket, now)
        if other is not None:
            self._acd.dispatch(other)
