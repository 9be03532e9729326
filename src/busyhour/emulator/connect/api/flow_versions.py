"""Versions and aliases of contact flows and modules."""

from __future__ import annotations

import uuid

from busyhour.emulator.connect.api.flows import named
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import FlowResource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_LAST = "last version"

_KINDS = {"ContactFlow": kinds.FLOW, "ContactFlowModule": kinds.MODULE}
_HASHES = {"ContactFlow": "FlowContentSha256", "ContactFlowModule": "FlowModuleContentSha256"}


@operation("CreateContactFlowVersion", "CreateContactFlowModuleVersion")
def create_version(site: InstanceRuntime, params: Params) -> Params:
    """Make a version of the published content, whose hash must be that of the request."""
    kind, resource = _named(site, params)
    return {f"{kind}Arn": resource.arn, "Version": _version(site, resource, params, _HASHES[kind])}


@operation("ListContactFlowVersions")
def list_flow_versions(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowVersions, newest first."""
    chosen, token = page(_versions(_named(site, params)[1]), params)
    region = site.state.account.region
    listed = [
        {**summary, "LastModifiedTime": version["at"], "LastModifiedRegion": region}
        for summary, version in chosen
    ]
    return {"ContactFlowVersionSummaryList": listed, **token}


@operation("ListContactFlowModuleVersions")
def list_module_versions(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowModuleVersions, newest first."""
    chosen, token = page(_versions(_named(site, params)[1]), params)
    return {"ContactFlowModuleVersionSummaryList": [summary for summary, _ in chosen], **token}


@operation("DeleteContactFlowVersion", "DeleteContactFlowModuleVersion")
def delete_version(site: InstanceRuntime, params: Params) -> Params:
    """Delete a version that no alias refers to."""
    kind, resource = _named(site, params)
    number = str(params[f"{kind}Version"])
    _has_version(resource, number)
    if any(str(alias["version"]) == number for alias in resource.aliases.values()):
        raise ApiError("InvalidRequestException", f"An alias refers to version {number}.")
    del resource.versions[number]
    return {}


@operation("CreateContactFlowAlias", "CreateContactFlowModuleAlias")
def create_alias(site: InstanceRuntime, params: Params) -> Params:
    """Make an alias: a name for one version."""
    kind, resource = _named(site, params)
    name, version = params["AliasName"], params[f"{kind}Version"]
    _free(resource, name)
    _has_version(resource, version)
    identity = str(uuid.uuid5(uuid.UUID(resource.id), f"alias/{name}"))
    resource.aliases[identity] = {
        "name": name,
        "version": version,
        "description": params.get("Description") or "",
        "at": site.state.time(),
    }
    return {f"{kind}Arn": resource.arn, "Id": identity}


@operation("DescribeContactFlowAlias", "DescribeContactFlowModuleAlias")
def describe_alias(site: InstanceRuntime, params: Params) -> Params:
    """Describe an alias."""
    kind, resource = _named(site, params)
    identity = _known_alias(resource, params["AliasId"])
    alias = resource.aliases[identity]
    described = {
        f"{kind}Id": resource.id,
        f"{kind}Arn": resource.arn,
        "AliasId": identity,
        "Version": alias["version"],
        "Name": alias["name"],
        "Description": alias["description"],
        "LastModifiedTime": alias["at"],
        "LastModifiedRegion": site.state.account.region,
    }
    return {f"{kind}Alias": described}


@operation("ListContactFlowAliases")
def list_flow_aliases(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowAliases."""
    chosen, token = page(_aliases(_named(site, params)[1]), params)
    region = {"LastModifiedRegion": site.state.account.region}
    return {"ContactFlowAliasSummaryList": [{**one, **region} for one in chosen], **token}


@operation("ListContactFlowModuleAliases")
def list_module_aliases(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowModuleAliases."""
    chosen, token = page(_aliases(_named(site, params)[1]), params)
    return {"ContactFlowModuleAliasSummaryList": chosen, **token}


@operation("UpdateContactFlowAlias", "UpdateContactFlowModuleAlias")
def update_alias(site: InstanceRuntime, params: Params) -> Params:
    """Change the members of an alias that the request has."""
    kind, resource = _named(site, params)
    alias = resource.aliases[_known_alias(resource, params["AliasId"])]
    name, version = params.get("Name"), params.get(f"{kind}Version")
    if name is not None and name != alias["name"]:
        _free(resource, name)
    if version is not None:
        _has_version(resource, version)
    changed = {"name": name, "version": version, "description": params.get("Description")}
    alias.update({key: value for key, value in changed.items() if value is not None}, at=site.state.time())
    return {}


@operation("DeleteContactFlowAlias", "DeleteContactFlowModuleAlias")
def delete_alias(site: InstanceRuntime, params: Params) -> Params:
    """Delete an alias."""
    _, resource = _named(site, params)
    resource.aliases.pop(_known_alias(resource, params["AliasId"]))
    return {}


# ------------------------------------------------------------------------------------------------ parts


def _named(site: InstanceRuntime, params: Params) -> tuple[str, FlowResource]:
    """Return what the members about it begin with, and the flow or module that the request names."""
    kind = "ContactFlow" if "ContactFlowId" in params else "ContactFlowModule"
    return kind, named(site, _KINDS[kind], params[f"{kind}Id"], f"{kind}Id")[0]


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


def _has_version(resource: FlowResource, version: int | str) -> None:
    if str(version) not in resource.versions:
        raise ApiError("ResourceNotFoundException", f"The flow has no version {version}.", 404)
