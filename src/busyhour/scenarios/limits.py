"""Read the [limits] table of a scenario file.

Limits of external systems behind functions, and of the carrier.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.project.violations import value_shown
from busyhour.scenarios.model import ExternalLimit
from busyhour.scenarios.traffic_plan.arrival_source import Source

CALLS = "calls"
"""Value of `called_by` for every call."""


def read_limits(
    source: Source, data: Mapping[str, Mapping[str, Any]], functions: Collection[str]
) -> dict[str, ExternalLimit]:
    """Read the limits.

    Args:
        functions: names of the scenario's functions.
        source: the file.
        data: the table.

    Raises:
        BusyhourError: a limit has both a rate and a concurrency or neither, lacks the duration of requests,
            or names an unknown function.
    """
    return {name: _limit(source, name, given, functions) for name, given in data.items()}


def _limit(source: Source, name: str, given: Mapping[str, Any], functions: Collection[str]) -> ExternalLimit:
    keys = ("limits", name)
    if ("rate" in given) == ("concurrency" in given):
        both = "has both a rate and a concurrency" if "rate" in given else "has no rate and no concurrency"
        raise source.error(
            keys,
            both,
            "Give rate = 50 for requests a second, or concurrency = 20 for requests at a time; two limits have two names.",
        )
    if "burst" in given and "concurrency" in given:
        raise source.error((*keys, "burst"), "belongs to a rate, not to a concurrency", "Remove it.")
    callers = tuple(given["called_by"])
    for index, caller in enumerate(callers):
        if caller != CALLS and caller not in functions:
            known = [*functions, CALLS]
            raise source.error(
                (*keys, "called_by", index),
                f"is {value_shown(caller)}, which is not a function of the scenario.{did_you_mean(caller, known)}",
                f'Functions here: {", ".join(functions) or "none"}. Write "{CALLS}" for every call.',
            )
    of_calls = CALLS in callers
    if of_calls and len(callers) > 1:
        raise source.error(
            (*keys, "called_by"),
            f'has functions beside "{CALLS}"',
            "Give each a limit of its own name: a call takes a place for its whole life, a function for `takes`.",
        )
    for key in ("per_invocation", "takes"):
        if of_calls and key in given:
            raise source.error(
                (*keys, key),
                f'does not go with called_by = ["{CALLS}"]: every call takes one place for its whole life',
                "Remove it.",
            )
    takes = source.distribution((*keys, "takes"), given["takes"]) if "takes" in given else None
    if takes is None and "concurrency" in given and not of_calls:
        raise source.error(
            keys,
            "has a concurrency and no 'takes'",
            'Give the time that one request takes, as in takes = "80ms".',
        )
    rate = given.get("rate")
    return ExternalLimit(
        name,
        functions=() if of_calls else callers,
        calls=of_calls,
        rate=None if rate is None else float(rate),
        burst=float(given.get("burst", max(1.0, rate or 1.0))),
        concurrency=given.get("concurrency"),
        per_invocation=float(given.get("per_invocation", 1.0)),
        takes=takes,
        tolerated=None if "tolerated" not in given else float(given["tolerated"]),
    )
