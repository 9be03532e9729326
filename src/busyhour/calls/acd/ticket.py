"""A contact's place in a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from busyhour.calls.acd.agents import Agent
    from busyhour.calls.acd.contact_queue import AcdQueue


class Waiter(Protocol):
    """A contact that waits in a queue."""

    def taken(self, ticket: Ticket) -> None:
        """Called when an agent (`ticket.agent`) takes the waiting contact."""

    def missed(self, ticket: Ticket) -> None:
        """Called when an agent did not answer the waiting contact."""


class _NoWaiter:
    """Placeholder for a contact that does not wait."""

    def taken(self, ticket: Ticket) -> None:
        """Ignore the event."""

    def missed(self, ticket: Ticket) -> None:
        """Ignore the event."""


NO_WAITER = _NoWaiter()


class Ticket:
    """A contact's place in one queue.

    `agent` is None while it waits; `member` is None unless an `Agent` took it.
    """

    __slots__ = ("agent", "channel", "left", "member", "priority", "queue", "rings", "since", "waiter")

    def __init__(
        self, queue: AcdQueue, waiter: Waiter, since: float, priority: int, channel: str = "VOICE"
    ) -> None:
        self.queue = queue
        self.waiter = waiter
        self.since = since
        self.priority = priority
        self.channel = channel
        self.agent: int | None = None
        self.member: Agent | None = None
        self.left = False
        self.rings = False
        """Whether it rings at an agent who does not answer; it waits meanwhile."""

    @property
    def waits(self) -> bool:
        """Whether the contact still waits."""
        return self.agent is None and not self.left

    @property
    def agent_name(self) -> str:
        """Name of the agent who has the contact: the agent's ARN, or queue name and number."""
        return f"{self.queue.name}-agent-{self.agent}" if self.member is None else self.member.arn

    @property
    def username(self) -> str:
        """The agent's user name."""
        return self.agent_name if self.member is None else self.member.name

    def end_conversation(self) -> bool:
        """Begin the agent's wrap-up; return False without a conversation."""
        if self.agent is None or self.left:
            return False
        self.left = True
        if self.member is not None:
            self.member.talking -= 1
        return True
