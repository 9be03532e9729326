"""Sources of quota values in AWS.

Service Quotas, the services themselves, and values derived from CloudWatch.

Each receives its boto3 client, makes no request before a value is read, only reads, and names the IAM actions
that it needs. `clients.py` makes the clients. Order, strongest first: applied at the instance, applied in the
account, reported by the service, derived from CloudWatch, (override file), AWS default, (documented default).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from busyhour.quotas.aws.calls import Failed, ask
from busyhour.quotas.model import Origin, Quota, QuotaValue, Scope
from busyhour.quotas.resolve import Problem

Now = Callable[[], datetime]

_DENIED = {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "NotAuthorized"}
_NOT_THERE = {"NoSuchResourceException"}


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class AppliedToInstance:
    """The value applied to one Connect instance: GetServiceQuota with the instance's ARN as ContextId.

    Only quotas per instance have one; others are None.
    """

    origin = Origin.APPLIED_RESOURCE
    required_iam_actions: tuple[str, ...] = ("servicequotas:GetServiceQuota",)

    def __init__(self, service_quotas: Any, instance_arn: str, now: Now = utc_now) -> None:
        self._client = service_quotas
        self._instance = instance_arn
        self._now = now

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """Request one quota."""
        if quota.scope is not Scope.INSTANCE or quota.code is None:
            return None
        answer = ask(
            lambda: self._client.get_service_quota(
                ServiceCode=quota.service, QuotaCode=quota.code, ContextId=self._instance
            )
        )
        if isinstance(answer, Failed):
            return problem_of(answer, quota, self)
        return _service_quota(answer["Quota"], quota, self, self._now(), self._instance)


class _Listing:
    """Quotas that Service Quotas lists: one paginated listing per service instead of a request per quota."""

    origin: Origin
    required_iam_actions: tuple[str, ...]
    _operation: str
    _arguments: Mapping[str, str]

    def __init__(self, service_quotas: Any, now: Now = utc_now) -> None:
        self._client = service_quotas
        self._now = now
        self._listed: dict[str, tuple[dict[str, Any], datetime] | Failed] = {}

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """Return the quota from its service's listing, which is fetched once."""
        if quota.code is None:
            return None
        if quota.service not in self._listed:
            self._listed[quota.service] = self._list(quota.service)
        listed = self._listed[quota.service]
        if isinstance(listed, Failed):
            return problem_of(listed, quota, self)
        quotas, at = listed
        if quota.code not in quotas:
            return self._absent(quota)
        return _service_quota(quotas[quota.code], quota, self, at, None)

    def _list(self, service: str) -> tuple[dict[str, Any], datetime] | Failed:
        pages = self._client.get_paginator(self._operation)
        answer = ask(
            lambda: [
                row
                for page in pages.paginate(ServiceCode=service, **self._arguments)
                for row in page["Quotas"]
            ]
        )
        return (
            answer if isinstance(answer, Failed) else ({row["QuotaCode"]: row for row in answer}, self._now())
        )

    def _absent(self, quota: Quota) -> Problem | None:
        return Problem(
            quota, self.origin, f"{quota.name} ({quota.code}): Service Quotas lists no {self.origin} value"
        )


class AppliedInAccount(_Listing):
    """The value applied in account and Region: ListServiceQuotas at level ACCOUNT.

    AWS leaves out quotas whose applied value is unknown. This is reported as a problem, unless the quota is
    per instance and has its value there.
    """

    origin = Origin.APPLIED_ACCOUNT
    required_iam_actions: tuple[str, ...] = ("servicequotas:ListServiceQuotas",)
    _operation = "list_service_quotas"
    _arguments: Mapping[str, str] = {"QuotaAppliedAtLevel": "ACCOUNT"}

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """Return the quota from its service's listing.

        A quota per instance has only a default in the account.
        """
        return None if quota.scope is Scope.INSTANCE else super().read(quota)


class AwsDefault(_Listing):
    """AWS's default for the Region: ListAWSDefaultServiceQuotas. Not the applied value."""

    origin = Origin.AWS_DEFAULT
    required_iam_actions: tuple[str, ...] = ("servicequotas:ListAWSDefaultServiceQuotas",)
    _operation = "list_aws_default_service_quotas"
    _arguments: Mapping[str, str] = {}


