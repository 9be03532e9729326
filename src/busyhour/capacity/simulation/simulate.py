"""Simulation of a scenario's traffic with quotas enforced: blocking, throttling and demand.

The calls are the same as everywhere (`busyhour.calls`): real flows, callers, queues and agents. The
simulation adds the quotas: concurrent calls, the token bucket of StartOutboundVoiceContact, Lambda
concurrency, the throughput of tables; and the redials of blocked callers, if the scenario declares any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Any

from busyhour.calls.acd import QueueStatistics
from busyhour.calls.centre import CallCentre
from busyhour.calls.chance import Stream, key_of
from busyhour.calls.invoker import FunctionCounts
from busyhour.calls.live import LiveCall
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.simulation.backend_drives import ServiceArrivals
from busyhour.capacity.simulation.clock import VirtualClock
from busyhour.capacity.simulation.external_systems import ExternalFunctions, ExternalSystems, ExternalUse
from busyhour.capacity.simulation.functions import Answers, ModelledFunctions
from busyhour.capacity.simulation.gauges import Counter, Gauge
from busyhour.capacity.simulation.rejections import Rejections
from busyhour.capacity.simulation.table_throttling import FunctionsWithTables, SimulatedTables, TableUse
from busyhour.capacity.table_limits import Resource, TableLimits
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import Direction
from busyhour.scenarios.traffic_plan.arrivals import Arrival, Schedule
from busyhour.scenarios.traffic_plan.draw import sampler
from busyhour.token_bucket import TokenBucket

INFINITE = math.inf
_REDIAL = key_of("redial")


@dataclass(frozen=True, slots=True)
class Limits:
    """Enforced quotas; infinite: not enforced."""

    concurrent_calls: float = INFINITE
    start_rate: float = INFINITE
    """StartOutboundVoiceContact requests/s."""
    start_burst: float = INFINITE
    lambda_concurrency: float = INFINITE
    tables: TableLimits | None = None
    """Throughput of tables and their partitions."""
    external: bool = False
    """Whether the scenario's limits of external systems are enforced."""


@dataclass(slots=True)
class SimulationResult:
    """Result of a simulated run. Times are in seconds from the start; series have one value per second."""

    planned: int
    attempts: int
    """Planned calls and redials."""
    started: int
    lost: int
    """Planned calls that never got through."""
    blocked: Rejections
    """Attempts blocked because concurrent calls were used up (reorder tone)."""
    start_throttled: Rejections
    """StartOutboundVoiceContact requests throttled (429)."""
    lambda_throttled: Rejections
    """Lambda attempts throttled (429); Connect retries them."""
    tables: Mapping[Resource, TableUse]
    """Requests to each side of each table and index, and how many were throttled."""
    external: Mapping[str, ExternalUse]
    """Requests to external systems by the name of their limit, and how many were rejected."""
    completed: int
    cut_off: int
    """Calls still in progress at the end of the drain time."""
    duration: float
    calls: Gauge
    starts: Counter
    functions: ModelledFunctions
    invocations: dict[str, FunctionCounts]
    queues: dict[str, QueueStatistics]
    end_reasons: dict[str, int]
    notes: list[str] = field(default_factory=list)
    so_far: list[SimulationResult] = field(default_factory=list)
    """The same counts at the requested marks, from the start of counting until then."""

    @property
    def blocked_share(self) -> float:
        """Share of planned calls that a quota blocked, redials included."""
        return self.lost / self.planned if self.planned else 0.0

    @property
    def service_level(self) -> float | None:
        """Share of answered and abandoned contacts answered within the threshold, all queues.

        None without contacts.
        """
        total = sum(q.answered + q.abandoned for q in self.queues.values())
        return sum(q.answered_in_time for q in self.queues.values()) / total if total else None

    @property
    def first_attempts(self) -> tuple[int, int]:
        """Number of throttled first attempts to invoke a function, and of all first attempts."""
        counted = self.invocations.values()
        return sum(c.first_throttled for c in counted), sum(c.invocations for c in counted)

    def series(self) -> dict[str, list[float]]:
        """Return the time series by name, one value per second."""
        out = {
            "calls at once": self.calls.series(self.duration),
            "calls started": self.starts.series(self.duration),
            "Lambda executions at once": self.functions.level.series(self.duration),
            "Lambda requests": self.functions.requests.series(self.duration),
        }
        for name, level in self.functions.levels.items():
            out[f"Lambda executions at once: {name}"] = level.series(self.duration)
        for name, rate in self.functions.units.items():
            out[f"DynamoDB operations: {name}"] = rate.series(self.duration)
        return out


