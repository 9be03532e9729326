"""Contact events as Connect puts them on EventBridge (Administrator Guide, "Contact events").

INITIATED, CONNECTED_TO_SYSTEM (outbound calls, chats, tasks), QUEUED, CONNECTED_TO_AGENT, CONTACT_DATA_UPDATED, PAUSED,
RESUMED, DISCONNECTED, and COMPLETED after an agent's after-call work. AMD_DISABLED does not occur in the emulator.
Keys and formats are those of published samples: `time` in whole seconds, times in `detail` with milliseconds.
`flow_schemas/contact-event.schema.json` describes them.
"""

from __future__ import annotations

import uuid
from typing import Any

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.describe import (
    agent_arn,
    described,
    hierarchy_groups,
    is_agent_queue,
    queue_arn,
    system_tags,
)
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.connect.contacts.times import iso, whole_seconds
from busyhour.emulator.connect.resources import kinds

UPDATED = "CONTACT_DATA_UPDATED"
NOT_YET = "1970-01-01T00:00:00.001Z"
"""In a CONTACT_DATA_UPDATED event: it has not happened."""
_TIMES = {
    "initiationTimestamp": "InitiationTimestamp",
    "scheduledTimestamp": "ScheduledTimestamp",
    "connectedToSystemTimestamp": "ConnectedToSystemTimestamp",
    "disconnectTimestamp": "DisconnectTimestamp",
}
_GIVEN = {
    "initialContactId": "InitialContactId",
    "previousContactId": "PreviousContactId",
    "relatedContactId": "RelatedContactId",
    "disconnectReason": "DisconnectReason",
    "answeringMachineDetectionStatus": "AnsweringMachineDetectionStatus",
}


def contact_event(contact: Contact, moment: str, contacts: Contacts, at: float) -> dict[str, Any]:
    """Make the event of `moment` (an eventType) of a contact at epoch seconds `at`."""
    instance = contacts.instance
    about = described(contact, instance, contacts.epoch)
    detail: dict[str, Any] = {
        "eventType": moment,
        "contactId": contact.id,
        "channel": contact.channel,
        "instanceArn": instance.arn,
        "initiationMethod": contact.method,
        **{name: iso(about[member]) for name, member in _TIMES.items() if member in about},
        **{name: about[member] for name, member in _GIVEN.items() if member in about},
        "tags": {**system_tags(contact, instance), **(contact.tags or {})},
    }
    if "QueueInfo" in about:
        detail["queueInfo"] = _queue(contact, contacts, about["QueueInfo"])
    if "AgentInfo" in about:
        detail["agentInfo"] = _agent(contact, contacts, about["AgentInfo"], moment)
    if contact.extra.get("CampaignId"):
        detail["campaign"] = {"campaignId": contact.extra["CampaignId"]}
    if moment == UPDATED:
        detail["updatedProperties"] = list(contact.updated)
        if contact.ended is None:
            detail.setdefault("connectedToSystemTimestamp", NOT_YET)
    account = instance.account
    return {
        "version": "0",
        "id": str(uuid.uuid5(uuid.UUID(contact.id), f"{moment}/{at}")),
        "detail-type": "Amazon Connect Contact Event",
        "source": "aws.connect",
        "account": account.account_id,
        "time": whole_seconds(at),
        "region": account.region,
        "resources": [instance.arn, about["Arn"]],
        "detail": detail,
    }


def _queue(contact: Contact, contacts: Contacts, info: dict[str, Any]) -> dict[str, Any]:
    arn, _ = queue_arn(contact, contacts.instance)
    return {
        "queueArn": arn,
        "queueType": "AGENT" if is_agent_queue(contact) else "STANDARD",
        "enqueueTimestamp": iso(info["EnqueueTimestamp"]),
    }


def _agent(contact: Contact, contacts: Contacts, info: dict[str, Any], moment: str) -> dict[str, Any]:
    instance = contacts.instance
    agent: dict[str, Any] = {
        "agentArn": agent_arn(contact, instance),
        "connectedToAgentTimestamp": iso(info["ConnectedToAgentTimestamp"]),
    }
    user = instance.get(kinds.USER, contact.agent or "")
    groups = hierarchy_groups(user, instance, "arn", level="level{}")
    if groups is not None:
        agent["hierarchyGroups"] = groups
    if moment == "COMPLETED":
        agent["agentInitiatedHoldDuration"] = 0
        if "AfterContactWorkDuration" in info:
            agent |= {
                "afterContactWorkStartTimestamp": iso(info["AfterContactWorkStartTimestamp"]),
                "afterContactWorkEndTimestamp": iso(info["AfterContactWorkEndTimestamp"]),
                "afterContactWorkDuration": info["AfterContactWorkDuration"],
            }
    return agent
