"""Tables in the simulation.

Operations of invocations on their keys, and throttling by the tables' throughput.

The operations are those that the scenario declares for one invocation, drawn as in a run against the tables.
AWS's SDKs retry a throttled operation for a while. A throttled operation here is one that the SDK has given
up: the invocation fails, and Connect retries it up to three times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from busyhour.calls.chance import Stream, key_of
from busyhour.calls.live import LiveCall
from busyhour.calls.ports import Clock
from busyhour.capacity.simulation.functions import Done, ModelledFunctions
from busyhour.capacity.simulation.gauges import Counter
from busyhour.capacity.simulation.rejections import Rejections
from busyhour.capacity.table_limits import Resource, TableLimits, items_of
from busyhour.flows.actions.functions import function_name
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult
from busyhour.quotas.dynamodb.capacity import PARTITION_QUOTA, resource
from busyhour.quotas.dynamodb.operations import (
    HOW_MANY,
    KEY_DRAWS,
    Charge,
    Step,
    draw,
    driven_steps,
    steps_of,
)
from busyhour.scenarios.model import Scenario

if TYPE_CHECKING:
    from busyhour.calls.ports import Functions

THROTTLED = "ProvisionedThroughputExceededException from the table"


@dataclass(slots=True)
class TableUse:
    """Requests to one side of a table or an index, in items, and how many were throttled."""

    units: Counter
    """Capacity units requested, served or not."""
    counted: int = 0
    refused: Rejections = field(default_factory=Rejections)
    by_partition: int = 0
    """Throttled requests that a partition throttled."""


class SimulatedTables:
    """The tables of a simulated run.

    Args:
        clock: the run's clock. scenario: its tables, and the operations of its functions. limits: enforced
            throughput; None: everything is served.
    """

    def __init__(self, clock: Clock, scenario: Scenario, limits: TableLimits | None) -> None:
        self._clock = clock
        self._seed = scenario.seed
        self._limits = limits
        self._throughput = limits.throughput() if limits is not None else None
        items = items_of(scenario)
        self._of_function = {
            name: (key_of(f"tables/{name}"), steps)
            for name, function in scenario.functions.items()
            if (steps := steps_of(function, items))
        }
        self._driven = driven_steps(scenario, items)
        self.use: dict[Resource, TableUse] = {}
        """By table, index and side; of requested units."""

    def restart(self) -> None:
        """Count from now on."""
        for use in self.use.values():
            use.units.restart()
            use.counted, use.refused, use.by_partition = 0, Rejections(), 0

    def is_used_by(self, function: str) -> bool:
        """Whether the function makes any operation."""
        return function in self._of_function

    def invocation(self, function: str, call: int, attempt: int) -> bool:
        """Make the operations of one invocation, up to the first throttled one.

        Return whether all were served.
        """
        purpose, steps = self._of_function[function]
        purpose += 2 * attempt
        return self._make(
            steps, Stream(self._seed, call, purpose), Stream(self._seed, call, purpose + 1), False
        )

    def arrival(self, call: int) -> bool:
        """Make all operations of one call as in a run with drive = "dynamodb".

        Return whether all were served.
        """
        chance, keys = Stream(self._seed, call, HOW_MANY), Stream(self._seed, call, KEY_DRAWS)
        return self._make(self._driven, chance, keys, True)

    def _make(self, steps: Sequence[Step], chance: Stream, keys: Stream, all_of_them: bool) -> bool:
        served = True
        for drawn in draw(steps, chance, keys):
            if not self._take(drawn.charges):
                served = False
                if not all_of_them:
                    break
        return served

    def _take(self, charges: Sequence[Charge]) -> bool:
        now = self._clock.now()
        uses = [self._use(charge) for charge in charges]
        for use, charge in zip(uses, charges, strict=True):
            use.units.count(charge.units)
            use.counted += 1
        if self._throughput is None or self._limits is None:
            return True
        for number, charge in enumerate(charges):
            where = charge.table, charge.index, charge.side
            refusal = self._throughput.admit(
                resource(charge.table, charge.index),
                charge.side,
                self._limits.capacity(where),
                charge.units,
                now,
                partition_key=charge.partition_key,
                index=charge.index is not None,
            )
            if refusal is not None:
                for earlier in charges[:number]:
                    self._throughput.give_back(
                        resource(earlier.table, earlier.index),
                        earlier.side,
                        earlier.units,
                        partition_key=earlier.partition_key,
                    )
                uses[number].refused.record(now)
                uses[number].by_partition += refusal.quota == PARTITION_QUOTA[charge.side]
                return False
        return True

    def _use(self, charge: Charge) -> TableUse:
        where = charge.table, charge.index, charge.side
        found = self.use.get(where)
        if found is None:
            found = self.use[where] = TableUse(Counter(self._clock))
        return found


class FunctionsWithTables:
    """A `calls.ports.Functions` that wraps another; tables may make its invocations fail.

    Args:
        functions: makes the invocations. tables: receive the invocations' operations.
    """

    def __init__(self, functions: ModelledFunctions | Functions, tables: SimulatedTables) -> None:
        self._functions = functions
        self._tables = tables

    def invoke(self, call: LiveCall, effect: Invoke, done: Done) -> None:
        """Make one attempt; it fails if a table throttles one of its operations."""
        name = function_name(effect.function_arn)
        if not self._tables.is_used_by(name):
            self._functions.invoke(call, effect, done)
            return
        attempt = call.attempts.get(name, 1)

        def served(outcome: LambdaResult | LambdaFailed) -> None:
            if isinstance(outcome, LambdaResult) and not self._tables.invocation(name, call.index, attempt):
                outcome = LambdaFailed("function_error", THROTTLED)
            done(outcome)

        self._functions.invoke(call, effect, served)
