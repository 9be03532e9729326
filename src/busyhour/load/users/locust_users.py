"""Locust user classes: base classes for locustfiles, one kind of caller per file.

Locust spawns *users*; calls come from a *schedule*. These classes are therefore not spawned once per caller:
every worker creates one instance that receives all of its arrivals, and the users that Locust itself spawns
(`-u`) only represent that the run is active. Their number has no effect; `-u 1` is enough.

Importing this module imports Locust, which patches sockets and ssl: do it before boto3 is imported.
"""

from __future__ import annotations

import gevent
from gevent.pool import Pool
from locust import User, task

from typing import Any

from busyhour.errors import BusyhourError
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.runner import hooks
from busyhour.load.users.backend import BackendCalls
from busyhour.load.users.control_room import ControlRoom
from busyhour.load.users.dynamodb import TableCalls
from busyhour.load.users.lambda_ import LambdaCalls
from busyhour.load.users.voice import VoiceCalls
from busyhour.scenarios.keys import Recorded, Uniform, Zipf

__all__ = [
    "BlockingCalls",
    "CallUser",
    "ControlRoomUser",
    "LambdaUser",
    "Recorded",
    "TableUser",
    "Uniform",
    "VoiceUser",
    "WholeCallUser",
    "Zipf",
]

hooks.install()


class CallUser(CallBehaviour, User):  # type: ignore[misc]  # Locust ships no types
    """Base class: override `prepare` and `arrive` (see `behaviour.CallBehaviour`), neither of which may block."""

    abstract = True

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.share = float(self.weight)

    @task  # type: ignore[untyped-decorator]  # as above
    def stand_by(self) -> None:
        """Idle until the run is over: a user that Locust spawned."""
        gevent.sleep(1.0)


class BlockingCalls(CallUser):
    """For calls written as blocking code: each runs `call` in a greenlet of its own and may block there."""

    abstract = True

    max_greenlets = 2000
    """Maximum number of calls in progress in one worker; an arrival beyond it is dropped and the run invalid."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self._pool = Pool()

    def call(self, index: int) -> None:
        """Make one whole call. An exception ends the call as failed."""
        raise BusyhourError(
            f"{type(self).__name__} does not define call().",
            "Define call(self, index) in the class: it makes one whole call.",
        )

    def refuses(self, index: int) -> str:
        """Return the reason if too many calls are in progress."""
        return "" if len(self._pool) < self.max_greenlets else "greenlets"

    def arrive(self, index: int, intended: float) -> None:
        """Start the call."""
        self._pool.spawn(self._run_call, index)

    def cut_off(self, *, interrupted: bool) -> None:
        """Kill the greenlets of all calls in progress."""
        self._pool.kill(block=False)

    def _run_call(self, index: int) -> None:
        recorder = self.drive.recorder
        try:
            self.call(index)
        except gevent.GreenletExit:
            recorder.call_ended("cut_off")
            raise
        except Exception as error:
            recorder.call_ended("failed", type(error).__name__)
            self.environment.events.user_error.fire(
                user_instance=self, exception=error, tb=error.__traceback__
            )
        else:
            recorder.call_ended()


class VoiceUser(VoiceCalls, CallUser):
    """Calls placed with StartOutboundVoiceContact."""

    abstract = True


class WholeCallUser(BackendCalls, CallUser):
    """Whole calls through the flow machine; only Lambda receives real requests."""

    abstract = True


class LambdaUser(LambdaCalls, CallUser):
    """One Lambda invocation per call, with Connect's event."""

    abstract = True


class TableUser(TableCalls, CallUser):
    """The DynamoDB operations of one call."""

    abstract = True


class ControlRoomUser(ControlRoom, CallUser):
    """Dashboards and agents' desktops that poll Connect; takes no calls, runs alongside kinds that do."""

    abstract = True
