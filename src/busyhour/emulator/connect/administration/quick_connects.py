"""Quick connects of queues, and what their configuration must name."""

from __future__ import annotations

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_PART = "quick connects"


@operation("AssociateQueueQuickConnects")
def associate(site: InstanceRuntime, params: Params) -> Params:
    """AssociateQueueQuickConnects."""
    queue = site.find(kinds.QUEUE, params["QueueId"])
    found = [site.find(kinds.QUICK_CONNECT, one, "QuickConnectIds") for one in params["QuickConnectIds"]]
    present = queue.parts.get(_PART, [])
    queue.parts[_PART] = list(dict.fromkeys([*present, *(one.id for one in found)]))
    return {}


@operation("DisassociateQueueQuickConnects")
def disassociate(site: InstanceRuntime, params: Params) -> Params:
    """DisassociateQueueQuickConnects."""
    queue = site.find(kinds.QUEUE, params["QueueId"])
    gone = {site.find(kinds.QUICK_CONNECT, one, "QuickConnectIds").id for one in params["QuickConnectIds"]}
    queue.parts[_PART] = [one for one in queue.parts.get(_PART, ()) if one not in gone]
    return {}


@operation("ListQueueQuickConnects")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListQueueQuickConnects."""
    queue = site.find(kinds.QUEUE, params["QueueId"])
    known = [site.instance.get(kinds.QUICK_CONNECT, one) for one in queue.parts.get(_PART, ())]
    chosen, token = page([one for one in known if one is not None], params)
    region = site.state.account.region
    return {
        "QuickConnectSummaryList": [_summary(one, region) for one in chosen],
        "LastModifiedTime": queue.modified,
        "LastModifiedRegion": region,
        **token,
    }


def _summary(one: Resource, region: str) -> Params:
    return {
        "Id": one.id,
        "Arn": one.arn,
        "Name": one.name,
        "QuickConnectType": one.members["QuickConnectConfig"]["QuickConnectType"],
        "LastModifiedTime": one.modified,
        "LastModifiedRegion": region,
    }
