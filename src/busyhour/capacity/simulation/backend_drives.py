"""Runs that drive one service alone, in virtual time.

An arrival is an invocation or the operations of tables.

No flow runs. An arrival causes the same requests as in the load generator (`load.users.lambda_`,
`load.users.dynamodb`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, cast

from busyhour.calls.invoker import FunctionCounts
from busyhour.capacity.simulation.table_throttling import SimulatedTables
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult
from busyhour.scenarios.model import DriveKind, Scenario

if TYPE_CHECKING:
    from busyhour.calls.live import LiveCall
    from busyhour.calls.ports import Functions

_LIMIT = 900.0
"""Seconds that the generator waits for a response at most: longer than any function runs."""


@dataclass(slots=True)
class _Arrival:
    """The parts of a call that functions read."""

    index: int
    invocations: dict[str, int] = field(default_factory=dict)
    latest_attempt: int = 1

    @property
    def attempts(self) -> dict[str, int]:
        """Attempts by function."""
        return self.invocations


class ServiceArrivals:
    """Arrivals at one service.

    Args:
        scenario: the service that is driven, and its functions. functions: make invocations. tables: take
            operations.
    """

    def __init__(self, scenario: Scenario, functions: Functions, tables: SimulatedTables) -> None:
        self._functions = functions
        self._tables = tables
        self._names = tuple(scenario.functions) if scenario.drive is DriveKind.LAMBDA else ()
        self.counts = {name: FunctionCounts() for name in self._names}
        """By function."""
        self.completed = 0
        self.in_progress = 0

    def arrive(self, index: int) -> None:
        """Make one invocation, of the scenario's functions in turn; or the table operations of one call."""
        if not self._names:
            self._tables.arrival(index)
            self.completed += 1
            return
        name = self._names[index % len(self._names)]
        self.counts[name].invocations += 1
        self.counts[name].attempts += 1
        self.in_progress += 1
        call = cast("LiveCall", _Arrival(index, {name: 1}))
        self._functions.invoke(call, Invoke("", name, {}, _LIMIT), partial(self._ended, name))

    def _ended(self, name: str, outcome: LambdaResult | LambdaFailed) -> None:
        self.in_progress -= 1
        self.completed += 1
        counts = self.counts[name]
        if isinstance(outcome, LambdaResult):
            counts.succeeded += 1
            return
        counts.failed += 1
        if outcome.kind == "throttled":
            counts.throttled += 1
            counts.first_throttled += 1
        else:
            counts.errors += 1
