"""Starts the arrivals of a schedule at their intended times, however slow the target is. Independent of Locust."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from busyhour.load.event_loop import GeventClock

_GOLDEN = 0.6180339887498949
"""Fractional part of the golden ratio: any range of its multiples fills 0..1 evenly."""

AT_ONCE = 32
"""Arrivals started in one go by a generator that is behind; then sockets get their turn."""

Arrival = tuple[int, float]


class Dispatcher:
    """Calls `start` for each arrival of one stream.

    Args:
        clock: the generator's loop.
        arrivals: (number of the call, intended start), in order of time; drawn one at a time.
        start: called at the intended start, as precisely as the machine allows.
    """

    def __init__(
        self, clock: GeventClock, arrivals: Iterable[Arrival], start: Callable[[int, float], None]
    ) -> None:
        self._clock = clock
        self._arrivals = iter(arrivals)
        self._start = start
        self._next: Arrival | None = None
        self.done = False

    def begin(self) -> None:
        """Schedule the first arrival."""
        self._await_next()

    def stop(self) -> None:
        """Start no further arrivals."""
        self.done = True
        self._arrivals = iter(())

    def _await_next(self) -> None:
        self._next = next(self._arrivals, None)
        if self._next is None:
            self.done = True
        else:
            self._clock.call_at(self._next[1], self._arrive)

    def _arrive(self) -> None:
        """Start the due arrival, and a few more that are due before any other timer."""
        clock, arrivals, start = self._clock, self._arrivals, self._start
        arrival = self._next
        for _ in range(AT_ONCE):
            if self.done or arrival is None:
                return
            self._next = following = next(arrivals, None)
            if following is None:
                self.done = True
            start(*arrival)
            if following is None:
                return
            if not clock.overtake(following[1]):
                break
            arrival = following
        else:
            following = self._next
        if not self.done and following is not None:
            clock.call_at(following[1], self._arrive)


def choose(index: int, bounds: Sequence[float]) -> int:
    """Return which of several kinds takes call `index`: the same for any number of workers.

    Args:
        index: number of the call.
        bounds: cumulative shares; the last is 1.
    """
    position = index * _GOLDEN % 1.0
    for number, bound in enumerate(bounds):
        if position < bound:
            return number
    return len(bounds) - 1


def cumulated(shares: Sequence[float]) -> list[float]:
    """Return cumulative shares for `choose`."""
    total, bounds, so_far = sum(shares), [], 0.0
    for share in shares:
        so_far += share
        bounds.append(so_far / total)
    return bounds


def inherited(
    arrivals: Iterable[Arrival], workers: int, heir: int, heirs: int, since: float
) -> Iterator[Arrival]:
    """Return the arrivals of a lost worker that one of several heirs takes over: its part of those from `since` on.

    Args:
        arrivals: all arrivals of the lost worker.
        workers: number of workers at the start of the run.
        heir: index of this heir among them, from 0.
        heirs: number of heirs.
        since: seconds; earlier arrivals are lost with the worker.
    """
    return ((call, at) for call, at in arrivals if at >= since and call // workers % heirs == heir)


def lost_arrivals(arrivals: Iterable[Arrival], since: float, until: float) -> int:
    """Return how many of a lost worker's arrivals were due between its last report and the takeover."""
    return sum(1 for _, at in arrivals if since <= at < until)
