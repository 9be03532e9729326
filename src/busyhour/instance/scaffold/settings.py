"""Values of a scenario's tables: equal shares of choices, the pulled settings of a function."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Table


def equal_shares(choices: tuple[str, ...]) -> Any:
    """Return equal shares of the choices, which add up to 1."""
    share = math.floor(10_000 / len(choices)) / 10_000
    table = tomlkit.inline_table()
    table |= dict.fromkeys(choices, share)
    table[choices[-1]] = round(1 - share * (len(choices) - 1), 4)
    return table


def pulled_settings(function: Table, known: Mapping[str, Any], tables: set[str]) -> list[str]:
    """Write the pulled settings of a function; return the tables that its variables name."""
    if isinstance(known.get("Timeout"), int) and known["Timeout"] > 0:
        function["timeout"] = f"{known['Timeout']}s"
    if isinstance(known.get("MemorySize"), int) and known["MemorySize"] > 0:
        function["memory_mb"] = known["MemorySize"]
    concurrency = known.get("Concurrency")
    reserved = concurrency.get("ReservedConcurrentExecutions") if isinstance(concurrency, Mapping) else None
    if isinstance(reserved, int) and reserved > 0:
        function["reserved_concurrency"] = reserved
    environment = known.get("Environment")
    variables = environment.get("Variables") if isinstance(environment, Mapping) else None
    used = (
        {value for value in variables.values() if value in tables}
        if isinstance(variables, Mapping)
        else set()
    )
    return sorted(used)
