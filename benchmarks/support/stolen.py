"""Times at which the hypervisor gave this machine's cores to other guests.

Linux counts such time as `steal` in /proc/stat, in hundredths of a second. A benchmark of milliseconds asks for the
seconds in which nothing was stolen, and says how many those were. Where the system does not tell, every second counts.
"""

from __future__ import annotations

import bisect
import threading
import time
from collections.abc import Collection
from pathlib import Path
from types import TracebackType

EVERY = 0.1
SETTLE = 1.0
"""Seconds after a theft in which what has waited is still being made up for: at half load as long as the theft was."""

STAT = Path("/proc/stat")


def stolen_ticks(cpus: Collection[int]) -> int:
    """Hundredths of a second that were taken from these cores since the machine started; 0 where it is not told."""
    try:
        rows = [line.split() for line in STAT.read_text().splitlines()]
    except OSError:
        return 0
    names = {f"cpu{cpu}" for cpu in cpus}
    return sum(int(row[8]) for row in rows if row and row[0] in names and len(row) > 8)


class Watch:
    """Notes, from a thread and ten times a second, what was stolen from some cores; times are those of time.time()."""

    def __init__(self, cpus: Collection[int]) -> None:
        self._cpus = cpus
        self._times: list[float] = []
        self._ticks: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._note()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._note()

    def _look(self) -> None:
        while not self._ended.wait(EVERY):
            self._note()

    def _note(self) -> None:
        self._ticks.append(stolen_ticks(self._cpus))
        self._times.append(time.time())

    @property
    def stolen(self) -> float:
        """Seconds that were stolen from them."""
        return (self._ticks[-1] - self._ticks[0]) / 100.0

    def quiet(self, start: float, end: float) -> bool:
        """Whether nothing was stolen from shortly before `start` until `end`, as far as was watched."""
        before = max(0, bisect.bisect_right(self._times, start - SETTLE) - 1)
        after = bisect.bisect_left(self._times, end)
        return after < len(self._ticks) and self._ticks[after] == self._ticks[before]
