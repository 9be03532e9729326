"""The master of a run, also of a run in one process: starts, watches, aggregates, writes results."""

from __future__ import annotations

import gevent
from gevent.event import Event

import logging
import os
import time
from typing import Any

from busyhour import unexpected
from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.client.services import reachable
from busyhour.load.outcomes.clean_up import process_seconds
from busyhour.load.runner import curve
from busyhour.load.runner.aggregator import Aggregator
from busyhour.load.runner.generator import Drive, Status
from busyhour.load.runner.locust_stats import feed, request_event
from busyhour.load.runner.run_time import RunTime
from busyhour.load.runner.self_monitor import versions
from busyhour.load.runner.worker import MakeKinds, Read
from busyhour.load.safety import permit as permits
from busyhour.load.safety.permit import Permit
from busyhour.load.settings import Settings
from busyhour.results.measurement.measures import Measures
from busyhour.scenarios.model import Scenario

LEAD_SECONDS = 0.3
"""Seconds from the start message to second 0, so that all workers have received it."""

READY_SECONDS = 60.0
"""Seconds that workers may take to get ready."""

LOST_SECONDS = 5.0
"""A worker that has sent nothing for this many seconds is given up; workers send once a second."""

_log = logging.getLogger(__name__)


class Master:
    """Controls runs in Locust's master process, or in its only one.

    Args:
        environment: Locust's.
        runner: LocalRunner or MasterRunner.
        read: returns settings and scenario.
        kinds: creates the locustfile's kinds of callers.
    """

    def __init__(self, environment: Any, runner: Any, read: Read, kinds: MakeKinds) -> None:
        self._environment = environment
        self._runner = runner
        self._read = read
        self._kinds = kinds
        self._sum: Aggregator | None = None
        self._drive: Drive | None = None
        self._clients: dict[int, str] = {}
        self._ready: set[int] = set()
        self._failed: BusyhourError | None = None
        self._interrupted = False
        self.parent_died = False
        """Whether the process that started this one has ended, by its lifeline."""
        self._time = RunTime(LEAD_SECONDS)
        self._ended = Event()
        self._ended.set()

    @property
    def sum(self) -> Aggregator | None:
        """Aggregation of the current or the last run."""
        return self._sum

    # --- events of Locust

    def on_test_start(self, environment: Any, **_: Any) -> None:
        """Begin a run."""
        self._sum = self._drive = self._failed = None
        self._ready = set()
        self._interrupted = False
        self._ended.clear()
        gevent.spawn(self._conduct)

    def on_test_stopping(self, environment: Any, **_: Any) -> None:
        """End the run: a user stopped the test, or the run is over."""
        self._end()

    def on_quitting(self, environment: Any, **_: Any) -> None:
        """Handle Ctrl-C or SIGTERM: end live calls and write the measures before Locust shuts down."""
        self._end()

    def _end(self) -> None:
        if not self._ended.is_set():
            self._interrupt()
            self._ended.wait(process_seconds(aws=self._sum is not None and self._sum.settings.aws) + 2.0)

    def _interrupt(self) -> None:
        self._interrupted = True
        if self._sum is not None:
            self._sum.interrupted = True
            if self._orphaned:
                _log.error(
                    "The process that supervised this run is gone: no more calls, live ones are ended."
                )
                self._sum.notes["The process that supervised the run died; the generator ended the run."] = (
                    None
                )
        if self._drive is not None:
            self._drive.interrupt()
        elif self._clients:
            self._runner.send_message("busyhour_stop")

    # --- messages from workers

    def on_ready(self, environment: Any, msg: Any, **_: Any) -> None:
        """Record that a worker is ready."""
        self._ready.add(msg.data["k"])

    def on_failed(self, environment: Any, msg: Any, **_: Any) -> None:
        """Record that a worker cannot get ready."""
        self._failed = BusyhourError(msg.data["message"], msg.data["hint"], ExitCode(msg.data["exit_code"]))

    def on_part(self, environment: Any, msg: Any, **_: Any) -> None:
        """Add a worker's last second."""
        if self._sum is not None:
            worker = self._sum.workers[msg.data["k"]]
            if worker.lost:
                self._runner.send_message("busyhour_stop", None, msg.node_id)
                return
            part, status = Measures.from_wire(msg.data["part"]), Status(**msg.data["status"])
            self._sum.add(msg.data["k"], part, status, time.monotonic())

    def on_done(self, environment: Any, msg: Any, **_: Any) -> None:
        """Record that a worker has ended."""
        if self._sum is not None:
            self._sum.finished(msg.data["k"], msg.data)

    # --- the run

    def _conduct(self) -> None:
        error: BusyhourError | None = None
        try:
            settings, scenario = self._read(self._environment)
            if settings.run_dir is not None:
                settings.run_dir.mkdir(parents=True, exist_ok=True)
            self._run(settings, scenario)
        except BusyhourError as caught:
            error = caught
        except Exception as caught:
            _log.exception("the run failed")
            error = unexpected.describe(caught)
        finally:
            self._ended.set()
        if error is not None:
            _log.error("error: %s", error.message)
            if error.hint:
                _log.error("hint: %s", error.hint)
            self._environment.process_exit_code = int(error.exit_code)
        self._leave()

    def _leave(self) -> None:
        """Quit Locust; under its web UI only stop the test, so that results remain visible."""
        options = self._environment.parsed_options
        if options is None or options.headless:
            self._runner.quit()
        else:
            self._runner.stop()

    def _run(self, settings: Settings, scenario: Scenario) -> None:
        calls = any(issubclass(c, CallBehaviour) and c.takes_calls for c in self._environment.user_classes)
        permit = permits.take(settings, scenario, time.time()) if settings.aws else None
        if hasattr(self._runner, "clients"):
            total = self._run_distributed(settings, scenario, calls, permit)
        else:
            total = self._run_here(settings, scenario, calls, permit)
        elapsed = self._time.seconds
        ended = total.started + elapsed
        total.tick(elapsed)
        total.reasons += filter(None, [self._time.clock_set()])
        total.generator |= {"versions": versions(), "interrupted": self._interrupted}
        result = total.result(ended, scenario.drive.value)
        path = total.write(result)
        arrivals = result.arrivals
        _log.info(
            "%d of %d planned calls started, %d late, %d dropped, %d blocked; %s%s",
            *(arrivals.started, arrivals.planned, arrivals.late, arrivals.dropped, arrivals.blocked),
            "valid" if result.valid else f"INVALID: {' '.join(result.reasons)}",
            f"; {path}" if path else "",
        )

    def _run_here(
        self, settings: Settings, scenario: Scenario, calls: bool, permit: Permit | None
    ) -> Aggregator:
        """Run in this process."""
        total: Aggregator | None = None

        def part(measures: Measures, status: Status) -> None:
            assert total is not None
            if event is None:
                feed(self._environment.stats, measures)
                gevent.sleep(0)  # let due calls start in between
            total.add(0, measures, status, time.monotonic())

        event = request_event(self._environment)
        drive = Drive(settings, scenario, self._kinds(self._environment), event, part, permit=permit)
        reachable(settings)
        drive.prepare()
        self._time = RunTime(LEAD_SECONDS)
        self._sum = total = Aggregator(settings, scenario, 1, self._time.started, calls=calls)
        total.interrupted = self._interrupted
        self._drive = drive
        if self._interrupted:
            drive.interrupt()
        loop = gevent.spawn(drive.run, self._time.origin, self._time.started)
        while not loop.ready():
            loop.join(1.0)
            self._look_for_parent()
            total.tick(self._time.seconds)
        loop.get()
        total.finished(0, drive.final_notes())
        return total

    def _run_distributed(
        self, settings: Settings, scenario: Scenario, calls: bool, permit: Permit | None
    ) -> Aggregator:
        """Run in the connected worker processes."""
        if permit is not None and not curve.authenticated():
            raise BusyhourError(
                "Refused: workers of a live run connect through an authenticated connection only.",
                permits.WAY_OUT,
                ExitCode.REFUSED,
            )
        runner = self._runner
        nodes = [
            client.id for client in (*runner.clients.ready, *runner.clients.spawning, *runner.clients.running)
        ]
        self._clients = dict(enumerate(nodes))
        n = len(nodes)
        for k, node in self._clients.items():
            leave = permit.to_wire(time.time()) if permit is not None else None
            runner.send_message("busyhour_prepare", {"k": k, "n": n, "permit": leave}, node)
        self._await_ready(n)
        self._time = RunTime(LEAD_SECONDS)
        self._sum = total = Aggregator(settings, scenario, n, self._time.started, calls=calls)
        total.interrupted = self._interrupted
        for worker in total.workers.values():
            worker.heard_at = time.monotonic() + LEAD_SECONDS
        for node in self._clients.values():
            runner.send_message("busyhour_go", {"in": -self._time.seconds}, node)
        if self._interrupted:
            runner.send_message("busyhour_stop")
        while not total.over:
            gevent.sleep(1.0)
            for k in total.alive:
                runner.send_message("busyhour_beat", None, self._clients[k])
            self._look_for_lost(total)
            self._look_for_parent()
            total.tick(self._time.seconds)
        if all(worker.lost for worker in total.workers.values()):
            total.reasons.append("All workers died. See the log of the load generator.")
        return total

    @property
    def _orphaned(self) -> bool:
        """Whether the process that started this one has ended."""
        parent = self._sum.settings.parent if self._sum is not None else None
        return self.parent_died or (parent is not None and os.getppid() != parent)

    def _await_ready(self, n: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while len(self._ready) < n:
            if self._failed is not None:
                raise self._failed
            if time.monotonic() > deadline:
                raise BusyhourError(
                    f"{n - len(self._ready)} of {n} workers were not ready within {READY_SECONDS:g} s.",
                    "See the workers' logs; they must reach the target and find the scenario at the same path.",
                    ExitCode.INVALID_RUN,
                )
            gevent.sleep(0.05)

    def _look_for_parent(self) -> None:
        """End the run when `busyhour run` is gone: it supervised the run, and no other process can abort it."""
        if not self._interrupted and self._orphaned:
            self._interrupt()

    def _look_for_lost(self, total: Aggregator) -> None:
        now = time.monotonic()
        lost = [k for k in total.alive if now - total.workers[k].heard_at > LOST_SECONDS]
        for k in lost:
            heirs = [
                other for other in total.alive if other not in lost and total.workers[other].status.t > 0
            ]
            at = self._time.seconds + 0.5
            total.lose(k, at, len(heirs))
            _log.warning("Worker %d was lost; %d others take over its arrivals.", k, len(heirs))
            for heir in heirs:
                words = {"lost": k, "heirs": heirs, "since": at}
                self._runner.send_message("busyhour_inherit", words, self._clients[heir])
