"""Instances of the account, and tags of everything that has an ARN."""

from __future__ import annotations

from dataclasses import replace

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources.defaults import furnish
from busyhour.emulator.connect.resources.instance import Instance, Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_COUNT = "connect.amazon-connect-instance-count"
_TURNOVER = "connect.instances-created-or-deleted-in-30-days"
_THIRTY_DAYS = 30 * 86_400.0
_ATTRIBUTES = {
    "INBOUND_CALLS": "true",
    "OUTBOUND_CALLS": "true",
    "CONTACTFLOW_LOGS": "true",
    "CONTACT_LENS": "false",
    "AUTO_RESOLVE_BEST_VOICES": "true",
    "USE_CUSTOM_TTS_VOICES": "false",
    "EARLY_MEDIA": "true",
    "MULTI_PARTY_CONFERENCE": "false",
    "HIGH_VOLUME_OUTBOUND": "false",
    "ENHANCED_CONTACT_MONITORING": "false",
    "ENHANCED_CHAT_MONITORING": "false",
    "MULTI_PARTY_CHAT_CONFERENCE": "false",
    "MESSAGE_STREAMING": "false",
}
"""Instance attributes with their value in a new instance."""


@operation("CreateInstance")
def create(site: InstanceRuntime, params: Params) -> Params:
    """CreateInstance: active at once, with Connect's default resources and its own quotas."""
    sites, state = site.sites, site.state
    if params["IdentityManagementType"] == "EXISTING_DIRECTORY":
        if not params.get("DirectoryId"):
            raise ApiError("InvalidRequestException", "DirectoryId is required with EXISTING_DIRECTORY.")
    elif not params.get("InstanceAlias"):
        raise ApiError(
            "InvalidRequestException", f"InstanceAlias is required with {params['IdentityManagementType']}."
        )
    alias = params.get("InstanceAlias") or f"instance-{len(sites) + 1}"
    if any(one.instance.account.alias == alias for one in sites):
        raise ApiError("InvalidRequestException", "Invalid Input. Instance alias is already used.")
    count = len(sites) + 1
    state.limits.use(_COUNT, count)
    if count > state.limits.applied(_COUNT):
        state.limits.reject(_COUNT)
        raise ApiError("ServiceQuotaExceededException", "The service quota has been exceeded.", 402)
    _count_turnover(site, "ServiceQuotaExceededException", 402)
    instance = Instance(replace(state.account, alias=alias, instance_id=""), state.time(), params)
    furnish(instance, state.time())
    sites.open(instance)
    return {"Id": instance.id, "Arn": instance.arn}


@operation("DescribeInstance")
def describe(site: InstanceRuntime, params: Params) -> Params:
    """DescribeInstance."""
    return {"Instance": {**_about(site.instance), "Tags": site.instance.more.get("Tags") or {}}}


@operation("ListInstances")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListInstances."""
    chosen, token = page([_about(one.instance) for one in site.sites], params, 10)
    return {"InstanceSummaryList": chosen, **token}


@operation("DeleteInstance")
def delete(site: InstanceRuntime, params: Params) -> Params:
    """DeleteInstance; the emulator's first instance cannot be deleted."""
    if site is site.sites.first:
        raise ApiError(
            "InvalidRequestException", "The emulator's first instance cannot be deleted; stop the emulator."
        )
    _count_turnover(site, "InvalidRequestException", 400)
    site.sites.close(site)
    return {}


def _count_turnover(site: InstanceRuntime, code: str, status: int) -> None:
    """Count a creation or deletion of an instance against the limit in 30 days (API reference, CreateInstance)."""
    state, moments = site.state, site.sites.turnover
    at = state.time()
    while moments and moments[0] <= at - _THIRTY_DAYS:
        moments.popleft()
    state.limits.use(_TURNOVER, len(moments) + 1)
    if len(moments) + 1 > state.limits.applied(_TURNOVER):
        state.limits.reject(_TURNOVER)
        raise ApiError(
            code, "There has been an excessive number of attempts at creating or deleting instances.", status
        )
    moments.append(at)


@operation("DescribeInstanceAttribute")
def describe_attribute(site: InstanceRuntime, params: Params) -> Params:
    """DescribeInstanceAttribute."""
    kind = params["AttributeType"]
    return {"Attribute": {"AttributeType": kind, "Value": _attributes(site.instance).get(kind, "false")}}


@operation("ListInstanceAttributes")
def list_attributes(site: InstanceRuntime, params: Params) -> Params:
    """ListInstanceAttributes."""
    listed = [{"AttributeType": kind, "Value": value} for kind, value in _attributes(site.instance).items()]
    chosen, token = page(listed, params, 7)
    return {"Attributes": chosen, **token}


@operation("UpdateInstanceAttribute")
def update_attribute(site: InstanceRuntime, params: Params) -> Params:
    """UpdateInstanceAttribute."""
    site.instance.attributes[params["AttributeType"]] = params["Value"]
    return {}


@operation("TagResource")
def tag(site: InstanceRuntime, params: Params) -> Params:
    """TagResource."""
    _tags(site, params["resourceArn"]).update(params["tags"])
    return {}


@operation("UntagResource")
def untag(site: InstanceRuntime, params: Params) -> Params:
    """UntagResource."""
    tags = _tags(site, params["resourceArn"])
    for key in params["tagKeys"]:
        tags.pop(key, None)
    return {}


@operation("ListTagsForResource")
def list_tags(site: InstanceRuntime, params: Params) -> Params:
    """ListTagsForResource."""
    return {"tags": _tags(site, params["resourceArn"])}


def _tags(site: InstanceRuntime, arn: str) -> dict[str, str]:
    for one in site.sites:
        if one.instance.arn == arn:
            tags: dict[str, str] = one.instance.more.setdefault("Tags", {})
            return tags
        found: Resource | None = one.instance.by_arn(arn)
        if found is not None:
            return found.tags
    raise not_found("resourceArn")


def _attributes(instance: Instance) -> dict[str, str]:
    return {**_ATTRIBUTES, **instance.attributes}


def _about(instance: Instance) -> Params:
    account, more = instance.account, instance.more
    return {
        "Id": account.instance_id,
        "Arn": account.instance_arn,
        "IdentityManagementType": more.get("IdentityManagementType", "CONNECT_MANAGED"),
        "InstanceAlias": account.alias,
        "CreatedTime": instance.created,
        "ServiceRole": (
            f"arn:aws:iam::{account.account_id}:role/aws-service-role/connect.amazonaws.com/emulator"
        ),
        "InstanceStatus": "ACTIVE",
        "InboundCallsEnabled": more.get("InboundCallsEnabled", True),
        "OutboundCallsEnabled": more.get("OutboundCallsEnabled", True),
        "InstanceAccessUrl": f"https://{account.alias}.my.connect.aws/",
    }
