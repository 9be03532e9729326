"""PauseContact and ResumeContact (Administrator Guide, "Pause and resume tasks").

The reference names the errors of the operations and not which condition each belongs to: ConflictException here for a state in
which a task cannot be paused or resumed, InvalidRequestException for another channel, LimitExceededException for an agent
who has as many paused tasks as the routing profile allows active ones.
"""

from __future__ import annotations

from busyhour.calls.call_data import TASK
from busyhour.calls.pausable import PausableCall
from busyhour.emulator.connect.api.contact_changes import contact_of
from busyhour.emulator.connect.contacts.contact import Contact
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.registry import operation


@operation("PauseContact")
def pause(site: InstanceRuntime, params: Params) -> Params:
    """PauseContact of a task that has begun and is neither over nor paused.

    Raises:
        ApiError: see the module.
    """
    contact, call = _task(site, params)
    if call.paused:
        raise _conflict("The contact is paused already.")
    member = call.ticket.member if call.ticket is not None else None
    if member is not None:
        paused = sum(_is_paused_by(one, member) for one in site.contacts.store.live())
        if paused >= member.profile.concurrency.get(TASK, 0):
            raise ApiError("LimitExceededException", "The agent cannot pause further tasks.", 429)
    call.pause()
    contact.pauses += 1
    contact.paused_at = site.state.time()
    site.contacts.happened(contact, "PAUSED")
    return {}


@operation("ResumeContact")
def resume(site: InstanceRuntime, params: Params) -> Params:
    """ResumeContact of a paused task.

    Raises:
        ApiError: see the module.
    """
    contact, call = _task(site, params)
    if not call.paused:
        raise _conflict("The contact is not paused.")
    contact.resumed_at = site.state.time()
    contact.paused_seconds += contact.resumed_at - (contact.paused_at or contact.resumed_at)
    site.contacts.happened(contact, "RESUMED")
    call.resume()
    return {}


def _task(site: InstanceRuntime, params: Params) -> tuple[Contact, PausableCall]:
    contact = contact_of(site, params)
    if params.get("ContactFlowId"):
        site.flow(params["ContactFlowId"])
    if contact.channel != TASK:
        raise ApiError("InvalidRequestException", "Only tasks and e-mails can be paused.")
    if not isinstance(contact.call, PausableCall):
        raise _conflict("The contact is over or scheduled for later.")
    return contact, contact.call


def _is_paused_by(contact: Contact, member: object) -> bool:
    call = contact.call
    return (
        isinstance(call, PausableCall)
        and call.paused
        and call.ticket is not None
        and call.ticket.member is member
    )


def _conflict(text: str) -> ApiError:
    return ApiError("ConflictException", text, 409)
