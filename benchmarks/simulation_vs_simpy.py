"""Calls simulated per second in an Erlang B system with its quota on, side by side with SimPy and exact theory."""

from __future__ import annotations

import json
import random
import time

import simpy

from busyhour.capacity.fast import erlang_b_simulation
from busyhour.capacity.theory import erlang_b

LOAD, SERVERS, HOLDING = 50.0, 55, 180.0
CALLS, SIMPY_CALLS = 2_000_000, 200_000


def with_simpy(calls: int) -> float:
    """The same system as a SimPy program in the usual style; returns the share blocked."""
    generator = random.Random(1)
    environment = simpy.Environment()
    lines = simpy.Resource(environment, capacity=SERVERS)
    blocked = 0

    def call(request):
        yield request
        yield environment.timeout(generator.expovariate(1 / HOLDING))
        lines.release(request)

    def arrivals():
        nonlocal blocked
        for _ in range(calls):
            yield environment.timeout(generator.expovariate(LOAD / HOLDING))
            if lines.count < SERVERS:
                environment.process(call(lines.request()))
            else:
                blocked += 1

    environment.process(arrivals())
    environment.run()
    return blocked / calls


def timed(run, *arguments):
    start = time.perf_counter()
    result = run(*arguments)
    return result, time.perf_counter() - start


def main() -> None:
    erlang_b_simulation(LOAD, SERVERS, 10_000)
    ours, seconds = timed(
        lambda: erlang_b_simulation(LOAD, SERVERS, CALLS, holding=HOLDING, rate=10.0, burst=15.0)
    )
    peer, peer_seconds = timed(with_simpy, SIMPY_CALLS)
    value, peer_value = CALLS / seconds, SIMPY_CALLS / peer_seconds
    print(
        f"blocked: theory {erlang_b(LOAD, SERVERS):.4%}, busyhour {ours.blocked_share:.4%}, SimPy {peer:.4%}"
    )
    print(f"busyhour {value:,.0f} calls/s (quotas on), SimPy {peer_value:,.0f} calls/s (no rate quota)")
    print(
        json.dumps(
            {
                "benchmark": "simulation_vs_simpy",
                "value": round(value),
                "unit": "calls/s",
                "peer": "SimPy, Erlang B system",
                "peer_value": round(peer_value),
                "ratio": round(value / peer_value, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
