"""Create, Describe, List, Update and Delete of every kind of resource, generated from the table in `connect.kinds`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from busyhour.emulator.connect.api.kind_rules import AFTER_CREATION, ON_CHANGES, ON_CREATION
from busyhour.emulator.connect.instance_runtime import Handler, InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource, resource_id
from busyhour.emulator.connect.resources.kinds import Kind
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page


def create(site: InstanceRuntime, params: Params, *, kind: Kind) -> Params:
    """Create<Kind>: checks that the name is free, the quota is not reached, and references exist."""
    name = params[kind.name]
    for rule in (*ON_CREATION.get(kind.noun, ()), *ON_CHANGES.get(kind.noun, ())):
        rule(site, params)
    _free(site, kind, name)
    _exist(site, kind, params)
    site.room_for(kind)
    members = {member: params[member] for member in kind.kept if params.get(member) is not None}
    made = site.instance.make(kind, name, site.state.time(), members, params.get("Tags"))
    try:
        for check in AFTER_CREATION.get(kind.noun, ()):
            check(site, made, params)
    except ApiError:
        site.instance.remove(made)
        raise
    site.changed(made)
    return {kind.id: made.id, kind.arn: made.arn}


def describe(site: InstanceRuntime, params: Params, *, kind: Kind) -> Params:
    """Describe<Kind>."""
    return {kind.described: described(site, site.find(kind, params[kind.id]))}


def described(site: InstanceRuntime, found: Resource) -> Params:
    """Return what Describe<Kind> and Search<Kinds> show of a resource."""
    about = found.described(site.state.account.region)
    return _DESCRIBED.get(found.kind.noun, _as_is)(site, found, about)


def listing(site: InstanceRuntime, params: Params, *, kind: Kind) -> Params:
    """List<Kinds>, in pages."""
    found: list[Resource] = site.instance.all(kind)
    for parameter, member in kind.filters.items():
        wanted = params.get(parameter)
        if kind is kinds.QUICK_CONNECT:
            found = [
                one
                for one in found
                if not wanted or one.members["QuickConnectConfig"]["QuickConnectType"] in wanted
            ]
            continue
        found = [one for one in found if not wanted or one.members.get(member) in wanted]
    summaries = [_summary(site, one) for one in found]
    if kind is kinds.QUEUE and "AGENT" in (params.get("QueueTypes") or ("AGENT",)):
        summaries += [_agent_queue(site, user) for user in site.instance.all(kinds.USER)]
    chosen, token = page(summaries, params)
    return {kind.listed: chosen, **token}


def _agent_queue(site: InstanceRuntime, user: Resource) -> Params:
    """Return the entry of ListQueues for the queue that every user has: with the user's id, and without a name."""
    return {
        "Id": user.id,
        "Arn": f"{site.instance.arn}/queue/agent/{user.id}",
        "QueueType": "AGENT",
        "LastModifiedTime": user.modified,
        "LastModifiedRegion": site.state.account.region,
    }


def update(site: InstanceRuntime, params: Params, *, kind: Kind, members: tuple[str, ...]) -> Params:
    """An Update operation: sets its members."""
    found: Resource = site.find(kind, params[kind.id])
    name = params.get(kind.name) if "Name" in members else None
    if kind in _EITHER and members == _NAMES and not any(params.get(one) for one in members):
        raise ApiError("InvalidRequestException", "At least Name or Description must be provided.")
    for rule in ON_CHANGES.get(kind.noun, ()):
        rule(site, params)
    if name is not None and name != found.name:
        _free(site, kind, name)
    _exist(site, kind, params)
    for member in members:
        if member != "Name" and member in params:
            found.members[member] = params[member]
    if name is not None:
        site.instance.rename(found, name)
    site.changed(found)
    return {kind.id: found.id, kind.arn: found.arn} if kind.updated else {}


def delete(site: InstanceRuntime, params: Params, *, kind: Kind) -> Params:
    """Delete<Kind>: fails for resources in use by others."""
    found: Resource = site.find(kind, params[kind.id])
    if found.kind in _IN_USE and any(_refers(other, found) for other in _others(site, found)):
        raise ApiError(
            "ResourceInUseException", f"The {kind.noun} {found.name} is in use by another resource.", 409
        )
    site.removed(found)
    return {}


# ------------------------------------------------------------------------------------------------ parts


def _free(site: InstanceRuntime, kind: Kind, name: str) -> None:
    if site.instance.named(kind, name) is not None:
        raise ApiError("DuplicateResourceException", f"A resource named {name!r} exists.", 409)


