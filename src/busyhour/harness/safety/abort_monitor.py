"""Monitor of a run against AWS: reads its generator, CloudWatch and the time, and decides whether to abort."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from busyhour.harness.safety.abort_conditions import Guard
from busyhour.harness.safety.approval import approval_of
from busyhour.harness.safety.breaches import Breaches
from busyhour.harness.target import Target
from busyhour.results.record import AbortRecord
from busyhour.scenarios.model import DriveKind, Scenario

Now = Callable[[], datetime]


class Lookout:
    """What `generator.drive` asks several times a second whether the run may go on.

    Args:
        guard: decides.
        breaches: breaches that CloudWatch reports; None where no call is placed.
        now: the time; handed in by tests.
    """

    def __init__(self, guard: Guard, breaches: Breaches | None, now: Now) -> None:
        self._guard = guard
        self._breaches = breaches
        self._now = now

    def ticked(self, tick: Mapping[str, Any]) -> None:
        """The generator told how it is."""
        self._guard.ticked(tick, self._now())

    def decide(self) -> AbortRecord | None:
        """Why the run must end now; None while it may go on."""
        return self._guard.decide(self._now(), self._breaches.counts if self._breaches else {})

    @property
    def not_measured(self) -> list[str]:
        """Notes on what could not be watched."""
        return self._breaches.not_measured if self._breaches else []


@contextlib.contextmanager
def lookout(
    scenario: Scenario, target: Target, workers: int, now: Now = lambda: datetime.now(UTC)
) -> Iterator[Lookout | None]:
    """Return the monitor of a run of `scenario` against AWS; None for the emulator."""
    if target.kind != "aws":
        yield None
        return
    approval = approval_of(scenario)
    now = _never_back(now)
    guard = Guard(scenario, approval, now(), workers=workers)
    if scenario.drive is not DriveKind.VOICE:
        yield Lookout(guard, None, now)
        return
    with Breaches(target.client("cloudwatch"), target.instance_id, now(), now=now) as breaches:
        yield Lookout(guard, breaches, now)


def _never_back(now: Now) -> Now:
    """Return a clock that is not behind the time since now: a system clock that is set back opens no window again."""
    began, origin = now(), time.monotonic()
    return lambda: max(now(), began + timedelta(seconds=time.monotonic() - origin))
