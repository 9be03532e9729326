"""Quotas and increase requests in the shapes of Service Quotas' API."""

from __future__ import annotations

from typing import Any

from busyhour.emulator.account import EmulatorState
from busyhour.emulator.service_quotas.increases import ACCOUNT, RESOURCE, IncreaseRequest
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
    """Makes the structures of responses.

    Args:
        state: account and limits of the emulator.
    """

    def __init__(self, state: EmulatorState) -> None:
        self._state = state

    def shown(self, quota: Quota, level: str, instance: str = "") -> float:
        """Return the value that AWS shows at `level`: for some operations not the enforced one.

        `instance` is the ARN of an instance, the first if empty.
        """
        if level == ACCOUNT and quota.scope is Scope.INSTANCE:
            return quota.default
        scope = self._state.instances.get(instance, "")
        if self._state.limits.is_overridden(quota.key, scope):
            return self._state.limits.applied(quota.key, scope)
        return quota.default if quota.misreported is None else quota.misreported

    def service_quota(self, quota: Quota, level: str, instance: str = "") -> dict[str, Any]:
        """Make a ServiceQuota with the value at `level`, ACCOUNT or RESOURCE.

        Of one instance (ARN, the first if empty).
        """
        instance = instance or self._state.account.instance_arn
        shape = self.default(quota)
        shape["Value"] = self.shown(quota, level, instance)
        shape["QuotaAppliedAtLevel"] = level
        if quota.scope is Scope.INSTANCE:
            shape["QuotaContext"] = self._context(level, instance)
        if level == RESOURCE:
            shape["QuotaArn"] = f"{shape['QuotaArn']}/{instance}"
        return shape

    def default(self, quota: Quota) -> dict[str, Any]:
        """Make a ServiceQuota with AWS's default, as AWS shows it."""
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
        """Make a RequestedServiceQuotaChange."""
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
            shape["QuotaContext"] = self._context(filed.level, filed.context)
        return shape

    def _context(self, level: str, instance: str) -> dict[str, str]:
        context = {"ContextScope": level, "ContextScopeType": _INSTANCE, "AdjustableAtLevel": "PER_RESOURCE"}
        if level == RESOURCE:
            context["ContextId"] = instance
        return context
