"""What an answer means: AWS error codes and HTTP statuses as classes, kept as data.

Rate throttles are told from limit errors: the first mean that an API's requests per second were exceeded, the
second that a resource is full (calls, executions). Several operations model no throttle at all, so codes are
matched by name, never by modelled exception. Sources: Connect API reference (common errors and
StartOutboundVoiceContact), botocore's models of connect, lambda and dynamodb 1.43.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Class(StrEnum):
    """The outcome of one request."""

    OK = "ok"
    RATE_THROTTLE = "rate_throttle"
    LIMIT = "limit"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    FUNCTION_ERROR = "function_error"
    """Lambda answered 200, and its X-Amz-Function-Error says that the handler failed."""


BY_CODE: dict[str, Class] = {
    # Connect
    "TooManyRequestsException": Class.RATE_THROTTLE,
    "ThrottlingException": Class.RATE_THROTTLE,
    "Throttling": Class.RATE_THROTTLE,
    "LimitExceededException": Class.LIMIT,
    "ServiceQuotaExceededException": Class.LIMIT,
    # DynamoDB
    "ProvisionedThroughputExceededException": Class.RATE_THROTTLE,
    "RequestLimitExceeded": Class.RATE_THROTTLE,
    # any service
    "RequestThrottled": Class.RATE_THROTTLE,
    "RequestThrottledException": Class.RATE_THROTTLE,
    "SlowDown": Class.RATE_THROTTLE,
}

BY_REASON: dict[str, Class] = {
    # Lambda answers TooManyRequestsException for both; its Reason says which (botocore: lambda ThrottleReason).
    "ConcurrentInvocationLimitExceeded": Class.LIMIT,
    "ReservedFunctionConcurrentInvocationLimitExceeded": Class.LIMIT,
    "ConcurrentSnapshotCreateLimitExceeded": Class.LIMIT,
    "FunctionInvocationRateLimitExceeded": Class.RATE_THROTTLE,
    "ReservedFunctionInvocationRateLimitExceeded": Class.RATE_THROTTLE,
    "CallerRateLimitExceeded": Class.RATE_THROTTLE,
}

TRANSIENT = frozenset({Class.RATE_THROTTLE, Class.LIMIT, Class.SERVER_ERROR, Class.TIMEOUT, Class.CONNECTION})
"""Classes that an AWS SDK would try again."""

_CODE = re.compile(rb'"(?:__type|code|Code)"\s*:\s*"([^"]{1,200})"')
_REASON = re.compile(rb'"Reason"\s*:\s*"([A-Za-z]{1,100})"')


def error_code(body: bytes, header: str = "") -> str:
    """The error code of a failed answer: header `x-amzn-errortype`, else the body's `__type` or `code`.

    `com.amazon.coral#ThrottlingException` and `ThrottlingException:http://...` are `ThrottlingException`.
    Empty where the answer names none.
    """
    if not header:
        found = _CODE.search(body)
        if found is None:
            return ""
        header = found.group(1).decode("utf-8", "replace")
    return header.partition(":")[0].rpartition("#")[2].strip()


def error_reason(body: bytes) -> str:
    """Lambda's `Reason` of a throttle; empty where there is none."""
    found = _REASON.search(body)
    return found.group(1).decode("ascii") if found else ""


@lru_cache(maxsize=1024)
def classify(status: int, code: str = "", reason: str = "") -> Class:
    """Class of an answer by HTTP status, error code and Lambda's throttle reason.

    The reason decides before the code, the code before the status. An unknown code with HTTP 429 is a rate throttle.
    """
    if 200 <= status < 300:
        return Class.OK
    known = BY_REASON.get(reason) or BY_CODE.get(code)
    if known is not None:
        return known
    if status == 429:
        return Class.RATE_THROTTLE
    if status >= 500:
        return Class.SERVER_ERROR
    return Class.CLIENT_ERROR
