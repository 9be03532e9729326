"""The contact record in Connect's data model (Administrator Guide, "Data model for contact records").

Shape of published records: keys in alphabetical order on every level, times as `YYYY-MM-DDThh:mm:ssZ`, durations in whole
seconds as the difference of two printed times, null where a value is unknown or does not apply.
`flow_schemas/contact-record.schema.json` describes it.
"""

from __future__ import annotations

from typing import Any

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.describe import (
    MACHINE_STATUS,
    agent_arn,
    hierarchy_groups,
    queue_arn,
    segment_attributes,
    system_tags,
)
from busyhour.emulator.connect.contacts.times import whole_seconds
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Instance

_MEDIA = {"VOICE": "AUDIO", "CHAT": "CHAT"}


def completed(contact: Contact) -> float:
    """Return the epoch seconds at which an ended contact is complete: the end of the after-call work."""
    ended = contact.ended or contact.initiated
    if contact.answered is None:
        return ended
    return max(ended, (contact.talk_ended or ended) + contact.wrap_up)


def record(contact: Contact, instance: Instance, updated: float | None = None) -> dict[str, Any]:
    """Make the record of an ended contact; `updated` is the epoch second of its delivery."""
    extra, task = contact.extra, contact.channel == "TASK"
    if updated is None:
        updated = max(completed(contact), contact.changed or 0.0)
    media = _MEDIA.get(contact.channel)
    pauses = {
        "LastPausedTimestamp": whole_seconds(contact.paused_at),
        "LastResumedTimestamp": whole_seconds(contact.resumed_at),
        "TotalPauseCount": contact.pauses,
        "TotalPauseDurationInSeconds": int(contact.paused_seconds),
    }
    made = {
        "AWSAccountId": instance.account.account_id,
        "AWSContactTraceRecordFormatVersion": "2017-03-10",
        "Agent": _agent(contact, instance),
        "AgentConnectionAttempts": contact.attempts + (contact.answered is not None),
        "AnsweringMachineDetectionStatus": MACHINE_STATUS.get(contact.line or ""),
        "Attributes": dict(contact.attributes),
        "Campaign": {"CampaignId": extra.get("CampaignId")},
        "Channel": contact.channel,
        "ConnectedToSystemTimestamp": whole_seconds(contact.connected),
        "ContactDetails": {name: extra[name] for name in ("Description", "Name") if task and extra.get(name)},
        "ContactId": contact.id,
        "CustomerEndpoint": _endpoint(contact.customer),
        "DisconnectReason": contact.reason,
        "DisconnectTimestamp": whole_seconds(contact.ended),
        "InitialContactId": extra.get("InitialContactId"),
        "InitiationMethod": contact.method,
        "InitiationTimestamp": whole_seconds(contact.initiated),
        "InstanceARN": instance.arn,
        "LastUpdateTimestamp": whole_seconds(updated),
        "MediaStreams": [{"Type": media}] if media else [],
        "NextContactId": extra.get("NextContactId"),
        "PreviousContactId": extra.get("PreviousContactId"),
        "Queue": _queue(contact, instance),
        "Recording": None,
        "Recordings": None,
        "References": [
            {"Name": name, "Type": value["Type"], "Value": value.get("Value")}
            for name, value in (extra.get("References") or {}).items()
        ],
        "RelatedContactId": extra.get("RelatedContactId"),
        "ScheduledTimestamp": whole_seconds(contact.scheduled),
        "SegmentAttributes": segment_attributes(contact),
        "SystemEndpoint": _endpoint(contact.system),
        "Tags": {**system_tags(contact, instance), **(contact.tags or {})},
        "TransferCompletedTimestamp": None,
        "TransferredToEndpoint": None,
        "VoiceIdResult": None,
        **(pauses if task else {}),
    }
    return dict(sorted(made.items()))


def own_members(contact: Contact) -> dict[str, Any]:
    """Return what the emulator adds to a record on its own page of records: counts and causes that AWS does not publish."""
    return {
        "Sequence": contact.sequence,
        "Index": contact.index,
        "TrafficType": contact.traffic,
        "Reorder": contact.reorder,
        "Quota": contact.pool if contact.reorder else None,
        "Terminal": contact.terminal,
        "Detail": contact.detail,
        "LambdaInvocations": dict(contact.invocations),
        "Seconds": None if contact.ended is None else contact.ended - contact.initiated,
    }


def _queue(contact: Contact, instance: Instance) -> dict[str, Any] | None:
    enqueued, answered = contact.enqueued, contact.answered
    if contact.queue is None or enqueued is None:
        return None
    left = answered if answered is not None else contact.ended
    arn, name = queue_arn(contact, instance)
    return {
        "ARN": arn,
        "DequeueTimestamp": whole_seconds(left),
        "Duration": _between(enqueued, left),
        "EnqueueTimestamp": whole_seconds(enqueued),
        "Name": name,
    }


def _agent(contact: Contact, instance: Instance) -> dict[str, Any] | None:
    if contact.answered is None:
        return None
    until = contact.talk_ended if contact.talk_ended is not None else contact.ended
    after = None if until is None else until + contact.wrap_up
    user = instance.get(kinds.USER, contact.agent or "")
    if user is not None:
        profile = instance.get(kinds.ROUTING_PROFILE, user.members["RoutingProfileId"])
    else:
        profile = next(iter(instance.all(kinds.ROUTING_PROFILE)), None)
    return {
        "ARN": agent_arn(contact, instance),
        "AfterContactWorkDuration": _between(until, after),
        "AfterContactWorkEndTimestamp": whole_seconds(after),
        "AfterContactWorkStartTimestamp": whole_seconds(until),
        "AgentInteractionDuration": _between(contact.answered, until),
        "ConnectedToAgentTimestamp": whole_seconds(contact.answered),
        "CustomerHoldDuration": 0,
        "HierarchyGroups": hierarchy_groups(user, instance, "ARN", "GroupName"),
        "LongestHoldDuration": 0,
        "NumberOfHolds": 0,
        "RoutingProfile": None if profile is None else {"ARN": profile.arn, "Name": profile.name},
        "Username": contact.username,
    }


def _between(since: float | None, until: float | None) -> int | None:
    """Return the whole seconds between two times as they are printed."""
    return None if since is None or until is None else int(until) - int(since)


def _endpoint(number: str) -> dict[str, str] | None:
    return {"Address": number, "Type": "TELEPHONE_NUMBER"} if number else None
