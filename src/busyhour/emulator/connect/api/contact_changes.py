"""Changes of contacts in progress: UpdateContact, routing data, transfer of tasks; position in the queue."""

from __future__ import annotations

from busyhour.calls.acd.ticket import Ticket
from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.contacts.start_parameters import Placed
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.registry import operation

_MEMBERS = ("Name", "Description", "References", "SegmentAttributes")
_NOT_SERVED = ("QueueInfo", "UserInfo", "CustomerEndpoint", "SystemEndpoint", "AdditionalRecipients")
_TRANSFERS = 11
_FLOW_TYPES = ("CONTACT_FLOW", "AGENT_TRANSFER", "QUEUE_TRANSFER")


@operation("UpdateContact")
def update(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContact: name, description, references and segment attributes, also of a contact that has ended.

    Raises:
        ApiError: InvalidRequestException: nothing to update, or a member that the emulator does not serve.
    """
    contact = contact_of(site, params)
    for member in _NOT_SERVED:
        if params.get(member) is not None:
            raise ApiError("InvalidRequestException", f"{member} is not served by the emulator.")
    given = {member: params[member] for member in _MEMBERS if params.get(member) is not None}
    if not given:
        raise ApiError("InvalidRequestException", "At least one member to update is needed.")
    for member in ("References", "SegmentAttributes"):
        if member in given:
            given[member] = {**(contact.extra.get(member) or {}), **given[member]}
    contact.extra = {**contact.extra, **given}
    site.contacts.updated(contact, *(name for name in ("SegmentAttributes",) if name in given))
    return {}


@operation("UpdateContactRoutingData")
def update_routing(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactRoutingData: priority or age in the queue, of a contact that waits in one.

    Raises:
        ApiError: InvalidParameterException: not exactly one of them; ResourceConflictException: not in a queue.
    """
    contact = contact_of(site, params)
    priority, adjustment = params.get("QueuePriority"), params.get("QueueTimeAdjustmentSeconds")
    if params.get("RoutingCriteria") is not None:
        raise ApiError("InvalidParameterException", "RoutingCriteria is not served by the emulator.")
    if (priority is None) == (adjustment is None):
        raise ApiError(
            "InvalidParameterException",
            "Exactly one of QueuePriority and QueueTimeAdjustmentSeconds is needed.",
        )
    ticket = _waiting(contact)
    if ticket is None:
        raise ApiError("ResourceConflictException", "The contact is not in a queue.", 409)
    ticket.queue.move(ticket, priority=priority, adjustment=adjustment)
    site.contacts.updated(contact)
    return {}


@operation("GetContactMetrics")
def metrics(site: InstanceRuntime, params: Params) -> Params:
    """GetContactMetrics: POSITION_IN_QUEUE while the contact waits; the emulator has no figure for ESTIMATED_WAIT_TIME."""
    contact = contact_of(site, params)
    ticket = _waiting(contact)
    if ticket is None:
        raise ApiError("InvalidRequestException", "The contact is not in a queue.")
    wanted = {metric["Name"] for metric in params["Metrics"]}
    place = {"Name": "POSITION_IN_QUEUE", "Value": {"Number": float(ticket.queue.position(ticket))}}
    return {
        "Id": contact.id,
        "Arn": f"{site.instance.arn}/contact/{contact.id}",
        "MetricResults": [place] if "POSITION_IN_QUEUE" in wanted else [],
    }


@operation("TransferContact")
def transfer(site: InstanceRuntime, params: Params) -> Params:
    """TransferContact of a task: it ends as TRANSFERRED, and a new one begins in the flow, towards the queue or the user.

    Raises:
        ApiError: InvalidRequestException: no task, not active, both or neither of queue and user, the wrong type of flow, or
            transferred 11 times already.
    """
    contact = contact_of(site, params)
    flow = site.published(params["ContactFlowId"])
    if contact.channel != "TASK":
        raise ApiError("InvalidRequestException", "Only tasks and e-mails can be transferred.")
    if contact.sequence:
        raise ApiError("InvalidRequestException", "The contact is no longer active.")
    if params.get("QueueId") and params.get("UserId"):
        raise ApiError("InvalidRequestException", "QueueId and UserId cannot be used together.")
    if flow.type not in _FLOW_TYPES:
        raise ApiError("InvalidRequestException", f"A flow of type {flow.type} cannot take a transfer.")
    target = target_queue(site, params)
    transfers = int(contact.extra.get("Transfers") or 0) + 1
    if transfers > _TRANSFERS:
        raise ApiError(
            "InvalidRequestException", f"A contact cannot be transferred more than {_TRANSFERS} times."
        )
    first = contact.extra.get("InitialContactId") or contact.id
    extra = {
        **contact.extra,
        "PreviousContactId": contact.id,
        "InitialContactId": first,
        "Transfers": transfers,
    }
    attributes = contact.current_attributes()
    contact.end_as = "TRANSFERRED"
    site.contacts.stop(contact)
    made = site.contacts.begin(
        Placed(
            *(flow, "TRANSFER", "", "", attributes),
            extra=extra,
            channel="TASK",
            queue=target,
            expires=site.policy.task_seconds,
        )
    )
    contact.extra = {**contact.extra, "NextContactId": made.id}
    return {"ContactId": made.id, "ContactArn": f"{site.instance.arn}/contact/{made.id}"}


def target_queue(site: InstanceRuntime, params: Params) -> str | None:
    """Return the ARN of the queue that the flow of a transfer or of a quick connect finds as its target: one of the instance, or of one agent."""
    if params.get("UserId"):
        user = site.find(kinds.USER, params["UserId"])
        site.contacts.centre.acd.open_agent_queue(user.arn)
        return f"{site.instance.arn}/queue/agent/{user.id}"
    return site.find(kinds.QUEUE, params["QueueId"]).arn if params.get("QueueId") else None


def contact_of(site: InstanceRuntime, params: Params) -> Contact:
    """Return the contact of a request.

    Raises:
        ApiError: ResourceNotFoundException.
    """
    contact = site.contacts.store.get(params["ContactId"])
    if contact is None:
        raise not_found("ContactId")
    return contact


def _waiting(contact: Contact) -> Ticket | None:
    """Return the contact's place in a queue; None if it waits in none."""
    ticket = contact.call.ticket if contact.call is not None else None
    return ticket if ticket is not None and ticket.waits else None
