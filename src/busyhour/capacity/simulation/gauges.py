"""Time-weighted gauges and per-second counters in simulated time."""

from __future__ import annotations

from busyhour.calls.ports import Clock


class Gauge:
    """A level over time, such as calls in progress: mean, peak, and the peak of every second."""

    __slots__ = ("_area", "_at", "_clock", "_ends", "_peaks", "peak", "peak_at", "value")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.value = 0
        self.peak = 0
        self.peak_at: float | None = None
        self._peaks: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._area = 0.0
        self._at = clock.now()

    def up(self) -> None:
        """Add one."""
        self._move(1)
        second, value = int(self._at), self.value
        if value > self._peaks.get(second, 0):
            self._peaks[second] = value
        if value > self.peak:
            self.peak = value
            self.peak_at = self._at

    def down(self) -> None:
        """Subtract one."""
        self._move(-1)

    def _move(self, step: int) -> None:
        now = self._clock.now()
        self._area += self.value * (now - self._at)
        self._at = now
        self.value += step
        self._ends[int(now)] = self.value

    def restart(self) -> None:
        """Record the peak from now on."""
        self.peak, self.peak_at = self.value, self._clock.now()

    def mean(self, until: float) -> float:
        """Return the mean from the start until `until`, seconds."""
        return (self._area + self.value * (until - self._at)) / until if until > 0 else 0.0

    def series(self, duration: float) -> list[float]:
        """Return the highest value of each second; a second without change has its initial value."""
        out: list[float] = []
        last = 0
        for second in range(int(duration) + 1):
            out.append(max(self._peaks.get(second, 0), last))
            last = self._ends.get(second, last)
        return out


class Counter:
    """A count of events per second, in whole seconds of the run."""

    __slots__ = ("_clock", "seconds", "total")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.seconds: dict[int, float] = {}
        self.total = 0.0

    def count(self, amount: float = 1.0) -> None:
        """Count `amount` events now."""
        second = int(self._clock.now())
        self.seconds[second] = self.seconds.get(second, 0.0) + amount
        self.total += amount

    def restart(self) -> None:
        """Count from now on."""
        self.seconds.clear()
        self.total = 0.0

    def so_far(self) -> Counter:
        """Return a snapshot of the total; the seconds are shared."""
        found = Counter(self._clock)
        found.seconds, found.total = self.seconds, self.total
        return found

    @property
    def peak(self) -> float:
        """The highest count of a second."""
        return max(self.seconds.values(), default=0.0)

    @property
    def peak_at(self) -> float | None:
        """The second with the highest count."""
        return float(max(self.seconds, key=self.seconds.__getitem__)) if self.seconds else None

    def series(self, duration: float) -> list[float]:
        """Return the count of each second."""
        return [self.seconds.get(second, 0.0) for second in range(int(duration) + 1)]
