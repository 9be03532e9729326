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

Fill = Callable[[InstanceRuntime, Resource], Params]


def _nothing(site: InstanceRuntime, found: Resource) -> Params:
    return {}


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
        more=_rule_more,
    ),
)
