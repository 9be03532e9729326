"""Conditions of the call centre while they are in force."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace

from busyhour.emulator.account import new_state
from busyhour.emulator.faults.conditions import SAMPLE_SECONDS, Conditions
from busyhour.emulator.faults.requests import NO_AGENTS, PACKET_LOSS, Condition, Faults
from busyhour.emulator.server.timers import VirtualClock
from busyhour.quotas.table.quota_table import load

WHERE = (
    ("Instance ID", "i-1"),
    ("Participant", "Agent"),
    ("Stream Type", "Voice"),
    ("Type of Connection", "WebRTC"),
)


def world():
    clock, faults, unattended = VirtualClock(), Faults(Random(1)), []
    state = new_state(load(), clock=clock, epoch=0.0)
    centre = SimpleNamespace(acd=SimpleNamespace(leave_unattended=unattended.append))
    conditions = Conditions(state, clock, faults, lambda: [("i-1", centre)])
    conditions.start()
    return clock, faults, state.metrics, unattended


def test_packet_loss_is_a_metric_of_every_instance_while_it_is_in_force():
    clock, faults, metrics, _ = world()
    faults.set([Condition(PACKET_LOSS, share=0.03)])
    clock.advance(3 * SAMPLE_SECONDS)
    points = metrics.series("AWS/Connect", "ToInstancePacketLossRate", WHERE, 0, float("inf"))
    assert sum(point.samples for point in points) == 3
    assert {point.max for point in points} == {0.03}
    faults.set([])
    clock.advance(10 * SAMPLE_SECONDS)
    points = metrics.series("AWS/Connect", "ToInstancePacketLossRate", WHERE, 0, float("inf"))
    assert sum(point.samples for point in points) == 3


def test_queues_without_agents_are_named_or_are_all():
    _, faults, _, unattended = world()
    faults.set([Condition(NO_AGENTS, queue="sales"), Condition(NO_AGENTS, queue="support")])
    faults.set([Condition(NO_AGENTS)])
    faults.set([])
    assert unattended == [["sales", "support"], None, []]
