"""Operations on contact flows and modules; invalid content is not published."""

from __future__ import annotations

from dataclasses import replace

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.flow_content import read_content
from busyhour.emulator.connect.resources.instance import FlowResource
from busyhour.emulator.connect.resources.kinds import Kind
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation
from busyhour.flows.model import Flow

_INVALID = {
    "ContactFlow": "InvalidContactFlowException",
    "ContactFlowModule": "InvalidContactFlowModuleException",
}


@operation("CreateContactFlow")
def create_flow(site: InstanceRuntime, params: Params) -> Params:
    """CreateContactFlow."""
    made = _create(site, params, kinds.FLOW, params["Type"], params.get("Status") or "PUBLISHED")
    return {"ContactFlowId": made.id, "ContactFlowArn": made.arn, "FlowContentSha256": made.sha256}


@operation("CreateContactFlowModule")
def create_module(site: InstanceRuntime, params: Params) -> Params:
    """CreateContactFlowModule; the same ClientToken creates one module."""
    token = params.get("ClientToken") or ""
    at = site.state.time()
    known = site.tokens.find(f"module/{token}", at) if token else None
    made = site.instance.get(kinds.MODULE, known) if known else None
    if made is None:
        made = _create(site, params, kinds.MODULE, "MODULE", "PUBLISHED")
        if token:
            site.tokens.remember(f"module/{token}", made.id, at)
    return {"Id": made.id, "Arn": made.arn}


@operation("DescribeContactFlow")
def describe_flow(site: InstanceRuntime, params: Params) -> Params:
    """DescribeContactFlow."""
    flow = site.flow(params["ContactFlowId"])
    return {
        "ContactFlow": {
            **_about(flow),
            "Type": flow.type,
            "FlowContentSha256": flow.sha256,
            "LastModifiedTime": flow.modified,
            "LastModifiedRegion": site.state.account.region,
        }
    }


@operation("DescribeContactFlowModule")
def describe_module(site: InstanceRuntime, params: Params) -> Params:
    """DescribeContactFlowModule."""
    module = site.find(kinds.MODULE, params["ContactFlowModuleId"])
    return {"ContactFlowModule": {**_about(module), "FlowModuleContentSha256": module.sha256}}


@operation("ListContactFlows")
def list_flows(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlows."""
    wanted = params.get("ContactFlowTypes")
    flows = [flow for flow in site.instance.all(kinds.FLOW) if not wanted or flow.type in wanted]
    chosen, token = page(flows, params)
    listed = [
        {
            "Id": flow.id,
            "Arn": flow.arn,
            "Name": flow.name,
            "ContactFlowType": flow.type,
            "ContactFlowState": flow.state,
            "ContactFlowStatus": flow.status,
        }
        for flow in chosen
    ]
    return {"ContactFlowSummaryList": listed, **token}


@operation("ListContactFlowModules")
def list_modules(site: InstanceRuntime, params: Params) -> Params:
    """ListContactFlowModules."""
    wanted = params.get("ContactFlowModuleState")
    modules = [one for one in site.instance.all(kinds.MODULE) if wanted in (None, one.state)]
    chosen, token = page(modules, params)
    listed = [{"Id": one.id, "Arn": one.arn, "Name": one.name, "State": one.state} for one in chosen]
    return {"ContactFlowModulesSummaryList": listed, **token}


@operation("UpdateContactFlowContent")
def update_flow_content(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactFlowContent: contacts that begin later run the new content."""
    _set_content(site, site.flow(params["ContactFlowId"]), params["Content"])
    return {}


@operation("UpdateContactFlowModuleContent")
def update_module_content(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactFlowModuleContent."""
    module = site.find(kinds.MODULE, params["ContactFlowModuleId"])
    if params.get("Content") is not None:
        _set_content(site, module, params["Content"])
    return {}


@operation("UpdateContactFlowMetadata", "UpdateContactFlowName")
def update_flow_metadata(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactFlowMetadata and UpdateContactFlowName."""
    return _update_metadata(site, site.flow(params["ContactFlowId"]), params, params.get("ContactFlowState"))


@operation("UpdateContactFlowModuleMetadata")
def update_module_metadata(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactFlowModuleMetadata."""
    module = site.find(kinds.MODULE, params["ContactFlowModuleId"])
    return _update_metadata(site, module, params, params.get("State"))


@operation("DeleteContactFlow")
def delete_flow(site: InstanceRuntime, params: Params) -> Params:
    """DeleteContactFlow: contacts that run it continue."""
    site.removed(site.flow(params["ContactFlowId"]))
    site.contacts.flows_changed()
    return {}


@operation("DeleteContactFlowModule")
def delete_module(site: InstanceRuntime, params: Params) -> Params:
    """DeleteContactFlowModule."""
    site.removed(site.find(kinds.MODULE, params["ContactFlowModuleId"]))
    site.contacts.flows_changed()
    return {}


# ------------------------------------------------------------------------------------------------ parts


def _create(site: InstanceRuntime, params: Params, kind: Kind, type: str, status: str) -> FlowResource:
    name: str = params["Name"]
    _free(site, kind, name)
    site.room_for(kind)
    flow = _valid(site, kind, params["Content"], name, type, status)
    made = site.instance.add_flow(
        replace(flow, arn=None),
        params["Content"],
        site.state.time(),
        description=params.get("Description") or "",
        status=status,
        tags=dict(params.get("Tags") or {}),
    )
    site.contacts.flows_changed()
    return made


def _set_content(site: InstanceRuntime, resource: FlowResource, content: str) -> None:
    flow = _valid(site, resource.kind, content, resource.name, resource.type, resource.status)
    resource.flow = replace(flow, arn=resource.flow.arn, path=resource.flow.path)
    resource.content, resource.modified = content, site.state.time()
    site.contacts.flows_changed()


def _update_metadata(
    site: InstanceRuntime, resource: FlowResource, params: Params, state: str | None
) -> Params:
    name = params.get("Name")
    if name is not None and name != resource.name:
        _free(site, resource.kind, name)
        site.instance.rename(resource, name)
        resource.flow = replace(resource.flow, name=name)
        site.contacts.flows_changed()
    if params.get("Description") is not None:
        resource.description = params["Description"]
    resource.state = state or resource.state
    resource.modified = site.state.time()
    return {}


def _free(site: InstanceRuntime, kind: Kind, name: str) -> None:
    # The machine finds flows by name, so a module and a flow cannot share one here.
    if site.instance.flow_named(name) is not None:
        raise ApiError("DuplicateResourceException", f"A contact flow named {name!r} exists.", 409)


def _valid(site: InstanceRuntime, kind: Kind, content: str, name: str, type: str, status: str) -> Flow:
    flow, problems = read_content(content, name, type)
    validator = site.sites.validator
    if flow is not None and status == "PUBLISHED" and validator is not None:
        problems = validator(content)
    if flow is None or (problems and status == "PUBLISHED"):
        raise ApiError(_INVALID[kind.noun], "The flow is not valid.", 400, problems=problems)
    return flow


def _about(resource: FlowResource) -> Params:
    return {
        "Arn": resource.arn,
        "Id": resource.id,
        "Name": resource.name,
        "State": resource.state,
        "Status": resource.status,
        "Description": resource.description,
        "Content": resource.content,
        "Tags": resource.tags,
    }
