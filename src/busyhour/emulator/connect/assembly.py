"""Assembles Connect: the scenario's first instance, and the parts of every further one."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

from busyhour.calls.ports import Clock, FlowMachine, Functions
from busyhour.emulator.account import EmulatorState
from busyhour.emulator.connect.contacts.lifecycle import Contacts
from busyhour.emulator.connect.contacts.publish import Outlets
from busyhour.emulator.connect.flow_logs import FlowLogs, LoggingMachine, Observer
from busyhour.emulator.connect.instance_runtime import InstanceRuntimes
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.connect.resources.allowed_countries import Destinations
from busyhour.emulator.connect.resources.defaults import furnish
from busyhour.emulator.connect.resources.flow_content import Validator
from busyhour.emulator.connect.resources.instance import Instance
from busyhour.flows.export.document import load
from busyhour.flows.export.reader import read
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine
from busyhour.flows.model import Flow
from busyhour.scenarios.model import Scenario


def first_instance(
    state: EmulatorState, scenario: Scenario, flows: Iterable[Path], numbers: Iterable[str]
) -> Instance:
    """Make the emulator's first instance: the scenario's flows, queues and number; all numbers lead to its entry.

    Raises:
        BusyhourError: a flow cannot be read.
    """
    instance = Instance(state.account, state.started_at)
    for path in (*scenario.flows.files, *flows):
        document = load(path)
        instance.add_flow(read(document), document.content, state.started_at)
    for queue in scenario.queues.values():
        instance.add_queue(queue.name, queue.arn)
    claimed = [*numbers, *([scenario.aws.source_number] if scenario.aws.source_number else [])]
    entry = instance.flow_named(scenario.flows.entry) or next(instance.flows(), None)
    for number in claimed:
        instance.claim(number, flow=entry.id if entry is not None else "")
    instance.strict_numbers = bool(claimed)
    furnish(instance, state.started_at)
    return instance


def open_sites(
    state: EmulatorState,
    clock: Clock,
    scenario: Scenario,
    functions: Functions,
    instance: Instance,
    policy: ConnectPolicy,
    destinations: Destinations,
    outlets: Outlets,
    validator: Validator | None = None,
    logs: FlowLogs | None = None,
) -> InstanceRuntimes:
    """Start Connect with `instance`; CreateInstance opens more, with the same callers and no staffed queue.

    `logs` stores flow logs; None: flows are not logged, which is considerably faster.
    """

    def contacts_of(opened: Instance) -> Contacts:
        def machine(flows: Iterable[Flow]) -> FlowMachine:
            library = FlowLibrary(flows, scenario.flows.aliases)
            observer = Observer() if logs is not None else None
            made = Machine(
                library,
                prompt_seconds=scenario.prompt_seconds,
                queue_names=opened.queue_names,
                observer=observer,
            )
            if logs is None or observer is None:
                return made
            return LoggingMachine(made, observer, state.time, partial(logs.write, opened))

        plan = scenario
        if opened is not instance:
            seed = scenario.seed + zlib.crc32(opened.id.encode())
            plan = replace(scenario, queues={}, seed=seed)
        scope = "" if opened is instance else opened.id
        contacts = Contacts(state, opened, plan, machine, functions, clock, policy, scope)
        outlets.attach(contacts)
        return contacts

    sites = InstanceRuntimes(state, policy, destinations, contacts_of, validator)
    sites.open(instance)
    return sites
