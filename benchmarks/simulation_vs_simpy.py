"""Calls simulated per second in an Erlang B system with its quota on, side by side with SimPy, Ciw and exact theory.

SimPy and Ciw (`pip install simpy ciw`) simulate the lines alone; busyhour has the token bucket of the API on as well. The
aim is ten times SimPy. CPU time is compared, which a busy machine disturbs least. Ciw is left out where it is not installed.
"""

from __future__ import annotations

import importlib.util
import json
import random
import time
from collections.abc import Callable

import simpy
from support.erlang_loss import erlang_b_simulation

from busyhour.capacity.theory.erlang import erlang_b

LOAD, SERVERS, HOLDING = 50.0, 55, 180.0
CALLS, SIMPY_CALLS, CIW_CALLS = 2_000_000, 200_000, 50_000
AIM = 10.0


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


def with_ciw(calls: int) -> float:
    """The same system as a Ciw network of one node without places to wait; returns the share blocked."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(LOAD / HOLDING)],
        service_distributions=[ciw.dists.Exponential(1 / HOLDING)],
        number_of_servers=[SERVERS],
        queue_capacities=[0],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(calls, method="Arrive")
    arrived = simulation.nodes[0].number_of_individuals
    accepted = simulation.nodes[0].number_accepted_individuals
    return 1.0 - accepted / arrived


def timed(run: Callable[[], object]) -> tuple[object, float]:
    """What `run` returns, and its CPU seconds."""
    start = time.process_time()
    result = run()
    return result, time.process_time() - start


def main() -> None:
    """Print the figures, then the line of JSON."""
    erlang_b_simulation(LOAD, SERVERS, 10_000)
    ours, seconds = timed(
        lambda: erlang_b_simulation(LOAD, SERVERS, CALLS, holding=HOLDING, rate=10.0, burst=15.0)
    )
    peer, peer_seconds = timed(lambda: with_simpy(SIMPY_CALLS))
    value, peer_value = CALLS / seconds, SIMPY_CALLS / peer_seconds
    print(
        f"blocked: theory {erlang_b(LOAD, SERVERS):.4%}, busyhour {ours.blocked_share:.4%}, SimPy {peer:.4%}"
    )
    print(f"busyhour {value:,.0f} calls/s (lines and token bucket), SimPy {peer_value:,.0f} calls/s (lines)")
    result = {
        "benchmark": "simulation_vs_simpy",
        "value": round(value),
        "unit": "calls/s of CPU",
        "peer": "SimPy, Erlang B system",
        "peer_value": round(peer_value),
        "ratio": round(value / peer_value, 2),
        "aim": AIM,
    }
    if importlib.util.find_spec("ciw") is None:
        print("Ciw is not installed: pip install ciw")
    else:
        share, ciw_seconds = timed(lambda: with_ciw(CIW_CALLS))
        ciw_value = CIW_CALLS / ciw_seconds
        print(f"Ciw {ciw_value:,.0f} calls/s (lines), {share:.4%} blocked")
        result |= {"ciw_value": round(ciw_value), "ciw_ratio": round(value / ciw_value, 2)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
