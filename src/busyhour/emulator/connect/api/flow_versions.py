"""Versions and aliases of contact flows and modules."""

from __future__ import annotations

import uuid
from typing import Any

from busyhour.emulator.connect.api.flows import named
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import FlowResource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_LAST = "last version"


@operation("CreateContactFlowVersion")
def create_flow_version(site: InstanceRuntime, params: Params) -> Params:
    """CreateContactFlowVersion: of the published content, whose hash must be that of the request."""
    flow = _flow(site, params)
    return {"ContactFlowArn": flow.arn, "Version": _version(site, flow, params, "FlowContentSha256")}


@operation("CreateContactFlowModuleVersion")
def create_module_version(site: InstanceRuntime, params: Params) -> Params:
    """CreateContactFlowModuleVersion."""
    module = _module(site, params)
    return {
        "ContactFlowModuleArn": module.arn,
        "Version": _version(site, module, params, "FlowModuleContentSha256"),
    }


@operation("ListContactFlowVersions")
def list_flow_versions(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowVersions, newest first."""
    chosen, token = page(_versions(_flow(site, params)), params)
    region = site.state.account.region
    listed = [
        {**summary, "LastModifiedTime": version["at"], "LastModifiedRegion": region}
        for summary, version in chosen
    ]
    return {"ContactFlowVersionSummaryList": listed, **token}


@operation("ListContactFlowModuleVersions")
def list_module_versions(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowModuleVersions, newest first."""
    chosen, token = page(_versions(_module(site, params)), params)
    return {"ContactFlowModuleVersionSummaryList": [summary for summary, _ in chosen], **token}


@operation("DeleteContactFlowVersion")
def delete_flow_version(site: InstanceRuntime, params: Params) -> Params:
    """DeleteContactFlowVersion."""
    return _delete_version(_flow(site, params), params["ContactFlowVersion"])


@operation("DeleteContactFlowModuleVersion")
def delete_module_version(site: InstanceRuntime, params: Params) -> Params:
    """DeleteContactFlowModuleVersion."""
    return _delete_version(_module(site, params), params["ContactFlowModuleVersion"])


@operation("CreateContactFlowAlias")
def create_flow_alias(site: InstanceRuntime, params: Params) -> Params:
    """CreateContactFlowAlias: a name for one version."""
    flow = _flow(site, params)
    return {"ContactFlowArn": flow.arn, "Id": _alias(site, flow, params, "ContactFlowVersion")}


@operation("CreateContactFlowModuleAlias")
def create_module_alias(site: InstanceRuntime, params: Params) -> Params:
    """CreateContactFlowModuleAlias."""
    module = _module(site, params)
    return {
        "ContactFlowModuleArn": module.arn,
        "Id": _alias(site, module, params, "ContactFlowModuleVersion"),
    }


@operation("DescribeContactFlowAlias")
def describe_flow_alias(site: InstanceRuntime, params: Params) -> Params:
    """DescribeContactFlowAlias."""
    flow = _flow(site, params)
    about = {"ContactFlowId": flow.id, "ContactFlowArn": flow.arn}
    return {"ContactFlowAlias": {**about, **_described(site, flow, params)}}


@operation("DescribeContactFlowModuleAlias")
def describe_module_alias(site: InstanceRuntime, params: Params) -> Params:
    """DescribeContactFlowModuleAlias."""
    module = _module(site, params)
    about = {"ContactFlowModuleId": module.id, "ContactFlowModuleArn": module.arn}
    return {"ContactFlowModuleAlias": {**about, **_described(site, module, params)}}


@operation("ListContactFlowAliases")
def list_flow_aliases(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowAliases."""
    chosen, token = page(_aliases(_flow(site, params)), params)
    region = {"LastModifiedRegion": site.state.account.region}
    return {"ContactFlowAliasSummaryList": [{**one, **region} for one in chosen], **token}


@operation("ListContactFlowModuleAliases")
def list_module_aliases(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowModuleAliases."""
    chosen, token = page(_aliases(_module(site, params)), params)
    return {"ContactFlowModuleAliasSummaryList": chosen, **token}


@operation("UpdateContactFlowAlias")
def update_flow_alias(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactFlowAlias."""
    return _update_alias(site, _flow(site, params), params, "ContactFlowVersion")


@operation("UpdateContactFlowModuleAlias")
def update_module_alias(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactFlowModuleAlias."""
    return _update_alias(site, _module(site, params), params, "ContactFlowModuleVersion")


@operation("DeleteContactFlowAlias")
def delete_flow_alias(site: InstanceRuntime, params: Params) -> Params:
    """DeleteContactFlowAlias."""
    flow = _flow(site, params)
    flow.aliases.pop(_known_alias(flow, params["AliasId"]))
    return {}


@operation("DeleteContactFlowModuleAlias")
def delete_module_alias(site: InstanceRuntime, params: Params) -> Params:
    """DeleteContactFlowModuleAlias."""
    module = _module(site, params)
    module.aliases.pop(_known_alias(module, params["AliasId"]))
    return {}


# ------------------------------------------------------------------------------------------------ parts


def _flow(site: InstanceRuntime, params: Params) -> FlowResource:
    return named(site, kinds.FLOW, params["ContactFlowId"], "ContactFlowId")[0]


def _module(site: InstanceRuntime, params: Params) -> FlowResource:
    return named(site, kinds.MODULE, params["ContactFlowModuleId"], "ContactFlowModuleId")[0]


def _version(site: InstanceRuntime, resource: FlowResource, params: Params, hashed: str) -> int:
    if resource.status != "PUBLISHED":
        raise ApiError("InvalidRequestException", "The flow has not been published: it has no version.")
    if params.get(hashed) not in (None, resource.sha256):
        raise ApiError("InvalidRequestException", f"{hashed} is not that of the published content.")
    number = int(resource.parts.get(_LAST, 0)) + 1
    resource.parts[_LAST] = number
    resource.versions[str(number)] = {
        "number": number,
        "content": resource.content,
        "description": params.get("Description") or "",
        "at": site.state.time(),
    }
    return number


def _versions(resource: FlowResource) -> list[tuple[Params, Params]]:
    """Return the summary of each version with the version, newest first."""
    return [
        (
            {
                "Arn": f"{resource.arn}:{number}",
                "Version": version["number"],
                **({"VersionDescription": version["description"]} if version["description"] else {}),
            },
            version,
        )
        for number, version in reversed(resource.versions.items())
    ]


def _delete_version(resource: FlowResource, version: Any) -> Params:
    number = str(version)
    if number not in resource.versions:
        raise ApiError("ResourceNotFoundException", f"The flow has no version {number}.", 404)
    if any(str(alias["version"]) == number for alias in resource.aliases.values()):
        raise ApiError("InvalidRequestException", f"An alias refers to version {number}.")
    del resource.versions[number]
    return {}


def _alias(site: InstanceRuntime, resource: FlowResource, params: Params, member: str) -> str:
    name, version = params["AliasName"], params[member]
    _free(resource, name)
    _has_version(resource, version)
    identity = str(uuid.uuid5(uuid.UUID(resource.id), f"alias/{name}"))
    resource.aliases[identity] = {
        "name": name,
        "version": version,
        "description": params.get("Description") or "",
        "at": site.state.time(),
    }
    return identity


def _update_alias(site: InstanceRuntime, resource: FlowResource, params: Params, member: str) -> Params:
    alias = resource.aliases[_known_alias(resource, params["AliasId"])]
    name, version = params.get("Name"), params.get(member)
    if name is not None and name != alias["name"]:
        _free(resource, name)
    if version is not None:
        _has_version(resource, version)
    changed = {"name": name, "version": version, "description": params.get("Description")}
    alias.update({key: value for key, value in changed.items() if value is not None}, at=site.state.time())
    return {}


def _described(site: InstanceRuntime, resource: FlowResource, params: Params) -> Params:
    identity = _known_alias(resource, params["AliasId"])
    alias = resource.aliases[identity]
    return {
        "AliasId": identity,
        "Version": alias["version"],
        "Name": alias["name"],
        "Description": alias["description"],
        "LastModifiedTime": alias["at"],
        "LastModifiedRegion": site.state.account.region,
    }


def _aliases(resource: FlowResource) -> list[Params]:
    return [
        {
            "Arn": f"{resource.arn}:{identity}",
            "AliasId": identity,
            "Version": alias["version"],
            "AliasName": alias["name"],
            "AliasDescription": alias["description"],
            "LastModifiedTime": alias["at"],
        }
        for identity, alias in resource.aliases.items()
    ]


def _known_alias(resource: FlowResource, identity: str) -> str:
    if identity not in resource.aliases:
        raise ApiError("ResourceNotFoundException", "The specified resource was not found: AliasId.", 404)
    return identity


def _free(resource: FlowResource, name: str) -> None:
    if any(alias["name"] == name for alias in resource.aliases.values()):
        raise ApiError("DuplicateResourceException", f"An alias named {name!r} exists.", 409)


def _has_version(resource: FlowResource, version: int) -> None:
    if str(version) not in resource.versions:
        raise ApiError("ResourceNotFoundException", f"The flow has no version {version}.", 404)
