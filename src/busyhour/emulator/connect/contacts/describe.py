"""A contact in the shapes of DescribeContact and SearchContacts."""

from __future__ import annotations

import uuid
from typing import Any

from busyhour.emulator.connect.contacts.contact import CHANNELS, Contact
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Instance, Resource, resource_id

MACHINE_STATUS = {
    "CallAnswered": "HUMAN_ANSWERED",
    "VoicemailBeep": "VOICEMAIL_BEEP",
    "VoicemailNoBeep": "VOICEMAIL_NO_BEEP",
    "NotDetected": "AMD_UNRESOLVED",
}
"""AnsweringMachineDetectionStatus by the branch of CheckOutboundCallStatus."""
_GIVEN = ("Name", "Description", "RelatedContactId", "PreviousContactId", "InitialContactId", "CustomerId")
_FOUND = (
    *("Arn", "Id", "InitialContactId", "PreviousContactId", "InitiationMethod", "Channel", "QueueInfo"),
    *("AgentInfo", "InitiationTimestamp", "DisconnectTimestamp", "ScheduledTimestamp"),
    *("SegmentAttributes", "Name", "Tags"),
)
"""Members of SearchContacts."""
AGENT_QUEUE = "agent:"
"""Prefix of the names of agents' own queues in the call centre."""
_LEVELS = 5


def described(contact: Contact, instance: Instance, epoch: float) -> dict[str, Any]:
    """Make the Contact of DescribeContact, without absent members. `epoch` is the zero of the calls' clock."""
    call, extra = contact.call, contact.extra
    info: dict[str, Any] = {
        "Arn": f"{instance.arn}/contact/{contact.id}",
        "Id": contact.id,
        "InitiationMethod": contact.method,
        "Channel": contact.channel,
        "InitiationTimestamp": contact.initiated,
        "LastUpdateTimestamp": max(contact.changed or 0.0, contact.ended or contact.initiated),
        "Attributes": contact.current_attributes(),
        "SegmentAttributes": segment_attributes(contact),
    }
    for member, number in (("CustomerEndpoint", contact.customer), ("SystemEndpoint", contact.system)):
        if number:
            info[member] = {"Type": "TELEPHONE_NUMBER", "Address": number}
    info |= {member: extra[member] for member in _GIVEN if extra.get(member)}
    if extra.get("CampaignId"):
        info["Campaign"] = {"CampaignId": extra["CampaignId"]}
    if extra.get("TaskTemplateId"):
        info["TaskTemplateInfo"] = {"Arn": extra["TaskTemplateId"]}
    connected = _later(contact.connected, call.connected_to_system if call else None, epoch)
    times = {
        "ConnectedToSystemTimestamp": connected,
        "DisconnectTimestamp": contact.ended,
        "ScheduledTimestamp": contact.scheduled,
    }
    info |= {name: value for name, value in times.items() if value is not None}
    if contact.pauses:
        info |= _pauses(contact)
    if contact.tags:
        info["Tags"] = contact.tags
    if contact.line is not None and connected is not None:
        info["AnsweringMachineDetectionStatus"] = MACHINE_STATUS[contact.line]
    queue = queue_id(contact, instance)
    enqueued = _later(contact.enqueued, call.enqueued if call else None, epoch)
    if enqueued is not None and queue:
        info["QueueInfo"] = {"Id": queue, "EnqueueTimestamp": enqueued}
    answered = _later(contact.answered, call.answered if call else None, epoch)
    if answered is not None:
        info["AgentInfo"] = _agent(contact, instance, answered)
    if contact.reason is not None:
        info["DisconnectReason"] = contact.reason
    return info


def found(contact: Contact, instance: Instance, epoch: float) -> dict[str, Any]:
    """Make an entry of SearchContacts."""
    info = described(contact, instance, epoch)
    entry = {name: info[name] for name in _FOUND if name in info}
    agent = entry.get("AgentInfo")
    if agent is not None:
        entry["AgentInfo"] = {name: agent[name] for name in ("Id", "ConnectedToAgentTimestamp")}
    return entry


