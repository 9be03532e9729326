"""Search operations on resources: SearchQueues, SearchUsers, SearchContactFlows, ...

One piece of code for all, with a row for each: fields of string conditions, and conditions of its own. A condition
compares without regard to case, which the API reference leaves open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from busyhour.emulator.connect.api import crud, flows
from busyhour.emulator.connect.instance_runtime import Handler, InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource, resource_id
from busyhour.emulator.connect.resources.kinds import Kind
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page

_Field = Callable[[Resource], object]


def _member(name: str) -> _Field:
    return lambda resource: resource.members.get(name)


def _identity(member: str) -> _Field:
    return lambda resource: (resource.members.get("IdentityInfo") or {}).get(member)


def _reference(member: str) -> _Field:
    return lambda resource: resource_id(resource.members.get(member) or "")


def _references(member: str) -> _Field:
    return lambda resource: [resource_id(one) for one in resource.members.get(member) or ()]


def _queues(resource: Resource) -> list[str]:
    return [resource_id(one["QueueReference"]["QueueId"]) for one in resource.members.get("QueueConfigs", ())]


def _described(site: InstanceRuntime, resource: Resource) -> Params:
    return crud.described(site, resource)


_COMMON: Mapping[str, _Field] = {
    "name": lambda resource: resource.name,
    "description": lambda resource: getattr(resource, "description", resource.members.get("Description")),
    "resourceid": lambda resource: resource.id,
}


@dataclass(frozen=True, slots=True)
class _Search:
    """One search: the member of its response, the kind, and what criteria may name."""

    found: str
    kind: Kind
    fields: Mapping[str, _Field] = field(default_factory=lambda: _COMMON)
    """By the name of the field in lower case, since the reference writes both resourceID and ResourceId."""
    conditions: Mapping[str, _Field] = field(default_factory=dict)
    """Conditions with one value."""
    describe: Callable[[InstanceRuntime, Any], Params] = _described


def _prompt(site: InstanceRuntime, resource: Resource) -> Params:
    return crud.described(site, resource)


def _security_profile(site: InstanceRuntime, resource: Resource) -> Params:
    about = crud.described(site, resource)
    shown = ("Id", "Arn", "SecurityProfileName", "Description", "Tags")
    return {name: about[name] for name in shown if name in about}


def _user(site: InstanceRuntime, resource: Resource) -> Params:
    about = crud.described(site, resource)
    identity = {k: v for k, v in (about.get("IdentityInfo") or {}).items() if k in ("FirstName", "LastName")}
    hidden = ("LastModifiedTime", "LastModifiedRegion", "IdentityInfo")
    return {**{k: v for k, v in about.items() if k not in hidden}, "IdentityInfo": identity}


SEARCHES: Mapping[str, _Search] = {
    "SearchQueues": _Search("Queues", kinds.QUEUE, conditions={"QueueTypeCondition": _member("QueueType")}),
    "SearchPrompts": _Search("Prompts", kinds.PROMPT, describe=_prompt),
    "SearchQuickConnects": _Search("QuickConnects", kinds.QUICK_CONNECT),
    "SearchHoursOfOperations": _Search(
        "HoursOfOperations", kinds.HOURS, {**_COMMON, "timezone": _member("TimeZone")}
    ),
    "SearchRoutingProfiles": _Search(
        "RoutingProfiles", kinds.ROUTING_PROFILE, {**_COMMON, "associatedqueueids": _queues}
    ),
    "SearchSecurityProfiles": _Search("SecurityProfiles", kinds.SECURITY_PROFILE, describe=_security_profile),
    "SearchAgentStatuses": _Search(
        "AgentStatuses",
        kinds.AGENT_STATUS,
        {
            **_COMMON,
            "state": _member("State"),
            "type": _member("Type"),
            "displayorder": _member("DisplayOrder"),
        },
    ),
    "SearchUsers": _Search(
        "Users",
        kinds.USER,
        {
            "username": lambda resource: resource.name,
            "firstname": _identity("FirstName"),
            "lastname": _identity("LastName"),
            "routingprofileid": _reference("RoutingProfileId"),
            "securityprofileid": _references("SecurityProfileIds"),
            "resourceid": lambda resource: resource.id,
        },
        describe=_user,
    ),
    "SearchContactFlows": _Search(
        "ContactFlows",
        kinds.FLOW,
        conditions={
            "TypeCondition": lambda flow: getattr(flow, "type", None),
            "StateCondition": lambda flow: getattr(flow, "state", None),
            "StatusCondition": lambda flow: getattr(flow, "status", None),
        },
        describe=lambda site, flow: flows.described_flow(site, flow),
    ),
    "SearchContactFlowModules": _Search(
        "ContactFlowModules",
        kinds.MODULE,
        conditions={
            "StateCondition": lambda module: getattr(module, "state", None),
            "StatusCondition": lambda module: getattr(module, "status", None),
        },
        describe=lambda site, module: flows.described_module(module),
    ),
}


def search(site: InstanceRuntime, params: Params, *, row: _Search) -> Params:
    """Answer a search: what fits its criteria and filter, in pages, with the number of all."""
    criteria, wanted = params.get("SearchCriteria") or {}, params.get("SearchFilter") or {}
    if wanted.get("TagFilter") is not None and wanted.get("UserAttributeFilter") is not None:
        raise ApiError(
            "AccessDeniedException", "TagFilter and UserAttributeFilter cannot be used together.", 403
        )
    chosen = [
        one
        for one in site.instance.all(row.kind)
        if _fits(row, one, criteria) and all(_filtered(one, inner) for inner in wanted.values())
    ]
    some, token = page(chosen, params)
    return {
        row.found: [row.describe(site, one) for one in some],
        "ApproximateTotalCount": len(chosen),
        **token,
    }


def _fits(row: _Search, one: Resource, criteria: Params) -> bool:
    """Whether a resource fits all conditions of `criteria`; without any it does."""
    return all(_condition(row, one, name, value) for name, value in criteria.items() if value is not None)


def _condition(row: _Search, one: Resource, name: str, value: Any) -> bool:
    if name == "OrConditions":
        return not value or any(_fits(row, one, inner) for inner in value)
    if name == "AndConditions":
        return all(_fits(row, one, inner) for inner in value)
    if name == "StringCondition":
        return _text(row, one, value)
    getter = row.conditions.get(name)
    if getter is None:
        raise ApiError("InvalidParameterException", f"SearchCriteria.{name} is not served by the emulator.")
    return bool(getter(one) == value)


def _text(row: _Search, one: Resource, condition: Params) -> bool:
    name = condition.get("FieldName") or ""
    getter = row.fields.get(name.lower())
    if getter is None:
        raise ApiError(
            "InvalidParameterException", f"FieldName {name!r} is none of {', '.join(sorted(row.fields))}."
        )
    held = getter(one)
    wanted = str(condition.get("Value") or "").casefold()
    texts = [
        str(text).casefold() for text in (held if isinstance(held, list) else [held]) if text is not None
    ]
    how = condition.get("ComparisonType") or "EXACT"
    return any(_compared(how, text, wanted) for text in texts)


def _compared(how: str, text: str, wanted: str) -> bool:
    if how == "STARTS_WITH":
        return text.startswith(wanted)
    return wanted in text if how == "CONTAINS" else text == wanted


def _filtered(one: Resource, conditions: Params | None) -> bool:
    """Whether tags (and the type of a flow) fit TagFilter, AttributeFilter, UserAttributeFilter or FlowAttributeFilter."""
    return all(_filter(one, name, value) for name, value in (conditions or {}).items() if value is not None)


def _filter(one: Resource, name: str, value: Any) -> bool:
    if name == "OrConditions":
        return not value or any(
            _tagged(one, inner) if isinstance(inner, list) else _filtered(one, inner) for inner in value
        )
    if name in ("AndConditions", "TagConditions"):
        return _tagged(one, value)
    if name == "AndCondition":
        return _filtered(one, value)
    if name == "TagCondition":
        return _tagged(one, [value])
    if name == "ContactFlowTypeCondition":
        return bool(getattr(one, "type", None) == value.get("ContactFlowType"))
    raise ApiError("InvalidParameterException", f"SearchFilter {name} is not served by the emulator.")


def _tagged(one: Resource, conditions: Iterable[Params]) -> bool:
    return all(
        condition.get("TagKey") in one.tags
        and condition.get("TagValue") in (None, one.tags[condition["TagKey"]])
        for condition in conditions
    )


HANDLERS: Mapping[str, Handler] = {name: partial(search, row=row) for name, row in SEARCHES.items()}
