"""Agents who serve several queues: routing profiles and the choice of the next agent or contact.

A routing profile names queues by channel, each with a priority (1 is first) and a delay, and how many contacts
of each channel an agent has at once (Administrator Guide, "Create a routing profile"). A contact is offered to
the agent who has been idle longest. An agent who becomes free takes the waiting contact whose queue has the
first priority in the profile, then by the contact's own priority and its time in queue.

Agents who are staffed for one queue alone are not `Agent` objects: `AcdQueue` only counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.calls.acd import AcdQueue, Ticket


@dataclass(frozen=True, slots=True)
class Skill:
    """An agent takes contacts of `channel` from `queue` once they have waited `delay` seconds."""

    queue: AcdQueue
    channel: str = "VOICE"
    priority: int = 1
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """A routing profile.

    `concurrency` is the most contacts at once by channel; a missing channel is not handled. `open_channels` are
    the channels that allow contacts of another channel at the same time (CrossChannelBehavior
    ROUTE_ANY_CHANNEL).
    """

    skills: tuple[Skill, ...]
    concurrency: Mapping[str, int] = field(default_factory=lambda: {"VOICE": 1})
    open_channels: frozenset[str] = frozenset()


class Agent:
    """One agent: signed in or not, with the number of contacts by channel (wrap-up included)."""

    __slots__ = (
        "arn",
        "dispatching",
        "handled",
        "idle_since",
        "name",
        "own",
        "profile",
        "signed_in",
        "talking",
    )

    def __init__(self, name: str, arn: str, profile: Profile) -> None:
        self.name = name
        self.arn = arn
        self.profile = profile
        self.signed_in = False
        self.handled: dict[str, int] = {}
        self.idle_since = 0.0
        self.talking = 0
        """Contacts that are not in wrap-up."""
        self.dispatching = False
        self.own: tuple[Skill, ...] = ()
        """Skills for the agent's personal queue; they take precedence over those of the profile."""

    @property
    def skills(self) -> tuple[Skill, ...]:
        """All queues that the agent serves."""
        return self.own + self.profile.skills

    @property
    def busy(self) -> bool:
        """Whether the agent has any contact."""
        return bool(self.handled)

    def can_take(self, channel: str) -> bool:
        """Whether the agent has a free slot for one more contact of `channel`."""
        if not self.signed_in or self.handled.get(channel, 0) >= self.profile.concurrency.get(channel, 0):
            return False
        return all(other == channel or other in self.profile.open_channels for other in self.handled)

    def free_slots(self, channel: str) -> int:
        """Number of further contacts of `channel` that the agent could take now."""
        if not self.can_take(channel):
            return 0
        return self.profile.concurrency[channel] - self.handled.get(channel, 0)


class Team:
    """All agents of an instance that have a routing profile. Pure: the caller passes in the time."""

    def __init__(self) -> None:
        self.agents: dict[str, Agent] = {}
        self._by_queue: dict[int, list[tuple[Agent, Skill]]] = {}

    def put(self, agent: Agent) -> None:
        """Add an agent, or replace one whose profile has changed."""
        self.remove(agent)
        self.agents[agent.arn] = agent
        for skill in agent.skills:
            skill.queue.team = self
            self._by_queue.setdefault(id(skill.queue), []).append((agent, skill))

    def find(self, reference: str) -> Agent | None:
        """Return the agent with this id or ARN."""
        identity = reference.rpartition("/")[2]
        return next((one for arn, one in self.agents.items() if arn.rpartition("/")[2] == identity), None)

    def give_queue(self, agent: Agent, queue: AcdQueue) -> None:
        """Give the agent a personal queue, for every channel, before all others."""
        agent.own = tuple(Skill(queue, channel, priority=0) for channel in agent.profile.concurrency)
        self.put(agent)

    def remove(self, agent: Agent) -> None:
        """Remove the agent; contacts already with the agent are finished."""
        self.agents.pop(agent.arn, None)
        for queue, pairs in tuple(self._by_queue.items()):
            left = [pair for pair in pairs if pair[0] is not agent]
            if left:
                self._by_queue[queue] = left
            else:
                del self._by_queue[queue]

    def of(self, queue: AcdQueue) -> tuple[Agent, ...]:
        """Return the agents whose profile has the queue, each once, signed in or not."""
        return tuple({agent.arn: agent for agent, _ in self._by_queue.get(id(queue), ())}.values())

    def delays(self, queue: AcdQueue, channel: str) -> list[float]:
        """Return the distinct delays above 0 s after which agents take contacts of `channel` from the queue."""
        pairs = self._by_queue.get(id(queue), ())
        return sorted({skill.delay for _, skill in pairs if skill.channel == channel and skill.delay > 0})

    def idle_for(self, ticket: Ticket, now: float) -> Agent | None:
        """Return the agent who may take this contact now and has been idle longest."""
        if not ticket.queue.attended:
            return None
        waited = now - ticket.since + 1e-9
        able = [
            agent
            for agent, skill in self._by_queue.get(id(ticket.queue), ())
            if skill.channel == ticket.channel and waited >= skill.delay and agent.can_take(ticket.channel)
        ]
        return min(able, key=lambda agent: (len(agent.handled), agent.idle_since), default=None)

    def next_for(self, agent: Agent, now: float) -> Ticket | None:
        """Return the waiting contact that an agent should take now."""
        best: tuple[tuple[int, int, float, int], Ticket] | None = None
        for skill in agent.skills:
            if not agent.can_take(skill.channel):
                continue
            found = skill.queue.first(skill.channel, now - skill.delay + 1e-9)
            if found is not None:
                rank = (skill.priority, *found[:3])
                if best is None or rank < best[0]:
                    best = rank, found[3]
        return None if best is None else best[1]


def take(agent: Agent, channel: str) -> None:
    """Add one contact to the agent's load."""
    agent.talking += 1
    agent.handled[channel] = agent.handled.get(channel, 0) + 1


def give_back(agent: Agent, channel: str, now: float) -> None:
    """Take one contact off the agent's load after wrap-up."""
    left = agent.handled.get(channel, 0) - 1
    if left > 0:
        agent.handled[channel] = left
    else:
        agent.handled.pop(channel, None)
    agent.idle_since = now


def signed_in(agents: Iterable[Agent]) -> list[Agent]:
    """Return the agents who are signed in."""
    return [agent for agent in agents if agent.signed_in]
