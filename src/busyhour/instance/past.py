"""What an instance recorded of its past: metrics by queue and flow, flow logs, logs of its functions. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from busyhour.instance import kinds
from busyhour.instance.reading import Reader
from busyhour.quotas.aws.calls import Failed

OPERATIONS = (
    ("connect", "ListInstances"),
    ("connect", "ListQueues"),
    ("connect", "ListFlowAssociations"),
    ("connect", "GetMetricDataV2"),
    ("logs", "FilterLogEvents"),
)
"""Every request that is made."""
MOST_EVENTS = 500_000
"""Entries of one log that are read; beyond them the log is truncated, which is reported."""
_DAYS = 2
"""Days of one request: intervals of 15 minutes are returned for less than three."""
_FILTERED = 100
"""Values of one filter."""


@dataclass(slots=True)
class Past:
    """Reads one instance from `start`, a whole quarter of an hour in UTC, to `end`.

    Args:
        reader: makes the requests at the account's pace; `of` has named the instance.
        alias: of the instance; its log group has it.
        start: first moment.
        end: moment after the last.
        missed: what could not be read, with the reason; it fills while reading.
    """

    reader: Reader
    alias: str
    start: datetime
    end: datetime
    missed: list[str] = field(default_factory=list)

    def queues(self) -> dict[str, str]:
        """Return the names of standard queues by id."""
        found = self._pages("ListQueues", "QueueSummaryList", {"QueueTypes": ["STANDARD"]})
        return {str(one["Id"]): str(one.get("Name") or one["Id"]) for one in found}

    def entry_flows(self) -> list[str]:
        """Return the ids of the flows that phone numbers lead to."""
        of = {"ResourceType": "VOICE_PHONE_NUMBER"}
        found = self._pages("ListFlowAssociations", "FlowAssociationSummaryList", of)
        return sorted({str(one["FlowId"]).rpartition("/")[2] for one in found if one.get("FlowId")})

    def metrics(self, names: Sequence[str], by: str, values: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Yield results by quarter of an hour, grouped by `by` (QUEUE, FLOWS_RESOURCE_ID) of these ids; voice alone."""
        for place in range(0, len(values), _FILTERED):
            chosen = list(values[place : place + _FILTERED])
            filters = [
                {"FilterKey": by, "FilterValues": chosen},
                {"FilterKey": "CHANNEL", "FilterValues": ["VOICE"]},
            ]
            for since, until in self._spans():
                about = {
                    "ResourceArn": self.reader.instance_arn,
                    "StartTime": since,
                    "EndTime": until,
                    "Interval": {"IntervalPeriod": "FIFTEEN_MIN", "TimeZone": "UTC"},
                    "Filters": filters,
                    "Groupings": [by],
                    "Metrics": [{"Name": name} for name in names],
                }
                yield from self._pages("GetMetricDataV2", "MetricResults", about, of_instance=False)

    def flow_log(self) -> Iterator[Mapping[str, Any]]:
        """Yield the events of the instance's flow log."""
        return self.log(f"/aws/connect/{self.alias}")

    def log(self, group: str, pattern: str = "") -> Iterator[Mapping[str, Any]]:
        """Yield the events of a log group, as far as `MOST_EVENTS`."""
        edges = {"startTime": _milliseconds(self.start), "endTime": _milliseconds(self.end)}
        about = {"logGroupName": group, **edges, **({"filterPattern": pattern} if pattern else {})}
        for read, one in enumerate(
            self._pages("FilterLogEvents", "events", about, "logs", "nextToken", of_instance=False)
        ):
            if read == MOST_EVENTS:
                self.missed.append(f"{group}: only the first {MOST_EVENTS:,} entries were read.")
                return
            yield one

    def _spans(self) -> Iterator[tuple[datetime, datetime]]:
        since = self.start
        while since < self.end:
            until = min(self.end, since + timedelta(days=_DAYS))
            yield since, until
            since = until

    def _pages(
        self,
        operation: str,
        member: str,
        parameters: Mapping[str, Any],
        service: str = "connect",
        token: str = "NextToken",
        *,
        of_instance: bool = True,
    ) -> Iterator[Mapping[str, Any]]:
        asked = {**parameters, "InstanceId": self.reader.instance_id} if of_instance else parameters
        for answer in self.reader.pages(service, operation, asked, (token, token)):
            if isinstance(answer, Failed):
                about = parameters.get("logGroupName") or operation
                action = kinds.action(service, operation)
                self.missed.append(f"{about}: not read: {answer.code}: {answer.message} ({action})")
            else:
                yield from answer.get(member) or ()


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
