"""Functions whose tables run out of throughput: an invocation whose operations are throttled fails.

The operations are those that the scenario declares for one invocation. AWS's SDKs try a throttled operation again for a
while; what fails here is the invocation in which they have given up, and Connect then invokes again, up to three times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from busyhour.calls.invoker import function_name
from busyhour.calls.live import LiveCall
from busyhour.calls.ports import Clock
from busyhour.capacity.bucket import GrowingBucket, Turned
from busyhour.capacity.functions import Done, ModelledFunctions
from busyhour.capacity.tables import TableLimit, units_by_table
from busyhour.flows.protocol import Invoke, LambdaFailed, LambdaResult
from busyhour.quotas.table_capacity import Side
from busyhour.scenarios.model import Function
from busyhour.token_bucket import TokenBucket

if TYPE_CHECKING:
    from busyhour.calls.ports import Functions

THROTTLED = "ProvisionedThroughputExceededException from the table"


@dataclass(slots=True)
class TableUse:
    """What one side of a table was asked, in requests of functions, and what it refused."""

    asked: int = 0
    refused: Turned = field(default_factory=Turned)


class BackedFunctions:
    """`calls.ports.Functions` over others, which the tables' throughput may fail.

    Args:
        functions: what invokes.
        clock: the run's clock.
        declared: the scenario's functions, with the operations of one invocation.
        limits: of the tables.
    """

    def __init__(
        self,
        functions: ModelledFunctions | Functions,
        clock: Clock,
        declared: Mapping[str, Function],
        limits: Iterable[TableLimit],
    ) -> None:
        self._functions = functions
        self._clock = clock
        buckets = {(limit.table, limit.side): _bucket(limit) for limit in limits}
        self.use = {key: TableUse() for key in buckets}
        """By table and side."""
        self._asked = {
            name: [
                (buckets[table, side], self.use[table, side], units)
                for side in Side
                for table, units in units_by_table(function.operations, side).items()
                if (table, side) in buckets
            ]
            for name, function in declared.items()
        }

    def invoke(self, call: LiveCall, effect: Invoke, done: Done) -> None:
        """Make one attempt; it fails where a table does not let its operations through."""
        asked = self._asked.get(function_name(effect.function_arn))
        if not asked:
            self._functions.invoke(call, effect, done)
            return

        def served(outcome: LambdaResult | LambdaFailed) -> None:
            if isinstance(outcome, LambdaResult) and not self._take(asked):
                outcome = LambdaFailed("function_error", THROTTLED)
            done(outcome)

        self._functions.invoke(call, effect, served)

    def restart(self) -> None:
        """Count from now on."""
        for use in self.use.values():
            use.asked, use.refused = 0, Turned()

    def _take(self, asked: list[tuple[TokenBucket, TableUse, float]]) -> bool:
        now = self._clock.now()
        for bucket, use, units in asked:
            use.asked += 1
            if not bucket.take(now, units):
                use.refused.away(now)
                return False
        return True


def _bucket(limit: TableLimit) -> TokenBucket:
    if limit.most:
        return GrowingBucket(limit.rate, limit.most)
    # A table that was just made has no credit beyond a second's worth.
    return TokenBucket(limit.rate, limit.burst, filled=min(limit.rate, limit.burst), debt=True)
