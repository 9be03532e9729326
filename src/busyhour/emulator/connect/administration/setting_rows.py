"""Kinds of resources that are only kept and returned, as rows: names of their operations and members of their answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.connect.resources.kinds import Kind
from busyhour.emulator.messages import ApiError

Fill = Callable[[InstanceRuntime, Resource], Params]
Check = Callable[[InstanceRuntime, Params], None]


def _nothing(site: InstanceRuntime, found: Resource) -> Params:
    return {}


def _no_rule(site: InstanceRuntime, members: Params) -> None:
    """Accept the request: the model checks all of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """The operations of one kind of resource, and which members each returns.

    `identity` is the member of requests that names one; `unique` the members that no two share (empty: any number), refused with
    `duplicate`. `kept` are the members of the request that are kept; `listed` and `described` what List and Describe return of one,
    `created` what Create returns. `updates` lists the members that each Update operation sets.
    """

    kind: Kind
    create: str
    listing: str
    delete: str
    identity: str
    kept: tuple[str, ...]
    listed: tuple[str, ...]
    created: tuple[str, ...] = ()
    describe: str = ""
    described: tuple[str, ...] = ()
    updates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unique: tuple[str, ...] = ()
    duplicate: str = "DuplicateResourceException"
    filters: tuple[str, ...] = ()
    """Members of List that choose entries with the same value."""
    plain: str = ""
    """Member that List returns alone, instead of objects."""
    wrapped: bool = False
    """Whether Create and Update return what Describe returns."""
    check: Check = _no_rule
    """Refuses members, of Create and Update, that do not fit each other."""
    more: Fill = _nothing
    """Further members that Describe and List may return."""
    page_size: int = 100


