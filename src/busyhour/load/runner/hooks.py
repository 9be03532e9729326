"""Connection of busyhour to Locust: options, start and end of a run, messages between master and workers.

Locust remains in control: `--headless`, the web UI, `--processes`, `--master` and `--worker`, `--csv`.
A run begins with Locust's test_start and ends by itself after the last call; then Locust quits (headless) or
stops (web UI). Everything here is registered through Locust's events, once per process.
"""

from __future__ import annotations

from locust import events
from locust.runners import MasterRunner, WorkerRunner

import json
import logging
import os
from typing import Any

from busyhour import lifeline
from busyhour.errors import BusyhourError
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.monitoring import otel, web
from busyhour.load.monitoring.figures import Live
from busyhour.load.outcomes.clean_up import process_seconds
from busyhour.load.runner.master import Master
from busyhour.load.runner.worker import Worker
from busyhour.load.safety import endpoints
from busyhour.load.settings import Settings, for_scenario, from_environment
from busyhour.local_http import bypass_proxy
from busyhour.project import Project
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.reader import load

_log = logging.getLogger(__name__)
_installed: list[bool] = []


def install() -> None:
    """Register with Locust's events; a second call has no effect (several locustfiles in one process)."""
    if not _installed:
        _installed.append(True)
        bypass_proxy(os.environ)
        events.init_command_line_parser.add_listener(_options)
        events.init.add_listener(_init)


def _options(parser: Any, **_: Any) -> None:
    group = parser.add_argument_group("busyhour", "Planned traffic instead of a number of users")
    group.add_argument(
        "--busyhour-scenario",
        env_var="BUSYHOUR_SCENARIO",
        default="helpdesk",
        metavar="NAME|FILE",
        help="scenario to drive: its arrivals, flows and functions. --host is the emulator's URL.",
    )


def read(environment: Any) -> tuple[Settings, Scenario]:
    """Read settings and scenario of this process from its options and its environment.

    Raises:
        BusyhourError: the scenario is invalid, no endpoint is given, or requests would go to AWS without the
            safety gate.
    """
    options = environment.parsed_options
    project = Project.find()
    path = project.scenario(getattr(options, "busyhour_scenario", None) or "helpdesk")
    variables = dict(os.environ)
    if (
        environment.host
        and not variables.get("BUSYHOUR_ENDPOINT")
        and variables.get("BUSYHOUR_TARGET") != "aws"
    ):
        variables["BUSYHOUR_ENDPOINT"] = environment.host
    endpoint = variables.get("BUSYHOUR_ENDPOINT")
    if endpoint and variables.get("BUSYHOUR_TARGET") != "aws":
        endpoints.check(endpoint)
        if not variables.get("BUSYHOUR_INSTANCE"):
            variables |= endpoints.identity(endpoint)
    overrides = json.loads(variables.get("BUSYHOUR_OVERRIDES") or "[]")
    scenario = load(path, root=project.root, overrides=overrides)
    return for_scenario(from_environment(variables, path), scenario), scenario


def kinds(environment: Any) -> list[CallBehaviour]:
    """One instance of every user class of the locustfile that takes calls or polls."""
    return [cls(environment) for cls in environment.user_classes if issubclass(cls, CallBehaviour)]


def _show(environment: Any, live: Live) -> None:
    """Show the run in the web UI or at BUSYHOUR_LIVE, and export it through OpenTelemetry if Locust exports."""
    where = os.environ.get("BUSYHOUR_LIVE", "")
    try:
        if environment.web_ui is not None:
            web.extend(environment.web_ui, live, getattr(environment.parsed_options, "web_host", None))
        elif where:
            web.serve(where, live)
    except BusyhourError as error:
        _log.error("error: %s", error.message)
        _log.error("hint: %s", error.hint)
        raise SystemExit(int(error.exit_code)) from None
    if getattr(environment.parsed_options, "otel", False):
        otel.export(live)


def _follow_run(conductor: Master | None) -> None:
    """End this process when `busyhour run` is gone, at any moment: after its live calls, and writing what was measured."""
    seconds = process_seconds(aws=os.environ.get("BUSYHOUR_TARGET") == "aws") + 5.0

    def end() -> None:
        if conductor is not None:
            conductor.parent_died = True
        lifeline.end_self(grace=seconds)

    lifeline.follow(end)


def _init(environment: Any, runner: Any, **_: Any) -> None:
    """Set up busyhour in a Locust process as worker, as master, or both."""
    if not any(issubclass(cls, CallBehaviour) for cls in environment.user_classes):
        return
    environment.process_exit_code = (
        0  # failed requests are findings of the run, not failures of the generator
    )
    if isinstance(runner, WorkerRunner):
        if getattr(environment.parsed_options, "otel", False):
            environment.events.quit.add_listener(otel.flush)
        player = Worker(environment, runner, read, kinds)
        runner.register_message("busyhour_prepare", player.on_prepare, concurrent=True)
        runner.register_message("busyhour_go", player.on_go, concurrent=True)
        runner.register_message("busyhour_beat", player.on_beat)
        runner.register_message("busyhour_stop", player.on_stop)
        runner.register_message("busyhour_inherit", player.on_inherit, concurrent=True)
        environment.events.quitting.add_listener(player.on_quitting)
        environment.events.test_stopping.add_listener(player.on_test_stopping)
        _follow_run(None)
        return
    conductor = Master(environment, runner, read, kinds)
    _follow_run(conductor)
    if isinstance(runner, MasterRunner):
        runner.register_message("busyhour_ready", conductor.on_ready)
        runner.register_message("busyhour_failed", conductor.on_failed)
        runner.register_message("busyhour_part", conductor.on_part)
        runner.register_message("busyhour_done", conductor.on_done)
    _show(environment, Live(lambda: conductor.sum))
    environment.events.test_start.add_listener(conductor.on_test_start)
    environment.events.test_stopping.add_listener(conductor.on_test_stopping)
    environment.events.quitting.add_listener(conductor.on_quitting)
