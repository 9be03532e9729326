"""The kinds of resources that are read from an instance, as data: operations, members, what is left out.

Names of operations and members are those of botocore's models. Nothing here writes: `answers.READ_ONLY` is what a
client may be asked for.
"""

from __future__ import annotations

from typing import Any

from busyhour.instance.kind import Detail, Kind, Listing

_CHANGING = ("LastModifiedTime", "LastModifiedRegion", "CreatedTime")
_DRAFT_MISSING = ("ResourceNotFoundException", "ContactFlowNotPublishedException")


def _listing(operation: str, member: str, size: int = 100, **fixed: Any) -> tuple[Listing, ...]:
    return (Listing(operation, member, fixed=fixed, size=("MaxResults", size)),)


def _describe(noun: str, **more: Any) -> Detail:
    return Detail(f"Describe{noun}", f"{noun}Id", noun, **more)


def _draft(noun: str) -> Detail:
    return _describe(noun, into="Saved", suffix=":$SAVED", absent=_DRAFT_MISSING)


def _part(operation: str, parameter: str, member: str, into: str) -> Detail:
    return Detail(operation, parameter, member, into, paged=("MaxResults", 100))


INSTANCE = Kind(
    "instance setting",
    "settings.json",
    _listing("ListInstanceAttributes", "Attributes", 7),
    id="AttributeType",
    label="AttributeType",
    gathered=True,
)
HOURS = Kind(
    "hours of operation",
    "hours",
    _listing("ListHoursOfOperations", "HoursOfOperationSummaryList"),
    (
        _describe("HoursOfOperation"),
        _part(
            "ListHoursOfOperationOverrides", "HoursOfOperationId", "HoursOfOperationOverrideList", "Overrides"
        ),
    ),
)
QUEUE = Kind(
    "queue",
    "queues",
    _listing("ListQueues", "QueueSummaryList", QueueTypes=["STANDARD"]),
    (
        _describe("Queue"),
        _part("ListQueueQuickConnects", "QueueId", "QuickConnectSummaryList", "QuickConnects"),
    ),
)
ROUTING_PROFILE = Kind(
    "routing profile",
    "routing-profiles",
    _listing("ListRoutingProfiles", "RoutingProfileSummaryList"),
    (
        _describe("RoutingProfile"),
        _part(
            "ListRoutingProfileQueues", "RoutingProfileId", "RoutingProfileQueueConfigSummaryList", "Queues"
        ),
    ),
    left_out=("InstanceId", "NumberOfAssociatedUsers", "AssociatedQueueIds", "NumberOfAssociatedQueues"),
)
HIERARCHY_GROUP = Kind(
    "hierarchy group",
    "hierarchy-groups.json",
    _listing("ListUserHierarchyGroups", "UserHierarchyGroupSummaryList"),
    gathered=True,
)
USER = Kind("user", "users.json", _listing("SearchUsers", "Users"), gathered=True)
"""Users are counts: `folder.user_counts` is all that is kept."""
AGENT_STATUS = Kind(
    "agent status",
    "agent-statuses",
    _listing("ListAgentStatuses", "AgentStatusSummaryList"),
    (_describe("AgentStatus"),),
)
PROMPT = Kind(
    "prompt",
    "prompts",
    _listing("ListPrompts", "PromptSummaryList"),
    (_describe("Prompt"),),
)
QUICK_CONNECT = Kind(
    "quick connect",
    "quick-connects",
    _listing("ListQuickConnects", "QuickConnectSummaryList"),
    (_describe("QuickConnect"),),
)
MODULE = Kind(
    "flow module",
    "modules",
    _listing("ListContactFlowModules", "ContactFlowModulesSummaryList"),
    (
        _describe("ContactFlowModule"),
        _draft("ContactFlowModule"),
        _part(
            "ListContactFlowModuleVersions",
            "ContactFlowModuleId",
            "ContactFlowModuleVersionSummaryList",
            "Versions",
        ),
        _part(
            "ListContactFlowModuleAliases",
            "ContactFlowModuleId",
            "ContactFlowModuleAliasSummaryList",
            "Aliases",
        ),
    ),
    wrapper="ContactFlowModule",
)
FLOW = Kind(
    "flow",
    "flows",
    _listing("ListContactFlows", "ContactFlowSummaryList"),
    (
        _describe("ContactFlow", only_if=("ContactFlowStatus", "PUBLISHED")),
        _draft("ContactFlow"),
        _part("ListContactFlowVersions", "ContactFlowId", "ContactFlowVersionSummaryList", "Versions"),
        _part("ListContactFlowAliases", "ContactFlowId", "ContactFlowAliasSummaryList", "Aliases"),
    ),
    wrapper="ContactFlow",
    left_out=("ContactFlowType", "ContactFlowState", "ContactFlowStatus"),
)
NUMBER = Kind(
    "phone number",
    "phone-numbers",
    (
        Listing(
            "ListPhoneNumbersV2",
            "ListPhoneNumbersSummaryList",
            of_instance="TargetArn",
        ),
    ),
    id="PhoneNumberId",
    label="PhoneNumber",
)
ASSOCIATION = Kind(
    "flow of a phone number",
    "number-flows.json",
    _listing("ListFlowAssociations", "FlowAssociationSummaryList", ResourceType="VOICE_PHONE_NUMBER"),
    id="ResourceId",
    label="ResourceId",
    gathered=True,
)
FUNCTION = Kind(
    "function",
    "functions",
    _listing("ListLambdaFunctions", "LambdaFunctions", 25),
    (
        Detail("GetFunctionConfiguration", "FunctionName", "", service="lambda"),
        Detail("GetFunctionConcurrency", "FunctionName", "", "Concurrency", service="lambda"),
        Detail(
            "ListProvisionedConcurrencyConfigs",
            "FunctionName",
            "ProvisionedConcurrencyConfigs",
            "Provisioned",
            paged=("MaxItems", 50),
            token="Marker",
            service="lambda",
        ),
    ),
    left_out=(
        *("LastModified", "RevisionId", "CodeSha256", "CodeSize", "LastUpdateStatus", "State"),
        *("LastUpdateStatusReason", "LastUpdateStatusReasonCode", "StateReason", "StateReasonCode"),
        *("RuntimeVersionConfig", "SigningProfileVersionArn", "SigningJobArn"),
        *("AvailableProvisionedConcurrentExecutions", "AllocatedProvisionedConcurrentExecutions"),
    ),
)
BOT = Kind(
    "bot",
    "bots.json",
    (
        *_listing("ListBots", "LexBots", 25, LexVersion="V2"),
        *_listing("ListBots", "LexBots", 25, LexVersion="V1"),
    ),
    gathered=True,
)
VIEW = Kind(
    "view",
    "views",
    _listing("ListViews", "ViewsSummaryList", Type="CUSTOMER_MANAGED"),
    (_describe("View"),),
)
TABLE = Kind(
    "table",
    "tables",
    (
        Listing(
            "ListTables",
            "TableNames",
            service="dynamodb",
            of_instance="",
            token=("ExclusiveStartTableName", "LastEvaluatedTableName"),
            size=("Limit", 100),
        ),
    ),
    (Detail("DescribeTable", "TableName", "Table", service="dynamodb"),),
    id="TableName",
    label="TableName",
    left_out=(
        *("ItemCount", "TableSizeBytes", "IndexSizeBytes", "CreationDateTime", "TableId", "TableStatus"),
        *("IndexStatus", "NumberOfDecreasesToday", "LastDecreaseDateTime", "LastIncreaseDateTime"),
        *("LastUpdateToPayPerRequestDateTime", "LatestStreamArn", "LatestStreamLabel", "Backfilling"),
    ),
)
"""Only the tables that a variable of a function names."""
QUOTA = Kind(
    "quota",
    "quotas.json",
    tuple(
        Listing(
            "ListServiceQuotas",
            "Quotas",
            service="service-quotas",
            of_instance="",
            fixed={"ServiceCode": service, "QuotaAppliedAtLevel": "ALL"},
        )
        for service in ("connect", "lambda", "dynamodb")
    ),
    id="QuotaCode",
    label="QuotaName",
    gathered=True,
)
ALARM = Kind(
    "alarm",
    "alarms",
    (
        Listing(
            "DescribeAlarms",
            "MetricAlarms",
            service="cloudwatch",
            of_instance="",
            fixed={"AlarmTypes": ["MetricAlarm"]},
            size=("MaxRecords", 100),
        ),
    ),
    id="AlarmArn",
    label="AlarmName",
    left_out=(
        *("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "EvaluationState"),
        *("StateTransitionedTimestamp", "AlarmConfigurationUpdatedTimestamp"),
    ),
)
"""Only alarms on metrics of `ALARM_NAMESPACES`."""

ALARM_NAMESPACES = ("AWS/Connect", "AWS/Lambda", "AWS/DynamoDB", "AWS/Usage")

KINDS = (
    *(QUOTA, INSTANCE, HOURS, QUEUE, ROUTING_PROFILE, HIERARCHY_GROUP, USER, AGENT_STATUS, PROMPT),
    *(QUICK_CONNECT, MODULE, FLOW, NUMBER, ASSOCIATION, FUNCTION, TABLE, BOT, VIEW, ALARM),
)
"""In the order in which they are read: quotas first, since they have the account's own API rates."""

CHANGING = frozenset(_CHANGING)
"""Members that change without a change of the resource, in every kind."""


def action(service: str, operation: str) -> str:
    """Return the IAM action of an operation: they have its name, with the prefix of the service."""
    prefix = {"service-quotas": "servicequotas"}.get(service, service)
    return f"{prefix}:{operation}"


def actions() -> list[str]:
    """Return every IAM action that reading needs, sorted."""
    found = {"connect:ListInstances", "connect:DescribeInstance", "ds:DescribeDirectories"}
    for kind in KINDS:
        found |= {action(one.service, one.operation) for one in kind.listings}
        found |= {action(one.service, one.operation) for one in kind.details}
    return sorted(found)
