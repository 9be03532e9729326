"""Which shares of calls are behaviour: those of which neither more nor less is better, and those that may only fall."""

from __future__ import annotations

NAME = "calls by outcome: {}"
"""Name of a metric made from `RunRecord.outcomes`, with the outcome."""

EITHER_WAY = ("agent", "queue", "other number", "self-service end", "flow end", "caller hung up")
"""Outcomes of which a change in either direction is another behaviour: calls that reach an agent, containment."""

LESS_IS_BETTER = ("error branch", "empty reference", "no queue set", "missing flow", "missing function")
"""Outcomes that are faults."""

COUNTED = {
    "answered": "calls that reach an agent",
    "queued": "calls that reach a queue",
    "flow_error": "calls with a flow error",
}
"""Counts of calls in records without outcomes, with the name of the metric."""


def either_way(name: str) -> bool:
    """Whether the share of this name is one of which neither direction is better."""
    return name in {NAME.format(one) for one in EITHER_WAY} or name in (
        COUNTED["answered"],
        COUNTED["queued"],
    )


def is_behaviour(name: str) -> bool:
    """Whether the share of this name says how calls went."""
    return (
        either_way(name)
        or name in {NAME.format(one) for one in LESS_IS_BETTER}
        or name == COUNTED["flow_error"]
    )