def queue_id(contact: Contact, instance: Instance) -> str | None:
    """Return the id of a contact's current or last queue; its name if the instance lacks it."""
    name = contact.queue or (contact.call.queue_name if contact.call is not None else None)
    queue = instance.queue(name) if name else None
    return name if queue is None else queue.id


def agent_arn(contact: Contact, instance: Instance) -> str:
    """Return the ARN of a contact's agent: the user's, or one that an agent staffed by the scenario always has."""
    agent = contact.agent or "agent"
    if agent.startswith("arn:"):
        return agent
    return instance.arn_of(kinds.USER, str(uuid.uuid5(uuid.UUID(instance.id), f"agent/{agent}")))


def queue_arn(contact: Contact, instance: Instance) -> tuple[str, str | None]:
    """Return ARN and name of a contact's queue; the queue of one agent has no name."""
    name = _queue_name(contact)
    if is_agent_queue(contact):
        return f"{instance.arn}/queue/agent/{resource_id(name.removeprefix(AGENT_QUEUE))}", None
    queue = instance.queue(name)
    if queue is not None:
        return queue.arn, queue.name
    return instance.arn_of(kinds.QUEUE, str(uuid.uuid5(uuid.UUID(instance.id), f"queue/{name}"))), name


def is_agent_queue(contact: Contact) -> bool:
    """Return whether a contact's queue is that of one agent."""
    return _queue_name(contact).startswith(AGENT_QUEUE)


def _queue_name(contact: Contact) -> str:
    return contact.queue or (contact.call.queue_name if contact.call is not None else None) or ""


def hierarchy_groups(
    user: Resource | None, instance: Instance, arn: str, name: str = "", level: str = "Level{}"
) -> dict[str, Any] | None:
    """Return the hierarchy groups of a user by level, with members named `arn` and, unless empty, `name`; None without."""
    group = instance.get(kinds.HIERARCHY_GROUP, user.members.get("HierarchyGroupId") or "") if user else None
    if group is None:
        return None
    path = [group]
    while (above := path[0].members.get("ParentGroupId")) and len(path) < _LEVELS:
        parent = instance.get(kinds.HIERARCHY_GROUP, above)
        if parent is None:
            break
        path.insert(0, parent)
    return {
        level.format(number): {arn: one.arn, **({name: one.name} if name else {})}
        for number, one in enumerate(path, 1)
    }


def system_tags(contact: Contact, instance: Instance) -> dict[str, str]:
    """Return the tags that AWS gives every contact: its instance, and on voice the instance's number."""
    number = {"aws:connect:systemEndpoint": contact.system} if contact.system else {}
    return {"aws:connect:instanceId": instance.id, **number}


def segment_attributes(contact: Contact) -> dict[str, Any]:
    """Return the contact's own segment attributes, and its subtype."""
    subtype = {"connect:Subtype": {"ValueString": CHANNELS[contact.channel].subtype}}
    return {**subtype, **(contact.extra.get("SegmentAttributes") or {})}


def _pauses(contact: Contact) -> dict[str, Any]:
    about: dict[str, Any] = {"TotalPauseCount": contact.pauses, "LastPausedTimestamp": contact.paused_at}
    if contact.resumed_at is not None:
        about["LastResumedTimestamp"] = contact.resumed_at
    if contact.ended is not None:
        about["TotalPauseDurationInSeconds"] = int(contact.paused_seconds)
    return about


def _agent(contact: Contact, instance: Instance, answered: float) -> dict[str, Any]:
    info: dict[str, Any] = {
        "Id": resource_id(agent_arn(contact, instance)),
        "ConnectedToAgentTimestamp": answered,
    }
    if contact.talk_ended is not None and contact.wrap_up > 0:
        info |= {
            "AfterContactWorkStartTimestamp": contact.talk_ended,
            "AfterContactWorkEndTimestamp": contact.talk_ended + contact.wrap_up,
            "AfterContactWorkDuration": round(contact.wrap_up),
        }
    return info


def _later(known: float | None, live: float | None, epoch: float) -> float | None:
    return known if known is not None else None if live is None else live + epoch
