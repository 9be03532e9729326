"""Virtual clock of the simulation, in seconds.

`VirtualClock` is a `calls.ports.Clock` that jumps from one callback to the next. Callbacks run in the
order of their times, and in the order of creation if times are equal.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable


class Timer:
    """A scheduled callback; `callback` is None after it has run or was cancelled."""

    __slots__ = ("_clock", "callback")

    def __init__(self, clock: VirtualClock, callback: Callable[[], None]) -> None:
        self._clock = clock
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Cancel the callback; no effect after it has run."""
        if self.callback is not None:
            self.callback = None
            self._clock.forget()


class VirtualClock:
    """A clock that advances only between callbacks, in seconds from 0."""

    __slots__ = ("_cancelled", "_heap", "_now", "_sequence", "events")

    def __init__(self) -> None:
        self._now = 0.0
        self._heap: list[tuple[float, int, Timer]] = []
        self._sequence = 0
        self._cancelled = 0
        self.events = 0
        """Number of callbacks that have run."""

    def now(self) -> float:
        """Seconds since the start."""
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once, `delay` seconds from now; a negative delay counts as 0."""
        timer = Timer(self, callback)
        self._sequence = sequence = self._sequence + 1
        heapq.heappush(self._heap, (self._now + delay if delay > 0.0 else self._now, sequence, timer))
        return timer

    def forget(self) -> None:
        """Count a cancelled timer; when most waiting timers are cancelled, drop them."""
        self._cancelled += 1
        if self._cancelled > 1024 and self._cancelled * 2 > len(self._heap):
            # In place: `run` holds a reference to this list.
            self._heap[:] = [entry for entry in self._heap if entry[2].callback is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def run(self, until: float = math.inf) -> None:
        """Run callbacks until none is left or the next is later than `until`; the clock then shows `until`."""
        heap, pop = self._heap, heapq.heappop
        while heap and heap[0][0] <= until:
            due, _, timer = pop(heap)
            callback = timer.callback
            if callback is None:
                # Does not advance the time: a run without `until` ends with the last real event.
                self._cancelled -= 1
                continue
            self._now = due
            timer.callback = None
            self.events += 1
            callback()
        if until < math.inf:
            self._now = max(self._now, until)
