"""Injected conditions (no agents, packet loss) currently active."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from busyhour.calls.centre import CallCentre
from busyhour.calls.ports import Clock
from busyhour.emulator.account import EmulatorState
from busyhour.emulator.cloudwatch.store import dimensions
from busyhour.emulator.faults.requests import NO_AGENTS, Condition, Faults

SAMPLE_SECONDS = 10.0
"""Seconds between reports of ToInstancePacketLossRate (Administrator Guide, "Monitoring your instance")."""
Centres = Callable[[], Iterable[tuple[str, CallCentre]]]
"""Returns every instance's id with its call centre."""


class Conditions:
    """Applies conditions to the call centres.

    Args:
        state: metrics and time.
        clock: drives the samples.
        faults: the active conditions.
        centres: the existing call centres.
    """

    def __init__(self, state: EmulatorState, clock: Clock, faults: Faults, centres: Centres) -> None:
        self._state = state
        self._clock = clock
        self._faults = faults
        self._centres = centres
        faults.on_conditions = self.apply

    def start(self) -> None:
        """Start reporting packet loss."""
        self._sample()

    def apply(self, conditions: Iterable[Condition]) -> None:
        """Apply `conditions` to every call centre."""
        queues = [one.queue for one in conditions if one.condition == NO_AGENTS]
        unattended = None if None in queues else [queue for queue in queues if queue is not None]
        for _, centre in self._centres():
            centre.acd.leave_unattended(unattended)

    def _sample(self) -> None:
        lost = self._faults.packet_loss
        if lost is not None:
            for instance, _ in self._centres():
                where = dimensions(
                    (
                        *(("Instance ID", instance), ("Participant", "Agent")),
                        *(("Stream Type", "Voice"), ("Type of Connection", "WebRTC")),
                    )
                )
                self._state.metrics.gauge(
                    "AWS/Connect", "ToInstancePacketLossRate", where, lost, self._state.time()
                )
        self._clock.call_later(SAMPLE_SECONDS, self._sample)
