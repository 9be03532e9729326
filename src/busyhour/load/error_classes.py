"""Classes of responses by AWS error code and HTTP status, as data.

Rate throttles are separate from limit errors: a rate throttle means that an API's requests per second were
exceeded, a limit error that a resource is full (calls, executions). Several operations model no throttle at
all, so codes are matched by name, never by modelled exception. Sources: Connect API reference (common errors
and StartOutboundVoiceContact), botocore's models of connect, lambda and dynamodb 1.43.
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
    """Lambda returned 200, and its X-Amz-Function-Error header reports a failure of the handler."""


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
    # Lambda returns TooManyRequestsException for both; its Reason distinguishes them (botocore: lambda ThrottleReason).
    "ConcurrentInvocationLimitExceeded": Class.LIMIT,
    "ReservedFunctionConcurrentInvocationLimitExceeded": Class.LIMIT,
    "ConcurrentSnapshotCreateLimitExceeded": Class.LIMIT,
    "FunctionInvocationRateLimitExceeded": Class.RATE_THROTTLE,
    "ReservedFunctionInvocationRateLimitExceeded": Class.RATE_THROTTLE,
    "CallerRateLimitExceeded": Class.RATE_THROTTLE,
}

TRANSIENT = frozenset({Class.RATE_THROTTLE, Class.LIMIT, Class.SERVER_ERROR, Class.TIMEOUT, Class.CONNECTION})
"""Classes that an AWS SDK would retry."""

_CODE = re.compile(rb'"(?:__type|code|Code)"\s*:\s*"([^"]{1,200})"')
_REASON = re.compile(rb'"Reason"\s*:\s*"([A-Za-z]{1,100})"')


def error_code(body: bytes, header: str = "") -> str:
    """Return the error code of a failed response: header `x-amzn-errortype`, else the body's `__type` or `code`.

    `com.amazon.coral#ThrottlingException` and `ThrottlingException:http://...` are `ThrottlingException`.
    Empty if the response has none.
    """
    if not header:
        found = _CODE.search(body)
        if found is None:
            return ""
        header = found.group(1).decode("utf-8", "replace")
    return header.partition(":")[0].rpartition("#")[2].strip()


def error_reason(body: bytes) -> str:
    """Return Lambda's `Reason` of a throttle; empty without one."""
    found = _REASON.search(body)
    return found.group(1).decode("ascii") if found else ""


@lru_cache(maxsize=1024)
def classify(status: int, code: str = "", reason: str = "") -> Class:
    """Return the class of a response by HTTP status, error code and Lambda's throttle reason.

    The reason takes precedence over the code, the code over the status. An unknown code with HTTP 429 is a rate
    throttle.
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
