"""Pull an instance into a project's folder, or compare the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from busyhour.errors import BusyhourError, ExitCode, did_you_mean
from busyhour.flows.library import identity
from busyhour.instance import kinds
from busyhour.instance.documents import document, file_names, gathered, number_shown
from busyhour.instance.drift import Difference
from busyhour.instance.folder import Folder
from busyhour.instance.kind import Kind
from busyhour.instance.reading import Reader, Resource, Unread
from busyhour.instance.references import Dangling, Names
from busyhour.quotas.aws.calls import Failed

_KEPT_AS = {"Saved": "SavedContent"}
"""Member of a file that a detail is kept as, unless its own name."""
_COLONS = 5
"""In the ARN of an instance."""
_GATHERED = "all"
"""Id of the one file of a kind whose entries are gathered."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Result of a pull: counts by the kind's folder, differences, what was not read, references that lead to nothing."""

    counts: Mapping[str, int]
    differences: list[Difference]
    unread: list[Unread]
    dangling: list[Dangling]
    requests: int
    written: int
    removed: int
    first: bool
    """Whether nothing was pulled into the folder before."""


def find_instance(reader: Reader, named: str | None) -> dict[str, str]:
    """Return alias, ARN, id and Region of the instance that an alias, an id or an ARN names; None: the only one.

    Raises:
        BusyhourError: there is none, or instances cannot be listed.
    """
    token: dict[str, Any] = {}
    found: list[Mapping[str, Any]] = []
    while True:
        answer = reader.request("connect", "ListInstances", {"MaxResults": 10, **token})
        if isinstance(answer, Failed):
            raise BusyhourError(
                f"The instances of the account cannot be listed: {answer.code}: {answer.message}",
                "It needs connect:ListInstances; `busyhour pull --iam-policy` prints the whole policy.",
                ExitCode.UNREACHABLE,
            )
        found += [one for one in answer.get("InstanceSummaryList") or () if _is_whole(one)]
        if not answer.get("NextToken") or {"NextToken": answer["NextToken"]} == token:
            break
        token = {"NextToken": answer["NextToken"]}
    for one in found:
        if (named is None and len(found) == 1) or named in (one.get("InstanceAlias"), one["Id"], one["Arn"]):
            alias, arn = str(one.get("InstanceAlias", "")), str(one["Arn"])
            return {"Alias": alias, "Arn": arn, "Id": str(one["Id"]), "Region": arn.split(":")[3]}
    known = [str(one.get("InstanceAlias") or one["Id"]) for one in found]
    if named is None:
        raise BusyhourError(
            f"No instance is named, and there are {len(found)}.",
            f"Name one with --instance: {', '.join(known) or 'none'}.",
        )
    raise BusyhourError(
        f"--instance {named!r} is none of the account's instances in this Region.{did_you_mean(named, known)}",
        f"Instances: {', '.join(known) or 'none'}.",
    )


def _is_whole(instance: Mapping[str, Any]) -> bool:
    return bool(instance.get("Id")) and str(instance.get("Arn", "")).count(":") == _COLONS


def pull(reader: Reader, folder: Folder, instance: Mapping[str, str]) -> Pulled:
    """Read the instance and compare every resource with its file; with a folder that writes, write what differs.

    One resource is in memory at a time.
    """
    folder.open(instance)
    reader.list_all()
    seconds = reader.seconds()
    total = sum(len(entries) for entries in reader.listed.values())
    paced = f"; reading them takes about {_duration(seconds)} at this account's rates"
    reader.tell(f"{total} resources listed{paced if reader.is_paced else ''}")
    shown = {
        str(one["PhoneNumberId"]): number_shown(one) for one in reader.listed.get(kinds.NUMBER.folder, ())
    }
    names = Names(reader.listed, shown)
    dangling: list[Dangling] = []
    counts: dict[str, int] = {}
    tables: set[str] = set()
    flow_of = {
        identity(str(one.get("ResourceId"))): identity(str(one.get("FlowId")))
        for one in reader.listed.get(kinds.ASSOCIATION.folder, ())
    }
    for kind in kinds.KINDS:
        if kind.folder not in reader.listed:
            folder.keep(kind)
            continue
        if kind is kinds.TABLE:
            entries = reader.listed[kind.folder]
            reader.listed[kind.folder] = [one for one in entries if one["TableName"] in tables]
        if kind.gathered:
            content = gathered(kind, reader.resources(kind), names, instance["Id"])
            counts[kind.folder] = len(reader.listed[kind.folder])
            missing = None if kind.folder in reader.partial else ()
            folder.put(kind, _GATHERED, kind.noun, kind.folder, content, missing)
            folder.finish(kind)
            continue
        counts[kind.folder] = _pull_kind(reader, folder, kind, names, shown, flow_of, dangling, tables)
    not_read = sorted(str(one) for one in reader.unread)
    folder.close(not_read, [str(one) for one in sorted(dangling)])
    return Pulled(
        counts,
        folder.differences,
        reader.unread,
        sorted(dangling),
        reader.requests,
        folder.written,
        folder.removed,
        folder.is_new,
    )


def _pull_kind(
    reader: Reader,
    folder: Folder,
    kind: Kind,
    names: Names,
    shown: Mapping[str, str],
    flow_of: Mapping[str, str],
    dangling: list[Dangling],
    tables: set[str],
) -> int:
    entries = reader.listed[kind.folder]
    named = [(str(one[kind.id]), _name(kind, one, shown)) for one in entries]
    files = file_names(kind.folder, sorted(named))
    read: set[str] = set()
    for resource in reader.resources(kind):
        file = files[resource.id]
        name = shown.get(resource.id, resource.name)
        content, lost = document(resource, names, file, flow_of)
        dangling += lost
        missing = [_KEPT_AS.get(part, part) for part in resource.missing]
        folder.put(kind, resource.id, name, file, content, missing)
        read.add(resource.id)
        if kind is kinds.FUNCTION:
            tables.update(_tables(resource))
    failed = {one.resource for one in reader.unread if one.noun == kind.noun and not one.part}
    for known, name in named:
        if known not in read and (name in failed or "" in failed):
            folder.keep(kind, known)
    folder.finish(kind)
    return len(read)


def _name(kind: Kind, entry: Mapping[str, Any], shown: Mapping[str, str]) -> str:
    own = str(entry[kind.id])
    return shown.get(own, str(entry.get(kind.label) or own))


def _tables(function: Resource) -> list[str]:
    variables = (function.members.get("Environment") or {}).get("Variables") or {}
    return [value for value in variables.values() if value]


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
