"""Queues of routing profiles, and the status of an agent."""

from __future__ import annotations

from busyhour.emulator.connect.api.kind_rules import check_queue_configs
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource, resource_id
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_AT_ONCE = 10
"""Queues that a request takes from a profile at most (API reference, DisassociateRoutingProfileQueues)."""


@operation("ListRoutingProfileQueues")
def list_queues(site: InstanceRuntime, params: Params) -> Params:
    """ListRoutingProfileQueues: an entry for each queue and channel."""
    profile = site.find(kinds.ROUTING_PROFILE, params["RoutingProfileId"])
    chosen, token = page(profile.members.get("QueueConfigs", ()), params)
    listed = []
    for config in chosen:
        reference = config["QueueReference"]
        queue = site.find(kinds.QUEUE, reference["QueueId"])
        about = {"QueueId": queue.id, "QueueArn": queue.arn, "QueueName": queue.name}
        rest = {"Priority": config["Priority"], "Delay": config["Delay"], "Channel": reference["Channel"]}
        listed.append({**about, **rest})
    return {"RoutingProfileQueueConfigSummaryList": listed, **token}


@operation("AssociateRoutingProfileQueues")
def associate_queues(site: InstanceRuntime, params: Params) -> Params:
    """AssociateRoutingProfileQueues: adds queues, or changes priority and delay of existing ones."""
    profile = site.find(kinds.ROUTING_PROFILE, params["RoutingProfileId"])
    return _associated(site, profile, params)


@operation("UpdateRoutingProfileQueues")
def update_queues(site: InstanceRuntime, params: Params) -> Params:
    """UpdateRoutingProfileQueues: changes priority and delay of queues of the profile.

    Raises:
        ApiError: InvalidRequestException: a queue is not associated with the profile for this channel. The service answered so
            (a public report of 2020); the reference states the condition.
    """
    profile = site.find(kinds.ROUTING_PROFILE, params["RoutingProfileId"])
    known = {_key(one["QueueReference"]) for one in profile.members.get("QueueConfigs", ())}
    for config in params.get("QueueConfigs") or ():
        queue, channel = _key(config["QueueReference"])
        site.find(kinds.QUEUE, queue)
        if (queue, channel) not in known:
            raise ApiError(
                "InvalidRequestException",
                f"Queue {queue} is not associated with the routing profile for {channel}; "
                "AssociateRoutingProfileQueues adds it.",
            )
    return _associated(site, profile, params)


def _associated(site: InstanceRuntime, profile: Resource, params: Params) -> Params:
    configs = {_key(one["QueueReference"]): one for one in profile.members.get("QueueConfigs", ())}
    configs |= {_key(one["QueueReference"]): one for one in params.get("QueueConfigs") or ()}
    check_queue_configs(site, list(configs.values()))
    profile.members["QueueConfigs"] = list(configs.values())
    site.changed(profile)
    return {}


@operation("DisassociateRoutingProfileQueues")
def disassociate_queues(site: InstanceRuntime, params: Params) -> Params:
    """DisassociateRoutingProfileQueues."""
    profile = site.find(kinds.ROUTING_PROFILE, params["RoutingProfileId"])
    if len(params.get("QueueReferences") or ()) > _AT_ONCE:
        raise ApiError("InvalidParameterException", f"QueueReferences must have at most {_AT_ONCE} entries.")
    gone = {_key(reference) for reference in params.get("QueueReferences") or ()}
    configs = profile.members.get("QueueConfigs", ())
    profile.members["QueueConfigs"] = [one for one in configs if _key(one["QueueReference"]) not in gone]
    site.changed(profile)
    return {}


@operation("PutUserStatus")
def put_user_status(site: InstanceRuntime, params: Params) -> Params:
    """PutUserStatus: a routable status signs the agent in, any other takes the agent out of routing.

    In AWS an agent must be logged in to the Contact Control Panel first; the emulator's agents need not be.
    """
    user = site.find(kinds.USER, params["UserId"])
    status = site.find(kinds.AGENT_STATUS, params["AgentStatusId"])
    site.staffing.put_status(user, status)
    return {}


def _key(reference: Params) -> tuple[str, str]:
    return resource_id(reference["QueueId"]), reference["Channel"]
