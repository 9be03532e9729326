"""Evaluation forms and their versions, of which at most one is active.

A form begins with version 1 as a draft. An activated version is locked: a change of it needs a new version (API reference,
UpdateEvaluationForm, ActivateEvaluationForm; the reference names ResourceConflictException and not its conditions).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_CONTENT = (
    *("Title", "Description", "Items", "ScoringStrategy", "AutoEvaluationConfiguration"),
    *("ReviewConfiguration", "TargetConfiguration", "LanguageConfiguration", "AIVersion"),
)
_PARTS = 100
"""Sections, and questions, of a form at most."""
_ACTIVE = "active"
_VERSIONS = "versions"


@operation("CreateEvaluationForm")
def create(site: InstanceRuntime, params: Params) -> Params:
    """CreateEvaluationForm: version 1, a draft."""
    _check(params["Items"])
    form = site.instance.make(
        kinds.EVALUATION_FORM, params["Title"], site.state.time(), {}, params.get("Tags")
    )
    form.parts |= {_VERSIONS: {}, _ACTIVE: 0, "last": 0, "created": site.state.time()}
    _add(site, form, params)
    return _named(form)


@operation("UpdateEvaluationForm")
def update(site: InstanceRuntime, params: Params) -> Params:
    """UpdateEvaluationForm: the whole content of a version, or with CreateNewVersion of a new one.

    Raises:
        ApiError: ResourceConflictException: the version was activated.
    """
    form, version = _version(site, params)
    _check(params["Items"])
    if params.get("CreateNewVersion"):
        number = _add(site, form, params)
    elif version["Locked"]:
        raise _conflict("The version was activated and cannot be changed; CreateNewVersion makes another.")
    else:
        number = params["EvaluationFormVersion"]
        created = version["CreatedTime"]
        version.clear()
        version.update(_content(site, params) | {"CreatedTime": created})
        form.modified = site.state.time()
    return _named(form) | {"EvaluationFormVersion": number}


@operation("ActivateEvaluationForm")
def activate(site: InstanceRuntime, params: Params) -> Params:
    """ActivateEvaluationForm: this version instead of the one that is active."""
    form, version = _version(site, params)
    version["Locked"] = True
    form.parts |= {_ACTIVE: params["EvaluationFormVersion"], "activated": site.state.time()}
    form.modified = site.state.time()
    return _named(form) | {"EvaluationFormVersion": params["EvaluationFormVersion"]}


@operation("DeactivateEvaluationForm")
def deactivate(site: InstanceRuntime, params: Params) -> Params:
    """DeactivateEvaluationForm.

    Raises:
        ApiError: ResourceConflictException: the version is not active.
    """
    form, _ = _version(site, params)
    if form.parts[_ACTIVE] != params["EvaluationFormVersion"]:
        raise _conflict("The version is not active.")
    form.parts[_ACTIVE] = 0
    form.modified = site.state.time()
    return _named(form) | {"EvaluationFormVersion": params["EvaluationFormVersion"]}


@operation("DescribeEvaluationForm")
def describe(site: InstanceRuntime, params: Params) -> Params:
    """DescribeEvaluationForm: a version, by default the latest."""
    form, version = _version(site, params)
    number = _number(form, params)
    return {"EvaluationForm": {**version, **_summary(site, form, number, version), "Tags": form.tags}}


@operation("ListEvaluationForms")
def listing(site: InstanceRuntime, params: Params) -> Params:
    """ListEvaluationForms, in pages."""
    chosen, token = page([_entry(site, one) for one in site.instance.all(kinds.EVALUATION_FORM)], params)
    return {"EvaluationFormSummaryList": chosen, **token}


@operation("ListEvaluationFormVersions")
def versions(site: InstanceRuntime, params: Params) -> Params:
    """ListEvaluationFormVersions, newest first."""
    form = site.find(kinds.EVALUATION_FORM, params["EvaluationFormId"])
    found = [
        _summary(site, form, int(number), version)
        for number, version in reversed(form.parts[_VERSIONS].items())
    ]
    chosen, token = page(found, params)
    return {"EvaluationFormVersionSummaryList": chosen, **token}


@operation("DeleteEvaluationForm")
def delete(site: InstanceRuntime, params: Params) -> Params:
    """DeleteEvaluationForm: one version, or the form with all.

    Raises:
        ApiError: ResourceConflictException: the version, or one of the form, is active.
    """
    form, _ = _version(site, params)
    number = params.get("EvaluationFormVersion")
    if form.parts[_ACTIVE] and number in (None, form.parts[_ACTIVE]):
        raise _conflict("The form is active; DeactivateEvaluationForm ends that.")
    if number is not None:
        del form.parts[_VERSIONS][str(number)]
    if number is None or not form.parts[_VERSIONS]:
        site.instance.remove(form)
    return {}


# ------------------------------------------------------------------------------------------------ parts


def _version(site: InstanceRuntime, params: Params) -> tuple[Resource, dict[str, Any]]:
    """Return the form and the version of a request; without one, the latest."""
    form: Resource = site.find(kinds.EVALUATION_FORM, params["EvaluationFormId"])
    kept = form.parts[_VERSIONS]
    version = kept.get(str(_number(form, params)))
    if version is None:
        raise not_found("EvaluationFormVersion")
    return form, version


def _number(form: Resource, params: Params) -> int:
    """Return the number of the version of a request; 0 is one that no form has."""
    given = params.get("EvaluationFormVersion")
    return max(map(int, form.parts[_VERSIONS])) if given is None else int(given)


def _add(site: InstanceRuntime, form: Resource, params: Params) -> int:
    number: int = form.parts["last"] + 1
    form.parts["last"] = number
    form.parts[_VERSIONS][str(number)] = _content(site, params)
    form.modified = site.state.time()
    return number


def _content(site: InstanceRuntime, params: Params) -> dict[str, Any]:
    given = {member: params[member] for member in _CONTENT if params.get(member) is not None}
    return {**given, "Locked": False, "CreatedTime": site.state.time(), "LastModifiedTime": site.state.time()}


def _check(items: list[Params]) -> None:
    """Check that no two questions or sections have one RefId, that questions are in sections, and how many there are.

    Raises:
        ApiError: InvalidParameterException.
    """
    if any(item.get("Question") for item in items):
        raise ApiError("InvalidParameterException", "Questions must be contained in a section.")
    for member, count in Counter(_parts(items)).items():
        if count > _PARTS:
            raise ApiError(
                "InvalidParameterException", f"A form has at most {_PARTS} {member.lower()}s, not {count}."
            )
    names = list(_names(items))
    for name in names:
        if names.count(name) > 1:
            raise ApiError("InvalidParameterException", f"RefId {name!r} is used more than once.")


def _names(items: list[Params]) -> Iterator[str]:
    for item in items:
        for one in item.values():
            yield one["RefId"]
            yield from _names(one.get("Items") or [])


def _parts(items: list[Params]) -> Iterator[str]:
    for item in items:
        for member, one in item.items():
            yield member
            yield from _parts(one.get("Items") or [])


def _named(form: Resource) -> Params:
    return {"EvaluationFormId": form.id, "EvaluationFormArn": form.arn}


def _by(site: InstanceRuntime) -> str:
    return f"arn:aws:iam::{site.state.account.account_id}:root"


def _summary(site: InstanceRuntime, form: Resource, number: int, version: Params) -> Params:
    return {
        **_named(form),
        "EvaluationFormVersion": number,
        "Status": "ACTIVE" if number == form.parts[_ACTIVE] else "DRAFT",
        "CreatedBy": _by(site),
        "LastModifiedBy": _by(site),
        **{member: version[member] for member in ("Locked", "CreatedTime", "LastModifiedTime")},
    }


def _entry(site: InstanceRuntime, form: Resource) -> Params:
    latest = max(map(int, form.parts[_VERSIONS]))
    entry = {
        **_named(form),
        "Title": form.parts[_VERSIONS][str(latest)]["Title"],
        "CreatedTime": form.parts["created"],
        "CreatedBy": _by(site),
        "LastModifiedTime": form.modified,
        "LastModifiedBy": _by(site),
        "LatestVersion": latest,
    }
    if form.parts.get("activated"):
        entry |= {"LastActivatedTime": form.parts["activated"], "LastActivatedBy": _by(site)}
    if form.parts[_ACTIVE]:
        entry["ActiveVersion"] = form.parts[_ACTIVE]
    return entry


def _conflict(text: str) -> ApiError:
    return ApiError("ResourceConflictException", text, 409)
