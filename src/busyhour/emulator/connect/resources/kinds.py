"""The kinds of resources of an instance, as data: how Connect's operations name their members.

Create, Describe, List, Update and Delete of every kind are generated from its row (`connect.crud`). Flows,
modules and phone numbers have their own code and use only names and quotas from here. Names are those of
botocore's model of Connect; quotas are keys of the quota table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource.

    `kept` are the members of Create that Describe returns. `updates` lists the members that each Update
    operation sets. `references` are members that must be ids of resources of another kind (by its `segment`).
    """

    noun: str
    """Name in operations: CreateQueue."""
    segment: str
    """Segment in ARNs: `instance/ID/queue/ID`."""
    id: str
    arn: str
    """Id and ARN members of requests and of the responses of Create and Describe."""
    described: str
    """Member that contains Describe's response."""
    listed: str
    """Member that contains List's response."""
    plural: str
    """As in ListQueues."""
    quota: str | None = None
    """Key of the quota on their number per instance; None: AWS has none, or they cannot be created."""
    name: str = "Name"
    kept: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, str] = field(default_factory=dict)
    """Further members of a List entry: their names there and in Describe."""
    updates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    creatable: bool = True
    deletable: bool = True
    filters: Mapping[str, str] = field(default_factory=dict)
    """List parameters that choose by a member: `AgentStatusTypes` by `Type`."""
    updated: bool = False
    """Whether Update returns id and ARN."""


