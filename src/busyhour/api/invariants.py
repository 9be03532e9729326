"""Invariants of explored calls: the declaration, and a played call as an invariant sees it."""

from busyhour.exploration.invariant import Violation, invariant
from busyhour.exploration.world.record import Moment, Played
from busyhour.flows import protocol
from busyhour.flows.lifecycle import Stage
from busyhour.flows.model import FlowType
from busyhour.flows.protocol.effects import EndReason, Loop

__all__ = [
    "EndReason",
    "FlowType",
    "Loop",
    "Moment",
    "Played",
    "Stage",
    "Violation",
    "invariant",
    "protocol",
]
