"""A contact in the shapes of DescribeContact and SearchContacts."""

from __future__ import annotations

from typing import Any

from busyhour.emulator.connect.contacts.contact import CHANNELS, Contact
from busyhour.emulator.connect.resources.instance import Instance, resource_id

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
        info["AgentInfo"] = _agent(contact, answered)
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


def segment_attributes(contact: Contact) -> dict[str, Any]:
    """Return the contact's own segment attributes, and its subtype."""
    subtype = {"connect:Subtype": {"ValueString": CHANNELS[contact.channel].subtype}}
    return {**subtype, **(contact.extra.get("SegmentAttributes") or {})}


def _agent(contact: Contact, answered: float) -> dict[str, Any]:
    info: dict[str, Any] = {
        "Id": resource_id(contact.agent or "agent"),
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