class LambdaAccountSettings:
    """Lambda's GetAccountSettings: concurrent executions, the resulting invocation rate, code storage."""

    origin = Origin.SERVICE
    required_iam_actions: tuple[str, ...] = ("lambda:GetAccountSettings",)

    def __init__(self, lambda_client: Any, now: Now = utc_now) -> None:
        self._client = lambda_client
        self._now = now
        self._answer: Any = None

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """Return the member of GetAccountSettings for `quota`; requested once."""
        if quota.key not in (
            "lambda.concurrent-executions",
            "lambda.invoke.rate",
            "lambda.function-and-layer-storage",
        ):
            return None
        if self._answer is None:
            self._answer = ask(lambda: self._client.get_account_settings()["AccountLimit"])
        if isinstance(self._answer, Failed):
            return problem_of(self._answer, quota, self)
        concurrent = self._answer["ConcurrentExecutions"]
        value, detail = {
            "lambda.concurrent-executions": (concurrent, "AccountLimit.ConcurrentExecutions"),
            "lambda.invoke.rate": (10 * concurrent, f"10 x {concurrent} concurrent executions"),
            "lambda.function-and-layer-storage": (
                self._answer["TotalCodeSize"] / 2**30,
                "AccountLimit.TotalCodeSize",
            ),
        }[quota.key]
        return QuotaValue(quota, float(value), self.origin, iso(self._now()), detail)


class DynamoDBLimits:
    """DynamoDB's DescribeLimits, which AWS throttles beyond one request a minute."""

    origin = Origin.SERVICE
    required_iam_actions: tuple[str, ...] = ("dynamodb:DescribeLimits",)
    _members: Mapping[str, str] = {
        "dynamodb.account-level-read-throughput-limit": "AccountMaxReadCapacityUnits",
        "dynamodb.account-level-write-throughput-limit": "AccountMaxWriteCapacityUnits",
        "dynamodb.table-level-read-throughput-limit": "TableMaxReadCapacityUnits",
        "dynamodb.table-level-write-throughput-limit": "TableMaxWriteCapacityUnits",
    }

    def __init__(self, dynamodb: Any, now: Now = utc_now) -> None:
        self._client = dynamodb
        self._now = now
        self._answer: Any = None

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """Return the member of DescribeLimits for `quota`; requested once."""
        member = self._members.get(quota.key)
        if member is None:
            return None
        if self._answer is None:
            self._answer = ask(self._client.describe_limits)
        if isinstance(self._answer, Failed):
            return problem_of(self._answer, quota, self)
        if member not in self._answer:
            return Problem(quota, self.origin, f"{quota.name}: DescribeLimits has no {member}")
        return QuotaValue(quota, float(self._answer[member]), self.origin, iso(self._now()), member)


class Named(Protocol):
    """The parts of a source that its problems name."""

    origin: Origin
    required_iam_actions: tuple[str, ...]


def problem_of(failed: Failed, quota: Quota, source: Named) -> Problem:
    """Return why `source` has no value: a missing permission, no such value, or AWS's error."""
    if failed.code in _DENIED:
        actions = " and ".join(source.required_iam_actions)
        return Problem(quota, source.origin, f"the caller may not {actions}", source.required_iam_actions[0])
    if failed.code in _NOT_THERE:
        return Problem(
            quota, source.origin, f"{quota.name} ({quota.code}): Service Quotas has no {source.origin} value"
        )
    return Problem(quota, source.origin, f"{quota.name}: {failed.code}: {failed.message}")


def _service_quota(
    row: Mapping[str, Any], quota: Quota, source: Named, at: datetime, resource: str | None
) -> QuotaValue | Problem:
    """Convert a ServiceQuota structure; it may have an ErrorReason in place of a value."""
    if "Value" not in row:
        reason = row.get("ErrorReason", {})
        why = f"{reason.get('ErrorCode', 'no reason given')} {reason.get('ErrorMessage', '')}".strip()
        return Problem(
            quota, source.origin, f"{quota.name} ({quota.code}): Service Quotas has no value: {why}"
        )
    return QuotaValue(quota, float(row["Value"]), source.origin, iso(at), row.get("QuotaArn", ""), resource)


def iso(time: datetime) -> str:
    """Format as ISO 8601, to the second."""
    return time.isoformat(timespec="seconds")
