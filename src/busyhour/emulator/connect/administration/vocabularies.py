"""Custom vocabularies: kept and returned, since nothing is transcribed here; ready at once."""

from __future__ import annotations

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_READY = "ACTIVE"


@operation("CreateVocabulary")
def create(site: InstanceRuntime, params: Params) -> Params:
    """CreateVocabulary.

    Raises:
        ApiError: ResourceConflictException: the name is in use.
    """
    name = params["VocabularyName"]
    if site.instance.named(kinds.VOCABULARY, name) is not None:
        raise ApiError("ResourceConflictException", f"A vocabulary named {name!r} exists.", 409)
    members = {"LanguageCode": params["LanguageCode"], "Content": params["Content"]}
    made = site.instance.make(kinds.VOCABULARY, name, site.state.time(), members, params.get("Tags"))
    return _named(made, _READY)


@operation("DescribeVocabulary")
def describe(site: InstanceRuntime, params: Params) -> Params:
    """DescribeVocabulary."""
    found = site.find(kinds.VOCABULARY, params["VocabularyId"])
    return {"Vocabulary": {**_summary(found), "Content": found.members["Content"], "Tags": found.tags}}


@operation("SearchVocabularies")
def search(site: InstanceRuntime, params: Params) -> Params:
    """SearchVocabularies by the beginning of the name, language and state."""
    found = [
        _summary(one)
        for one in site.instance.all(kinds.VOCABULARY)
        if one.name.startswith(params.get("NameStartsWith") or "")
        and params.get("LanguageCode") in (None, one.members["LanguageCode"])
        and params.get("State") in (None, _READY)
    ]
    chosen, token = page(found, params)
    return {"VocabularySummaryList": chosen, **token}


@operation("DeleteVocabulary")
def delete(site: InstanceRuntime, params: Params) -> Params:
    """DeleteVocabulary."""
    found = site.find(kinds.VOCABULARY, params["VocabularyId"])
    site.instance.remove(found)
    return _named(found, "DELETE_IN_PROGRESS")


def _named(one: Resource, state: str) -> Params:
    return {"VocabularyArn": one.arn, "VocabularyId": one.id, "State": state}


def _summary(one: Resource) -> Params:
    return {
        "Name": one.name,
        "Id": one.id,
        "Arn": one.arn,
        "LanguageCode": one.members["LanguageCode"],
        "State": _READY,
        "LastModifiedTime": one.modified,
    }
