"""Operations on contact flows and modules; invalid content is not published.

`ID:$SAVED` is the saved content of a flow, `ID:N` its version N, the id alone its published content (API reference,
DescribeContactFlow and UpdateContactFlowContent).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.flow_content import read_content
from busyhour.emulator.connect.resources.flow_references import unknown_references
from busyhour.emulator.connect.resources.instance import FlowResource, content_hash
from busyhour.emulator.connect.resources.kinds import Kind
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation
from busyhour.flows.model import Flow

SAVED = "$SAVED"
_PUBLISHED = ("", "$LATEST")
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
        settings = _settings(params)
        made = _create(site, params, kinds.MODULE, "MODULE", "PUBLISHED")
        made.settings = settings
        made.parts["external"] = params.get("ExternalInvocationConfiguration")
        if token:
            site.tokens.remember(f"module/{token}", made.id, at)
    return {"Id": made.id, "Arn": made.arn}


@operation("DescribeContactFlow")
def describe_flow(site: InstanceRuntime, params: Params) -> Params:
    """DescribeContactFlow: what is published, saved (`:$SAVED`) or a version.

    Raises:
        ApiError: ContactFlowNotPublishedException: only `:$SAVED` shows a flow that was never published.
    """
    flow, what = named(site, kinds.FLOW, params["ContactFlowId"], "ContactFlowId")
    if what in _PUBLISHED and flow.status != "PUBLISHED":
        raise ApiError("ContactFlowNotPublishedException", "The flow has not been published.", 404)
    return {"ContactFlow": described_flow(site, flow, what)}


def described_flow(site: InstanceRuntime, flow: FlowResource, what: str = "") -> Params:
    """Return what DescribeContactFlow and SearchContactFlows show."""
    about = {**_about(flow), **_content(flow, what)}
    return {
        **about,
        "Type": flow.type,
        "FlowContentSha256": content_hash(about["Content"]),
        "LastModifiedTime": flow.modified,
        "LastModifiedRegion": site.state.account.region,
    }


@operation("DescribeContactFlowModule")
def describe_module(site: InstanceRuntime, params: Params) -> Params:
    """DescribeContactFlowModule."""
    module, what = named(site, kinds.MODULE, params["ContactFlowModuleId"], "ContactFlowModuleId")
    return {"ContactFlowModule": described_module(module, what)}


def described_module(module: FlowResource, what: str = "") -> Params:
    """Return what DescribeContactFlowModule and SearchContactFlowModules show."""
    about = {**_about(module), **_content(module, what)}
    if module.settings:
        about["Settings"] = module.settings
    if module.parts.get("external"):
        about["ExternalInvocationConfiguration"] = module.parts["external"]
    return {**about, "FlowModuleContentSha256": content_hash(about["Content"])}


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
    """UpdateContactFlowContent: publishes, so that contacts that begin later run the new content; `:$SAVED` only saves."""
    flow, what = named(site, kinds.FLOW, params["ContactFlowId"], "ContactFlowId")
    if what == SAVED:
        _save(site, flow, params["Content"])
    elif what in _PUBLISHED:
        _publish(site, flow, params["Content"])
    else:
        raise ApiError("InvalidRequestException", "A version of a flow cannot be changed.")
    return {}


@operation("UpdateContactFlowModuleContent")
def update_module_content(site: InstanceRuntime, params: Params) -> Params:
    """UpdateContactFlowModuleContent."""
    module = site.find(kinds.MODULE, params["ContactFlowModuleId"])
    settings = _settings(params)
    if params.get("Content") is not None:
        _publish(site, module, params["Content"])
    module.settings = settings or module.settings
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
    made.flow = replace(made.flow, arn=made.arn)  # so that other flows find it by id
    site.contacts.flows_changed()
    return made


def _publish(site: InstanceRuntime, resource: FlowResource, content: str) -> None:
    flow = _valid(site, resource.kind, content, resource.name, resource.type, "PUBLISHED")
    resource.status, resource.draft = "PUBLISHED", ""
    _set(site, resource, flow, content)


def _save(site: InstanceRuntime, resource: FlowResource, content: str) -> None:
    flow = _valid(site, resource.kind, content, resource.name, resource.type, "SAVED")
    if resource.status == "PUBLISHED":
        resource.draft, resource.modified = content, site.state.time()
    else:
        _set(site, resource, flow, content)


def _set(site: InstanceRuntime, resource: FlowResource, flow: Flow, content: str) -> None:
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
    """Read the content; what is to be published is checked as well, as the type of the request or the resource."""
    flow, problems = read_content(content, name, type)
    if flow is not None and status == "PUBLISHED":
        validator = site.sites.validator
        if validator is not None:
            problems = [*problems, *validator(content, type)]
        if site.policy.look_up:
            problems = [*problems, *unknown_references(site.instance, orjson.loads(content))]
    if flow is None or (problems and status == "PUBLISHED"):
        raise ApiError(
            _INVALID[kind.noun], "The flow is not valid.", 400, problems=list(dict.fromkeys(problems))
        )
    return flow


def named(site: InstanceRuntime, kind: Kind, reference: str, member: str) -> tuple[FlowResource, str]:
    """Return the flow or module of `ID[:what]` or `ARN[:what]`, and what: a version, an alias, `$SAVED`, or nothing."""
    head, slash, tail = reference.rpartition("/")
    identity, _, what = tail.partition(":")
    found: FlowResource = site.find(kind, f"{head}{slash}{identity}", member)
    return found, what


def _content(resource: FlowResource, what: str) -> Params:
    """Return Content, Status and Version of what of a flow is described."""
    if what in _PUBLISHED:
        return {"Content": resource.content}
    if what == SAVED:
        return {"Content": resource.draft or resource.content, "Status": "SAVED"}
    version = resource.at_version(what)
    if version is None:
        raise ApiError("ResourceNotFoundException", f"The flow has no version or alias {what}.", 404)
    about = {"Content": version["content"], "Version": version["number"]}
    return about | ({"VersionDescription": version["description"]} if version["description"] else {})


def _settings(params: Params) -> str:
    """Return the settings of a module in a request, which must be an object of JSON; empty without."""
    text: str = params.get("Settings") or ""
    if not text:
        return ""
    try:
        settings: Any = orjson.loads(text)
    except orjson.JSONDecodeError:
        settings = None
    if not isinstance(settings, dict):
        raise ApiError("InvalidParameterException", "Settings must be an object of JSON.")
    return text


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
