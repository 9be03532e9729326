"""Provisioned concurrency of versions and aliases: kept and listed, ready at once. No environment is kept warm for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from busyhour.emulator.lambda_.api.listing import latest, page_of
from busyhour.emulator.lambda_.functions.store import LATEST, Deployed, FunctionTable, Provisioned
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.registry import operation

Params = Mapping[str, Any]
Answer = dict[str, Any]


class ProvisionedConcurrency:
    """Operations on provisioned concurrency.

    Args:
        table: the functions.
        time: epoch seconds.
    """

    def __init__(self, table: FunctionTable, time: Callable[[], float]) -> None:
        self._table = table
        self._time = time

    @operation("PutProvisionedConcurrencyConfig", status=202)
    def put(self, params: Params) -> Answer:
        """PutProvisionedConcurrencyConfig.

        Raises:
            ApiError: ResourceNotFoundException: no such version or alias; InvalidParameterValueException: $LATEST, or more than
                the function's reserved concurrency.
        """
        deployed, qualifier = self._asked(params)
        wanted = params["ProvisionedConcurrentExecutions"]
        if LATEST in (qualifier, self._version(deployed, qualifier)):
            raise _invalid(
                "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
            )
        kept = self._table.provisioned(deployed.name)
        total = wanted + sum(one.executions for name, one in kept.items() if name != qualifier)
        if deployed.reserved is not None and total > deployed.reserved:
            raise _invalid(
                f"Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function "
                f"[{deployed.reserved}]."
            )
        kept[qualifier] = Provisioned(wanted, self._time())
        return _described(kept[qualifier])

    @operation("GetProvisionedConcurrencyConfig")
    def get(self, params: Params) -> Answer:
        """GetProvisionedConcurrencyConfig."""
        deployed, qualifier = self._asked(params)
        found = self._table.provisioned(deployed.name).get(qualifier)
        if found is None:
            raise ApiError(
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
                404,
                Type="User",
            )
        return _described(found)

    @operation("DeleteProvisionedConcurrencyConfig", status=204)
    def delete(self, params: Params) -> Answer:
        """DeleteProvisionedConcurrencyConfig; a missing one counts as deleted."""
        deployed, qualifier = self._asked(params)
        self._table.provisioned(deployed.name).pop(qualifier, None)
        return {}

    @operation("ListProvisionedConcurrencyConfigs")
    def listing(self, params: Params) -> Answer:
        """ListProvisionedConcurrencyConfigs, in pages."""
        name = latest(self._table, params).name
        arn = self._table.arn(name)
        found = [
            {"FunctionArn": f"{arn}:{qualifier}", **_described(one)}
            for qualifier, one in self._table.provisioned(name).items()
        ]
        page, marker = page_of(found, params)
        return {"ProvisionedConcurrencyConfigs": page, **marker}

    def _version(self, deployed: Deployed, qualifier: str) -> str:
        alias = self._table.aliases(deployed.name).get(qualifier)
        return qualifier if alias is None else alias.version

    def _asked(self, params: Params) -> tuple[Deployed, str]:
        """Return the function and the version or alias of a request.

        Raises:
            ApiError: ResourceNotFoundException.
        """
        deployed, qualifier = latest(self._table, params), params["Qualifier"]
        if qualifier != LATEST:
            self._table.find(deployed.name, qualifier)
        return deployed, qualifier


def _described(one: Provisioned) -> Answer:
    at = datetime.fromtimestamp(one.modified, UTC)
    return {
        "RequestedProvisionedConcurrentExecutions": one.executions,
        "AvailableProvisionedConcurrentExecutions": one.executions,
        "AllocatedProvisionedConcurrentExecutions": one.executions,
        "Status": "READY",
        "LastModified": at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }


def _invalid(text: str) -> ApiError:
    return ApiError("InvalidParameterValueException", text, Type="User")