QUEUE = Kind(
    *("Queue", "queue", "QueueId", "QueueArn", "Queue", "QueueSummaryList", "Queues"),
    quota="connect.queues-per-instance",
    kept=(
        *("Description", "OutboundCallerConfig", "OutboundEmailConfig", "HoursOfOperationId", "MaxContacts"),
        *("Status", "QueueType"),
    ),
    defaults={"Status": "ENABLED", "QueueType": "STANDARD"},
    summary={"QueueType": "QueueType"},
    updates={
        "UpdateQueueName": ("Name", "Description"),
        "UpdateQueueStatus": ("Status",),
        "UpdateQueueMaxContacts": ("MaxContacts",),
        "UpdateQueueOutboundCallerConfig": ("OutboundCallerConfig",),
        "UpdateQueueHoursOfOperation": ("HoursOfOperationId",),
    },
    references={"HoursOfOperationId": "operating-hours"},
    filters={"QueueTypes": "QueueType"},
)
HOURS = Kind(
    *("HoursOfOperation", "operating-hours", "HoursOfOperationId", "HoursOfOperationArn"),
    *("HoursOfOperation", "HoursOfOperationSummaryList", "HoursOfOperations"),
    quota="connect.hours-of-operation-per-instance",
    kept=("Description", "TimeZone", "Config"),
    updates={"UpdateHoursOfOperation": ("Name", "Description", "TimeZone", "Config")},
)
ROUTING_PROFILE = Kind(
    *("RoutingProfile", "routing-profile", "RoutingProfileId", "RoutingProfileArn"),
    *("RoutingProfile", "RoutingProfileSummaryList", "RoutingProfiles"),
    quota="connect.routing-profiles-per-instance",
    kept=("Description", "MediaConcurrencies", "DefaultOutboundQueueId", "AgentAvailabilityTimer"),
    defaults={"AgentAvailabilityTimer": "TIME_SINCE_LAST_ACTIVITY"},
    updates={
        "UpdateRoutingProfileName": ("Name", "Description"),
        "UpdateRoutingProfileConcurrency": ("MediaConcurrencies",),
        "UpdateRoutingProfileDefaultOutboundQueue": ("DefaultOutboundQueueId",),
        "UpdateRoutingProfileAgentAvailabilityTimer": ("AgentAvailabilityTimer",),
    },
    references={"DefaultOutboundQueueId": "queue"},
)
USER = Kind(
    *("User", "agent", "UserId", "UserArn", "User", "UserSummaryList", "Users"),
    quota="connect.users-per-instance",
    name="Username",
    kept=(
        *("IdentityInfo", "PhoneConfig", "DirectoryUserId", "SecurityProfileIds", "RoutingProfileId"),
        *("HierarchyGroupId", "AutoAcceptConfigs", "AfterContactWorkConfigs", "PhoneNumberConfigs"),
        *("PersistentConnectionConfigs", "VoiceEnhancementConfigs"),
    ),
    updates={
        "UpdateUserRoutingProfile": ("RoutingProfileId",),
        "UpdateUserIdentityInfo": ("IdentityInfo",),
        "UpdateUserPhoneConfig": ("PhoneConfig",),
        "UpdateUserSecurityProfiles": ("SecurityProfileIds",),
    },
    references={
        "RoutingProfileId": "routing-profile",
        "SecurityProfileIds": "security-profile",
        "HierarchyGroupId": "agent-group",
    },
)
PROMPT = Kind(
    *("Prompt", "prompt", "PromptId", "PromptARN", "Prompt", "PromptSummaryList", "Prompts"),
    quota="connect.prompts-per-instance",
    kept=("Description",),
    updates={"UpdatePrompt": ("Name", "Description")},
    updated=True,
)
SECURITY_PROFILE = Kind(
    *("SecurityProfile", "security-profile", "SecurityProfileId", "SecurityProfileArn"),
    *("SecurityProfile", "SecurityProfileSummaryList", "SecurityProfiles"),
    quota="connect.security-profiles-per-instance",
    name="SecurityProfileName",
    kept=("Description", "AllowedAccessControlTags", "TagRestrictedResources"),
    updates={"UpdateSecurityProfile": ("Description", "AllowedAccessControlTags", "TagRestrictedResources")},
)
AGENT_STATUS = Kind(
    *("AgentStatus", "agent-state", "AgentStatusId", "AgentStatusARN"),
    *("AgentStatus", "AgentStatusSummaryList", "AgentStatuses"),
    quota="connect.agent-status-per-instance",
    kept=("Description", "Type", "DisplayOrder", "State"),
    defaults={"Type": "CUSTOM"},
    summary={"Type": "Type"},
    updates={"UpdateAgentStatus": ("Name", "Description", "State", "DisplayOrder")},
    deletable=False,
    filters={"AgentStatusTypes": "Type"},
)
QUICK_CONNECT = Kind(
    *("QuickConnect", "transfer-destination", "QuickConnectId", "QuickConnectARN"),
    *("QuickConnect", "QuickConnectSummaryList", "QuickConnects"),
    quota="connect.quick-connects-per-instance",
    kept=("Description", "QuickConnectConfig"),
    updates={
        "UpdateQuickConnectName": ("Name", "Description"),
        "UpdateQuickConnectConfig": ("QuickConnectConfig",),
    },
    filters={"QuickConnectTypes": "QuickConnectConfig"},
)
TASK_TEMPLATE = Kind(
    *("TaskTemplate", "task-template", "TaskTemplateId", "Arn"),
    *("TaskTemplate", "TaskTemplates", "TaskTemplates"),
)
TRAFFIC_GROUP = Kind(
    *("TrafficDistributionGroup", "traffic-distribution-group", "Id", "Arn"),
    *("TrafficDistributionGroup", "TrafficDistributionGroupSummaryList", "TrafficDistributionGroups"),
)
HIERARCHY_GROUP = Kind(
    *("UserHierarchyGroup", "agent-group", "HierarchyGroupId", "HierarchyGroupArn"),
    *("HierarchyGroup", "UserHierarchyGroupSummaryList", "UserHierarchyGroups"),
    quota="connect.user-hierarchy-groups-per-instance",
)
HIERARCHY_LEVEL = Kind(
    *("HierarchyLevel", "agent-group-level", "Id", "Arn", "HierarchyStructure", "", ""),
)
STORAGE_CONFIG = Kind(
    *("InstanceStorageConfig", "storage-config", "AssociationId", "Arn"),
    *("StorageConfig", "StorageConfigs", "InstanceStorageConfigs"),
)
SECURITY_KEY = Kind(
    *("SecurityKey", "security-key", "AssociationId", "Arn", "", "SecurityKeys", "SecurityKeys"),
)
ORIGIN = Kind(*("ApprovedOrigin", "approved-origin", "Id", "Arn", "", "Origins", "ApprovedOrigins"))
INTEGRATION = Kind(
    *("IntegrationAssociation", "integration-association", "IntegrationAssociationId"),
    *("IntegrationAssociationArn", "", "IntegrationAssociationSummaryList", "IntegrationAssociations"),
)
PREDEFINED_ATTRIBUTE = Kind(
    *("PredefinedAttribute", "predefined-attribute", "Id", "Arn"),
    *("PredefinedAttribute", "PredefinedAttributeSummaryList", "PredefinedAttributes"),
    quota="connect.predefined-attributes",
)
VIEW = Kind(*("View", "view", "ViewId", "ViewArn", "View", "ViewsSummaryList", "Views"))
RULE = Kind(*("Rule", "rule", "RuleId", "RuleArn", "Rule", "RuleSummaryList", "Rules"))
EVALUATION_FORM = Kind(
    *("EvaluationForm", "evaluation-form", "EvaluationFormId", "EvaluationFormArn"),
    *("EvaluationForm", "EvaluationFormSummaryList", "EvaluationForms"),
)
VOCABULARY = Kind(
    *("Vocabulary", "vocabulary", "VocabularyId", "VocabularyArn"),
    *("Vocabulary", "VocabularySummaryList", "Vocabularies"),
)
FLOW = Kind(
    *("ContactFlow", "contact-flow", "ContactFlowId", "ContactFlowArn"),
    *("ContactFlow", "ContactFlowSummaryList", "ContactFlows"),
    quota="connect.contact-flows-per-instance",
)
MODULE = Kind(
    *("ContactFlowModule", "flow-module", "ContactFlowModuleId", "Arn"),
    *("ContactFlowModule", "ContactFlowModulesSummaryList", "ContactFlowModules"),
    quota="connect.flow-modules-per-instance",
)
NUMBER = Kind(
    *("PhoneNumber", "phone-number", "PhoneNumberId", "PhoneNumberArn"),
    *("ClaimedPhoneNumberSummary", "ListPhoneNumbersSummaryList", "PhoneNumbers"),
    quota="connect.phone-numbers-per-instance",
    name="PhoneNumber",
)
MADE = (QUEUE, HOURS, ROUTING_PROFILE, USER, PROMPT, SECURITY_PROFILE, AGENT_STATUS, QUICK_CONNECT)
"""Kinds whose operations are generated from their row."""
KEPT = (
    *(HIERARCHY_GROUP, HIERARCHY_LEVEL, STORAGE_CONFIG, SECURITY_KEY, ORIGIN, INTEGRATION),
    *(PREDEFINED_ATTRIBUTE, VIEW, RULE, EVALUATION_FORM, VOCABULARY),
)
"""Kinds that are only kept and returned."""
BY_SEGMENT = {
    kind.segment: kind for kind in (*MADE, FLOW, MODULE, NUMBER, TASK_TEMPLATE, TRAFFIC_GROUP, *KEPT)
}
OF_THE_ACCOUNT = (NUMBER, TRAFFIC_GROUP)
"""Kinds whose ARNs do not name the instance."""

EVERY_DAY = tuple(
    {"Day": day, "StartTime": {"Hours": 0, "Minutes": 0}, "EndTime": {"Hours": 0, "Minutes": 0}}
    for day in ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")
)
"""Open around the clock, as Connect writes it."""
SECURITY_PROFILES = ("Admin", "Agent", "CallCenterManager", "QualityAnalyst")
"""Every new instance has these."""
AGENT_STATUSES = (("Available", "ROUTABLE"), ("Offline", "OFFLINE"))
