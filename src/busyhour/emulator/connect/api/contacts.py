"""Operations on existing contacts: stop, describe, search, attributes, tags, references."""

from __future__ import annotations

from typing import Any

from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.describe import agent_arn, described, found
from busyhour.emulator.connect.contacts.outbound import check_attributes
from busyhour.emulator.connect.contacts.times import epoch_seconds
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import resource_id
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

MOMENTS = {
    "INITIATION_TIMESTAMP": "initiated",
    "DISCONNECT_TIMESTAMP": "ended",
    "CONNECTED_TO_AGENT_TIMESTAMP": "answered",
    "ENQUEUE_TIMESTAMP": "enqueued",
    "SCHEDULED_TIMESTAMP": "scheduled",
}
"""Member of a contact by TimeRange.Type."""
_SORTED = {**MOMENTS, "INITIATION_METHOD": "method", "CHANNEL": "channel"}
_CRITERIA = frozenset(
    {"Channels", "InitiationMethods", "QueueIds", "AgentIds", "Name", "SearchableContactAttributes"}
)
_REFERENCE_KINDS = {"URL": "Url", "STRING": "String", "NUMBER": "Number", "DATE": "Date", "EMAIL": "Email"}
_TAGS = 6
"""User-defined tags of a contact (API reference, TagContact)."""


@operation("StopContact")
def stop_contact(site: InstanceRuntime, params: Params) -> Params:
    """StopContact: ContactNotFoundException for a contact that has ended."""
    contact = _contact(site, params["ContactId"])
    if contact.sequence:
        raise ApiError("ContactNotFoundException", "The contact is no longer active.", 410)
    code = (params.get("DisconnectReason") or {}).get("Code")
    if code and contact.traffic == "CAMPAIGN":
        contact.end_as = code
    site.contacts.stop(contact, code or "API")
    return {}


@operation("DescribeContact")
def describe_contact(site: InstanceRuntime, params: Params) -> Params:
    """DescribeContact."""
    contact = _contact(site, params["ContactId"])
    return {"Contact": described(contact, site.instance, site.contacts.epoch)}


@operation("GetContactAttributes")
def get_attributes(site: InstanceRuntime, params: Params) -> Params:
    """GetContactAttributes."""
    return {"Attributes": _contact(site, params["InitialContactId"]).current_attributes()}


@operation("UpdateContactAttributes")
def update_attributes(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactAttributes: adds and replaces; also on a contact that has ended."""
    contact = _contact(site, params["InitialContactId"])
    check_attributes({**contact.current_attributes(), **params["Attributes"]}, site.state.limits)
    contact.update_attributes(params["Attributes"])
    site.contacts.updated(contact, "UserDefinedAttributes")
    return {}


@operation("TagContact")
def tag(site: InstanceRuntime, params: Params) -> Params:
    """TagContact: at most six user-defined tags."""
    contact = _contact(site, params["ContactId"])
    tags = {**(contact.tags or {}), **params["Tags"]}
    if len(tags) > _TAGS:
        raise ApiError("InvalidParameterException", f"A contact has at most {_TAGS} tags.")
    contact.tags = tags
    site.contacts.updated(contact, "Tags")
    return {}


@operation("UntagContact")
def untag(site: InstanceRuntime, params: Params) -> Params:
    """UntagContact."""
    contact = _contact(site, params["ContactId"])
    contact.tags = {key: value for key, value in (contact.tags or {}).items() if key not in params["TagKeys"]}
    site.contacts.updated(contact, "Tags")
    return {}


@operation("ListContactReferences")
def list_references(site: InstanceRuntime, params: Params) -> Params:
    """ListContactReferences."""
    contact = _contact(site, params["ContactId"])
    wanted = params["ReferenceTypes"]
    listed = [
        {_REFERENCE_KINDS[reference["Type"]]: {"Name": name, "Value": reference.get("Value") or ""}}
        for name, reference in (contact.extra.get("References") or {}).items()
        if reference["Type"] in wanted and reference["Type"] in _REFERENCE_KINDS
    ]
    chosen, token = page(listed, params)
    return {"ReferenceSummaryList": chosen, **token}


@operation("SearchContacts")
def search(site: InstanceRuntime, params: Params) -> Params:
    """SearchContacts: by time, channel, initiation method, queue, agent, name and contact attributes."""
    span = params["TimeRange"]
    moment = MOMENTS[span["Type"]]
    start, end = epoch_seconds(span["StartTime"]), epoch_seconds(span["EndTime"])
    if not start <= end:
        raise ApiError("InvalidParameterException", "TimeRange.StartTime must be before TimeRange.EndTime.")
    criteria = params.get("SearchCriteria") or {}
    unknown = set(criteria) - _CRITERIA
    if unknown:
        raise ApiError("InvalidParameterException", f"SearchCriteria.{sorted(unknown)[0]} is not served.")
    queues = {site.find(kinds.QUEUE, one, "QueueIds").name for one in criteria.get("QueueIds") or ()}
    agents = {resource_id(one) for one in criteria.get("AgentIds") or ()}
    chosen = [
        contact
        for contact in site.contacts.store.recent()
        if (at := getattr(contact, moment)) is not None
        and start <= at <= end
        and contact.channel in (criteria.get("Channels") or (contact.channel,))
        and contact.method in (criteria.get("InitiationMethods") or (contact.method,))
        and (not queues or contact.queue in queues)
        and (
            not agents
            or (contact.agent is not None and resource_id(agent_arn(contact, site.instance)) in agents)
        )
        and _named(contact, criteria.get("Name"))
        and _attributed(contact, criteria.get("SearchableContactAttributes"))
    ]
    order = params.get("Sort")
    if order is not None:
        by = _SORTED.get(order["FieldName"])
        if by is None:
            raise ApiError("InvalidParameterException", f"Sort by {order['FieldName']} is not served.")
        chosen.sort(key=lambda contact: _sortable(contact, by), reverse=order["Order"] == "DESCENDING")
    some, token = page(chosen, params)
    contacts = [found(contact, site.instance, site.contacts.epoch) for contact in some]
    return {"Contacts": contacts, "TotalCount": len(chosen), **token}


def _contact(site: InstanceRuntime, contact_id: str) -> Contact:
    contact = site.contacts.store.get(contact_id)
    if contact is None:
        raise not_found("ContactId")
    return contact


def _named(contact: Contact, criterion: Params | None) -> bool:
    if not criterion:
        return True
    name = (contact.extra.get("Name") or "").casefold()
    texts = [text.casefold() for text in criterion["SearchText"]]
    if criterion["MatchType"] == "MATCH_EXACT":
        return name in texts
    return _matches(criterion["MatchType"], [text in name for text in texts])


def _attributed(contact: Contact, wanted: Params | None) -> bool:
    if not wanted:
        return True
    attributes = contact.current_attributes()
    hits = [attributes.get(one["Key"]) in one["Values"] for one in wanted["Criteria"]]
    return _matches(wanted.get("MatchType") or "MATCH_ALL", hits)


def _matches(kind: str, hits: list[bool]) -> bool:
    if kind == "MATCH_NONE":
        return not any(hits)
    return all(hits) if kind == "MATCH_ALL" else any(hits)


def _sortable(contact: Contact, by: str) -> tuple[bool, Any]:
    value = getattr(contact, by)
    return value is not None, value if value is not None else 0
