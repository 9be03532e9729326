"""Shares of first attempts that a service throttled, by operation. Pure.

The generator knows which of its requests repeat one that failed, and so does the emulator's Connect of its invocations.
CloudWatch counts all requests: their share is taken where nothing else is known, named as what it is. Full executions
of Lambda answer 429 as a rate does; a full Connect instance does not throttle, it blocks calls, which are counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from busyhour.results.entries import Operation, OperatorMetric

FIRST, ALL = "first attempts", "requests"
THROTTLE_SHARE = "throttle_share"
"""Share of first attempts that were throttled, of the operation with the largest: what verdicts judge."""
REQUEST_THROTTLE_SHARE = "request_throttle_share"
"""Share of all requests that were throttled, retries included, of all operations together."""
INVOKE = "lambda:Invoke"


@dataclass(frozen=True, slots=True)
class Throttled:
    """Attempts of one operation, and how many were throttled. `name` is `service:Operation`."""

    name: str
    attempts: int
    """First attempts, or all requests if first attempts were not counted; see `of`."""
    throttled: int
    """Number of throttled attempts."""
    of: str = FIRST
    requests: int | None = None
    """All requests, retries included; None: the same as the attempts."""
    requests_throttled: int | None = None
    """Number of throttled requests."""

    @property
    def share(self) -> float:
        """Share of the attempts; 0 without attempts."""
        return self.throttled / self.attempts if self.attempts else 0.0

    @property
    def share_of_requests(self) -> float:
        """Share of all requests; 0 without requests."""
        if self.requests is None or self.requests_throttled is None:
            return self.share
        return self.requests_throttled / self.requests if self.requests else 0.0

    @property
    def in_words(self) -> str:
        """Denominator of the share, with the share of all requests if different."""
        return f"of {self.attempts:,} {self.of} of {self.name}{self.beside}"

    @property
    def beside(self) -> str:
        """The share of all requests if different, to follow a sentence."""
        if self.requests is None or self.requests == self.attempts:
            return ""
        return f"; {self.share_of_requests:.2%} of all {self.requests:,} requests"

    def about(self, what: str) -> bool:
        """Whether `what` refers to it: a service, an operation, both, or empty."""
        service, _, operation = self.name.partition(":")
        return what in ("", service, operation, self.name)


def by_operation(
    operations: Sequence[Operation],
    metrics: Sequence[OperatorMetric] = (),
    functions: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Throttled]:
    """Each operation that a run made requests of, the one with the largest share first.

    Args:
        operations: what the generator measured.
        metrics: what CloudWatch counted; Lambda's are used where nothing else counted invocations.
        functions: what the emulator's Connect counted, by function (`calls.invoker.FunctionCounts`).
    """
    found = [_of(one) for one in operations if one.requests]
    if not any(one.name == INVOKE for one in found):
        found += _invocations(metrics, functions or {})
    return sorted(found, key=lambda one: (-one.share, one.name))


def _of(one: Operation) -> Throttled:
    """Throttles of an operation. A limit error of Connect blocks a call and is none."""
    counts_limits = one.service != "connect"
    refused = one.throttles + (one.limits if counts_limits else 0)
    name = f"{one.service}:{one.name}"
    if one.first_attempts is None:
        return Throttled(name, one.requests, refused, ALL)
    first = (one.first_throttles or 0) + ((one.first_limits or 0) if counts_limits else 0)
    return Throttled(name, one.first_attempts, first, FIRST, one.requests, refused)


def _invocations(
    metrics: Sequence[OperatorMetric], functions: Mapping[str, Mapping[str, Any]]
) -> list[Throttled]:
    """Connect's own invocations of Lambda, as the target counted them."""

    def total(field: str) -> int:
        return sum(int(counts.get(field, 0)) for counts in functions.values())

    if total("invocations"):
        first = total("invocations"), total("first_throttled")
        return [Throttled(INVOKE, *first, FIRST, total("attempts"), total("throttled"))]
    counted = {one.name: one.value for one in metrics if "Lambda" in one.source}
    throttles, invocations = counted.get("Throttles") or 0.0, counted.get("Invocations") or 0.0
    if not throttles + invocations:
        return []
    # CloudWatch does not count a throttled request as an invocation.
    return [Throttled(INVOKE, round(throttles + invocations), round(throttles), ALL)]


def of_record(throttled: Sequence[Throttled], operations: Sequence[Operation]) -> list[Throttled]:
    """Those of a run, the largest share first; without any, as far as its operations counted first attempts."""
    if throttled:
        return sorted(throttled, key=lambda one: (-one.share, one.name))
    return by_operation([one for one in operations if one.first_attempts is not None])
