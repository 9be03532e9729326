"""Versions and aliases of functions, as Lambda's API has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.emulator.lambda_.api.descriptions import alias_configuration, configuration
from busyhour.emulator.lambda_.api.listing import check_revision, latest, page_of
from busyhour.emulator.lambda_.functions.store import Alias, Deployed, FunctionTable
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.registry import operation

Params = Mapping[str, Any]
Answer = dict[str, Any]


class Releases:
    """Operations on versions and aliases.

    Args:
        table: the functions.
    """

    def __init__(self, table: FunctionTable) -> None:
        self._table = table

    @operation("PublishVersion", status=201)
    def publish_version(self, params: Params) -> Answer:
        """PublishVersion."""
        deployed = latest(self._table, params)
        check_revision(deployed, params)
        return configuration(self._table.publish(deployed.name, params.get("Description")))

    @operation("ListVersionsByFunction")
    def list_versions_by_function(self, params: Params) -> Answer:
        """ListVersionsByFunction."""
        page, marker = page_of(self._table.versions(latest(self._table, params).name), params)
        return {"Versions": [configuration(deployed) for deployed in page], **marker}

    @operation("CreateAlias", status=201)
    def create_alias(self, params: Params) -> Answer:
        """CreateAlias."""
        deployed = latest(self._table, params)
        aliases = self._table.aliases(deployed.name)
        name = params["Name"]
        if name in aliases:
            raise ApiError(
                "ResourceConflictException", f"Alias already exists: {deployed.arn}:{name}", 409, Type="User"
            )
        alias = Alias(name, params["FunctionVersion"], params.get("Description", ""), _weights(params))
        self._check_alias(deployed, alias)
        aliases[name] = alias
        return alias_configuration(alias, self._table.arn(deployed.name))

    @operation("GetAlias")
    def get_alias(self, params: Params) -> Answer:
        """GetAlias."""
        deployed, alias = self._alias(params)
        return alias_configuration(alias, self._table.arn(deployed.name))

    @operation("UpdateAlias")
    def update_alias(self, params: Params) -> Answer:
        """UpdateAlias."""
        deployed, alias = self._alias(params)
        changed = Alias(
            alias.name,
            params.get("FunctionVersion", alias.version),
            params.get("Description", alias.description),
            _weights(params) if "RoutingConfig" in params else alias.weights,
        )
        self._check_alias(deployed, changed)
        self._table.aliases(deployed.name)[alias.name] = changed
        return alias_configuration(changed, self._table.arn(deployed.name))

    @operation("DeleteAlias", status=204)
    def delete_alias(self, params: Params) -> Answer:
        """DeleteAlias; a missing alias counts as deleted."""
        name = latest(self._table, params).name
        self._table.aliases(name).pop(params["Name"], None)
        self._table.provisioned(name).pop(params["Name"], None)
        return {}

    @operation("ListAliases")
    def list_aliases(self, params: Params) -> Answer:
        """ListAliases."""
        deployed = latest(self._table, params)
        version = params.get("FunctionVersion")
        aliases = [a for a in self._table.aliases(deployed.name).values() if version in (None, a.version)]
        page, marker = page_of(aliases, params)
        arn = self._table.arn(deployed.name)
        return {"Aliases": [alias_configuration(alias, arn) for alias in page], **marker}

    def _alias(self, params: Params) -> tuple[Deployed, Alias]:
        deployed = latest(self._table, params)
        alias = self._table.aliases(deployed.name).get(params["Name"])
        if alias is None:
            raise ApiError(
                "ResourceNotFoundException",
                f"Cannot find alias arn: {deployed.arn}:{params['Name']}",
                404,
                Type="User",
            )
        return deployed, alias

    def _check_alias(self, deployed: Deployed, alias: Alias) -> None:
        known = {version.version for version in self._table.versions(deployed.name)}
        for version in (alias.version, *alias.weights):
            if version not in known:
                raise ApiError(
                    "ResourceNotFoundException",
                    f"Function not found: {self._table.arn(deployed.name)}:{version}",
                    404,
                    Type="User",
                )


def _weights(params: Params) -> dict[str, float]:
    weights = (params.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return {version: float(weight) for version, weight in weights.items()}
