"""Locust worker: prepare, run, report every second, obey master messages."""

from __future__ import annotations

import gevent
from gevent.event import Event

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.client.operations import RequestEvent
from busyhour.load.outcomes.clean_up import process_seconds
from busyhour.load.runner import curve
from busyhour.load.runner.generator import Drive, Status
from busyhour.load.runner.locust_stats import feed, request_event
from busyhour.load.safety.permit import Permit
from busyhour.load.settings import Settings
from busyhour.results.measurement.measures import Measures
from busyhour.scenarios.model import Scenario

SILENCE_SECONDS = 4.0
"""Seconds without a message from the master after which a worker starts no calls: they would not count."""

Read = Callable[[Any], tuple[Settings, Scenario]]
MakeKinds = Callable[[Any], list[CallBehaviour]]

_log = logging.getLogger(__name__)


class Worker:
    """A Locust worker process's part in a run.

    Args:
        environment: Locust's.
        runner: its WorkerRunner.
        read: returns settings and scenario.
        kinds: creates the locustfile's kinds of callers.
    """

    def __init__(self, environment: Any, runner: Any, read: Read, kinds: MakeKinds) -> None:
        self._environment = environment
        self._runner = runner
        self._read = read
        self._kinds = kinds
        self._drive: Drive | None = None
        self._k = -1
        self._event: RequestEvent | None = None
        self._heard_at = time.monotonic()
        self._ended = Event()
        self._ended.set()

    # --- messages from the master

    def on_prepare(self, environment: Any, msg: Any, **_: Any) -> None:
        """Become worker k of n and get ready."""
        self._heard_at = time.monotonic()
        self._k = msg.data["k"]
        try:
            settings, scenario = self._read(environment)
            self._event = request_event(environment)
            given = msg.data.get("permit")
            permit = Permit.from_wire(given, time.time()) if given else None
            if permit is not None and not curve.authenticated():
                raise _not_authenticated()
            if permit is not None and not settings.aws:
                raise BusyhourError(
                    "The master drives AWS, this worker does not.",
                    "Set BUSYHOUR_TARGET=aws in the worker's environment too.",
                )
            drive = Drive(
                settings, scenario, self._kinds(environment), self._event, self._part, permit=permit
            )
            drive.prepare(self._k, msg.data["n"])
        except BusyhourError as error:
            words = {
                "k": self._k,
                "message": error.message,
                "hint": error.hint,
                "exit_code": int(error.exit_code),
            }
            self._runner.send_message("busyhour_failed", words)
            return
        self._drive = drive
        self._ended.clear()
        self._runner.send_message("busyhour_ready", {"k": self._k})

    def on_go(self, environment: Any, msg: Any, **_: Any) -> None:
        """Start: second 0 is the given number of seconds from now.

        The message takes less time than clocks may differ.
        """
        drive = self._drive
        if drive is None:
            return
        self._heard_at = time.monotonic()
        gevent.spawn(self._watch_master, drive)
        delay = float(msg.data["in"])
        try:
            drive.run(time.monotonic() + delay, time.time() + delay)
        finally:
            self._ended.set()
            self._runner.send_message("busyhour_done", {"k": self._k, **drive.final_notes()})

    def on_beat(self, environment: Any, msg: Any, **_: Any) -> None:
        """Record that the master is alive."""
        self._heard_at = time.monotonic()

    def on_stop(self, environment: Any, msg: Any, **_: Any) -> None:
        """Start no new calls; end those in progress."""
        if self._drive is not None:
            self._drive.interrupt()

    def on_inherit(self, environment: Any, msg: Any, **_: Any) -> None:
        """Take over a part of a lost worker's arrivals."""
        if self._drive is not None:
            data = msg.data
            self._drive.inherit(data["lost"], data["heirs"].index(self._k), len(data["heirs"]), data["since"])

    # --- events of Locust

    def on_test_stopping(self, environment: Any, **_: Any) -> None:
        """End the calls before the process continues: a user stopped the test."""
        self._end()

    def on_quitting(self, environment: Any, **_: Any) -> None:
        """End the calls before the process quits."""
        self._end()

    def _end(self) -> None:
        if self._drive is not None and not self._ended.is_set():
            self._drive.interrupt()
            self._ended.wait(process_seconds(aws=self._drive.settings.aws))

    def _part(self, part: Measures, status: Status) -> None:
        if self._event is None:
            feed(self._environment.stats, part)
            gevent.sleep(0)  # let due calls start in between
        self._runner.send_message(
            "busyhour_part", {"k": self._k, "part": part.to_wire(), "status": asdict(status)}
        )

    def _watch_master(self, drive: Drive) -> None:
        while not drive.over:
            gevent.sleep(0.5)
            if time.monotonic() - self._heard_at > SILENCE_SECONDS:
                _log.error("No message from the master for %g s: no more calls are started.", SILENCE_SECONDS)
                drive.interrupt()
                self._ended.wait(process_seconds(aws=drive.settings.aws))
                self._environment.process_exit_code = 1
                self._runner.quit()
                return


def _not_authenticated() -> BusyhourError:
    return BusyhourError(
        "Refused: a permit came over a connection that is not authenticated.",
        "Start the worker with python -m busyhour.load.runner.remote_workers (docs/distributed.md).",
        ExitCode.REFUSED,
    )
