"""Abort conditions of a run against AWS. Pure: receives events and the time, and decides.

The safety gate looks once, before the start. This looks all the time while the run goes on: the window that AWS allows
may close, the instance may begin to block calls, the generator may fail or cost more than was planned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from busyhour.harness.safety.approval import Approval
from busyhour.load.outcomes.clean_up import seconds_for
from busyhour.load.safety.policy import PRICE_PER_VOICE_MINUTE_USD, REGION_TIME_ZONES, closes_at
from busyhour.results.record import AbortRecord
from busyhour.scenarios.model import DriveKind, Scenario

BUDGET_SECONDS = 60.0
"""The error budget is of the starts of the last seconds, this many."""

LEAST_FAILURES = 5
"""Fewer failed starts than this never end a run."""

SILENCE_SECONDS = 30.0
"""Longest silence of a generator in seconds: it reports once a second, and without reports it may dial unsupervised."""

BREACHES = {
    "ThrottledCalls": "calls were rejected because there were more a second than the instance takes",
    "CallsBreachingConcurrencyQuota": "calls were beyond the quota of concurrent calls",
}
"""CloudWatch metrics of the instance of which not one may occur, with what they mean."""


@dataclass(frozen=True, slots=True)
class _Tick:
    t: float
    started: int
    failed: int


class Guard:
    """Decides whether a run may go on.

    Args:
        scenario: its caps, its error budget, what it drives.
        approval: AWS's; None where no call is placed.
        began: when the watch begins.
        workers: generator processes; they share the rate of StopContact.
    """

    def __init__(
        self, scenario: Scenario, approval: Approval | None, began: datetime, *, workers: int = 1
    ) -> None:
        self._target = scenario.aws
        self._voice = scenario.drive is DriveKind.VOICE
        self._approval = approval
        self._workers = workers
        self._heard = began
        self._ticks: deque[_Tick] = deque([_Tick(0.0, 0, 0)])
        self._in_progress = 0.0
        self._minutes = 0.0
        self._closes = (
            closes_at(began, self._target.region)
            if self._voice and self._target.region in REGION_TIME_ZONES
            else None
        )

    @property
    def spent_usd(self) -> float:
        """Estimated cost so far: minutes in progress, all legs, at Connect's price of a voice minute."""
        return self._minutes * self._target.legs * PRICE_PER_VOICE_MINUTE_USD

    def ticked(self, tick: Mapping[str, Any], now: datetime) -> None:
        """The generator told how it is: a line of progress.jsonl."""
        self._heard = now
        t = float(tick.get("t", 0.0))
        in_progress = float(tick.get("in_progress", 0))
        self._minutes += max(0.0, t - self._ticks[-1].t) * max(in_progress, self._in_progress) / 60.0
        self._in_progress = in_progress
        self._ticks.append(_Tick(t, int(tick.get("started", 0)), int(tick.get("failed", 0))))
        while self._ticks[1].t <= t - BUDGET_SECONDS:
            self._ticks.popleft()

    def decide(self, now: datetime, breaches: Mapping[str, float]) -> AbortRecord | None:
        """Why the run must end now; None while it may go on.

        Args:
            now: with a time zone.
            breaches: sums since the start by name of BREACHES; a name is absent where CloudWatch told nothing.
        """
        for condition, text in (
            ("window", self._window(now)),
            ("breach", _breach(breaches)),
            ("error budget", self._budget()),
            ("max_calls", self._calls()),
            ("max_concurrent", self._concurrent()),
            ("max_cost_usd", self._cost()),
            ("silence", self._silence(now)),
        ):
            if text:
                return AbortRecord(condition, self._ticks[-1].t, now.isoformat(timespec="seconds"), text)
        return None

    def _window(self, now: datetime) -> str:
        """The last call must have ended when the window closes."""
        ended = now + timedelta(seconds=seconds_for(self._in_progress, self._workers, aws=True))
        if self._closes is not None and ended >= self._closes:
            zone = ZoneInfo(REGION_TIME_ZONES[self._target.region])
            return (
                f"it is {now.astimezone(zone):%H:%M} in {self._target.region}, and by "
                f"{self._closes.astimezone(zone):%H:%M} all calls must have ended"
            )
        if self._approval is not None and ended >= self._approval.not_after:
            return f"the approval {self._approval.id!r} ends at {self._approval.not_after.isoformat()}"
        return ""

    def _budget(self) -> str:
        first, last = self._ticks[0], self._ticks[-1]
        started, failed = last.started - first.started, last.failed - first.failed
        if failed < LEAST_FAILURES or failed <= self._target.error_budget * started:
            return ""
        return (
            f"{failed:,} of {started:,} calls of the last {last.t - first.t:.0f} s failed to start or were turned "
            f"away; error_budget is {self._target.error_budget:.0%}"
        )

    def _calls(self) -> str:
        started, cap = self._ticks[-1].started, self._target.max_calls
        return (
            f"{started:,} calls were started; max_calls is {cap:,}"
            if cap is not None and started > cap
            else ""
        )

    def _concurrent(self) -> str:
        at_once, cap = self._in_progress * self._target.slots, self._target.max_concurrent
        if cap is None or at_once <= cap:
            return ""
        return f"{at_once:,.0f} calls were in progress; max_concurrent is {cap:,}"

    def _cost(self) -> str:
        cap = self._target.max_cost_usd
        if not self._voice or cap is None or self.spent_usd < cap:
            return ""
        return f"the calls have cost about {self.spent_usd:,.2f} USD; max_cost_usd is {cap:,.2f}"

    def _silence(self, now: datetime) -> str:
        silent = (now - self._heard).total_seconds()
        if len(self._ticks) < 2 or silent < SILENCE_SECONDS:
            return ""
        return f"the generator has told nothing for {silent:.0f} s"


def _breach(breaches: Mapping[str, float]) -> str:
    for name, meaning in BREACHES.items():
        if breaches.get(name, 0.0) > 0:
            return f"CloudWatch {name} is {breaches[name]:,.0f}: {meaning}"
    return ""
