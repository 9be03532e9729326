"""Enforced limits other than API rates, with the error returned when each is exceeded.

Data for the coverage page. A test checks that every quota named in the emulator's code is listed here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Enforced:
    """One limit: the quota's key, and the response to a caller that exceeds it."""

    key: str
    answer: str


_LIMIT = "LimitExceededException"
_REORDER = (
    "reorder tone, CallsBreachingConcurrencyQuota (`--over-quota limit_exceeded`: LimitExceededException)"
)
_INVOKE = "TooManyRequestsException 429, Reason {}"
_READS = "{}, ThrottlingReasons TableRead{}"
_WRITES = "{}, ThrottlingReasons TableWrite{}"
_THROTTLED = "ThrottlingException"
_HOT = "ThrottlingException, throttlingReasons Table{}KeyRangeThroughputExceeded"
_BLOCK = "the block's error branch"
_INVALID = "ValidationException"
_INVALID_VALUE = "InvalidParameterValueException"

ENFORCED: tuple[Enforced, ...] = (
    Enforced("connect.amazon-connect-instance-count", "ServiceQuotaExceededException 402"),
    Enforced(
        "connect.instances-created-or-deleted-in-30-days",
        "CreateInstance: ServiceQuotaExceededException 402; DeleteInstance: InvalidRequestException 400",
    ),
    Enforced("connect.concurrent-active-calls-per-instance", _REORDER),
    Enforced("connect.concurrent-campaign-active-calls-per-instance", _REORDER),
    Enforced("connect.concurrent-active-chats-per-instance", f"{_LIMIT}, ChatsBreachingActiveChatQuota"),
    Enforced(
        "connect.concurrent-active-tasks-per-instance",
        "ServiceQuotaExceededException, TasksBreachingConcurrencyQuota",
    ),
    Enforced("connect.contact-attributes-total-size", "InvalidParameterException; the block's error branch"),
    Enforced(
        "connect.countries-allowed-for-outbound-calls",
        "DestinationNotAllowedException 403, but for the countries of a new instance of the Region and `--allow`",
    ),
    Enforced("connect.quick-connects-per-instance", _LIMIT),
    Enforced("connect.user-hierarchy-groups-per-instance", _LIMIT),
    Enforced("connect.predefined-attributes", _LIMIT),
    Enforced("connect.proficiencies-per-agent", "InvalidRequestException"),
    Enforced("connect.application-integration-associations-per-instance", "InvalidRequestException"),
    Enforced("connect.event-integration-associations-per-instance", "InvalidRequestException"),
    Enforced(
        "connect.hours-of-operation-overrides-per-instance", f"{_LIMIT}; counted for each hours of operation"
    ),
    Enforced("connect.aws-lambda-functions-per-instance", "ServiceQuotaExceededException 402"),
    Enforced("connect.amazon-lex-bots-per-instance", "ServiceQuotaExceededException 402"),
    Enforced("connect.amazon-lex-v2-bot-aliases-per-instance", "ServiceQuotaExceededException 402"),
    Enforced("connect.contact-flows-per-instance", _LIMIT),
    Enforced("connect.flow-modules-per-instance", _LIMIT),
    Enforced("connect.hours-of-operation-per-instance", _LIMIT),
    Enforced(
        "connect.maximum-contacts-in-an-agent-queue-per-instance",
        "the block's AtCapacity branch, QueueCapacityExceededError",
    ),
    Enforced("connect.phone-numbers-per-instance", "InvalidParameterException"),
    Enforced("connect.prompts-per-instance", _LIMIT),
    Enforced("connect.queues-per-instance", _LIMIT),
    Enforced("connect.queues-per-routing-profile-per-instance", _LIMIT),
    Enforced("connect.routing-profiles-per-instance", _LIMIT),
    Enforced("connect.security-profiles-per-instance", _LIMIT),
    Enforced("connect.agent-status-per-instance", _LIMIT),
    Enforced("connect.users-per-instance", _LIMIT),
    Enforced("lambda.concurrent-executions", _INVOKE.format("ConcurrentInvocationLimitExceeded")),
    Enforced("lambda.concurrency-scaling-rate", _INVOKE.format("ConcurrentInvocationLimitExceeded")),
    Enforced("lambda.invoke.rate", _INVOKE.format("FunctionInvocationRateLimitExceeded")),
    Enforced(
        "lambda.unreserved-concurrency-floor", "InvalidParameterValueException of PutFunctionConcurrency"
    ),
    Enforced("lambda.synchronous-payload", "RequestTooLargeException 413; Function.ResponseSizeTooLarge"),
    Enforced("lambda.asynchronous-payload", "RequestTooLargeException 413"),
    Enforced(
        "lambda.function-timeout", "InvalidParameterValueException; the handler is killed at its own timeout"
    ),
    Enforced(
        "lambda.function-memory", "InvalidParameterValueException; the handler is killed above its own memory"
    ),
    Enforced("lambda.function-and-layer-storage", "CodeStorageExceededException"),
    Enforced(
        "dynamodb.table-level-read-throughput-limit",
        _READS.format("RequestLimitExceeded", "AccountLimitExceeded")
        + "; LimitExceededException where provisioned",
    ),
    Enforced(
        "dynamodb.table-level-write-throughput-limit",
        _WRITES.format("RequestLimitExceeded", "AccountLimitExceeded")
        + "; LimitExceededException where provisioned",
    ),
    Enforced("dynamodb.account-level-read-throughput-limit", _LIMIT),
    Enforced("dynamodb.account-level-write-throughput-limit", _LIMIT),
    Enforced("dynamodb.partition-read-throughput", _HOT.format("Read")),
    Enforced("dynamodb.partition-write-throughput", _HOT.format("Write")),
    Enforced("dynamodb.new-on-demand-table-initial-reads", _HOT.format("Read")),
    Enforced("dynamodb.new-on-demand-table-initial-writes", _HOT.format("Write")),
    Enforced("dynamodb.maximum-number-of-tables", _LIMIT),
    Enforced("dynamodb.global-secondary-indexes-per-table", "ValidationException"),
    Enforced("dynamodb.provisioned-capacity-decreases-per-day", _LIMIT),
    Enforced("dynamodb.streams-write-throughput-limit", f"{_LIMIT} where provisioned"),
    Enforced(
        "dynamodb.concurrent-control-plane-operations",
        f"{_LIMIT}; `--table-delay` sets how long an operation takes",
    ),
    Enforced("lex.concurrent-text-conversations", f"{_THROTTLED} 429; error branch of the block"),
    Enforced("lex.concurrent-voice-conversations-start-conversation", "error branch of the block"),
    Enforced("lex.concurrent-session-operations", f"{_THROTTLED} 429"),
    Enforced("lex.concurrent-test-bot-alias-conversations", f"{_THROTTLED} 429; error branch of the block"),
)

