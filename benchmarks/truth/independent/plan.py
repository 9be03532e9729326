"""A plan as plain numbers: the only input of the independent model.

Times are seconds, rates per hour or per second as the name says, shares 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass

UNLIMITED = float("inf")


@dataclass(frozen=True)
class Span:
    """A random duration: `constant`, `exponential` or `lognormal` (with `cv`), cut at `high` by drawing again."""

    kind: str
    mean: float
    cv: float = 1.0
    high: float = UNLIMITED


@dataclass(frozen=True)
class Table:
    """One operation on one item of a table for each call.

    `units` are the provisioned units a second (infinite: no such limit), `quota` what one table may serve, `partition`
    what one partition serves; a provisioned table has ceil(units / partition) partitions.
    """

    operation: str
    item_bytes: int
    units: float
    keys: int
    zipf: float
    quota: float = 40_000.0
    partition: float = 1_000.0
    burst_seconds: float = 300.0
    """Seconds of unused capacity that the table may use at once; 1 for a table on demand."""
    operations: float = 1.0
    """Operations of one call, in the mean."""


@dataclass(frozen=True)
class Step:
    """A part of one recorded call without any limit: `time` passes, a function runs, or an agent talks."""

    kind: str
    """time, invoke or queue."""
    seconds: float
    wrap_up: float = 0.0
    """Of the agent, after the call."""
    queue: str = ""


@dataclass(frozen=True)
class Plan:
    """One plan. A call: rings, plays, invokes, plays again, queues for an agent; parts of 0 are left out."""

    name: str
    calls_per_hour: float
    outbound: bool = False
    even: bool = False
    before: float = 0.0
    """Seconds of prompts before the first invocation."""
    invocations: int = 0
    between: float = 0.0
    """Seconds of prompts from one invocation to the next."""
    after: float = 0.0
    """Seconds of prompts after the last one."""
    latency: Span = Span("constant", 0.0)
    executions: float = 1_000.0
    reserved: float = UNLIMITED
    """Reserved concurrency of the function."""
    lines: float = UNLIMITED
    start_rate: float = UNLIMITED
    start_burst: float = UNLIMITED
    agents: int = 0
    """0: no queue."""
    patience: float = UNLIMITED
    """Mean of an exponential time."""
    talk: Span = Span("constant", 0.0)
    wrap_up: Span = Span("constant", 0.0)
    within: float = 20.0
    level: float = 0.8
    tolerated: float = 0.01
    """Share of first attempts that may be throttled."""
    tolerated_blocked: float = 0.01
    table: Table | None = None
    hold: float = 3600.0
    """Seconds that the test holds the rate."""
    pauses: tuple[float, ...] = (0.2, 0.4, 0.8)
    """Before each retry of a throttled invocation; none: it is not tried again."""
    cold_start: float = 0.0
    """Seconds more where no execution environment was free; one that was used is kept."""
    time_limit: float = 8.0
    """Of one invocation with its retries."""
    on_error: float = 0.0
    """Seconds of prompts that a call hears whose invocation failed for good, before it is over."""
    error_goes_on: bool = False
    """Whether such a call goes on as if the invocation had answered."""
    expects: str = ""
    """What is known of the verdict by hand: `holds`, `does not hold` or nothing."""

    paths: tuple[tuple[Step, ...], ...] = ()
    """Calls as they go when each is alone; where given, every call is like one of them and the parts above are not used."""
    staff: tuple[tuple[str, int], ...] = ()
    """Agents by queue, for recorded calls."""

    @property
    def per_second(self) -> float:
        """Calls a second."""
        return self.calls_per_hour / 3600.0

    @property
    def concurrency(self) -> float:
        """Executions at once that the function may have."""
        return min(self.executions, self.reserved)

    @property
    def flow_seconds(self) -> float:
        """Mean seconds of one call before it asks for an agent, no invocation throttled."""
        if self.paths:
            return sum(step.seconds for path in self.paths for step in path) / len(self.paths)
        gaps = max(0, self.invocations - 1) * self.between
        return self.before + self.invocations * self.latency.mean + gaps + self.after
