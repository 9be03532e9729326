"""Throughput parts of responses: throttles with their reasons, cancelled transactions, consumed capacity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from busyhour.emulator.dynamodb.throughput.charging import Charge
from busyhour.emulator.messages import ApiError
from busyhour.quotas.dynamodb.throughput import Throttled

_PROVISIONED = (
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
    "provisioning level with the UpdateTable API."
)
_ON_DEMAND = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your table "
    "or index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
_ACCOUNT = (
    "Throughput exceeds the current throughput limit for your account. Please contact AWS Support at "
    "https://aws.amazon.com/support request a limit increase"
)
_BY_LIMIT = {
    "AccountLimitExceeded": ("RequestLimitExceeded", _ACCOUNT),
    "ProvisionedThroughputExceeded": ("ProvisionedThroughputExceededException", _PROVISIONED),
    "MaxOnDemandThroughputExceeded": ("ThrottlingException", _MAXIMUM),
    "KeyRangeThroughputExceeded": ("ThrottlingException", _ON_DEMAND),
}


def throttle_error(refusal: Throttled, *, provisioned: bool) -> ApiError:
    """Make the exception that DynamoDB throws, with its reasons.

    The member is `throttlingReasons` in ThrottlingException and `ThrottlingReasons` in the others (botocore's model).
    A hot partition of a provisioned table throws the exception of provisioned throughput, with its own reason.
    """
    limit = refusal.limit
    if provisioned and limit == "KeyRangeThroughputExceeded":
        limit = "ProvisionedThroughputExceeded"
    code, message = _BY_LIMIT[limit]
    reasons = [{"reason": refusal.reason, "resource": refusal.resource}]
    member = "throttlingReasons" if code == "ThrottlingException" else "ThrottlingReasons"
    return ApiError(code, message, 400, **{member: reasons})


def cancelled(charges: Sequence[Charge], refused: Charge, error: ApiError) -> ApiError:
    """Make the error of a transaction rejected for throughput: one reason for each of its items."""
    provisioned = error.code == "ProvisionedThroughputExceededException"
    code = "ProvisionedThroughputExceeded" if provisioned else "ThrottlingError"
    refusal = {"Code": code, "Message": error.message}
    items = dict.fromkeys(charge.position for charge in charges)  # entries in indexes belong to their items
    reasons = [refusal if position == refused.position else {"Code": "None"} for position in items]
    text = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{text}]"
    return ApiError("TransactionCanceledException", message, 400, CancellationReasons=reasons)


def consumed_capacity(name: str, charges: Sequence[Charge], wanted: str) -> Any:
    """Make ConsumedCapacity for `wanted` TOTAL or INDEXES: one entry, or a list of one for each table."""
    if not name.startswith(("Batch", "Transact")):
        return _entry(charges, wanted, sides=False)
    tables: dict[str, list[Charge]] = {}
    for charge in charges:
        tables.setdefault(charge.named, []).append(charge)
    return [_entry(of_table, wanted, sides=name.startswith("Transact")) for of_table in tables.values()]


def _entry(charges: Sequence[Charge], wanted: str, *, sides: bool) -> dict[str, Any]:
    total = sum(charge.units for charge in charges)
    entry: dict[str, Any] = {"TableName": charges[0].named, "CapacityUnits": total}
    if sides:
        entry[f"{charges[0].side.word}CapacityUnits"] = total
    if wanted == "INDEXES":
        indexes: dict[str, float] = {}
        for charge in charges:
            if charge.index is not None:
                indexes[charge.index] = indexes.get(charge.index, 0.0) + charge.units
        entry["Table"] = {"CapacityUnits": total - sum(indexes.values())}
        if indexes:
            entry["GlobalSecondaryIndexes"] = {
                name: {"CapacityUnits": units} for name, units in indexes.items()
            }
    return entry
