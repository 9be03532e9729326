"""GetCurrentUserData: status, slots and contacts of users that are signed in."""

from __future__ import annotations

from collections.abc import Callable

from busyhour.emulator.connect.contacts.contact import CHANNELS, Contact
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource, resource_id
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation


@operation("GetCurrentUserData")
def current_user_data(site: InstanceRuntime, params: Params) -> Params:
    """GetCurrentUserData, of users by id, routing profile or queue; users that never had a status are left out.

    Raises:
        ApiError: InvalidParameterException: no filter, or one that is not served.
    """
    filters = params["Filters"]
    if filters.get("UserHierarchyGroups"):
        raise ApiError(
            "InvalidParameterException", "Filters.UserHierarchyGroups is not served by the emulator."
        )
    wanted = [
        fits for fits in (_agents(site, filters), _profiles(site, filters), _queues(site, filters)) if fits
    ]
    if len(wanted) != 1:
        raise ApiError(
            "InvalidParameterException",
            "Filters must name users, routing profiles or queues, and one of them.",
        )
    states = (filters.get("ContactFilter") or {}).get("ContactStates")
    found = []
    for user in site.instance.all(kinds.USER):
        if site.staffing.status(user) is None or not all(fits(user) for fits in wanted):
            continue
        data = _data(site, user)
        if not states or any(one["AgentContactState"] in states for one in data["Contacts"]):
            found.append(data)
    chosen, token = page(found, params)
    return {"UserDataList": chosen, "ApproximateTotalCount": len(found), **token}


def _agents(site: InstanceRuntime, filters: Params) -> Callable[[Resource], bool] | None:
    given = [site.find(kinds.USER, one, "Agents").id for one in filters.get("Agents") or ()]
    return (lambda user: user.id in given) if given else None


def _profiles(site: InstanceRuntime, filters: Params) -> Callable[[Resource], bool] | None:
    given = [
        site.find(kinds.ROUTING_PROFILE, one, "RoutingProfiles").id
        for one in filters.get("RoutingProfiles") or ()
    ]
    return (lambda user: resource_id(user.members["RoutingProfileId"]) in given) if given else None


def _queues(site: InstanceRuntime, filters: Params) -> Callable[[Resource], bool] | None:
    given = [site.find(kinds.QUEUE, one, "Queues") for one in filters.get("Queues") or ()]
    serving = {user.id for user, _ in site.staffing.serving(given)} if given else set()
    return (lambda user: user.id in serving) if given else None


def _data(site: InstanceRuntime, user: Resource) -> Params:
    agent = site.staffing.agents[user.id]
    status = site.staffing.status(user)
    profile = site.instance.get(kinds.ROUTING_PROFILE, user.members["RoutingProfileId"])
    channels = [channel for channel in CHANNELS if channel in agent.profile.concurrency]
    contacts = [one for one in site.contacts.store.live() if one.agent == user.arn and one.call is not None]
    data: Params = {
        "User": {"Id": user.id, "Arn": user.arn},
        "RoutingProfile": {"Id": profile.id, "Arn": profile.arn},
        "AvailableSlotsByChannel": {channel: agent.free_slots(channel) for channel in channels},
        "MaxSlotsByChannel": {channel: agent.profile.concurrency[channel] for channel in channels},
        "ActiveSlotsByChannel": {channel: agent.handled.get(channel, 0) for channel in channels},
        "Contacts": [_contact(site, one) for one in contacts],
    }
    if status is not None:
        data["Status"] = {"StatusArn": status.arn, "StatusName": status.name}
    return data


def _contact(site: InstanceRuntime, contact: Contact) -> Params:
    queue = site.instance.queue(contact.queue) if contact.queue else None
    about: Params = {
        "ContactId": contact.id,
        "Channel": contact.channel,
        "InitiationMethod": contact.method,
        "AgentContactState": "CONNECTED",
    }
    if contact.answered is not None:
        about["ConnectedToAgentTimestamp"] = about["StateStartTimestamp"] = contact.answered
    if queue is not None:
        about["Queue"] = {"Id": queue.id, "Arn": queue.arn}
    return about
