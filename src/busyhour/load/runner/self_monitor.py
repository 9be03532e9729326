"""The generator process itself: CPU and memory, whose saturation invalidates its measurements, and its versions."""

from __future__ import annotations

import re
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_MEMORY = re.compile(rb"(MemTotal|MemAvailable): +([1-9][0-9]*) kB")

LOW_MEMORY = 0.05
"""Share of the machine's memory below which no more calls are started: a killed generator measures nothing."""


def memory_left() -> float:
    """Return the available share of the machine's memory; 1.0 if the system does not report it.

    Source: proc(5), /proc/meminfo; the two required lines are among its first.
    """
    try:
        with Path("/proc/meminfo").open("rb", buffering=0) as file:
            values = dict(_MEMORY.findall(file.read(256)))
        return float(values[b"MemAvailable"]) / float(values[b"MemTotal"])
    except (OSError, KeyError):
        return 1.0


def peak_memory() -> int:
    """Return the peak memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@dataclass(slots=True)
class Health:
    """Measures the current process.

    `cpu` returns the CPU seconds used so far, `clock` seconds that never decrease, `left` the available share
    of memory; tests pass their own.
    """

    cpu: Callable[[], float] = time.process_time
    clock: Callable[[], float] = time.monotonic
    left: Callable[[], float] = memory_left
    memory_low: bool = False
    """Whether memory was short at the last check."""
    _cpu_before: float = 0.0
    _before: float = 0.0

    def begin(self) -> None:
        """Start measuring."""
        self._cpu_before, self._before = self.cpu(), self.clock()

    def share(self) -> float:
        """Return the share of one CPU used since the last call; check the memory as well."""
        self.memory_low = self.left() < LOW_MEMORY
        used, now = self.cpu(), self.clock()
        passed = now - self._before
        share = (used - self._cpu_before) / passed if passed > 0 else 0.0
        self._cpu_before, self._before = used, now
        return share


def versions() -> dict[str, str]:
    """Return the versions of Python and of what takes part in driving calls."""
    names = ("busyhour", "locust", "gevent", "botocore", "httptools")
    return {"python": sys.version.split()[0], **{name: version(name) for name in names}}
