"""Shares of calls that describe behaviour.

Those where neither direction is better, and those that may only fall.
"""

from __future__ import annotations

NAME = "calls by outcome: {}"
"""Name of a metric made from `RunRecord.outcomes`, with the outcome."""

EITHER_WAY = ("agent", "queue", "other number", "self-service end", "flow end", "caller hung up")
"""Outcomes where a change in either direction is different behaviour.

Calls that reach an agent, containment.
"""

LESS_IS_BETTER = ("error branch", "empty reference", "no queue set", "missing flow", "missing function")
"""Outcomes that are faults."""

COUNTED = {
    "answered": "calls that reach an agent",
    "queued": "calls that reach a queue",
    "flow_error": "calls with a flow error",
}
"""Counts of calls in records without outcomes, with the name of the metric."""


def either_way(name: str) -> bool:
    """Whether neither direction of the share of this name is better."""
    return name in {NAME.format(one) for one in EITHER_WAY} or name in (
        COUNTED["answered"],
        COUNTED["queued"],
    )


def is_behaviour(name: str) -> bool:
    """Whether the share of this name describes behaviour of calls."""
    return (
        either_way(name)
        or name in {NAME.format(one) for one in LESS_IS_BETTER}
        or name == COUNTED["flow_error"]
    )
