"""A day of the helpdesk on the emulator in virtual time, with contact records, flow logs and reports of functions."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from busyhour.emulator.app import build
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.messages import Request
from busyhour.emulator.server.timers import VirtualClock
from busyhour.scenarios.model import Distribution, Function, MenuBehaviour, Scenario
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

MORNING = 1_772_524_800.0
"""2026-03-03 08:00 UTC."""
MENUS = {
    "Main menu": MenuBehaviour({"1": 0.5, "2": 0.25, "3": 0.15, "silence": 0.06, "hang_up": 0.04}),
    "Anything else": MenuBehaviour({"1": 0.3, "2": 0.1, "silence": 0.2, "hang_up": 0.4}),
}

TALK, WRAP_UP = Distribution("lognormal", 180.0, 0.6), Distribution("exponential", 40.0)
PATIENCE, OPEN, SILENT = Distribution("exponential", 90.0), 0.9, 0.1


def centre(seed: int, agents: tuple[int, int] = (4, 8), **more: Any) -> Scenario:
    """The helpdesk with longer calls, menus that are known, and functions that are models; agents by queue."""
    shipped = load(shipped_root() / "scenarios" / "helpdesk.toml", root=shipped_root())
    functions = {
        name: Function(
            name,
            latency=Distribution("lognormal", 0.15, 0.6),
            response={"status": "open", "tier": "gold", "ticket": "1001"},
            error_share=0.05,
        )
        for name in shipped.functions
    }
    callers = replace(
        shipped.callers,
        menus=MENUS,
        inputs={"Ask for the ticket number": ("####",) * 9 + ("silence",)},
        talk=TALK,
        wrap_up=WRAP_UP,
        patience=PATIENCE,
    )
    queues = {
        name: replace(queue, open_share=OPEN, agents=staff, capacity=None)
        for (name, queue), staff in zip(sorted(shipped.queues.items()), agents, strict=True)
    }
    return replace(shipped, seed=seed, functions=functions, callers=callers, queues=queues, tables={}, **more)


def record(folder: Path, scenario: Scenario, moments: Iterable[float]) -> Path:
    """Run inbound calls at these seconds after 8:00; `records.jsonl` and `flows.jsonl` are in the folder."""
    clock = VirtualClock()
    emulator = build(
        scenario,
        clock=clock,
        epoch=MORNING,
        policy=ConnectPolicy(ended_kept=1),
        records=folder / "records.jsonl",
        flow_logs=folder / "flows.jsonl",
    )
    call = Request("POST", "/_busyhour/inbound", "", {}, b"{}", "", "", "")
    for moment in moments:
        clock.advance(moment - clock.now())
        assert emulator.admin(call).status == 200
    clock.advance(3_600.0)
    asyncio.run(emulator.stop())
    return folder


def poisson(rates: Iterable[tuple[float, float]], seed: int) -> Iterator[float]:
    """Yield the moments of a Poisson process; `rates` are seconds and calls/h, one after the other."""
    chance, begun = random.Random(seed), 0.0
    for seconds, per_hour in rates:
        now = begun + chance.expovariate(per_hour / 3600.0)
        while now < begun + seconds:
            yield now
            now += chance.expovariate(per_hour / 3600.0)
        begun += seconds
