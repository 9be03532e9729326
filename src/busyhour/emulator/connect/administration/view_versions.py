"""Views: saved and published content, and versions, which are copies of published content that do not change."""

from __future__ import annotations

from busyhour.emulator.connect.administration.settings import HANDLERS as ROWS
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_VERSIONS, _PUBLISHED = "versions", "published"
_LISTED = ("Id", "Arn", "Description", "Name", "Type", "Version", "VersionDescription")


@operation("DescribeView")
def describe(site: InstanceRuntime, params: Params) -> Params:
    """DescribeView: of the published content, of what was saved (`ID:$SAVED`), or of a version (`ID:2`).

    Raises:
        ApiError: ResourceNotFoundException: the view has no published content.
    """
    identity, _, qualifier = params["ViewId"].rpartition(":")
    if identity and qualifier.isdigit():
        return {"View": _version(site.find(kinds.VIEW, identity), int(qualifier))}
    view: Resource = site.find(kinds.VIEW, params["ViewId"].partition(":$")[0])
    about: Params = ROWS["DescribeView"](site, {**params, "ViewId": view.id})["View"]
    if qualifier == "$SAVED" or about["Status"] == "PUBLISHED":
        return {"View": about}
    if _PUBLISHED not in view.parts:
        raise not_found("ViewId")
    return {"View": {**about, **view.parts[_PUBLISHED], "Status": "PUBLISHED"}}


@operation("UpdateViewContent")
def update_content(site: InstanceRuntime, params: Params) -> Params:
    """UpdateViewContent: what is only saved leaves the published content as it is."""
    view: Resource = site.find(kinds.VIEW, params["ViewId"].partition(":$")[0])
    before = ROWS["DescribeView"](site, {**params, "ViewId": view.id})["View"]
    answer = ROWS["UpdateViewContent"](site, {**params, "ViewId": view.id})
    if before["Status"] == "PUBLISHED" and params["Status"] == "SAVED":
        view.parts[_PUBLISHED] = {name: before[name] for name in ("Content", "ViewContentSha256")}
    return answer


@operation("UpdateViewMetadata")
def update_metadata(site: InstanceRuntime, params: Params) -> Params:
    """UpdateViewMetadata: name, description, or both."""
    if params.get("Name") is None and params.get("Description") is None:
        raise ApiError("InvalidRequestException", "Either Name or Description must be provided.")
    return ROWS["UpdateViewMetadata"](site, params)


@operation("CreateViewVersion")
def create(site: InstanceRuntime, params: Params) -> Params:
    """CreateViewVersion of published content.

    Raises:
        ApiError: InvalidRequestException: the content has another hash than the request, or is not published.
    """
    view: Resource = site.find(kinds.VIEW, params["ViewId"])
    now = describe(site, {**params, "ViewId": f"{view.id}:$SAVED"})["View"]
    if now["Status"] == "SAVED" and _PUBLISHED in view.parts:
        now = describe(site, {**params, "ViewId": view.id})["View"]
    if params.get("ViewContentSha256") not in (None, now["ViewContentSha256"]):
        raise ApiError("InvalidRequestException", "ViewContentSha256 is not that of the view's content.")
    if now["Status"] != "PUBLISHED":
        raise ApiError("InvalidRequestException", "Only a published view has versions.")
    number = view.parts.get("last", 0) + 1
    made = {**now, "Version": number}
    if params.get("VersionDescription"):
        made["VersionDescription"] = params["VersionDescription"]
    view.parts.setdefault(_VERSIONS, {})[str(number)] = made
    view.parts["last"] = number
    return {"View": made}


@operation("ListViewVersions")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListViewVersions, newest first."""
    view: Resource = site.find(kinds.VIEW, params["ViewId"])
    kept = reversed(view.parts.get(_VERSIONS, {}).values())
    chosen, token = page([{name: one[name] for name in _LISTED if name in one} for one in kept], params)
    return {"ViewVersionSummaryList": chosen, **token}


@operation("DeleteViewVersion")
def delete(site: InstanceRuntime, params: Params) -> Params:
    """DeleteViewVersion."""
    view: Resource = site.find(kinds.VIEW, params["ViewId"])
    _version(view, params["ViewVersion"])
    del view.parts[_VERSIONS][str(params["ViewVersion"])]
    return {}


def _version(view: Resource, number: int) -> Params:
    found: Params | None = view.parts.get(_VERSIONS, {}).get(str(number))
    if found is None:
        raise not_found("ViewVersion")
    return found
