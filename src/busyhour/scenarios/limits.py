"""The [limits] of a scenario file -> ExternalLimit: systems behind the functions and beside the calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.project.violations import value_shown
from busyhour.scenarios.model import ExternalLimit
from busyhour.scenarios.traffic_plan.arrival_source import Source

CALLS = "calls"
"""In `called_by`: every call."""


def read_limits(
    source: Source, data: Mapping[str, Mapping[str, Any]], functions: Collection[str]
) -> dict[str, ExternalLimit]:
    """Make the limits; the functions that they name are these.

    Raises:
        BusyhourError: a limit has both a rate and a concurrency or none of them, misses how long requests take, or
            names a function that is not there.
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
        raise source.error((*keys, "burst"), "belongs to a rate, not to a concurrency", "Take it out.")
    callers = tuple(given["called_by"])
    for index, caller in enumerate(callers):
        if caller != CALLS and caller not in functions:
            known = [*functions, CALLS]
            raise source.error(
                (*keys, "called_by", index),
                f"is {value_shown(caller)}, which is no function of the scenario.{did_you_mean(caller, known)}",
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
                "Take it out.",
            )
    takes = source.distribution((*keys, "takes"), given["takes"]) if "takes" in given else None
    if takes is None and "concurrency" in given and not of_calls:
        raise source.error(
            keys,
            "has a concurrency and no 'takes'",
            'Say how long one request occupies it, as in takes = "80ms".',
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
