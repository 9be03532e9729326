"""The file of each resource: what is kept of it, in which order, under which name."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from busyhour.input_files import MAX_DEPTH, depth
from busyhour.instance import kinds
from busyhour.instance.kind import Kind
from busyhour.instance.reading import Resource
from busyhour.instance.references import Dangling, Names

_TABLE = (
    *("TableName", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"),
    *("OnDemandThroughput", "WarmThroughput", "StreamSpecification", "TableClass"),
)
_LONE = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile(r"[^\w.-]+")
_DEEPEST = MAX_DEPTH - 5
"""Levels of a flow's content that still can be read in its file."""
_LONGEST = 100
"""Characters of a file's name without suffix."""


def file_names(folder: str, resources: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the file of each resource by its id.

    Names that would be one file, on any file system, have a part of the id at the end.

    Args:
        folder: of the kind.
        resources: id and name of each.
    """
    slugs = {identity: _slug(name) for identity, name in resources}
    count = Counter(slug.casefold() for slug in slugs.values())
    return {
        identity: f"{folder}/{slug}--{_slug(_short(identity))}.json"
        if count[slug.casefold()] > 1
        else f"{folder}/{slug}.json"
        for identity, slug in slugs.items()
    }


def _short(identity: str) -> str:
    tail = identity.rpartition("/")[2]
    return tail[:8] if len(tail) == 36 else tail


def _slug(name: str) -> str:
    slug = _UNSAFE.sub("-", name).strip("-.")[:_LONGEST]
    return slug or "unnamed"


def number_shown(entry: Mapping[str, Any]) -> str:
    """Return the name of a phone number without the number: country, type and a part of the id."""
    identity = str(entry.get("PhoneNumberId", ""))
    country, type_ = entry.get("PhoneNumberCountryCode", "??"), entry.get("PhoneNumberType", "number")
    return f"{country} {type_} {_short(identity)}"


def document(
    resource: Resource, names: Names, file: str, flow_of: Mapping[str, str]
) -> tuple[dict[str, Any], list[Dangling]]:
    """Return the content of a resource's file, and its references that lead to nothing.

    Args:
        resource: as it was read.
        names: of all resources.
        file: name of the file, for the references.
        flow_of: id of the flow by phone number's id.
    """
    kind = resource.kind
    members = _kept(kind, resource.members)
    if kind is kinds.TABLE:
        return create_table(members), []
    if kind is kinds.NUMBER and resource.id in flow_of:
        members["FlowId"] = flow_of[resource.id]
    if kind.wrapper:
        return _flow(kind, members, names, file)
    references, dangling = names.of(file, members, resource.id)
    if references:
        members["References"] = references
    return dict(sorted(members.items())), dangling


def _flow(
    kind: Kind, members: dict[str, Any], names: Names, file: str
) -> tuple[dict[str, Any], list[Dangling]]:
    saved = members.pop("Saved", None)
    if "Content" not in members and isinstance(saved, Mapping):
        members |= {"Content": saved.get("Content"), "Type": saved.get("Type"), "Status": "SAVED"}
    draft = saved.get("Content") if isinstance(saved, Mapping) else None
    if draft is not None and draft != members.get("Content"):
        members["SavedContent"] = parsed(draft)
    members["Content"] = parsed(members.get("Content"))
    for digest in ("FlowContentSha256", "FlowModuleContentSha256"):
        members.pop(digest, None)
    content = members["Content"]
    references, dangling = names.of(file, content if isinstance(content, Mapping) else {})
    if references:
        members["References"] = references
    return {kind.wrapper: dict(sorted(members.items()))}, dangling


def parsed(content: Any) -> Any:
    """Return a flow's content as JSON; the text itself where it is none, or where a key occurs twice in an object."""
    if not isinstance(content, str):
        return content

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) < len(found):
            raise ValueError
        return made

    try:
        found = json.loads(content, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return content
    return content if depth(found, _DEEPEST) > _DEEPEST else found


def create_table(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of CreateTable for a table as DescribeTable returns it."""
    made = {key: members[key] for key in _TABLE if members.get(key)}
    mode = (members.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    made["BillingMode"] = mode
    if mode == "PROVISIONED":
        made["ProvisionedThroughput"] = _units(members.get("ProvisionedThroughput") or {})
    for name in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        made[name] = [_index(one, mode, name) for one in made.get(name, ())]
        if not made[name]:
            del made[name]
    made.pop("WarmThroughput", None)
    if "TableClass" not in made and members.get("TableClassSummary"):
        made["TableClass"] = members["TableClassSummary"]["TableClass"]
    return made


def _index(index: Mapping[str, Any], mode: str, kind: str) -> dict[str, Any]:
    made = {key: index[key] for key in ("IndexName", "KeySchema", "Projection") if key in index}
    if mode == "PROVISIONED" and kind == "GlobalSecondaryIndexes":
        made["ProvisionedThroughput"] = _units(index.get("ProvisionedThroughput") or {})
    return made


def _units(throughput: Mapping[str, Any]) -> dict[str, Any]:
    return {key: throughput.get(key, 1) for key in ("ReadCapacityUnits", "WriteCapacityUnits")}


def gathered(kind: Kind, resources: Iterable[Resource], names: Names, instance_id: str) -> dict[str, Any]:
    """Return the one file of a kind whose entries are gathered."""
    if kind is kinds.USER:
        return user_counts((one.members for one in resources), names)
    if kind is kinds.QUOTA:
        return _quotas(resources, instance_id)
    found = {}
    for one in resources:
        members = _kept(kind, one.members)
        for member in ("FlowId",):
            if member in members:
                members["FlowName"] = names.plain(members[member])
        found[one.id] = members
    return dict(sorted(found.items()))


def user_counts(users: Iterable[Mapping[str, Any]], names: Names) -> dict[str, Any]:
    """Return the number of users by routing profile and by hierarchy group; nothing else of them is kept."""
    profiles: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    total = 0
    for user in users:
        total += 1
        profiles[names.plain(user.get("RoutingProfileId"))] += 1
        if user.get("HierarchyGroupId"):
            groups[names.plain(user["HierarchyGroupId"])] += 1
    return {
        "by_hierarchy_group": dict(sorted(groups.items())),
        "by_routing_profile": dict(sorted(profiles.items())),
        "total": total,
    }


def _quotas(resources: Iterable[Resource], instance_id: str) -> dict[str, Any]:
    """Return value, level and name by service and code; the instance's value before the account's."""
    found: dict[str, dict[str, Any]] = {}
    for one in resources:
        of_instance = str((one.members.get("QuotaContext") or {}).get("ContextId", "")).endswith(instance_id)
        rows = found.setdefault(str(one.members.get("ServiceCode", "")), {})
        if of_instance or one.id not in rows or rows[one.id]["Level"] == "ACCOUNT":
            rows[one.id] = {
                "Adjustable": one.members.get("Adjustable"),
                "Level": one.members.get("QuotaAppliedAtLevel", "ACCOUNT"),
                "Name": one.name,
                "Value": one.members.get("Value"),
            }
    return {service: dict(sorted(rows.items())) for service, rows in sorted(found.items())}


def _kept(kind: Kind, members: Mapping[str, Any]) -> dict[str, Any]:
    left_out = kinds.CHANGING.union(kind.left_out)

    def keep(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: keep(value[key]) for key in sorted(value) if key not in left_out}
        if isinstance(value, list):
            return [keep(one) for one in value]
        return value.isoformat() if isinstance(value, datetime) else value

    kept: dict[str, Any] = keep(members)
    return kept


def text_of(content: Any) -> str:
    """Return the text of a file: JSON, one value a line, in the order of `content`."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if _LONE.search(text):  # half of a surrogate pair is no character: UTF-8 has none for it
        text = json.dumps(content, indent=2) + "\n"
    return text
