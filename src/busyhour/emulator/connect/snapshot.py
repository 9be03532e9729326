"""State of Connect between runs: instances with their resources. Contacts are not stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, InstanceRuntimes
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.flow_content import read_content
from busyhour.emulator.connect.resources.instance import FlowResource, Instance, NumberResource, Resource

_FLOW = ("content", "type", "description", "status", "state")
_FLOW_SINCE = ("draft", "settings")
"""Members that older snapshots lack."""
_NUMBER = ("flow", "description", "type")


class ConnectState:
    """Connect's part of the emulator's state (`persistence.Part`).

    The stored state has precedence: resources of the first instance are those of the snapshot, except flows and
    numbers of the command line that the snapshot lacks.
    """

    part = "connect"

    def __init__(self, sites: InstanceRuntimes) -> None:
        self._sites = sites

    def dump(self, folder: Path) -> Any:
        """Return every instance with its resources, and the status of every agent."""
        return [_dumped(site) for site in self._sites]

    def restore(self, data: Any, folder: Path) -> None:
        """Open the stored instances with their resources."""
        for number, about in enumerate(data):
            if number == 0:
                site = self._sites.first
                for kind in kinds.MADE:
                    for resource in site.instance.all(kind):
                        site.instance.remove(resource)
            else:
                account = replace(self._sites.state.account, alias=about["alias"], instance_id=about["id"])
                site = self._sites.open(Instance(account, about["created"], about["more"]))
            _restored(site, about)


def _dumped(site: InstanceRuntime) -> dict[str, Any]:
    instance = site.instance
    resources = [_of(resource) for kind in kinds.BY_SEGMENT.values() for resource in instance.all(kind)]
    statuses = {}
    for user in instance.all(kinds.USER):
        status = site.staffing.status(user)
        if status is not None:
            statuses[user.id] = status.id
    return {
        "id": instance.id,
        "alias": instance.account.alias,
        "created": instance.created,
        "more": instance.more,
        "attributes": instance.attributes,
        "associations": instance.associations,
        "resources": resources,
        "statuses": statuses,
    }


def _of(resource: Resource) -> dict[str, Any]:
    more: tuple[str, ...] = ()
    if isinstance(resource, FlowResource):
        more = (*_FLOW, *_FLOW_SINCE)
    elif isinstance(resource, NumberResource):
        more = _NUMBER
    return {
        "kind": resource.kind.segment,
        "id": resource.id,
        "name": resource.name,
        "modified": resource.modified,
        "members": resource.members,
        "tags": resource.tags,
        "parts": resource.parts,
        **{name: getattr(resource, name) for name in more},
    }


def _restored(site: InstanceRuntime, about: dict[str, Any]) -> None:
    instance = site.instance
    instance.attributes.update(about["attributes"])
    instance.associations.update(about.get("associations") or {})
    for kept in about["resources"]:
        kind = kinds.BY_SEGMENT[kept["kind"]]
        known = instance.get(kind, kept["id"])
        if known is not None:
            instance.remove(known)
        arn = instance.arn_of(kind, kept["id"])
        common = (
            *(kind, kept["id"], arn, kept["name"], kept["modified"], kept["members"], kept["tags"]),
            kept.get("parts") or {},
        )
        if kind in (kinds.FLOW, kinds.MODULE):
            flow, _ = read_content(kept["content"], kept["name"], kept["type"])
            if flow is not None:
                members = {name: kept[name] for name in _FLOW} | {
                    name: kept[name] for name in _FLOW_SINCE if name in kept
                }
                instance.add(FlowResource(*common, flow=replace(flow, arn=arn), **members))
        elif kind is kinds.NUMBER:
            instance.add(NumberResource(*common, **{name: kept[name] for name in _NUMBER}))
        else:
            instance.add(Resource(*common))
    instance.strict_numbers = instance.strict_numbers or next(instance.numbers(), None) is not None
    site.contacts.flows_changed()
    site.staffing.renew()
    for user_id, status_id in about["statuses"].items():
        site.staffing.put_status(
            instance.get(kinds.USER, user_id), instance.get(kinds.AGENT_STATUS, status_id)
        )
