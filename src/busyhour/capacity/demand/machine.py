"""Build the flow machine of a scenario: its flows, aliases, prompt lengths and queue names."""

from __future__ import annotations

from busyhour.calls.acd import resource_id
from busyhour.flows.export.reader import read_file
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.scenarios.model import Scenario


def machine_of(scenario: Scenario) -> Machine:
    """Build the flow machine of the scenario's flows.

    Raises:
        BusyhourError: a flow cannot be read.
    """
    library = FlowLibrary((read_file(path) for path in scenario.flows.files), scenario.flows.aliases)
    names = {
        reference: (queue.name, queue.arn or "")
        for queue in scenario.queues.values()
        for reference in filter(None, (queue.arn, resource_id(queue.arn or "")))
    }
    return Machine(library, prompt_seconds=scenario.prompt_seconds, queue_names=names)
