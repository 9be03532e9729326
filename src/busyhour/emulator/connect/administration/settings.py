"""Settings that deployment tools make in an instance: storage, integrations, origins, keys, attributes, views, rules.

Its operations are made from the rows of `setting_rows`. The emulator keeps and returns them: nothing is stored in a
bucket, no rule runs, no view is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from busyhour.emulator.connect.administration.setting_rows import ROWS, Row
from busyhour.emulator.connect.instance_runtime import Handler, InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page


def create(site: InstanceRuntime, params: Params, *, row: Row) -> Params:
    """Create or associate one."""
    members = {member: params[member] for member in row.kept if params.get(member) is not None}
    key = json.dumps([members.get(member) for member in row.unique], default=str)
    if row.unique and any(_key(one, row) == key for one in site.instance.all(row.kind)):
        raise ApiError(row.duplicate, "The resource exists.", 409)
    row.check(site, members)
    site.room_for(row.kind)
    at = site.state.time()
    made = site.instance.make(row.kind, key, at, members, params.get("Tags"))
    made.parts["created"] = at
    if row.wrapped:
        return {row.kind.described: _view(site, made, row, row.described)}
    return _view(site, made, row, row.created)


def listing(site: InstanceRuntime, params: Params, *, row: Row) -> Params:
    """List all, or those that a filter chooses."""
    views = [(one, _everything(site, one, row)) for one in site.instance.all(row.kind)]
    wanted = {member: params[member] for member in row.filters if params.get(member)}
    found = [
        (one, view) for one, view in views if all(view.get(name) == value for name, value in wanted.items())
    ]
    chosen, token = page([_entry(one, view, row) for one, view in found], params, row.page_size)
    return {row.kind.listed: chosen, **token}


def describe(site: InstanceRuntime, params: Params, *, row: Row) -> Params:
    """Describe one."""
    found = _find(site, params, row)
    if row.kind is kinds.STORAGE_CONFIG:
        return {row.kind.described: _storage(found)}
    return {row.kind.described: _view(site, found, row, row.described)}


def update(site: InstanceRuntime, params: Params, *, row: Row, members: tuple[str, ...]) -> Params:
    """Set the members of an Update operation."""
    found = _find(site, params, row)
    changed = {**found.members, **{name: params[name] for name in members if params.get(name) is not None}}
    key = json.dumps([changed.get(member) for member in row.unique], default=str)
    if any(one is not found and _key(one, row) == key for one in site.instance.all(row.kind) if row.unique):
        raise ApiError(row.duplicate, "The resource exists.", 409)
    row.check(site, changed)
    found.members.update(changed)
    found.modified = site.state.time()
    if row.wrapped and "Content" in members:
        return {row.kind.described: _view(site, found, row, row.described)}
    return {}


def delete(site: InstanceRuntime, params: Params, *, row: Row) -> Params:
    """Delete or disassociate one."""
    site.instance.remove(_find(site, params, row))
    return {}


# ------------------------------------------------------------------------------------------------ parts


def _key(one: Resource, row: Row) -> str:
    return json.dumps([one.members.get(member) for member in row.unique], default=str)


def _find(site: InstanceRuntime, params: Params, row: Row) -> Resource:
    wanted = params[row.identity]
    if row.identity in row.kept:
        found = next(
            (one for one in site.instance.all(row.kind) if one.members[row.identity] == wanted), None
        )
    else:
        found = site.instance.get(row.kind, wanted.partition(":$")[0])
    if found is None or any(
        found.members.get(name, params.get(name)) != params[name] for name in _place(row, params)
    ):
        raise not_found(row.identity)
    assert isinstance(found, Resource)
    return found


def _place(row: Row, params: Params) -> tuple[str, ...]:
    """Return the members of a request that must fit beside the identity: the type of a storage configuration."""
    return ("ResourceType",) if row.kind is kinds.STORAGE_CONFIG and "ResourceType" in params else ()


def _everything(site: InstanceRuntime, one: Resource, row: Row) -> Params:
    about = one.described(site.state.account.region)
    about.pop("Name", None)
    return {
        **about,
        "Id": one.id,
        "Arn": one.arn,
        "InstanceId": site.instance.id,
        "CreatedTime": one.parts.get("created", one.modified),
        "CreationTime": one.parts.get("created", one.modified),
        "LastUpdatedTime": one.modified,
        **one.members,
        **row.more(site, one),
    }


def _view(site: InstanceRuntime, one: Resource, row: Row, members: tuple[str, ...]) -> Params:
    everything = _everything(site, one, row)
    return {name: everything[name] for name in members if name in everything}


def _entry(one: Resource, view: Params, row: Row) -> object:
    if row.plain:
        return one.members[row.plain]
    if row.kind is kinds.STORAGE_CONFIG:
        return _storage(one)
    return {name: view[name] for name in row.listed if name in view}


def _storage(one: Resource) -> Params:
    return {**one.members["StorageConfig"], "AssociationId": one.id}


def _handlers(row: Row) -> dict[str, Handler]:
    made: dict[str, Handler] = {
        row.create: partial(create, row=row),
        row.listing: partial(listing, row=row),
        row.delete: partial(delete, row=row),
        **{name: partial(update, row=row, members=members) for name, members in row.updates.items()},
    }
    if row.describe:
        made[row.describe] = partial(describe, row=row)
    return made


HANDLERS: Mapping[str, Handler] = {name: handler for row in ROWS for name, handler in _handlers(row).items()}
