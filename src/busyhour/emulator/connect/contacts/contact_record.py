"""The contact record in Connect's data model (Administrator Guide, "Data model for contact records")."""

from __future__ import annotations

from typing import Any

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.describe import MACHINE_STATUS
from busyhour.emulator.connect.contacts.times import iso
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Instance


def record(contact: Contact, instance: Instance) -> dict[str, Any]:
    """Make the record of an ended contact; `Emulator` has members of our own."""
    extra = contact.extra
    return {
        "AWSAccountId": instance.account.account_id,
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "InstanceARN": instance.arn,
        "ContactId": contact.id,
        "InitialContactId": extra.get("InitialContactId"),
        "PreviousContactId": extra.get("PreviousContactId"),
        "RelatedContactId": extra.get("RelatedContactId"),
        "NextContactId": None,
        "Channel": contact.channel,
        "InitiationMethod": contact.method,
        "InitiationTimestamp": iso(contact.initiated),
        "ScheduledTimestamp": iso(contact.scheduled),
        "ConnectedToSystemTimestamp": iso(contact.connected),
        "DisconnectTimestamp": iso(contact.ended),
        "LastUpdateTimestamp": iso(max(contact.changed or 0.0, contact.ended or 0.0) or None),
        "DisconnectReason": contact.reason,
        "AnsweringMachineDetectionStatus": MACHINE_STATUS.get(contact.line or ""),
        "Campaign": {"CampaignId": extra["CampaignId"]} if extra.get("CampaignId") else None,
        "CustomerEndpoint": _endpoint(contact.customer),
        "SystemEndpoint": _endpoint(contact.system),
        "Attributes": dict(contact.attributes),
        "Tags": dict(contact.tags or {}),
        "References": [
            {"Name": name, "Type": value["Type"], "Value": value.get("Value")}
            for name, value in (extra.get("References") or {}).items()
        ],
        "Queue": _queue(contact, instance),
        "Agent": _agent(contact, instance),
        "AgentConnectionAttempts": 0 if contact.answered is None else 1,
        "Recordings": [],
        "Emulator": {
            "Sequence": contact.sequence,
            "Index": contact.index,
            "TrafficType": contact.traffic,
            "Reorder": contact.reorder,
            "Quota": contact.pool if contact.reorder else None,
            "Terminal": contact.terminal,
            "Detail": contact.detail,
            "LambdaInvocations": dict(contact.invocations),
            "Seconds": None if contact.ended is None else contact.ended - contact.initiated,
        },
    }


def _queue(contact: Contact, instance: Instance) -> dict[str, Any] | None:
    enqueued, answered = contact.enqueued, contact.answered
    if contact.queue is None or enqueued is None:
        return None
    left = answered if answered is not None else contact.ended
    queue = instance.queue(contact.queue)
    return {
        "Name": contact.queue,
        "ARN": queue.arn if queue is not None else None,
        "EnqueueTimestamp": iso(enqueued),
        "DequeueTimestamp": iso(left),
        "Duration": None if left is None else round(left - enqueued, 3),
    }


def _agent(contact: Contact, instance: Instance) -> dict[str, Any] | None:
    if contact.answered is None:
        return None
    until = contact.talk_ended if contact.talk_ended is not None else contact.ended
    after = None if until is None else until + contact.wrap_up
    user = instance.get(kinds.USER, contact.agent or "")
    profile = instance.get(kinds.ROUTING_PROFILE, user.members["RoutingProfileId"]) if user else None
    return {
        "ARN": user.arn if user is not None else None,
        "Username": contact.username,
        "RoutingProfile": None if profile is None else {"ARN": profile.arn, "Name": profile.name},
        "ConnectedToAgentTimestamp": iso(contact.answered),
        "AgentInteractionDuration": None if until is None else round(until - contact.answered, 3),
        "AfterContactWorkStartTimestamp": iso(until),
        "AfterContactWorkEndTimestamp": iso(after),
        "AfterContactWorkDuration": round(contact.wrap_up, 3),
    }


def _endpoint(number: str) -> dict[str, str] | None:
    return {"Type": "TELEPHONE_NUMBER", "Address": number} if number else None
