"""Task templates."""

from __future__ import annotations

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_KEPT = (
    *("Description", "ContactFlowId", "SelfAssignFlowId", "ContactHooks", "Constraints", "Defaults"),
    *("Fields", "Status"),
)
_CREATED = "created"


@operation("CreateTaskTemplate")
def create(site: InstanceRuntime, params: Params) -> Params:
    """CreateTaskTemplate; the same ClientToken creates one template."""
    at, token = site.state.time(), params.get("ClientToken") or ""
    known = site.tokens.find(f"template/{token}", at) if token else None
    made = site.instance.get(kinds.TASK_TEMPLATE, known) if known else None
    if made is None:
        members = {name: params[name] for name in _KEPT if params.get(name) is not None}
        _check(site, members)
        made = site.instance.make(kinds.TASK_TEMPLATE, params["Name"], at, {"Status": "ACTIVE", **members})
        made.parts[_CREATED] = at
        if token:
            site.tokens.remember(f"template/{token}", made.id, at)
    return {"Id": made.id, "Arn": made.arn}


@operation("GetTaskTemplate")
def get(site: InstanceRuntime, params: Params) -> Params:
    """GetTaskTemplate."""
    found = _found(site, params)
    return {"InstanceId": site.instance.id, **_about(found), **found.members, "Tags": found.tags}


@operation("ListTaskTemplates")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListTaskTemplates, by status and name."""
    status, name = params.get("Status"), params.get("Name")
    fitting = [
        one
        for one in site.instance.all(kinds.TASK_TEMPLATE)
        if status in (None, one.members["Status"]) and name in (None, one.name)
    ]
    chosen, token = page(fitting, params)
    shown = ("Description", "Status")
    listed = [
        {**_about(one), **{key: one.members[key] for key in shown if key in one.members}} for one in chosen
    ]
    return {"TaskTemplates": listed, **token}


@operation("UpdateTaskTemplate")
def update(site: InstanceRuntime, params: Params) -> Params:
    """UpdateTaskTemplate."""
    found = _found(site, params)
    changed = {name: params[name] for name in _KEPT if params.get(name) is not None}
    _check(site, {**found.members, **changed})
    found.members.update(changed)
    if params.get("Name"):
        site.instance.rename(found, params["Name"])
    found.modified = site.state.time()
    return {"InstanceId": site.instance.id, **_about(found), **found.members}


@operation("DeleteTaskTemplate")
def delete(site: InstanceRuntime, params: Params) -> Params:
    """DeleteTaskTemplate."""
    site.removed(_found(site, params))
    return {}


def _found(site: InstanceRuntime, params: Params) -> Resource:
    found: Resource = site.find(kinds.TASK_TEMPLATE, params["TaskTemplateId"], "TaskTemplateId")
    return found


def _about(one: Resource) -> Params:
    times = {"LastModifiedTime": one.modified, "CreatedTime": one.parts[_CREATED]}
    return {"Id": one.id, "Arn": one.arn, "Name": one.name, **times}


def _check(site: InstanceRuntime, template: Params) -> None:
    """Check a template: its flow, its one field of type NAME, and that constraints and defaults name fields of it.

    Rules of the API reference (CreateTaskTemplate), which names no error for them.

    Raises:
        ApiError: ResourceNotFoundException, or InvalidParameterException.
    """
    for member in ("ContactFlowId", "SelfAssignFlowId"):
        if template.get(member):
            site.find(kinds.FLOW, template[member], member)
    fields = template.get("Fields") or ()
    names = [one["Id"].get("Name") for one in fields]
    if len(set(names)) < len(names):
        raise _refused("Fields have a name twice.")
    constraints = template.get("Constraints") or {}
    constrained = [one for group in constraints.values() for one in group or ()]
    defaults = (template.get("Defaults") or {}).get("DefaultFieldValues") or []
    for one in [*constrained, *defaults]:
        name = (one.get("Id") or {}).get("Name")
        if name not in names:
            raise _refused(f"{name!r} is not a field of the template.")
    subjects = [one["Id"].get("Name") for one in fields if one.get("Type") == "NAME"]
    if len(subjects) != 1:
        raise _refused(f"Fields must contain exactly one field of type NAME; they have {len(subjects)}.")
    required = [(one.get("Id") or {}).get("Name") for one in constraints.get("RequiredFields") or ()]
    if subjects[0] not in required:
        raise _refused(f"The field {subjects[0]!r} of type NAME must be in Constraints.RequiredFields.")
    if not template.get("ContactFlowId") and all(one.get("Type") != "QUICK_CONNECT" for one in fields):
        raise _refused("A template needs ContactFlowId or a field of type QUICK_CONNECT.")


def _refused(text: str) -> ApiError:
    return ApiError("InvalidParameterException", text)
