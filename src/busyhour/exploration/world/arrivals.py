"""How a contact can arrive at a flow: its channel, its numbers, and whether another flow ran before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from busyhour.exploration.world.candidates import CandidateValues
from busyhour.exploration.world.choices import Choice, Option
from busyhour.flows.action_types import DECLARED
from busyhour.flows.model import Flow

AFTER = "after another flow"
"""Key of a contact choice: the contact was transferred from a flow that left responses and a queue."""


def contact_options(
    after: bool, flows: Sequence[Flow], pools: CandidateValues, *, only: bool = False
) -> list[Option]:
    """Return how a contact can arrive.

    Args:
        after: also by a transfer, with values left by another flow.
        flows: all flows.
        pools: values that the flows test.
        only: by a transfer alone.
    """
    channels = ["CHAT", "TASK"] if pools.of("Channel") else []
    channels += [one for one in pools.of("Channel") if one == "EMAIL"]
    for action in (action for one in flows for action in one.actions):
        if action.behaviour == "wait" or any(e.error_type == "ChannelMismatch" for e in action.errors):
            channels.append("CHAT")
        declared = DECLARED.get(action.type)
        wanted = declared.limited_to if declared is not None else frozenset()
        if "VOICE" not in wanted:
            channels += sorted(wanted)
    ways: list[dict[str, Any]] = [{AFTER: True}, *([] if only else [{}])] if after else [{}]
    ways = [
        {**way, **channel}
        for channel in ({}, *({"channel": one} for one in dict.fromkeys(channels)))
        for way in ways
    ]
    unlikely: list[dict[str, Any]] = [
        {"customer_endpoint": None},
        {"initiation_method": "API", "customer_endpoint": None, "system_endpoint": None},
        {"channel": "CHAT"},
        {"channel": "TASK", "customer_endpoint": None},
    ]
    if only:
        unlikely = [{**one, AFTER: True} for one in unlikely]
    found = [Option(Choice("contact", one or None)) for one in ways]
    return [*found, *(Option(Choice("contact", one), guided=False) for one in unlikely if one not in ways)]