def _exist(site: InstanceRuntime, kind: Kind, params: Params) -> None:
    for member, segment in kind.references.items():
        given = params.get(member)
        for reference in given if isinstance(given, list) else [given] if given else []:
            site.find(kinds.BY_SEGMENT[segment], reference, member)


def _summary(site: InstanceRuntime, one: Resource) -> Params:
    named = "Name" if one.kind.name != "Username" else "Username"
    modified = {"LastModifiedTime": one.modified, "LastModifiedRegion": site.state.account.region}
    more = {entry: one.members[member] for entry, member in one.kind.summary.items() if member in one.members}
    if one.kind is kinds.QUICK_CONNECT:
        more["QuickConnectType"] = one.members["QuickConnectConfig"]["QuickConnectType"]
    return {"Id": one.id, "Arn": one.arn, named: one.name, **more, **modified}


_NAMES = ("Name", "Description")
_EITHER = (kinds.QUEUE, kinds.QUICK_CONNECT, kinds.ROUTING_PROFILE)
"""Kinds of whose name and description an Update needs one (API reference, UpdateQueueName and others)."""
_IN_USE = (kinds.QUEUE, kinds.ROUTING_PROFILE, kinds.SECURITY_PROFILE)
"""Kinds whose Delete models ResourceInUseException."""


def _others(site: InstanceRuntime, found: Resource) -> list[Resource]:
    referring = kinds.ROUTING_PROFILE if found.kind is kinds.QUEUE else kinds.USER
    return site.instance.all(referring)


def _refers(other: Resource, found: Resource) -> bool:
    if found.kind is kinds.ROUTING_PROFILE:
        return _refers_to_profile(other, found)
    if found.kind is kinds.SECURITY_PROFILE:
        return found.id in {resource_id(one) for one in other.members["SecurityProfileIds"]}
    queues = {config["QueueReference"]["QueueId"] for config in other.members.get("QueueConfigs", ())}
    return found.id in {resource_id(one) for one in (*queues, other.members["DefaultOutboundQueueId"])}


# ----------------------------------------------------------------------------------------- descriptions


def _as_is(site: InstanceRuntime, found: Resource, about: Params) -> Params:
    return about


def _queue(site: InstanceRuntime, found: Resource, about: Params) -> Params:
    return {name: value for name, value in about.items() if name != "QueueType"}


def _renamed(site: InstanceRuntime, found: Resource, about: Params) -> Params:
    """Return users and security profiles with id and ARN under short names."""
    kind = found.kind
    more = {name: value for name, value in about.items() if name not in (kind.id, kind.arn)}
    return {"Id": found.id, "Arn": found.arn, **more}


def _routing_profile(site: InstanceRuntime, found: Resource, about: Params) -> Params:
    configs = about.pop("QueueConfigs", [])
    queues = list(dict.fromkeys(resource_id(config["QueueReference"]["QueueId"]) for config in configs))
    users = [one for one in site.instance.all(kinds.USER) if _refers_to_profile(one, found)]
    return {
        "InstanceId": site.instance.id,
        **about,
        "NumberOfAssociatedQueues": len(configs),
        "NumberOfAssociatedUsers": len(users),
        "NumberOfAssociatedManualAssignmentQueues": 0,
        "AssociatedQueueIds": queues,
        "IsDefault": found.name == "Basic Routing Profile",
    }


def _refers_to_profile(user: Resource, profile: Resource) -> bool:
    return resource_id(user.members["RoutingProfileId"]) == profile.id


_DESCRIBED: dict[str, Callable[[InstanceRuntime, Resource, Params], Params]] = {
    "Queue": _queue,
    "User": _renamed,
    "SecurityProfile": _renamed,
    "RoutingProfile": _routing_profile,
}


def _handlers(kind: Kind) -> dict[str, Handler]:
    made: dict[str, Handler] = {
        f"Describe{kind.noun}": partial(describe, kind=kind),
        f"List{kind.plural}": partial(listing, kind=kind),
    }
    made |= {
        operation: partial(update, kind=kind, members=members) for operation, members in kind.updates.items()
    }
    if kind.creatable:
        made[f"Create{kind.noun}"] = partial(create, kind=kind)
    if kind.deletable:
        made[f"Delete{kind.noun}"] = partial(delete, kind=kind)
    return made


HANDLERS: dict[str, Handler] = {
    name: handler for kind in kinds.MADE for name, handler in _handlers(kind).items()
}
