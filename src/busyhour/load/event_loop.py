"""Event loop of the generator: one greenlet that runs due arrivals, timers of calls, and responses.

A call that waits (in a prompt, a queue, a conversation) is one entry in a list, not a greenlet, so 100,000 of
them cost only the memory of their own state. Timers due within a fraction of a second are in a heap; later ones
wait in lists by time, since a heap of 100,000 is slow: every step through it is a cache miss of the processor.
Callbacks run one at a time, in the order in which they were due.

While a callback runs, `now()` is the time at which it was *due*, not the time at which it ran. A generator that
is a few milliseconds behind therefore does not shift the rest of the call, and the call's next request has the
intended start of the schedule. The difference is measured as `lag`.
"""

from __future__ import annotations

import gevent
from gevent.hub import get_hub

import heapq
import time
from collections import deque
from collections.abc import Callable
from typing import Any

BATCH_SECONDS = 0.002
"""Seconds that due work may run before sockets and Locust's own greenlets get their turn."""

SAMPLED = 0b111
"""One timer in eight is measured for its lag; the choice is independent of its due time."""

POSTED_AT_MOST = 256
"""Responses are processed in order of time with timers. Beyond this number they go first, or a generator that is
behind with its timers would keep all of them in memory."""


class Timer:
    """A callback in the heap.

    `cancel` leaves its entry until it is due, or until half of the entries are cancelled.
    """

    __slots__ = ("callback", "timers")

    def __init__(self, timers: GeventClock, callback: Callable[[], None]) -> None:
        self.timers = timers
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Cancel the callback."""
        if self.callback is not None:
            self.callback = None
            self.timers.cancelled += 1


SLOT_SECONDS = 0.25
"""Seconds per list of later timers; the heap takes a whole list at a time."""

NEVER = 1e12
"""Seconds; no run is long enough for a timer beyond this."""

_Entry = tuple[float, int, Timer]


class GeventClock:
    """The `Clock` of calls driven in real time, and the loop that drives them.

    Args:
        clock: returns seconds, never decreasing.
        on_lag: called with the lag of a timer in seconds, for a sample of them.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, on_lag: Callable[[float], None] | None = None
    ) -> None:
        self._clock = clock
        self.on_lag = on_lag
        self._heap: list[_Entry] = []
        self._later: dict[int, list[_Entry]] = {}
        self._horizon = SLOT_SECONDS
        """Timers due before this second are in the heap, all others in `_later`, by slots of time."""
        self._size = 0
        self._posted: deque[tuple[float, Callable[[Any], None], Any]] = deque()
        self._sequence = 0
        self._origin = clock()
        self._logical: float | None = None
        self._last = 0.0
        self._stopped = False
        self._waiting: Any = None
        self.cancelled = 0
        self.failures = 0
        """Number of callbacks that raised; each was reported to gevent's error handler."""

    def start_at(self, moment: float) -> None:
        """Set second 0 to `moment` of the underlying clock. Only before anything is scheduled."""
        self._origin = moment

    def real(self) -> float:
        """Return the seconds since second 0 by the clock."""
        return self._clock() - self._origin

    def now(self) -> float:
        """Return the due time of the running callback; outside callbacks the real time. Never decreases."""
        if self._logical is not None:
            return self._logical
        return max(self._last, self._clock() - self._origin)

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once, `delay` seconds after `now()`."""
        return self.call_at(self.now() + delay, callback)

    def call_at(self, moment: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once, at second `moment`, or at once if that is in the past."""
        timer = Timer(self, callback)
        self._sequence += 1
        self._size += 1
        if moment < self._horizon:
            heapq.heappush(self._heap, (moment, self._sequence, timer))
            if self._waiting is not None and self._heap[0][2] is timer:
                self._wake()
        else:
            slot = int(min(moment, NEVER) / SLOT_SECONDS)
            entries = self._later.get(slot)
            if entries is None:
                entries = self._later[slot] = []
                if self._waiting is not None and not self._heap:
                    self._wake()
            entries.append((moment, self._sequence, timer))
        if self.cancelled > 1024 and self.cancelled * 2 > self._size:
            self._compact()
        return timer

    def overtake(self, moment: float) -> bool:
        """Set the running callback's time to `moment`, if that is due and no other callback is before it.

        Saves a timer if one callback does several steps in turn.
        """
        heap, posted = self._heap, self._posted
        if (heap and heap[0][0] <= moment) or (posted and posted[0][0] <= moment):
            return False
        if self._clock() - self._origin < moment or len(posted) > POSTED_AT_MOST or moment >= self._horizon:
            return False
        self._logical = self._last = max(self._last, moment)
        return True

    def post(self, moment: float, callback: Callable[[Any], None], argument: Any) -> None:
        """Run `callback(argument)` soon, with `moment` as its time, for a response. May be called from the hub."""
        self._posted.append((moment, callback, argument))
        if self._waiting is not None:
            self._wake()

    def deliver(self, moment: float, callback: Callable[[Any], None], argument: Any) -> None:
        """Run a callback as `post` does, from the hub only.

        It runs at once if the loop is waiting and nothing else is due first.
        """
        heap = self._heap
        if (
            self._waiting is None
            or self._logical is not None
            or self._posted
            or (heap and heap[0][0] <= moment)
        ):
            self.post(moment, callback, argument)
            return
        self._logical = self._last = max(self._last, moment)
        try:
            callback(argument)
        except Exception:
            self.report(callback)
        self._logical = None

    @property
    def pending(self) -> int:
        """Number of timers that will still run."""
        return self._size - self.cancelled

    def stop(self) -> None:
        """Make `run` return after the running callback."""
        self._stopped = True
        if self._waiting is not None:
            self._wake()

    def run(self) -> None:
        """Run callbacks when they are due, in the calling greenlet, until `stop` is called."""
        hub = get_hub()
        timer = hub.loop.timer(0.0)
        try:
            while not self._stopped:
                pause = self.run_due()
                if self._stopped:
                    break
                current = gevent.getcurrent()
                self._waiting = current
                if pause is not None:
                    timer.close()
                    timer = hub.loop.timer(pause)
                    timer.start(self._wake_now, current)
                hub.switch()
                self._waiting = None
                timer.stop()
        finally:
            self._waiting = None
            timer.stop()
            timer.close()

    def _wake(self) -> None:
        """Run the loop's greenlet after the hub's current work."""
        waiting, self._waiting = self._waiting, None
        get_hub().loop.run_callback(waiting.switch)

    def _wake_now(self, waiting: Any) -> None:
        if self._waiting is waiting:
            self._waiting = None
            waiting.switch()

    def run_due(self) -> float | None:
        """Run due callbacks.

        Returns:
            Seconds until the next timer; None without one; 0.0 if BATCH_SECONDS ran out, so that the hub
            checks sockets before the next batch.
        """
        clock, heap, posted = self._clock, self._heap, self._posted
        origin = self._origin
        until = clock() + BATCH_SECONDS
        while not self._stopped:
            moment = clock()
            now = moment - origin
            if now + SLOT_SECONDS >= self._horizon:
                self._look_ahead(now)
            if posted and (
                not heap or posted[0][0] <= heap[0][0] or heap[0][0] > now or len(posted) > POSTED_AT_MOST
            ):
                at, run, argument = posted.popleft()
                self._logical = self._last = max(self._last, at)
                try:
                    run(argument)
                except Exception:
                    self.report(run)
            elif heap and heap[0][0] <= now:
                due, sequence, timer = heapq.heappop(heap)
                self._size -= 1
                callback, timer.callback = timer.callback, None
                if callback is None:
                    self.cancelled -= 1
                    continue
                if sequence & SAMPLED == 0 and self.on_lag is not None:
                    self.on_lag(now - due)
                self._logical = self._last = max(self._last, due)
                try:
                    callback()
                except Exception:
                    self.report(callback)
            else:
                self._logical = None
                if heap:
                    return max(0.0, heap[0][0] - now)
                return max(0.0, (min(self._later) - 1) * SLOT_SECONDS - now) if self._later else None
            if moment > until:
                self._logical = None
                return 0.0
        self._logical = None
        return None

    def report(self, callback: Callable[..., None]) -> None:
        """Count the current exception and let gevent print it: the failure of one call must not end the others."""
        import sys

        self.failures += 1
        get_hub().handle_error(callback, *sys.exc_info())

    def _look_ahead(self, now: float) -> None:
        """Move timers due by the end of the next slot into the heap."""
        until = int(now / SLOT_SECONDS) + 2
        self._horizon = until * SLOT_SECONDS
        for slot in [slot for slot in self._later if slot < until]:
            self._heap += self._later.pop(slot)
        heapq.heapify(self._heap)

    def _compact(self) -> None:
        self._heap[:] = [entry for entry in self._heap if entry[2].callback is not None]
        heapq.heapify(self._heap)
        for slot, entries in list(self._later.items()):
            alive = [entry for entry in entries if entry[2].callback is not None]
            if alive:
                self._later[slot] = alive
            else:
                del self._later[slot]
        self._size = len(self._heap) + sum(map(len, self._later.values()))
        self.cancelled = 0