class Simulation:
    """One simulated run.

    Args:
        scenario: traffic, callers, queues, functions. machine: flow machine of the scenario's flows. limits:
            quotas that are enforced. arrivals: start times of calls; by default the scenario's own schedule.
            answers: answers of real handlers, if they were run. policy: caller behaviour that the scenario
            has no key for. on_end: called with every call that is over. calls: stop after this number of
            arrivals; by default all of them. listener: receives every event of every call. warm_up: seconds
            from the start that are not counted. Series and times still begin at the start.
    """

    def __init__(
        self,
        scenario: Scenario,
        machine: FlowMachine,
        limits: Limits | None = None,
        *,
        arrivals: Iterator[Arrival] | None = None,
        answers: Answers | None = None,
        policy: CallPolicy | None = None,
        on_end: Callable[[LiveCall], None] | None = None,
        calls: int | None = None,
        listener: Callable[[LiveCall, str, float, Mapping[str, Any]], None] | None = None,
        warm_up: float = 0.0,
    ) -> None:
        limits = limits or Limits()
        self._limits = limits
        self._on_end = on_end
        self._listener = listener
        self.scenario = scenario
        self.clock = VirtualClock()
        self.functions = ModelledFunctions(
            self.clock, scenario, concurrency=limits.lambda_concurrency, answers=answers
        )
        self._tables = SimulatedTables(self.clock, scenario, limits.tables)
        self._external = ExternalSystems(self.clock, scenario.seed, scenario.limits, enforced=limits.external)
        invoked = ExternalFunctions(FunctionsWithTables(self.functions, self._tables), self._external)
        self.centre = CallCentre(self.clock, machine, scenario, invoked, self, policy=policy)
        self._service: ServiceArrivals | None = None
        """Takes the arrivals if the scenario drives one service without calls."""
        if not scenario.drive.has_calls:
            self._service = ServiceArrivals(scenario, invoked, self._tables)
        starts = iter(Schedule(scenario.traffic, scenario.seed)) if arrivals is None else arrivals
        self._arrivals = starts if calls is None else islice(starts, calls)
        self._outbound = scenario.traffic.direction is Direction.OUTBOUND
        self._bucket = TokenBucket(limits.start_rate, limits.start_burst)
        self._redial = scenario.callers.redial
        self._pause = sampler(self._redial.after) if self._redial is not None else None
        self._forget()
        self._calls = Gauge(self.clock)
        self._starts = Counter(self.clock)
        self._next: Arrival | None = None
        if warm_up > 0.0:
            self.clock.call_later(warm_up, self._restart)

    def run(
        self, *, drain: float | None = None, hold: float | None = None, marks: Iterable[float] = ()
    ) -> SimulationResult:
        """Run all arrivals.

        Args:
            drain: seconds after the last possible arrival at which calls in progress are cut off; by default
                the scenario's, infinite to let every call end.
            hold: seconds in which calls arrive; by default the scenario's duration.
            marks: times in seconds for `SimulationResult.so_far`.
        """
        so_far: list[SimulationResult] = []
        for mark in marks:
            self.clock.call_later(mark, lambda: so_far.append(self._counted(self.clock.now())))
        self._schedule_next()
        duration = self.scenario.traffic.duration if hold is None else hold
        seconds = self.scenario.traffic.drain if drain is None else drain
        self.clock.run(until=duration + seconds)
        completed = self._completed
        cut_off = self.centre.stop_all("end of the run")
        if self._service is not None:
            completed, cut_off = self._service.completed, self._service.in_progress
        end = self.clock.now() if seconds == INFINITE else duration + seconds
        return replace(self._counted(end), completed=completed, cut_off=cut_off, so_far=so_far)

    def _counted(self, until: float) -> SimulationResult:
        """Return the counts so far."""
        throttled = Rejections(self.functions.throttled, self.functions.first_throttled_at)
        return SimulationResult(
            planned=self._planned,
            attempts=self._attempts,
            started=self._started,
            lost=self._lost,
            blocked=replace(self._blocked),
            start_throttled=replace(self._start_throttled),
            lambda_throttled=throttled,
            tables={
                key: replace(use, units=use.units.so_far(), refused=replace(use.refused))
                for key, use in self._tables.use.items()
            },
            external={
                name: replace(use, requests=use.requests.so_far(), rejected=replace(use.rejected))
                for name, use in self._external.use.items()
            },
            completed=self._completed,
            cut_off=0,
            duration=until,
            calls=self._calls,
            starts=self._starts,
            functions=self.functions.so_far(),
            invocations={name: replace(counts) for name, counts in self._invocations.items()},
            queues=self.centre.acd.statistics(),
            end_reasons=dict(self.centre.end_reasons),
            notes=[*self.centre.notes(), *self.functions.notes()],
        )

    @property
    def _invocations(self) -> dict[str, FunctionCounts]:
        """By function."""
        return self.centre.invoker.counts if self._service is None else self._service.counts

    def on_event(self, call: LiveCall, kind: str, at: float, detail: Mapping[str, Any]) -> None:
        """Count calls in progress; only the first and the last event matter here."""
        if kind == "started":
            self._calls.up()
        elif kind == "ended":
            self._calls.down()
            self._completed += 1
            if self._on_end is not None:
                self._on_end(call)
        if self._listener is not None:
            self._listener(call, kind, at, detail)

    def _forget(self) -> None:
        self._planned = self._attempts = self._started = self._lost = self._completed = 0
        self._blocked, self._start_throttled = Rejections(), Rejections()

    def _restart(self) -> None:
        self._forget()
        self._calls.restart()
        self._starts.restart()
        self.functions.restart()
        for counts in self._invocations.values():
            counts.restart()
        self._tables.restart()
        self._external.restart()
        self.centre.acd.restart()

    def _schedule_next(self) -> None:
        self._next = following = next(self._arrivals, None)
        if following is not None:
            self.clock.call_later(following.at - self.clock.now(), self._arrive)

    def _arrive(self) -> None:
        arrival = self._next
        assert arrival is not None
        self._schedule_next()
        self._planned += 1
        self._attempt(arrival.call, 0)

    def _attempt(self, call: int, redials: int) -> None:
        """Make an attempt of a call after this number of redials."""
        now = self.clock.now()
        self._attempts += 1
        if self._service is not None:
            self._started += 1
            self._service.arrive(call)
            return
        self._starts.count()
        if self._outbound and not self._bucket.take(now):
            self._start_throttled.record(now)
        elif self._calls.value + 1 > self._limits.concurrent_calls:
            self._blocked.record(now)
        elif not self._external.call_starts(self._calls.value):
            pass  # counted there
        else:
            self._started += 1
            self.centre.arrive(call)
            return
        redial = self._redial
        if redial is not None and self._pause is not None and redials < redial.attempts:
            # A stream of its own: redials must not change the caller's later choices.
            stream = Stream(self.scenario.seed, call, _REDIAL + redials)
            if stream.random() < redial.share:
                self.clock.call_later(self._pause(stream), partial(self._attempt, call, redials + 1))
                return
        self._lost += 1


def simulate(
    scenario: Scenario,
    machine: FlowMachine,
    limits: Limits | None = None,
    *,
    drain: float | None = None,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
) -> SimulationResult:
    """Run the scenario's own schedule once; see `Simulation`."""
    return Simulation(scenario, machine, limits, answers=answers, policy=policy).run(drain=drain)
