"""The hierarchy of users: its levels, its groups, and the group of each user."""

from __future__ import annotations

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_LEVELS = ("LevelOne", "LevelTwo", "LevelThree", "LevelFour", "LevelFive")


@operation("UpdateUserHierarchyStructure")
def update_structure(site: InstanceRuntime, params: Params) -> Params:
    """UpdateUserHierarchyStructure: names levels; one that is left out ends, unless it has groups.

    Raises:
        ApiError: InvalidParameterException: a level below one that is missing; ResourceInUseException: one with groups.
    """
    given = params["HierarchyStructure"]
    named = [bool(given.get(level)) for level in _LEVELS]
    if named != sorted(named, reverse=True):
        raise ApiError("InvalidParameterException", "A level needs all levels above it.")
    deepest = max((len(_path(site, group)) for group in site.instance.all(kinds.HIERARCHY_GROUP)), default=0)
    if deepest > sum(named):
        raise ApiError("ResourceInUseException", f"{_LEVELS[deepest - 1]} has groups.", 409)
    for level in _LEVELS:
        known = site.instance.named(kinds.HIERARCHY_LEVEL, level)
        name = (given.get(level) or {}).get("Name")
        if known is not None and not name:
            site.instance.remove(known)
        elif known is not None:
            known.members["Label"], known.modified = name, site.state.time()
        elif name:
            site.instance.make(kinds.HIERARCHY_LEVEL, level, site.state.time(), {"Label": name})
    return {}


@operation("DescribeUserHierarchyStructure")
def describe_structure(site: InstanceRuntime, params: Params) -> Params:
    """DescribeUserHierarchyStructure."""
    levels = {one.name: one for one in site.instance.all(kinds.HIERARCHY_LEVEL)}
    return {
        "HierarchyStructure": {
            level: {**_summary(site, levels[level]), "Name": levels[level].members["Label"]}
            for level in _LEVELS
            if level in levels
        }
    }


@operation("CreateUserHierarchyGroup")
def create_group(site: InstanceRuntime, params: Params) -> Params:
    """CreateUserHierarchyGroup, below another group or at the first level.

    Raises:
        ApiError: DuplicateResourceException: the name is in use; InvalidParameterException: more than five levels.
    """
    _free(site, params["Name"])
    parent = params.get("ParentGroupId")
    members = {}
    if parent:
        above = site.find(kinds.HIERARCHY_GROUP, parent, "ParentGroupId")
        if len(_path(site, above)) == len(_LEVELS):
            raise ApiError("InvalidParameterException", "A hierarchy has at most five levels.")
        members["ParentGroupId"] = above.id
    site.room_for(kinds.HIERARCHY_GROUP)
    at = site.state.time()
    made = site.instance.make(kinds.HIERARCHY_GROUP, params["Name"], at, members, params.get("Tags"))
    return {"HierarchyGroupId": made.id, "HierarchyGroupArn": made.arn}


@operation("DescribeUserHierarchyGroup")
def describe_group(site: InstanceRuntime, params: Params) -> Params:
    """DescribeUserHierarchyGroup."""
    found = site.find(kinds.HIERARCHY_GROUP, params["HierarchyGroupId"])
    path = _path(site, found)
    level = site.instance.named(kinds.HIERARCHY_LEVEL, _LEVELS[len(path) - 1])
    return {
        "HierarchyGroup": {
            **_summary(site, found),
            **({"LevelId": level.id} if level is not None else {}),
            "HierarchyPath": {name: _summary(site, one) for name, one in zip(_LEVELS, path, strict=False)},
            "Tags": found.tags,
        }
    }


@operation("ListUserHierarchyGroups")
def list_groups(site: InstanceRuntime, params: Params) -> Params:
    """ListUserHierarchyGroups."""
    found = [_summary(site, one) for one in site.instance.all(kinds.HIERARCHY_GROUP)]
    chosen, token = page(found, params, 1_000)
    return {"UserHierarchyGroupSummaryList": chosen, **token}


@operation("UpdateUserHierarchyGroupName")
def rename_group(site: InstanceRuntime, params: Params) -> Params:
    """UpdateUserHierarchyGroupName."""
    found = site.find(kinds.HIERARCHY_GROUP, params["HierarchyGroupId"])
    if params["Name"] != found.name:
        _free(site, params["Name"])
    site.instance.rename(found, params["Name"])
    found.modified = site.state.time()
    return {}


@operation("DeleteUserHierarchyGroup")
def delete_group(site: InstanceRuntime, params: Params) -> Params:
    """DeleteUserHierarchyGroup: refused while it has groups or users.

    Raises:
        ApiError: ResourceInUseException.
    """
    found = site.find(kinds.HIERARCHY_GROUP, params["HierarchyGroupId"])
    below = [
        one
        for one in site.instance.all(kinds.HIERARCHY_GROUP)
        if one.members.get("ParentGroupId") == found.id
    ]
    users = [one for one in site.instance.all(kinds.USER) if one.members.get("HierarchyGroupId") == found.id]
    if below or users:
        raise ApiError("ResourceInUseException", f"The group {found.name} is in use.", 409)
    site.instance.remove(found)
    return {}


@operation("UpdateUserHierarchy")
def put_user(site: InstanceRuntime, params: Params) -> Params:
    """UpdateUserHierarchy: puts a user into a group, or without one into none."""
    user = site.find(kinds.USER, params["UserId"])
    group = params.get("HierarchyGroupId")
    if group:
        user.members["HierarchyGroupId"] = site.find(kinds.HIERARCHY_GROUP, group).id
    else:
        user.members.pop("HierarchyGroupId", None)
    user.modified = site.state.time()
    return {}


def _free(site: InstanceRuntime, name: str) -> None:
    if site.instance.named(kinds.HIERARCHY_GROUP, name) is not None:
        raise ApiError("DuplicateResourceException", f"A resource named {name!r} exists.", 409)


def _path(site: InstanceRuntime, group: Resource) -> list[Resource]:
    """Return the groups from the first level to this one."""
    path = [group]
    while above := path[0].members.get("ParentGroupId"):
        path.insert(0, site.find(kinds.HIERARCHY_GROUP, above))
    return path


def _summary(site: InstanceRuntime, one: Resource) -> Params:
    return {
        "Id": one.id,
        "Arn": one.arn,
        "Name": one.name,
        "LastModifiedTime": one.modified,
        "LastModifiedRegion": site.state.account.region,
    }