def _view_more(site: InstanceRuntime, found: Resource) -> Params:
    content = found.members.get("Content") or {}
    text = json.dumps(content, sort_keys=True)
    return {
        "Type": "CUSTOMER_MANAGED",
        "Version": found.parts.get("version", 1),
        "ViewContentSha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def _rule_more(site: InstanceRuntime, found: Resource) -> Params:
    given = found.members
    return {
        "EventSourceName": given["TriggerEventSource"]["EventSourceName"],
        "ActionSummaries": [{"ActionType": one["ActionType"]} for one in given["Actions"]],
        "LastUpdatedBy": f"arn:aws:iam::{site.state.account.account_id}:root",
    }


_STORES = {
    "S3": "S3Config",
    "KINESIS_VIDEO_STREAM": "KinesisVideoStreamConfig",
    "KINESIS_STREAM": "KinesisStreamConfig",
    "KINESIS_FIREHOSE": "KinesisFirehoseConfig",
}
"""Types of storage, each with the member that it needs (Terraform's documentation of the resource)."""
_KEYS = 2
"""Security keys of an instance at most (Administrator Guide, "Encrypt sensitive customer input")."""
_EXTERNAL = ("OnZendeskTicketCreate", "OnZendeskTicketStatusUpdate", "OnSalesforceCaseCreate")
"""Events of other systems: their rules need a task (API reference, RuleAction)."""
_VIEW_BYTES = 400_000
_INTEGRATIONS = {
    "EVENT": "connect.event-integration-associations-per-instance",
    "APPLICATION": "connect.application-integration-associations-per-instance",
}


def _check_storage(site: InstanceRuntime, members: Params) -> None:
    config = members["StorageConfig"]
    needed = _STORES[config["StorageType"]]
    if config.get(needed) is None:
        raise ApiError("InvalidParameterException", f"StorageType {config['StorageType']} needs {needed}.")


def _check_key(site: InstanceRuntime, members: Params) -> None:
    if not members["Key"].lstrip().startswith("-----BEGIN "):
        raise ApiError("InvalidParameterException", "Key must be a security key in PEM format.")
    if len(site.instance.all(kinds.SECURITY_KEY)) >= _KEYS:
        raise ApiError(
            "ServiceQuotaExceededException", f"An instance has at most {_KEYS} security keys.", 402
        )


def _check_integration(site: InstanceRuntime, members: Params) -> None:
    kind = members["IntegrationType"]
    if kind == "EVENT":
        for member in ("SourceApplicationUrl", "SourceApplicationName", "SourceType"):
            if not members.get(member):
                raise ApiError(
                    "InvalidRequestException", f"{member} is required for the EVENT integration type."
                )
    if kind in _INTEGRATIONS:
        present = [
            one for one in site.instance.all(kinds.INTEGRATION) if one.members["IntegrationType"] == kind
        ]
        site.within(_INTEGRATIONS[kind], len(present) + 1, "InvalidRequestException", 400)


def _check_view(site: InstanceRuntime, members: Params) -> None:
    content = members.get("Content") or {}
    if sum(len(str(value).encode()) for value in content.values()) > _VIEW_BYTES:
        raise ApiError("InvalidRequestException", f"Content must have at most {_VIEW_BYTES} bytes.")
    for member in ("Template", "InputSchema") if members.get("Status") == "PUBLISHED" else ():
        try:
            json.loads(content.get(member) or "{}")
        except ValueError:
            raise ApiError("InvalidRequestException", f"Content.{member} is not valid JSON.") from None


def _check_rule(site: InstanceRuntime, members: Params) -> None:
    source = members["TriggerEventSource"]
    if source["EventSourceName"] not in _EXTERNAL:
        return
    if not source.get("IntegrationAssociationId"):
        raise ApiError(
            "InvalidRequestException", f"{source['EventSourceName']} needs an IntegrationAssociationId."
        )
    if all(one.get("TaskAction") is None for one in members["Actions"]):
        raise ApiError(
            "InvalidRequestException", f"A rule of {source['EventSourceName']} needs a TaskAction."
        )


_CHANGED = ("LastModifiedTime", "LastModifiedRegion")
_VIEW = ("Id", "Arn", "Name", "Status", "Type", "Description")
_RULE = ("TriggerEventSource", "Function", "Actions", "PublishStatus", "PreEvaluationFilters")
ROWS = (
    Row(
        kinds.STORAGE_CONFIG,
        *(
            "AssociateInstanceStorageConfig",
            "ListInstanceStorageConfigs",
            "DisassociateInstanceStorageConfig",
        ),
        identity="AssociationId",
        kept=("ResourceType", "StorageConfig"),
        listed=(),
        created=("AssociationId",),
        describe="DescribeInstanceStorageConfig",
        updates={"UpdateInstanceStorageConfig": ("StorageConfig",)},
        unique=("ResourceType",),
        duplicate="ResourceConflictException",
        filters=("ResourceType",),
        check=_check_storage,
        page_size=10,
    ),
    Row(
        kinds.SECURITY_KEY,
        *("AssociateSecurityKey", "ListSecurityKeys", "DisassociateSecurityKey"),
        identity="AssociationId",
        kept=("Key",),
        listed=("AssociationId", "Key", "CreationTime"),
        created=("AssociationId",),
        unique=("Key",),
        duplicate="ResourceConflictException",
        check=_check_key,
        page_size=2,
    ),
    Row(
        kinds.ORIGIN,
        *("AssociateApprovedOrigin", "ListApprovedOrigins", "DisassociateApprovedOrigin"),
        identity="Origin",
        kept=("Origin",),
        listed=(),
        unique=("Origin",),
        duplicate="ResourceConflictException",
        plain="Origin",
        page_size=25,
    ),
    Row(
        kinds.INTEGRATION,
        *("CreateIntegrationAssociation", "ListIntegrationAssociations", "DeleteIntegrationAssociation"),
        identity="IntegrationAssociationId",
        kept=(
            "IntegrationType",
            "IntegrationArn",
            "SourceApplicationUrl",
            "SourceApplicationName",
            "SourceType",
        ),
        listed=(
            *("IntegrationAssociationId", "IntegrationAssociationArn", "InstanceId", "IntegrationType"),
            *("IntegrationArn", "SourceApplicationUrl", "SourceApplicationName", "SourceType", *_CHANGED),
        ),
        created=("IntegrationAssociationId", "IntegrationAssociationArn"),
        unique=("IntegrationType", "IntegrationArn"),
        filters=("IntegrationType", "IntegrationArn"),
        check=_check_integration,
    ),
    Row(
        kinds.PREDEFINED_ATTRIBUTE,
        *("CreatePredefinedAttribute", "ListPredefinedAttributes", "DeletePredefinedAttribute"),
        identity="Name",
        kept=("Name", "Values", "Purposes", "AttributeConfiguration"),
        listed=("Name", *_CHANGED),
        describe="DescribePredefinedAttribute",
        described=("Name", "Values", "Purposes", "AttributeConfiguration", *_CHANGED),
        updates={"UpdatePredefinedAttribute": ("Values", "Purposes", "AttributeConfiguration")},
        unique=("Name",),
    ),
    Row(
        kinds.VIEW,
        *("CreateView", "ListViews", "DeleteView"),
        identity="ViewId",
        kept=("Name", "Status", "Content", "Description"),
        listed=_VIEW,
        describe="DescribeView",
        described=(
            *(*_VIEW, "Version", "Content", "Tags", "CreatedTime", "LastModifiedTime", "ViewContentSha256"),
        ),
        updates={"UpdateViewContent": ("Status", "Content"), "UpdateViewMetadata": ("Name", "Description")},
        unique=("Name",),
        filters=("Type",),
        wrapped=True,
        check=_check_view,
        more=_view_more,
    ),
    Row(
        kinds.RULE,
        *("CreateRule", "ListRules", "DeleteRule"),
        identity="RuleId",
        kept=("Name", *_RULE),
        listed=(
            *("Name", "RuleId", "RuleArn", "EventSourceName", "PublishStatus", "ActionSummaries"),
            *("CreatedTime", "LastUpdatedTime"),
        ),
        created=("RuleId", "RuleArn"),
        describe="DescribeRule",
        described=(
            *("Name", "RuleId", "RuleArn", *_RULE, "CreatedTime", "LastUpdatedTime", "LastUpdatedBy", "Tags"),
        ),
        updates={"UpdateRule": ("Name", *_RULE[1:])},
        unique=("Name",),
        duplicate="ResourceConflictException",
        filters=("PublishStatus", "EventSourceName"),
        check=_check_rule,
        more=_rule_more,
    ),
)
