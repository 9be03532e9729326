"""Limits other than AWS quotas that the plan exceeds, with their need and the way to raise them.

AWS Support does not raise them. `LimitRow.kind` is setting, partition, staffing or external.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from busyhour.quotas.figures import number
from busyhour.results.limit_rows import QUOTA, LimitRow, limit_rows
from busyhour.results.record import RunRecord


@dataclass(frozen=True, slots=True)
class OwnSetting:
    """One limit to raise without AWS Support. `needed` is None if no value carries the plan."""

    name: str
    present: float
    needed: float | None
    unit: str
    calculation: str
    way_out: str

    @property
    def words(self) -> str:
        """Format name, present value, need and way out in one sentence each."""
        need = "no value carries the plan" if self.needed is None else f"needed {number(self.needed)}"
        unit = f" {self.unit}" if self.unit and self.unit != "count" else ""
        return f"{self.name}: present value {number(self.present)}{unit}, {need}. {self.way_out}"


def own_settings(run: RunRecord) -> list[OwnSetting]:
    """Return the exceeded limits other than quotas, the first to bind first."""
    region = str(run.target.get("region") or "")
    return [
        OwnSetting(row.name, row.value, row.needed, row.unit, row.calculation, _way_out(row, region))
        for row in limit_rows(run)
        if row.kind != QUOTA and row.binds
    ]


def _way_out(row: LimitRow, region: str) -> str:
    first, _, rest = row.key.partition(".")
    name, _, what = rest.rpartition(".")
    need = "N" if row.needed is None else f"{row.needed:.0f}"
    where = ("--region", region) if region else ()
    if first == "function":
        raised = ("--function-name", name, "--reserved-concurrent-executions", need, *where)
        command = shlex.join(["aws", "lambda", "put-function-concurrency", *raised])
        return (
            f"A setting of your own function, not a request to AWS Support: {command} (console: Lambda, Functions, "
            f"{name}, Configuration, Concurrency). It is taken from the account's concurrent executions."
        )
    if first == "queue" and what == "capacity":
        raised = ("--instance-id", "INSTANCE", "--queue-id", "QUEUE", "--max-contacts", need, *where)
        command = shlex.join(["aws", "connect", "update-queue-max-contacts", *raised])
        return f"A setting of your own queue, not a request to AWS Support: {command} (console: Routing, Queues, {name})."
    if first == "queue":
        return "Staffing of your own: no AWS setting raises it."
    if first == "limits":
        return "An external system, yours or a third party's: its operator raises it, not AWS Support."
    if row.kind == "partition":
        return "A limit of every partition, which AWS does not raise: spread the keys of the table."
    return (
        "A setting of your own table, not a request to AWS Support: aws dynamodb update-table (console: DynamoDB, Tables, "
        "Additional settings, Read/write capacity)."
    )
