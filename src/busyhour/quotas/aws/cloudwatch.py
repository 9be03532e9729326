"""Quotas derived from CloudWatch: the number of contacts divided by their share of the quota."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from busyhour.quotas.aws.calls import Failed, ask
from busyhour.quotas.aws.sources import Now, iso, problem_of, utc_now
from busyhour.quotas.model import Origin, Quota, QuotaValue
from busyhour.quotas.resolve import Problem


@dataclass(frozen=True, slots=True)
class _Ratio:
    """Two metrics of AWS/Connect whose quotient is a quota: a count, and its share of the quota."""

    group: str
    count: str
    share: str
    full: float = 1.0
    """Value of the share metric at 100 %: 1 for calls, 100 for chats, tasks and emails."""


class ConnectMetrics:
    """Quotas of an instance derived from CloudWatch.

    ConcurrentCalls / ConcurrentCallsPercentage and similar pairs.

    Independent of Service Quotas, but available only while there are contacts. The busiest minute in the
    window is used, since the rounding of the percentage matters least there.

    Args:
        cloudwatch: boto3 client. instance_id: last part of the instance's ARN. window: length of the period
            that is read; AWS keeps these metrics for two weeks. now: the clock.
    """

    origin = Origin.CLOUDWATCH
    required_iam_actions: tuple[str, ...] = ("cloudwatch:GetMetricData",)
    _ratios: Mapping[str, _Ratio] = {
        "connect.concurrent-active-calls-per-instance": _Ratio(
            "VoiceCalls", "ConcurrentCalls", "ConcurrentCallsPercentage"
        ),
        "connect.concurrent-campaign-active-calls-per-instance": _Ratio(
            "VoiceCalls", "ConcurrentHighVolumeCalls", "ConcurrentHighVolumeCallsPercentage"
        ),
        "connect.concurrent-active-chats-per-instance": _Ratio(
            "Chats", "ConcurrentActiveChats", "ConcurrentActiveChatsPercentage", 100.0
        ),
        "connect.concurrent-active-tasks-per-instance": _Ratio(
            "Tasks", "ConcurrentTasks", "ConcurrentTasksPercentage", 100.0
        ),
        "connect.concurrent-active-emails-per-instance": _Ratio(
            "Emails", "ConcurrentEmails", "ConcurrentEmailsPercentage", 100.0
        ),
    }

    def __init__(
        self, cloudwatch: Any, instance_id: str, window: timedelta = timedelta(hours=3), now: Now = utc_now
    ) -> None:
        self._client = cloudwatch
        self._instance = instance_id
        self._window = window
        self._now = now

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """Return the quotient at the busiest minute; None without contacts in the window."""
        ratio = self._ratios.get(quota.key)
        if ratio is None:
            return None
        end = self._now()
        answer = ask(
            lambda: self._client.get_metric_data(
                MetricDataQueries=[
                    self._query("count", ratio.count, ratio),
                    self._query("share", ratio.share, ratio),
                ],
                StartTime=end - self._window,
                EndTime=end,
            )["MetricDataResults"]
        )
        if isinstance(answer, Failed):
            return problem_of(answer, quota, self)
        points = {row["Id"]: dict(zip(row["Timestamps"], row["Values"], strict=True)) for row in answer}
        shares = points.get("share", {})
        both = [(count, shares[at], at) for at, count in points.get("count", {}).items() if shares.get(at)]
        if not both:
            return None
        count, share, at = max(both, key=lambda point: point[0])
        value = count / share * ratio.full
        detail = f"{ratio.count} {count:g} / {ratio.share} {share:g} at {iso(at)}"
        # Quotas of contacts are whole numbers; only the share is rounded.
        return QuotaValue(quota, float(round(value)), self.origin, iso(end), detail, self._instance)

    def _query(self, name: str, metric: str, ratio: _Ratio) -> dict[str, Any]:
        dimensions = {"InstanceId": self._instance, "MetricGroup": ratio.group}
        return {
            "Id": name,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Connect",
                    "MetricName": metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                },
                "Period": 60,
                "Stat": "Maximum",
            },
        }
