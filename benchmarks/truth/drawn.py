"""Random plans from a seed, each of one family: lines, dialler, function, queue, table, or all of a call."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .independent import formulas
from .independent.plan import Plan, Span, Table

FAMILIES = ("lines", "dialler", "function", "queue", "table", "whole")
DEFAULT_RATE, DEFAULT_BURST = 2.0, 5.0
"""Of StartOutboundVoiceContact: a raised rate raises the burst by as much."""
MOST_AN_HOUR = 10_000_000
"""Calls that a scenario may plan."""


def plan(number: int, seed: int = 2026) -> Plan:
    """Plan number `number`: family by turns, everything else drawn."""
    chance = Random(f"{seed}/{number}")
    family = FAMILIES[number % len(FAMILIES)]
    drawn: Plan = globals()[f"_{family}"](f"{family}_{number:03d}", chance)
    return drawn


def _room(chance: Random) -> float:
    """How much of what is needed there is: too little, about enough, plenty."""
    return chance.choice((0.6, 0.8, 0.95, 1.05, 1.3, 2.0)) * chance.uniform(0.95, 1.05)


def _lines(name: str, chance: Random) -> Plan:
    load = chance.choice((5.0, 12.0, 40.0, 90.0)) * chance.uniform(0.8, 1.2)
    seconds = round(chance.uniform(8.0, 60.0), 1)
    needed = formulas.lines_for(load, 0.01)
    lines = max(1, round(needed * _room(chance)))
    return Plan(name, round(load / seconds * 3600.0), before=seconds, lines=lines)


def _dialler(name: str, chance: Random) -> Plan:
    per_second = chance.uniform(1.0, 15.0)
    rate = max(1.0, round(per_second * chance.choice((0.8, 1.0, 1.1, 1.5, 2.5))))
    burst = max(1.0, DEFAULT_BURST + max(0.0, rate - DEFAULT_RATE))
    seconds = round(chance.uniform(3.0, 15.0), 1)
    lines = max(1, round(formulas.lines_for(per_second * seconds, 0.01) * chance.choice((0.9, 1.1, 1.5))))
    return Plan(
        name,
        round(per_second * 3600.0),
        outbound=True,
        even=chance.random() < 0.25,
        before=seconds,
        lines=lines,
        start_rate=rate,
        start_burst=burst,
    )


def _function(name: str, chance: Random) -> Plan:
    invocations = chance.randint(1, 3)
    kind = chance.choice(("constant", "exponential", "lognormal"))
    latency = Span(kind, round(chance.uniform(0.15, 1.2), 2), 0.6)
    load = chance.choice((1.5, 4.0, 15.0, 60.0)) * chance.uniform(0.8, 1.2)
    needed = formulas.lines_for(load, 0.01)
    reserved = max(1, round(needed * _room(chance)))
    made = Plan(
        name,
        round(load / (invocations * latency.mean) * 3600.0),
        before=round(chance.uniform(1.0, 4.0), 1),
        invocations=invocations,
        between=round(chance.uniform(2.0, 6.0), 1) if invocations > 1 else 0.0,
        after=round(chance.uniform(0.0, 5.0), 1),
        latency=latency,
        reserved=reserved,
    )
    return replace(made, lines=3 * formulas.lines_for(made.per_second * made.flow_seconds, 0.01))


def _queue(name: str, chance: Random) -> Plan:
    talk = round(chance.uniform(25.0, 90.0), 1)
    wrap_up = chance.choice((0.0, round(chance.uniform(5.0, 20.0), 1)))
    patience = round(chance.uniform(30.0, 120.0))
    load = chance.choice((3.0, 10.0, 35.0)) * chance.uniform(0.8, 1.2)
    per_second = load / (talk + wrap_up)
    needed = formulas.agents_for(per_second, talk + wrap_up, patience, 0.8, 20.0)
    agents = max(1, round(needed * chance.choice((0.8, 0.95, 1.1, 1.4))))
    before = round(chance.uniform(3.0, 12.0), 1)
    lines = 2 * formulas.lines_for(per_second * (before + talk + 20.0), 0.01)
    return Plan(
        name,
        round(per_second * 3600.0),
        before=before,
        lines=lines,
        agents=agents,
        patience=patience,
        talk=Span("exponential", talk),
        wrap_up=Span("exponential", wrap_up) if wrap_up else Span("constant", 0.0),
    )


def _table(name: str, chance: Random) -> Plan:
    provisioned = chance.random() < 0.6
    units = float(chance.choice((500, 1_000, 3_000))) if provisioned else 4_000.0
    item_bytes = chance.choice((700, 1_900, 5_300, 9_700))
    cost = formulas.units_of("PutItem", item_bytes)
    asked = units * chance.choice((0.3, 0.6, 0.9, 1.4))
    table = Table(
        chance.choice(("PutItem", "UpdateItem")),
        item_bytes,
        units=units,
        keys=chance.choice((50, 1_000, 5_000)),
        zipf=chance.choice((0.0, 0.8, 1.5)),
        burst_seconds=300.0 if provisioned else 1.0,
    )
    return Plan(name, min(MOST_AN_HOUR, round(asked / cost * 3600.0)), table=table, hold=600.0)


def _whole(name: str, chance: Random) -> Plan:
    queue = _queue(name, chance)
    latency = Span("exponential", round(chance.uniform(0.2, 0.6), 2))
    load = queue.per_second * latency.mean
    made = replace(
        queue,
        invocations=1,
        latency=latency,
        after=3.0,
        error_goes_on=True,
        reserved=max(1, round(formulas.lines_for(load, 0.01) * chance.choice((0.8, 1.3, 2.0)))),
    )
    seconds = made.flow_seconds + made.talk.mean
    lines = round(formulas.lines_for(made.per_second * seconds, 0.01) * chance.choice((0.8, 1.3, 2.0)))
    return replace(made, lines=lines)
