"""The run of one generator process, from the first arrival to the end of the last call."""

from __future__ import annotations

import gevent
from gevent.queue import SimpleQueue

import gc
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from busyhour.collector import EVERY, collect_young, held_back
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.client.credentials import Credentials
from busyhour.load.client.operations import RequestEvent, Service
from busyhour.load.client.services import Services
from busyhour.load.event_loop import GeventClock
from busyhour.load.outcomes import clean_up
from busyhour.load.recorder import Recorder
from busyhour.load.runner.arrivals import Dispatcher, choose, cumulated, inherited
from busyhour.load.runner.self_monitor import Health, peak_memory
from busyhour.load.safety import outgoing
from busyhour.load.safety.permit import Permit
from busyhour.load.settings import Settings
from busyhour.results.measurement.measures import Measures
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.arrivals import Schedule

LOOK_SECONDS = 0.1
"""Seconds between checks whether the last call has ended."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Status:
    """Progress of a worker; sent with every part of its measures."""

    t: float
    started: int
    ended: int
    in_progress: float


OnPart = Callable[[Measures, Status], None]


class Drive:
    """Drives the calls of one worker.

    Args:
        settings: target and endpoint.
        scenario: the plan.
        kinds: handlers of the arrivals.
        event: Locust's request event; None outside of Locust.
        on_part: called once a second and at the end with the measures since the last call; in a greenlet of its
            own, since no call starts while it runs.
        clock: the event loop; created here by default.
        credentials: keys for signing; chosen by the target by default.
        permit: the safety gate's permit, required for a real account; None: only emulators are driven.
    """

    def __init__(
        self,
        settings: Settings,
        scenario: Scenario,
        kinds: Sequence[CallBehaviour],
        event: RequestEvent | None,
        on_part: OnPart,
        *,
        clock: GeventClock | None = None,
        credentials: Credentials | None = None,
        permit: Permit | None = None,
    ) -> None:
        self.settings = settings
        self.permit = permit
        self.scenario = scenario
        self.recorder = Recorder(settings.bounds.late_ms)
        self.clock = clock or GeventClock()
        self.clock.on_lag = self.recorder.lag
        self.schedule = Schedule(scenario.traffic, scenario.seed)
        self.k, self.n = 0, 1
        self.gate: outgoing.OutgoingGate | None = None
        """Of a live run: checks every request before it leaves."""
        self.interrupted = False
        self.notes: dict[str, None] = {}
        self.not_measured: dict[str, None] = {}
        self.on_contact: list[Callable[[int, str], None]] = []
        """Callbacks for each contact that a kind placed in this process: number of the call, contact id."""
        self._kinds = list(kinds)
        self._on_part = on_part
        self._parts: SimpleQueue[tuple[Measures, Status] | None] = SimpleQueue()
        self._services = Services(
            settings, scenario, self.clock, self.recorder, event, credentials=credentials, permit=permit
        )
        self._health = Health()
        self._dispatchers: list[Dispatcher] = []
        self._takers: list[CallBehaviour] = []
        self._bounds: list[float] = []
        self._ending = False
        self._second = 0
        self._cleaned_up_by = 0.0
        self.started_at = 0.0
        """Epoch seconds of second 0; for times reported by the target."""
        self.over = False

    # ------------------------------------------------------------------------------------ used by kinds

    def service(self, name: str) -> Service:
        """Return the AWS service (`connect`, `lambda`, `dynamodb`) at the target.

        Raises:
            BusyhourError: it has no endpoint, its name cannot be resolved, or it is AWS without a permit.
        """
        return self._services.get(name, self.k)

    def note(self, text: str) -> None:
        """Add a note that the report prints once."""
        self.notes[text] = None

    def at(self, moment: float, callback: Callable[[], None]) -> Any:
        """Run `callback` at that second of the run."""
        return self.clock.call_at(moment, callback)

    # --------------------------------------------------------------------------------------- the run itself

    def prepare(self, k: int = 0, n: int = 1) -> None:
        """Become worker `k` of `n` and prepare everything. Blocks.

        Raises:
            BusyhourError: the target cannot be reached, or the scenario lacks something that a kind needs.
        """
        self.k, self.n = k, n
        self.gate = self._services.gate(k, n)
        outgoing.install(self.gate)
        for kind in self._kinds:
            kind.drive = self
            kind.prepare()
        self._takers = [kind for kind in self._kinds if kind.takes_calls]
        if self._takers:
            self._bounds = cumulated([kind.share for kind in self._takers])
            self._dispatchers = [Dispatcher(self.clock, self.schedule.worker(k, n), self._arrive)]
        gc.collect()

    def run(self, origin: float, started_at: float) -> None:
        """Run until the last call has ended; blocks the calling greenlet.

        Args:
            origin: second 0 on the scale of `time.monotonic()`.
            started_at: the same time in seconds since the epoch.
        """
        self.clock.start_at(origin)
        self.started_at = started_at
        self._health.begin()
        self._services.watch()
        for kind in self._kinds:
            self.clock.call_at(0.0, kind.begin)
        for dispatcher in self._dispatchers:
            dispatcher.begin()
        self.clock.call_at(1.0, self._tick)
        self.clock.call_at(EVERY, self._collect)
        self.clock.call_at(self.scenario.traffic.duration, self._look)
        courier = gevent.spawn(self._hand_on)
        renewer = gevent.spawn(self._services.renew_credentials, self.note)
        with held_back():
            self.clock.run()
        renewer.kill()
        self._close()
        self._parts.put(None)
        courier.join()

    def interrupt(self) -> None:
        """Start no more calls, end those in progress, then end the run. May be called from any greenlet."""
        if not self.interrupted and not self.over:
            self.interrupted = True
            self.clock.post(self.clock.real(), self._cut_off, None)

    def inherit(self, lost: int, heir: int, heirs: int, since: float) -> None:
        """Take over this heir's part of a lost worker's arrivals from second `since` on."""
        if self.gate is not None:
            self.gate.inherit(lost, heir, heirs)
        for kind in self._kinds:
            kind.worker_lost(lost, heir, heirs)
        if not self._takers or self._ending:
            return
        arrivals = inherited(self.schedule.worker(lost, self.n), self.n, heir, heirs, since)
        dispatcher = Dispatcher(self.clock, arrivals, self._arrive)
        self._dispatchers.append(dispatcher)
        dispatcher.begin()

    def final_notes(self) -> dict[str, Any]:
        """Return the notes at the end of the run: `notes`, `not_measured`, and `generator` about this process."""
        return {
            "notes": list(self.notes),
            "not_measured": list(self.not_measured),
            "generator": {
                "peak_memory_bytes": peak_memory(),
                "max_connections": self.settings.max_connections,
                "kinds": [type(kind).__name__ for kind in self._kinds],
            },
        }

    @property
    def in_progress(self) -> float:
        """Number of calls in progress over all kinds; an estimate if a kind watches only a sample."""
        return max((kind.in_progress for kind in self._kinds), default=0.0)

    def _arrive(self, index: int, intended: float) -> None:
        kind = self._takers[0] if len(self._takers) == 1 else self._takers[choose(index, self._bounds)]
        refused = "memory" if self._health.memory_low else self._beyond_cap(index) or kind.refuses(index)
        if refused:
            self.recorder.call_dropped(refused)
        else:
            self.recorder.call_started(intended, self.clock.real())
            try:
                kind.arrive(index, intended)
            except Exception as error:
                self.recorder.call_ended("failed", type(error).__name__)
                self.clock.report(kind.arrive)

    def _beyond_cap(self, index: int) -> str:
        """Return the cap of the scenario that call `index` of a live run would exceed; empty if none."""
        most = self.scenario.aws.max_calls
        return "cap on calls" if self.settings.aws and most is not None and index >= most else ""

    def _collect(self) -> None:
        collect_young()
        self.clock.call_at(self.clock.real() + EVERY, self._collect)

    def _tick(self) -> None:
        recorder, second = self.recorder, self._second
        recorder.gauge("cpu", self._health.share())
        recorder.gauge("in_progress", self.in_progress)
        recorder.gauge("connections", self._services.connections)
        recorder.end_second(second)
        self._second = second + 1
        self._send()
        self._look_at_permit()
        self.clock.call_at(self._second + 1.0, self._tick)

    def _look_at_permit(self) -> None:
        """Check the permit every second: the last call must have been ended when it expires."""
        if self.permit is None or self._ending:
            return
        live = sum(kind.to_end for kind in self._kinds)
        # A system clock that was set back does not make the permit last longer.
        now = max(time.time(), self.started_at + self.clock.real())
        if now + clean_up.seconds_for(live, self.n, aws=True) >= self.permit.expires:
            self.note("The time that the safety gate allowed is over: the generator ended the run.")
            self.interrupt()

    def _send(self) -> None:
        recorder = self.recorder
        status = Status(self.clock.real(), recorder.started, recorder.ended, self.in_progress)
        self._parts.put((recorder.flush(), status))

    def _hand_on(self) -> None:
        while (part := self._parts.get()) is not None:
            try:
                self._on_part(*part)
            except Exception:
                self.clock.report(self._on_part)

    def _look(self) -> None:
        """Check whether the run is over."""
        now = self.clock.real()
        waiting = any(not dispatcher.done for dispatcher in self._dispatchers)
        if not self._ending and not waiting:
            if not self._unsettled():
                self._end()
                return
            if now >= self.scenario.traffic.duration + self.scenario.traffic.drain:
                self._cut_off(None)
                return
        if self._ending and (not self._unsettled() or now >= self._cleaned_up_by):
            self._end()
            return
        self.clock.call_later(LOOK_SECONDS, self._look)

    def _unsettled(self) -> bool:
        return any(not kind.settled() for kind in self._kinds)

    def _cut_off(self, _: object) -> None:
        if self._ending:
            return
        self._ending = True
        live = sum(kind.to_end for kind in self._kinds)
        self._cleaned_up_by = self.clock.real() + clean_up.seconds_for(live, self.n, aws=self.settings.aws)
        for dispatcher in self._dispatchers:
            dispatcher.stop()
        self._services.give_up_retries()
        for kind in self._kinds:
            try:
                kind.cut_off(interrupted=self.interrupted)
            except Exception:
                # A failed clean-up of one kind must not prevent that of the others.
                _log.exception("ending the calls of %s failed", type(kind).__name__)
        self._look()

    def _end(self) -> None:
        self.clock.stop()

    def _close(self) -> None:
        """Add the last notes and close all connections."""
        for kind in self._kinds:
            kind.finish()
        if self.gate is not None:
            self.recorder.count("generator/refused", sum(self.gate.refusals.values()))
            for reason, times in self.gate.refusals.items():
                self.note(f"{reason.rstrip('.')} ({times} times).")
            self.gate.close()
        if self.clock.failures:
            self.recorder.count("generator/failures", self.clock.failures)
        self.recorder.end_second(self._second)
        self._send()
        self.over = True
        self._services.close()
