"""Clocks for calls in an event loop: many timers for the price of one.

Tens of thousands of contacts wait at the same time. Each wait is an entry in one heap, and the event loop
has a single timer for the nearest of them. Cancelled entries are marked in place and removed when they
are the majority.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections.abc import Callable

_SWEEP_FROM = 1_000
BATCH_SECONDS = 0.002
"""Seconds that due timers of a `LoopClock` may run before requests get their turn."""
_log = logging.getLogger(__name__)


class Timer:
    """A scheduled callback."""

    __slots__ = ("_heap", "callback")

    def __init__(self, callback: Callable[[], None], heap: TimerHeap) -> None:
        self.callback: Callable[[], None] | None = callback
        self._heap = heap

    def cancel(self) -> None:
        """Cancel the callback; no effect when it has run."""
        if self.callback is not None:
            self.callback = None
            self._heap.cancelled += 1


class TimerHeap:
    """Timers by due time; equal times in the order they were set. Pure: the time is passed in."""

    def __init__(self) -> None:
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = 0
        self.cancelled = 0

    def __len__(self) -> int:
        """Number of timers that will still run."""
        return len(self._timers) - self.cancelled

    def push(self, when: float, callback: Callable[[], None]) -> Timer:
        """Schedule `callback` for the time `when`."""
        if self.cancelled > _SWEEP_FROM and self.cancelled * 2 > len(self._timers):
            self._timers = [entry for entry in self._timers if entry[2].callback is not None]
            heapq.heapify(self._timers)
            self.cancelled = 0
        self._order += 1
        timer = Timer(callback, self)
        heapq.heappush(self._timers, (when, self._order, timer))
        return timer

    def next_due(self) -> float | None:
        """Due time of the nearest timer; None without timers."""
        timers = self._timers
        while timers and timers[0][2].callback is None:
            heapq.heappop(timers)
            self.cancelled -= 1
        return timers[0][0] if timers else None

    def pop_due(self, now: float) -> Callable[[], None] | None:
        """Return the callback of the nearest timer that is due at `now`, or None."""
        timers = self._timers
        while timers and timers[0][0] <= now:
            timer = heapq.heappop(timers)[2]
            callback, timer.callback = timer.callback, None
            if callback is not None:
                return callback
            self.cancelled -= 1
        return None


class LoopClock:
    """A `calls.ports.Clock` on an asyncio event loop (wall time).

    It may be created, and timers set, before a loop exists; they run once it is attached. `tick` is the
    resolution of timers in seconds: timers due within one tick run in one wake-up. For the loop's thread only.
    """

    def __init__(self, tick: float = 0.005) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tick = tick
        self._timers = TimerHeap()
        self._armed: asyncio.Handle | None = None
        self._armed_for = float("inf")
        self.errors = 0
        """Callbacks that raised; each is logged with its traceback."""

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start running timers in `loop`."""
        self._loop = loop
        self._arm_next()

    def now(self) -> float:
        """Return seconds of the process's monotonic clock (a loop's own may be cached and coarse)."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once, `delay` seconds from now."""
        when = time.monotonic() + max(0.0, delay)
        timer = self._timers.push(when, callback)
        self._arm(when)
        return timer

    def pending(self) -> int:
        """Number of timers that will still run."""
        return len(self._timers)

    def stop(self) -> None:
        """Stop running timers."""
        if self._armed is not None:
            self._armed.cancel()
        self._timers = TimerHeap()
        self._armed, self._armed_for, self._loop = None, float("inf"), None

    def _arm(self, when: float) -> None:
        if self._loop is None or when >= self._armed_for - self._tick:
            return
        if self._armed is not None:
            self._armed.cancel()
        self._armed_for = when
        self._armed = self._loop.call_later(max(0.0, when - time.monotonic()), self._wake)

    def _arm_next(self) -> None:
        due = self._timers.next_due()
        if due is not None:
            self._arm(due)

    def _wake(self) -> None:
        # Timers set by callbacks are handled after the callbacks.
        self._armed, self._armed_for = None, float("-inf")
        began = time.monotonic()
        now = began + self._tick / 2
        while (callback := self._timers.pop_due(now)) is not None:
            try:
                callback()
            except Exception:
                self.errors += 1
                _log.exception("a timer of the emulator failed")
            if self._loop is not None and time.monotonic() - began > BATCH_SECONDS:
                self._armed = self._loop.call_soon(self._wake)
                return
        self._armed_for = float("inf")
        self._arm_next()


class VirtualClock:
    """A `calls.ports.Clock` that only advances on request; timers run in order, each at its time."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._timers = TimerHeap()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Do nothing: virtual time needs no loop."""

    def now(self) -> float:
        """Return virtual seconds."""
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once, `delay` virtual seconds from now."""
        return self._timers.push(self._now + max(0.0, delay), callback)

    def pending(self) -> int:
        """Number of timers that will still run."""
        return len(self._timers)

    def advance(self, seconds: float) -> None:
        """Advance by `seconds` and run due timers. Exceptions of a timer are passed on."""
        end = self._now + seconds
        while (due := self._timers.next_due()) is not None and due <= end:
            self._now = max(self._now, due)
            callback = self._timers.pop_due(due)
            assert callback is not None
            callback()
        self._now = end

    def stop(self) -> None:
        """Stop running timers."""
        self._timers = TimerHeap()
