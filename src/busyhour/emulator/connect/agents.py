"""Synchronises the call centre's queues and agents with the instance's queues, users and routing profiles."""

from __future__ import annotations

from collections.abc import Iterable

from busyhour.calls.acd import Acd, AcdQueue
from busyhour.calls.acd.agents import Agent, Profile, Skill
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Instance, Resource, resource_id


class Staffing:
    """Queues and agents of one instance.

    A queue is staffed by the scenario or by users whose routing profile has it. Without either, every contact
    in it is answered at once.

    Args:
        instance: queues, users, routing profiles.
        contacts: has the call centre.
    """

    def __init__(self, instance: Instance, contacts: Contacts) -> None:
        self._instance = instance
        self._contacts = contacts
        self._planned = {
            queue.name for queue in contacts.centre.acd.queues.values() if queue.agents is not None
        }
        """Queues that the scenario staffs."""
        self._statuses: dict[str, Resource] = {}
        self.agents: dict[str, Agent] = {}
        """By the user's id."""
        contacts.on_renewed = self.renew
        self.renew()

    def renew(self) -> None:
        """Add everything to a new call centre."""
        self.agents.clear()
        for queue in self._instance.queues():
            self._queue(queue)
        for user in self._instance.all(kinds.USER):
            self._user(user)

    def changed(self, resource: Resource) -> None:
        """Apply a created or updated resource."""
        if resource.kind is kinds.QUEUE:
            self._queue(resource)
        elif resource.kind is kinds.USER:
            self._user(resource)
        elif resource.kind is kinds.ROUTING_PROFILE:
            for user in self._instance.all(kinds.USER):
                if resource_id(user.members["RoutingProfileId"]) == resource.id:
                    self._user(user)

    def removed(self, resource: Resource) -> None:
        """Apply a deleted resource."""
        agent = self.agents.pop(resource.id, None)
        if agent is not None:
            self._acd.sign(agent, signed_in=False)
            self._acd.team.remove(agent)
            self._statuses.pop(resource.id, None)
            self._unstaffed()
        if resource.kind is kinds.QUEUE:
            queue = self._acd.known(resource.id)
            if queue is not None:
                queue.enabled = False

    def put_status(self, user: Resource, status: Resource) -> None:
        """Set the agent's status."""
        self._statuses[user.id] = status
        routable = status.members.get("Type") == "ROUTABLE"
        self._acd.sign(self.agents[user.id], signed_in=routable)

    def status(self, user: Resource) -> Resource | None:
        """Return an agent's status; None: never signed in."""
        return self._statuses.get(user.id)

    def serving(self, queues: Iterable[Resource]) -> list[tuple[Resource, Agent]]:
        """Return users whose routing profile has any of the queues, each once."""
        wanted = {id(self.acd_queue(queue)) for queue in queues}
        return [
            (user, self.agents[user.id])
            for user in self._instance.all(kinds.USER)
            if any(id(skill.queue) in wanted for skill in self.agents[user.id].profile.skills)
        ]

    def with_profile(self, profile: Resource) -> list[tuple[Resource, Agent]]:
        """Return users with a routing profile."""
        return [
            (user, self.agents[user.id])
            for user in self._instance.all(kinds.USER)
            if resource_id(user.members["RoutingProfileId"]) == profile.id
        ]

    def acd_queue(self, queue: Resource) -> AcdQueue:
        """Return the call centre's queue of a queue resource."""
        agents = self._acd.known(queue.name)
        capacity = queue.members.get("MaxContacts") if agents is None else agents.capacity
        return self._acd.open(queue.name, (queue.arn, queue.id), agents=None, capacity=capacity)

    @property
    def _acd(self) -> Acd:
        return self._contacts.centre.acd

    def _queue(self, queue: Resource) -> None:
        acd_queue = self._acd.known(queue.id) or self.acd_queue(queue)
        acd_queue.enabled = queue.members.get("Status") != "DISABLED"
        if "MaxContacts" in queue.members:
            acd_queue.capacity = queue.members["MaxContacts"]

    def _user(self, user: Resource) -> None:
        agent = self.agents.get(user.id)
        profile = self._profile(self._instance.get(kinds.ROUTING_PROFILE, user.members["RoutingProfileId"]))
        if agent is None:
            agent = self.agents[user.id] = Agent(user.name, user.arn, profile)
        agent.name, agent.profile = user.name, profile
        self._acd.team.put(agent)
        self._unstaffed()
        status = self._statuses.get(user.id)
        if status is not None:
            self.put_status(user, status)

    def _profile(self, profile: Resource) -> Profile:
        skills = tuple(
            Skill(
                self.acd_queue(self._instance.get(kinds.QUEUE, config["QueueReference"]["QueueId"])),
                config["QueueReference"]["Channel"],
                config["Priority"],
                float(config["Delay"]),
            )
            for config in profile.members.get("QueueConfigs", ())
        )
        media = profile.members["MediaConcurrencies"]
        beside = frozenset(
            one["Channel"]
            for one in media
            if (one.get("CrossChannelBehavior") or {}).get("BehaviorType") == "ROUTE_ANY_CHANNEL"
        )
        return Profile(skills, {one["Channel"]: one.get("Concurrency", 1) for one in media}, beside)

    def _unstaffed(self) -> None:
        """Return the staff of a queue: queues with users are served by them alone, others have as many agents as needed."""
        for queue in self._instance.queues():
            if queue.name not in self._planned:
                acd_queue = self.acd_queue(queue)
                acd_queue.agents = 0 if self._acd.team.of(acd_queue) else None
