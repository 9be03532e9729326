"""Queues of a scenario with their agents, capacity and hours, from routing profiles and numbers of users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.flows.library import identity
from busyhour.instance import kinds
from busyhour.instance.scaffold.known import Facts
from busyhour.instance.scaffold.reach import Reach

ASSUMED_AGENTS = 10
"""Agents of a queue where no user's routing profile has it."""


@dataclass(frozen=True, slots=True)
class Staffed:
    """A queue of the scenario; `why` explains the agents."""

    name: str
    arn: str
    agents: int
    why: str
    capacity: int | None
    hours: str


def staffed(facts: Facts, reach: Reach) -> list[Staffed]:
    """Return the queues that a call can be in; all of the instance where a flow computes the queue."""
    pulled = facts.of(kinds.QUEUE)
    users = _users(facts)
    references = dict(reach.queues)
    if "queues" in reach.computed:
        met = {identity(one) for one in references}
        for identifier, queue in pulled.items():
            if identifier not in met:
                references[str(queue.get("QueueArn", identifier))] = str(queue.get("Name", ""))
    names: set[str] = set()
    found: list[Staffed] = []
    for reference, shown in references.items():
        identifier = identity(reference)
        queue = pulled.get(identifier, {})
        name = str(queue.get("Name") or shown or identifier)
        if name in names:
            name = f"{name} {identifier[:8]}"
        names.add(name)
        agents, why = users.get(str(queue.get("Name") or shown), (0.0, ""))
        capacity = queue.get("MaxContacts")
        hours = str(queue.get("HoursOfOperationId", ""))
        found.append(
            Staffed(
                name,
                reference,
                max(1, round(agents)) if agents else ASSUMED_AGENTS,
                why or "no user's routing profile has the queue",
                int(capacity) if isinstance(capacity, int | float) and capacity > 0 else None,
                str(_mapping(queue.get("References")).get(hours, "")),
            )
        )
    return found


def _users(facts: Facts) -> Mapping[str, tuple[float, str]]:
    """Return agents by name of queue: the users of each routing profile, divided evenly among its queues for voice."""
    by_profile = _mapping(facts.gathered(kinds.USER).get("by_routing_profile"))
    agents: dict[str, float] = defaultdict(float)
    profiles: dict[str, list[str]] = defaultdict(list)
    for profile in facts.of(kinds.ROUTING_PROFILE).values():
        name = str(profile.get("Name", ""))
        users = by_profile.get(name, 0)
        listed = profile.get("Queues")
        queues = {
            str(one.get("QueueName", ""))
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, Mapping) and one.get("Channel", "VOICE") == "VOICE"
        }
        for queue in queues:
            if isinstance(users, int) and users > 0:
                agents[queue] += users / len(queues)
                profiles[queue].append(f"{name} ({users} users, {len(queues)} queues)")
    return {
        queue: (agents[queue], f"users of {', '.join(sorted(profiles[queue]))}, divided evenly")
        for queue in agents
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return an object of a file that may have been edited; an empty one where it is something else."""
    return value if isinstance(value, Mapping) else {}
