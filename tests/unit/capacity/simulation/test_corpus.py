"""Every flow of the corpus of real exports, with callers, queues and Lambda functions that are only assumed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from busyhour.capacity.simulation.simulate import INFINITE, Simulation
from busyhour.flows.export.reader import read_file
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.scenarios.model import Distribution, Flows
from busyhour.scenarios.traffic_plan.arrivals import Arrival

CORPUS = (Path(__file__).parents[4] / "../shared/corpus/flows").resolve()
CALLS = 20


@pytest.mark.slow
def test_every_call_through_every_flow_ends(small: Any):
    files = sorted(CORPUS.rglob("*.json"))
    if not files:
        pytest.skip(f"no corpus of flows beside this checkout ({CORPUS.name} folder not found)")
    ended = 0
    for file in files:
        flow = read_file(file)
        scenario = small.scenario(
            patience=Distribution("exponential", 60.0), callers={"hang_up_rate": 0.01}, duration=CALLS * 2.0
        )
        scenario = replace(scenario, flows=Flows((), flow.name))
        arrivals = (Arrival(index, index * 2.0) for index in range(CALLS))
        result = Simulation(scenario, Machine(FlowLibrary([flow])), arrivals=arrivals).run(drain=INFINITE)
        assert result.completed == CALLS, file.name
        ended += result.completed
    assert ended == CALLS * len(files)
