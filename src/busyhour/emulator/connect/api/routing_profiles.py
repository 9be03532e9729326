"""Queues of routing profiles, and the status of an agent."""

from __future__ import annotations

from busyhour.emulator.connect.api.crud import check_queue_configs
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import resource_id
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation


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


@operation("AssociateRoutingProfileQueues", "UpdateRoutingProfileQueues")
def associate_queues(site: InstanceRuntime, params: Params) -> Params:
    """AssociateRoutingProfileQueues: adds queues, or changes priority and delay of existing ones."""
    profile = site.find(kinds.ROUTING_PROFILE, params["RoutingProfileId"])
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
