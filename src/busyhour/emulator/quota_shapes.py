"""Quotas and increase requests in the shapes of Service Quotas' API."""

from __future__ import annotations

from typing import Any

from busyhour.emulator.increase_requests import ACCOUNT, RESOURCE, IncreaseRequest
from busyhour.emulator.state import EmulatorState
from busyhour.quotas.model import Kind, Quota, Scope

_INSTANCE = "AWS::Connect::Instance"
SERVICE_NAMES = {
    "connect": "Amazon Connect",
    "connect-campaigns": "Amazon Connect Outbound Campaigns",
    "dynamodb": "Amazon DynamoDB",
    "kinesis": "Amazon Kinesis Data Streams",
    "lambda": "AWS Lambda",
    "lex": "Amazon Lex",
    "logs": "Amazon CloudWatch Logs",
    "monitoring": "Amazon CloudWatch",
}
_USAGE = {
    "lambda.concurrent-executions": {
        "MetricNamespace": "AWS/Lambda",
        "MetricName": "ConcurrentExecutions",
        "MetricDimensions": {},
        "MetricStatisticRecommendation": "Maximum",
    }
}


class QuotaShapes:
    """Makes the structures of answers.

    Args:
        state: account and limits of the emulator.
    """

    def __init__(self, state: EmulatorState) -> None:
        self._state = state

    def shown(self, quota: Quota, level: str) -> float:
        """The value that AWS shows at `level`: for some operations not the one that it enforces."""
        if level == ACCOUNT and quota.scope is Scope.INSTANCE:
            return quota.default
        if self._state.limits.is_overridden(quota.key):
            return self._state.limits.applied(quota.key)
        return quota.default if quota.misreported is None else quota.misreported

    def service_quota(self, quota: Quota, level: str) -> dict[str, Any]:
        """A ServiceQuota with the value at `level`, ACCOUNT or RESOURCE."""
        shape = self.default(quota)
        shape["Value"] = self.shown(quota, level)
        shape["QuotaAppliedAtLevel"] = level
        if quota.scope is Scope.INSTANCE:
            shape["QuotaContext"] = self._context(level)
        if level == RESOURCE:
            shape["QuotaArn"] = f"{shape['QuotaArn']}/{self._state.account.instance_arn}"
        return shape

    def default(self, quota: Quota) -> dict[str, Any]:
        """A ServiceQuota with AWS's default, as AWS shows it."""
        shape: dict[str, Any] = {
            "ServiceCode": quota.service,
            "ServiceName": SERVICE_NAMES.get(quota.service, quota.service),
            "QuotaArn": self._state.account.arn("servicequotas", f"{quota.service}/{quota.code}"),
            "QuotaCode": quota.code,
            "QuotaName": quota.name,
            "Value": quota.default if quota.misreported is None else quota.misreported,
            "Unit": "None",
            "Adjustable": quota.adjustable,
            "GlobalQuota": False,
        }
        if quota.kind is Kind.RATE:
            shape["Period"] = {"PeriodValue": 1, "PeriodUnit": "SECOND"}
        if quota.key in _USAGE:
            shape["UsageMetric"] = _USAGE[quota.key]
        return shape

    def requested(self, filed: IncreaseRequest) -> dict[str, Any]:
        """A RequestedServiceQuotaChange."""
        quota = filed.quota
        shape: dict[str, Any] = {
            "Id": filed.id,
            "ServiceCode": quota.service,
            "ServiceName": SERVICE_NAMES.get(quota.service, quota.service),
            "QuotaCode": quota.code,
            "QuotaName": quota.name,
            "DesiredValue": filed.desired,
            "Status": filed.status,
            "Created": filed.created,
            "LastUpdated": filed.updated,
            "Requester": filed.requester,
            "QuotaArn": self._state.account.arn("servicequotas", f"{quota.service}/{quota.code}"),
            "GlobalQuota": False,
            "Unit": "None",
            "QuotaRequestedAtLevel": filed.level,
        }
        if filed.case is not None:
            shape["CaseId"] = filed.case
        if filed.context is not None:
            shape["QuotaContext"] = {**self._context(filed.level), "ContextId": filed.context}
        return shape

    def _context(self, level: str) -> dict[str, str]:
        context = {"ContextScope": level, "ContextScopeType": _INSTANCE, "AdjustableAtLevel": "PER_RESOURCE"}
        if level == RESOURCE:
            context["ContextId"] = self._state.account.instance_arn
        return context
