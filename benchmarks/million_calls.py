"""A whole day of 1,000,000 helpdesk calls through their flows: aim under 30 s and 2 GB.

5,000 calls are run through their flows (twice, see support/traces.py), with the answers of the real Lambda handlers;
all of the million then replay one of them, each with its own wait in its own place in the queue.
"""

from __future__ import annotations

import json
import resource
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from support.replay import replay

from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.demand.machine import machine_of
from busyhour.capacity.simulation.simulate import simulate
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic import ShapePoint

ROOT = Path(__file__).resolve().parent.parent
AIM_SECONDS = 30.0
DAY = 86_400.0
SHAPE = ((0, 0.1), (6, 0.15), (8, 1.2), (10, 2.0), (12, 1.6), (14, 1.9), (17, 1.3), (20, 0.5), (24, 0.1))
"""Factor by hour of the day: quiet nights, two peaks."""


def day_of(calls: float):
    scenario = load(ROOT / "scenarios" / "helpdesk.toml")
    shape = tuple(ShapePoint(hour * 3600.0, factor) for hour, factor in SHAPE)
    area = sum((b.at - a.at) * (a.factor + b.factor) / 2 for a, b in pairwise(shape)) / 3600
    per_hour = calls / area
    scale = per_hour * 2.0 / 9000.0
    queues = {
        name: replace(queue, agents=round(queue.agents * scale * 0.7), capacity=None)
        for name, queue in scenario.queues.items()
    }
    traffic = replace(scenario.traffic, duration=DAY, calls_per_hour=per_hour, shape=shape)
    return replace(scenario, traffic=traffic, queues=queues)


def main() -> None:
    scenario = day_of(1_000_000)
    machine = machine_of(scenario)
    start, begun = time.perf_counter(), time.process_time()
    with HandlerAnswers(scenario) as answers:
        result = replay(scenario, machine, answers=answers)
    seconds, cpu = time.perf_counter() - start, time.process_time() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{result.calls:,} calls, from {result.sampled:,} run through the flows twice; {memory:,.0f} MB, {cpu:.1f} s of CPU"
    )
    print(f"peak: {result.peak_calls:,} calls at once, {result.peak_executions} Lambda executions at once")
    for queue in result.queues.values():
        print(f"{queue.name}: {queue.offered:,} offered, service level {queue.service_level:.2%}")
    print("Lambda invocations:", {name: f"{count:,}" for name, count in result.invocations.items()})
    small = day_of(20_000)
    start = time.perf_counter()
    every = simulate(small, machine)
    each = (time.perf_counter() - start) / every.planned
    print(
        f"with every single call through the machine (measured on {every.planned:,}): {each * 1e6:.0f} us a call"
    )
    print(
        json.dumps(
            {
                "benchmark": "million_calls",
                "value": round(seconds, 2),
                "unit": "s for 1,000,000 calls",
                "peer": "aim: 30 s (and 2 GB)",
                "peer_value": AIM_SECONDS,
                "ratio": round(AIM_SECONDS / seconds, 2),
                "cpu_seconds": round(cpu, 2),
                "memory_mb": round(memory),
            }
        )
    )


if __name__ == "__main__":
    main()
