"""How the generator itself is doing: its share of a CPU, its memory. A generator at its limit measures itself."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_MEMORY = re.compile(rb"(MemTotal|MemAvailable): +([1-9][0-9]*) kB")

LOW_MEMORY = 0.05
"""Below this share of the machine's memory no more calls are started: a generator that is killed measures nothing."""


def memory_left() -> float:
    """Share of the machine's memory that is available; 1.0 where the system does not say.

    Source: proc(5), /proc/meminfo; the two lines wanted are among its first.
    """
    try:
        with Path("/proc/meminfo").open("rb", buffering=0) as file:
            values = dict(_MEMORY.findall(file.read(256)))
        return float(values[b"MemAvailable"]) / float(values[b"MemTotal"])
    except (OSError, KeyError):
        return 1.0


def peak_memory() -> int:
    """The most memory that this process has used, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@dataclass(slots=True)
class Health:
    """Measures the process it runs in.

    `cpu` gives the CPU seconds used so far, `clock` seconds that never go back, `left` the share of memory that is
    available; all are handed in by tests.
    """

    cpu: Callable[[], float] = time.process_time
    clock: Callable[[], float] = time.monotonic
    left: Callable[[], float] = memory_left
    memory_low: bool = False
    """Whether memory was short when it was last looked at."""
    _cpu_before: float = 0.0
    _before: float = 0.0

    def begin(self) -> None:
        """Measure from now on."""
        self._cpu_before, self._before = self.cpu(), self.clock()

    def share(self) -> float:
        """Share of one CPU used since the last time this was asked; looks at the memory as well."""
        self.memory_low = self.left() < LOW_MEMORY
        used, now = self.cpu(), self.clock()
        passed = now - self._before
        share = (used - self._cpu_before) / passed if passed > 0 else 0.0
        self._cpu_before, self._before = used, now
        return share
