"""Contact events as Connect puts them on EventBridge (Administrator Guide, "Contact events").

INITIATED, CONNECTED_TO_SYSTEM (outbound calls, chats, tasks), QUEUED, CONNECTED_TO_AGENT, CONTACT_DATA_UPDATED,
DISCONNECTED, and COMPLETED after an agent's after contact work. AMD_DISABLED, PAUSED and RESUMED do not
occur in the emulator.
"""

from __future__ import annotations

import uuid
from typing import Any

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.describe import described, queue_id
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.connect.contacts.times import iso
from busyhour.emulator.connect.resources import kinds

_TIMES = {
    "initiationTimestamp": "InitiationTimestamp",
    "scheduledTimestamp": "ScheduledTimestamp",
    "connectedToSystemTimestamp": "ConnectedToSystemTimestamp",
    "disconnectTimestamp": "DisconnectTimestamp",
}
_GIVEN = {
    "previousContactId": "PreviousContactId",
    "relatedContactId": "RelatedContactId",
    "disconnectReason": "DisconnectReason",
    "answeringMachineDetectionStatus": "AnsweringMachineDetectionStatus",
    "tags": "Tags",
}


def contact_event(contact: Contact, moment: str, contacts: Contacts, at: float) -> dict[str, Any]:
    """Make the event of `moment` (an eventType) of a contact at epoch seconds `at`."""
    instance = contacts.instance
    about = described(contact, instance, contacts.epoch)
    detail: dict[str, Any] = {
        "eventType": moment,
        "contactId": contact.id,
        "initialContactId": about.get("InitialContactId", contact.id),
        "channel": contact.channel,
        "instanceArn": instance.arn,
        "initiationMethod": contact.method,
        **{name: iso(about[member]) for name, member in _TIMES.items() if member in about},
        **{name: about[member] for name, member in _GIVEN.items() if member in about},
    }
    if "QueueInfo" in about:
        detail["queueInfo"] = _queue(contact, contacts, about["QueueInfo"])
    if "AgentInfo" in about:
        detail["agentInfo"] = _agent(contact, contacts, about["AgentInfo"], moment)
    if contact.extra.get("CampaignId"):
        detail["campaign"] = {"campaignId": contact.extra["CampaignId"]}
    if moment == "CONTACT_DATA_UPDATED":
        detail["updatedProperties"] = ["UserDefinedAttributes"]
    account = instance.account
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.UUID(contact.id), f"{moment}/{at}")),
        "detail-type": "Amazon Connect Contact Event",
        "source": "aws.connect",
        "account": account.account_id,
        "time": iso(at),
        "region": account.region,
        "resources": [about["Arn"], instance.arn],
        "detail": detail,
    }


def _queue(contact: Contact, contacts: Contacts, info: dict[str, Any]) -> dict[str, Any]:
    queue = contacts.instance.queue(queue_id(contact, contacts.instance) or "")
    arn = queue.arn if queue is not None else info["Id"]
    return {"queueArn": arn, "queueType": "STANDARD", "enqueueTimestamp": iso(info["EnqueueTimestamp"])}


def _agent(contact: Contact, contacts: Contacts, info: dict[str, Any], moment: str) -> dict[str, Any]:
    user = contacts.instance.get(kinds.USER, contact.agent or "")
    arn = user.arn if user is not None else contact.agent
    agent = {"agentArn": arn, "connectedToAgentTimestamp": iso(info["ConnectedToAgentTimestamp"])}
    if moment == "COMPLETED" and "AfterContactWorkDuration" in info:
        agent |= {
            "afterContactWorkStartTimestamp": iso(info["AfterContactWorkStartTimestamp"]),
            "afterContactWorkEndTimestamp": iso(info["AfterContactWorkEndTimestamp"]),
            "afterContactWorkDuration": info["AfterContactWorkDuration"],
        }
    return agent
