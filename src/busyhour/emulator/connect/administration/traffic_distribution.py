"""Traffic distribution groups: which share of calls and agents each Region has.

The emulator is one Region: shares are kept and answered, and do not route calls. A group belongs to the instance that it is
created for; its other Region is whichever UpdateTrafficDistribution names.
"""

from __future__ import annotations

from collections.abc import Iterable

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, InstanceRuntimes, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource, resource_id
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_USERS, _SHARES, _CHANGED = "users", "shares", "changed"
_WHOLE = 100
_CONFIGS = ("TelephonyConfig", "AgentConfig")


@operation("CreateTrafficDistributionGroup")
def create(site: InstanceRuntime, params: Params) -> Params:
    """CreateTrafficDistributionGroup: all calls in this Region at first."""
    site = site.sites.get(params["InstanceId"])
    token, at = params.get("ClientToken") or "", site.state.time()
    known = site.tokens.find(f"group/{token}", at) if token else None
    made = site.instance.get(kinds.TRAFFIC_GROUP, known) if known else None
    if made is None:
        if site.instance.named(kinds.TRAFFIC_GROUP, params["Name"]) is not None:
            raise ApiError("ResourceConflictException", f"A group named {params['Name']!r} exists.", 409)
        members = {"Description": params["Description"]} if params.get("Description") else {}
        made = site.instance.make(kinds.TRAFFIC_GROUP, params["Name"], at, members, params.get("Tags"))
        here = [{"Region": site.state.account.region, "Percentage": _WHOLE}]
        made.parts[_SHARES] = {config: {"Distributions": here} for config in _CONFIGS}
        if token:
            site.tokens.remember(f"group/{token}", made.id, at)
    return {"Id": made.id, "Arn": made.arn}


@operation("DescribeTrafficDistributionGroup")
def describe(site: InstanceRuntime, params: Params) -> Params:
    """DescribeTrafficDistributionGroup."""
    owner, group = _group(site.sites, params["TrafficDistributionGroupId"])
    about = {**_summary(owner, group), **group.members, "Tags": group.tags}
    return {"TrafficDistributionGroup": about}


@operation("ListTrafficDistributionGroups")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListTrafficDistributionGroups, of all instances or one."""
    wanted = params.get("InstanceId")
    owners = [one for one in site.sites if wanted in (None, one.instance.id, one.instance.arn)]
    found = [(owner, group) for owner in owners for group in owner.instance.all(kinds.TRAFFIC_GROUP)]
    chosen, token = page(found, params, 10)
    return {"TrafficDistributionGroupSummaryList": [_summary(*one) for one in chosen], **token}


@operation("DeleteTrafficDistributionGroup")
def delete(site: InstanceRuntime, params: Params) -> Params:
    """DeleteTrafficDistributionGroup; one that does not exist is no error, since the operation models none."""
    try:
        owner, group = _group(site.sites, params["TrafficDistributionGroupId"])
    except ApiError:
        return {}
    if group.parts.get(_USERS):
        raise ApiError("ResourceInUseException", "Users are associated with the group.", 409)
    owner.removed(group)
    return {}


@operation("GetTrafficDistribution")
def get(site: InstanceRuntime, params: Params) -> Params:
    """GetTrafficDistribution."""
    _, group = _group(site.sites, params["Id"])
    changed = group.parts.get(_CHANGED)
    moved = {"LastFailoverTime": changed} if changed is not None else {}
    return {"Id": group.id, "Arn": group.arn, **group.parts[_SHARES], **moved}


@operation("UpdateTrafficDistribution")
def update(site: InstanceRuntime, params: Params) -> Params:
    """UpdateTrafficDistribution: the shares of each configuration add up to 100.

    Raises:
        ApiError: InvalidRequestException; SignInConfig is of a default group only, which the emulator has none of.
    """
    _, group = _group(site.sites, params["Id"])
    if params.get("SignInConfig"):
        raise ApiError("InvalidRequestException", "SignInConfig is available on a default group only.")
    for config in _CONFIGS:
        if params.get(config):
            _check(config, params[config]["Distributions"])
    changes = {config: params[config] for config in _CONFIGS if params.get(config)}
    if changes:
        group.parts[_SHARES] = {**group.parts[_SHARES], **changes}
        group.parts[_CHANGED] = site.state.time()
    return {}


@operation("AssociateTrafficDistributionGroupUser")
def associate(site: InstanceRuntime, params: Params) -> Params:
    """AssociateTrafficDistributionGroupUser."""
    _, group = _group(site.sites, params["TrafficDistributionGroupId"])
    user = site.find(kinds.USER, params["UserId"])
    group.parts[_USERS] = list(dict.fromkeys([*group.parts.get(_USERS, ()), user.id]))
    return {}


@operation("DisassociateTrafficDistributionGroupUser")
def disassociate(site: InstanceRuntime, params: Params) -> Params:
    """DisassociateTrafficDistributionGroupUser."""
    _, group = _group(site.sites, params["TrafficDistributionGroupId"])
    user = resource_id(params["UserId"])
    if user not in group.parts.get(_USERS, ()):
        raise not_found("UserId")
    group.parts[_USERS].remove(user)
    return {}


@operation("ListTrafficDistributionGroupUsers")
def list_users(site: InstanceRuntime, params: Params) -> Params:
    """ListTrafficDistributionGroupUsers."""
    _, group = _group(site.sites, params["TrafficDistributionGroupId"])
    chosen, token = page(group.parts.get(_USERS, ()), params, 10)
    return {"TrafficDistributionGroupUserSummaryList": [{"UserId": one} for one in chosen], **token}


def _check(config: str, shares: Iterable[Params]) -> None:
    rows = list(shares)
    regions = [row["Region"] for row in rows]
    if len(set(regions)) < len(regions):
        raise ApiError("InvalidRequestException", f"{config} has a Region twice.")
    if sum(row["Percentage"] for row in rows) != _WHOLE:
        raise ApiError("InvalidRequestException", f"The percentages of {config} must add up to {_WHOLE}.")


def _group(sites: InstanceRuntimes, reference: str) -> tuple[InstanceRuntime, Resource]:
    for owner in sites:
        found = owner.instance.get(kinds.TRAFFIC_GROUP, reference)
        if found is not None:
            return owner, found
    raise not_found("TrafficDistributionGroupId")


def _summary(owner: InstanceRuntime, group: Resource) -> Params:
    return {
        "Id": group.id,
        "Arn": group.arn,
        "Name": group.name,
        "InstanceArn": owner.instance.arn,
        "Status": "ACTIVE",
        "IsDefault": False,
    }