FIXED: tuple[Enforced, ...] = (
    Enforced("connect.ring-timeout", "InvalidParameterException; not answered: disconnected with the reason"),
    Enforced("connect.lambda-sync-timeout-from-a-flow", _BLOCK),
    Enforced("connect.lambda-async-timeout-from-a-flow", _BLOCK),
    Enforced("connect.lambda-chain-without-an-intervening-prompt", _BLOCK),
    Enforced("connect.lambda-response-size-from-a-flow", _BLOCK),
)
"""Quotas that cannot be raised: enforced by flows and by the shape of requests, regardless of the applied value."""

SETTINGS: tuple[tuple[str, str], ...] = (
    (
        "Provisioned capacity of a table or index, with up to 300 s of unused capacity as burst credit",
        "ProvisionedThroughputExceededException, ThrottlingReasons Table{Read,Write}ProvisionedThroughputExceeded",
    ),
    (
        "OnDemandThroughput of a table",
        "ThrottlingException, throttlingReasons …MaxOnDemandThroughputExceeded",
    ),
    (
        "Reserved concurrency of a function",
        _INVOKE.format("ReservedFunctionConcurrentInvocationLimitExceeded"),
    ),
    (
        "10 requests a second for each unit of reserved concurrency",
        _INVOKE.format("ReservedFunctionInvocationRateLimitExceeded"),
    ),
    ("Capacity of a queue", "the block's AtCapacity branch, QueueCapacityExceededError"),
    ("3 retries of a Lambda block", _BLOCK),
    (
        "Package of a function: 50 MB as a zip, 250 MB unpacked",
        f"RequestEntityTooLargeException 413; {_INVALID_VALUE}",
    ),
    ("4 KB of environment variables, 5 layers, 50 tags of a function", _INVALID_VALUE),
    ("64 characters of a function's name", _INVALID),
    ("1 KB of a sort key, 2 KB of a partition key, 38 digits of a number", _INVALID),
    ("400 KB of an item, 32 levels of nesting, 4 KB of an expression", _INVALID),
    ("25 items of BatchWriteItem, 100 of BatchGetItem", _INVALID),
    ("100 items and 4 MB of a transaction", _INVALID),
    ("5 local secondary indexes and 100 projected attributes of a table", _INVALID),
    ("1 global secondary index added or removed by an UpdateTable", _LIMIT),
    ("250 tables with secondary indexes that are created at a time", _LIMIT),
    ("50 tags of a table; 3 to 255 characters of its name", _INVALID),
    ("20 KB of a table's policy", _LIMIT),
)
"""Limits that are not quotas: set by a user, or fixed by Connect."""
