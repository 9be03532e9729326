"""StartOutboundVoiceContact, StartChatContact, StartTaskContact: validation of a request, and the new contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.emulator.connect.api.contact_changes import target_queue
from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.outbound import COUNTRIES, check_attributes, check_campaign
from busyhour.emulator.connect.contacts.start_parameters import Placed
from busyhour.emulator.connect.contacts.times import epoch_seconds
from busyhour.emulator.connect.contacts.transcript import join
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.policy import OverQuota
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import FlowResource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.registry import operation

_VOICE = ("Name", "Description", "RelatedContactId", "CampaignId", "References")
_CHAT = ("RelatedContactId", "SegmentAttributes", "CustomerId")
_TASK = (
    *("Name", "Description", "References", "RelatedContactId", "SegmentAttributes", "PreviousContactId"),
    "TaskTemplateId",
)
_SIX_DAYS = 6 * 86_400.0
_TASK_SOURCES = ("ContactFlowId", "QuickConnectId", "TaskTemplateId")
_LINKED = 12
"""Tasks with one PreviousContactId at most."""
_INTERACTIVE = "application/vnd.amazonaws.connect.message.interactive"
_MESSAGES = ("text/plain", "text/markdown", "application/json", f"{_INTERACTIVE}.response")


@operation("StartOutboundVoiceContact")
def start_outbound_voice_contact(site: InstanceRuntime, params: Params) -> Params:
    """StartOutboundVoiceContact: accepted before the destination rings; the contact has the outcome."""
    flow = site.published(params["ContactFlowId"])
    attributes = _attributes(site, params)
    traffic = check_campaign(params)
    queue = site.find(kinds.QUEUE, params["QueueId"]) if params.get("QueueId") else None
    system = _source(site, params, queue)
    number: str = params["DestinationPhoneNumber"]
    if not site.sites.destinations.allows(number):
        site.state.limits.reject(COUNTRIES)
        raise ApiError(
            "DestinationNotAllowedException", "Outbound calls to the destination number are not allowed.", 403
        )
    known = _known(site, params)
    if known is not None:
        return {"ContactId": known}
    if site.policy.over_quota is OverQuota.LIMIT_EXCEEDED:
        _room(site, "VOICE", "LimitExceededException", 429, traffic)
    detection = params.get("AnswerMachineDetectionConfig") or {}
    placed = Placed(
        flow=flow,
        method="API",
        customer=number,
        system=system,
        attributes=attributes,
        traffic=traffic,
        ring_timeout=params.get("RingTimeoutInSeconds"),
        queue=queue.arn if queue is not None else None,
        extra=_given(params, _VOICE),
        detect=bool(detection.get("EnableAnswerMachineDetection")),
    )
    return {"ContactId": _begun(site, params, placed).id}


@operation("StartChatContact")
def start_chat_contact(site: InstanceRuntime, params: Params) -> Params:
    """StartChatContact: above the quota on active chats LimitExceededException, as AWS documents."""
    flow = site.published(params["ContactFlowId"])
    _check_chat(site, params)
    attributes = _attributes(site, params)
    persistent = params.get("PersistentChat") or {}
    extra = _given(params, _CHAT)
    if persistent.get("SourceContactId"):
        source = persistent["SourceContactId"]
        if site.contacts.store.get(source) is None:
            raise not_found("SourceContactId")
        extra["InitialContactId"] = extra["PreviousContactId"] = source
    known = _known(site, params)
    if known is not None:
        contact = site.contacts.store.get(known)
        return {"ContactId": known, **(join(contact) if contact is not None else {})}
    _room(site, "CHAT", "LimitExceededException", 429)
    minutes = params.get("ChatDurationInMinutes") or site.policy.chat_minutes
    extra["DisplayName"] = params["ParticipantDetails"]["DisplayName"]
    extra["InitialMessage"] = params.get("InitialMessage")
    placed = Placed(flow, "API", "", "", attributes, extra=extra, channel="CHAT", expires=minutes * 60.0)
    contact = _begun(site, params, placed)
    continued = {"ContinuedFromContactId": extra["PreviousContactId"]} if persistent else {}
    return {"ContactId": contact.id, **join(contact), **continued}


@operation("StartTaskContact")
def start_task_contact(site: InstanceRuntime, params: Params) -> Params:
    """StartTaskContact: above the quota on active tasks ServiceQuotaExceededException.

    May begin up to 6 days later.
    """
    flow, queue = _task_flow(site, params)
    attributes = _attributes(site, params)
    at = site.state.time()
    scheduled = params.get("ScheduledTime")
    when = None if scheduled is None else epoch_seconds(scheduled)
    if when is not None and not at <= when <= at + _SIX_DAYS:
        raise ApiError("InvalidParameterException", "ScheduledTime must be within the next six days.")
    extra = _given(params, _TASK)
    previous = extra.get("PreviousContactId")
    if previous:
        before = site.contacts.store.get(previous)
        if before is None:
            raise not_found("PreviousContactId")
        extra["InitialContactId"] = before.extra.get("InitialContactId") or previous
    known = _known(site, params)
    if known is not None:
        return {"ContactId": known}
    if previous:
        count = sum(one.extra.get("PreviousContactId") == previous for one in site.contacts.store.recent())
        if count >= _LINKED:
            raise ApiError(
                "ServiceQuotaExceededException",
                f"{_LINKED} tasks have this PreviousContactId already.",
                402,
            )
    _room(site, "TASK", "ServiceQuotaExceededException", 402)
    placed = Placed(
        *(flow, "API", "", "", attributes),
        extra=extra,
        channel="TASK",
        queue=queue,
        expires=site.policy.task_seconds,
        scheduled=when,
    )
    return {"ContactId": _begun(site, params, placed).id}


# ------------------------------------------------------------------------------------------------ parts


def _task_flow(site: InstanceRuntime, params: Params) -> tuple[FlowResource, str | None]:
    """Return the flow of a new task and the ARN of its target queue: of the request, its quick connect, or its template.

    Raises:
        ApiError: InvalidRequestException: not exactly one of them, one without a flow, or a template that is inactive.
    """
    given = [name for name in _TASK_SOURCES if params.get(name)]
    if len(given) != 1:
        raise ApiError(
            "InvalidRequestException",
            f"A task needs exactly one of {', '.join(_TASK_SOURCES)}; the request has {len(given)}.",
        )
    if params.get("ContactFlowId"):
        return site.published(params["ContactFlowId"]), None
    if params.get("TaskTemplateId"):
        template = site.find(kinds.TASK_TEMPLATE, params["TaskTemplateId"], "TaskTemplateId").members
        if template["Status"] != "ACTIVE":
            raise ApiError("InvalidRequestException", "Tasks can only be created from ACTIVE templates.")
        config = template
    else:
        found = site.find(kinds.QUICK_CONNECT, params["QuickConnectId"], "QuickConnectId")
        whole = found.members["QuickConnectConfig"]
        config = whole.get("QueueConfig") or whole.get("UserConfig") or whole.get("FlowConfig") or {}
    if not config.get("ContactFlowId"):
        raise ApiError("InvalidRequestException", f"{given[0]} has no flow for a task.")
    return site.published(config["ContactFlowId"]), target_queue(site, config)


def _check_chat(site: InstanceRuntime, params: Params) -> None:
    """Check the parameters of a chat that exclude or need each other (API reference, StartChatContact).

    Raises:
        ApiError: InvalidParameterException or InvalidRequestException; the reference names no error.
    """
    persistent, types = params.get("PersistentChat") or {}, params.get("SupportedMessagingContentTypes")
    if types is not None and "text/plain" not in types:
        raise ApiError(
            "InvalidParameterException", "SupportedMessagingContentTypes must always contain text/plain."
        )
    if persistent and not persistent.get("RehydrationType"):
        raise ApiError("InvalidRequestException", "RehydrationType is required for persistent chat.")
    if persistent and params.get("RelatedContactId"):
        raise ApiError(
            "InvalidRequestException", "RelatedContactId and PersistentChat cannot be provided together."
        )
    first = params.get("InitialMessage") or {}
    if first and first["ContentType"] not in _MESSAGES:
        raise ApiError("InvalidParameterException", f"ContentType must be one of {', '.join(_MESSAGES)}.")
    subtype = ((params.get("SegmentAttributes") or {}).get("connect:Subtype") or {}).get("ValueString")
    if subtype == "connect:Guide" and not {_INTERACTIVE, f"{_INTERACTIVE}.response"} <= set(types or ()):
        raise ApiError(
            "InvalidRequestException",
            f"Subtype connect:Guide needs {_INTERACTIVE} and {_INTERACTIVE}.response among the supported types.",
        )


def _attributes(site: InstanceRuntime, params: Params) -> Mapping[str, str]:
    """Return the attributes of the new contact: those of the related contact, and the given ones over them."""
    given: Mapping[str, str] = params.get("Attributes") or {}
    related = site.contacts.store.get(params.get("RelatedContactId") or "")
    if related is None and params.get("RelatedContactId"):
        raise not_found("RelatedContactId")
    attributes = given if related is None else {**related.current_attributes(), **given}
    check_attributes(attributes, site.state.limits)
    return attributes


def _known(site: InstanceRuntime, params: Params) -> str | None:
    """Return the contact that this ClientToken started before."""
    token: str = params.get("ClientToken") or ""
    return site.tokens.find(token, site.state.time()) if token else None


def _begun(site: InstanceRuntime, params: Params, placed: Placed) -> Contact:
    contact = site.contacts.begin(placed)
    if params.get("ClientToken"):
        site.tokens.remember(params["ClientToken"], contact.id, contact.initiated)
    return contact


def _room(site: InstanceRuntime, channel: str, code: str, status: int, traffic: str = "GENERAL") -> None:
    if not site.contacts.has_room(channel, traffic):
        raise ApiError(code, "The allowed limit for the resource has been exceeded.", status)


def _given(params: Params, names: tuple[str, ...]) -> Params:
    return {name: params[name] for name in names if params.get(name)}


def _source(site: InstanceRuntime, params: Params, queue: Any) -> str:
    """Return the number that the call shows: the requested one, else the queue's outbound caller id."""
    instance = site.instance
    number: str | None = params.get("SourcePhoneNumber")
    if number is None:
        if queue is None:
            raise ApiError("InvalidParameterException", "SourcePhoneNumber or QueueId is required.")
        config = queue.members.get("OutboundCallerConfig") or {}
        claimed = instance.get(kinds.NUMBER, config.get("OutboundCallerIdNumberId") or "")
        claimed = claimed or next(instance.numbers(), None)
        return claimed.number if claimed is not None else ""
    if not instance.has_number(number):
        if instance.strict_numbers:
            raise ApiError(
                "InvalidParameterException", "SourcePhoneNumber is not a phone number of the instance."
            )
        instance.claim(number)
        site.state.notes[f"source number {number} was taken as claimed: no number was configured"] += 1
    return number
