"""Requirements on the throughput of tables and of their partitions."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from busyhour.capacity.requirement_kinds import ROUNDING, excess
from busyhour.capacity.theory.finite_buffer import token_bucket_loss


@dataclass(frozen=True, slots=True)
class Throughput:
    """Units/s of Poisson requests, from a bucket with the units of `seconds` seconds.

    `each` are the units of one request. With 0, as in records of older versions, units come evenly, and the
    excess over the limit is rejected. See `finite_buffer.token_bucket_loss`.
    """

    model: ClassVar[str] = "throughput"
    per_second: float
    share: float = 0.0
    each: float = 0.0
    seconds: float = 1.0

    def load(self, factor: float = 1.0) -> float:
        """Return the units/s."""
        return self.per_second * factor

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of units beyond the limit."""
        return self._beyond(self.load(factor), value)

    def over(self, value: float, seconds: float) -> float:
        """Return the share of units beyond the limit in a test of `seconds`.

        The test starts with one second's units available.
        """
        return _with_credit(self.per_second, self.rejected(value), value, seconds)

    def _beyond(self, load: float, value: float) -> float:
        """Return the share of `load` units/s that find too few units in the bucket."""
        if not self.each:
            return excess(load, value)
        # A request larger than the bucket passes a full one, see `token_bucket`.
        burst = max(1.0, value * self.seconds / self.each + ROUNDING)
        return token_bucket_loss(load / self.each, value / self.each, float(math.floor(burst)))


@dataclass(frozen=True, slots=True)
class Partitions(Throughput):
    """Units/s of a table whose partitions all have the same limit.

    `per_second` is the load of the hottest one.

    `by_partition` are the units/s of each partition; the rejected share is of all of the table's units.
    """

    model: ClassVar[str] = "partitions"
    by_partition: tuple[float, ...] = ()

    def rejected(self, value: float, factor: float = 1.0) -> float:
        """Return the share of the table's units that are beyond the limit of a partition."""
        return self._share(factor, lambda units: self._beyond(units, value))

    def over(self, value: float, seconds: float) -> float:
        """Return the share as `Throughput.over`; each partition starts with its own units."""
        return self._share(1.0, lambda units: _with_credit(units, self._beyond(units, value), value, seconds))

    def _share(self, factor: float, beyond_of: Callable[[float], float]) -> float:
        """Compute the rejected share of the table's units from that of each partition."""
        total = math.fsum(self.by_partition) * factor
        beyond = math.fsum(units * factor * beyond_of(units * factor) for units in self.by_partition)
        return beyond / total if total > 0 else 0.0


def _with_credit(load: float, beyond: float, value: float, seconds: float) -> float:
    """Return the share of `load` units/s beyond a limit in a time that starts with `value` units available.

    The excess over the limit uses them up; below the limit they make no difference.
    """
    if load <= value or seconds <= 0:
        return beyond
    return max(0.0, beyond - value / (load * seconds))
