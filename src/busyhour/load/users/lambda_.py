"""One Lambda invocation per call, with the event that Connect would send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.calls.behaviour import Behaviour
from busyhour.calls.caller import Caller
from busyhour.calls.chance import Stream, uuid_of
from busyhour.calls.policy import CallPolicy
from busyhour.capacity.demand.machine import machine_of
from busyhour.errors import BusyhourError
from busyhour.flows.contact import Contact
from busyhour.flows.protocol import LambdaFailed
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.users.functions import LambdaFunctions, Outcome


class LambdaCalls(CallBehaviour):
    """Invokes a function for every arrival, cycling through the scenario's functions."""

    functions: tuple[str, ...] = ()
    """Functions to invoke; empty: all that the scenario names."""

    parameters: Mapping[str, Any] = {}
    """`Details.Parameters` of every event; override `parameters_of` for varying ones."""

    def prepare(self) -> None:
        """Prepare the functions.

        Raises:
            BusyhourError: there is none.
        """
        scenario = self.drive.scenario
        self._names = self.functions or tuple(scenario.functions)
        if not self._names:
            raise BusyhourError(
                f"{scenario.path}: the scenario names no function to invoke.",
                "Add a [functions.NAME] table, or set `functions` in the locustfile.",
            )
        self._lambda = LambdaFunctions(self.drive)
        for name in self._names:
            self._lambda.prepare(name)
        self._machine = machine_of(scenario)
        self._behaviour = Behaviour(scenario.callers, scenario.seed, CallPolicy())

    def refuses(self, index: int) -> str:
        """Return `connections` if no connection is left."""
        return "" if self._lambda.has_room else "connections"

    def parameters_of(self, index: int, function: str) -> Mapping[str, Any]:
        """Return `Details.Parameters` of the event of call `index`."""
        return self.parameters

    def event(self, index: int, function: str) -> dict[str, Any]:
        """Return Connect's event for call `index`: that of a contact which has just entered the entry flow."""
        scenario, settings = self.drive.scenario, self.drive.settings
        contact = Contact(
            contact_id=uuid_of(Stream(scenario.seed, index)),
            customer_endpoint=Caller(self._behaviour, index).number() or None,
            instance_arn=settings.instance_arn,
            region=settings.region,
        )
        call = self._machine.call(scenario.flows.entry, contact)
        return call.event(self.parameters_of(index, function))

    def arrive(self, index: int, intended: float) -> None:
        """Invoke the function."""
        function = self._names[index % len(self._names)]
        self._lambda.send(function, self.event(index, function), self._ended)

    def _ended(self, outcome: Outcome) -> None:
        kind = outcome.kind if isinstance(outcome, LambdaFailed) else ""
        self.drive.recorder.call_ended("blocked" if kind == "throttled" else "completed", kind)
