"""Python's collector of reference cycles: paused where it would find nothing, and kept short where a pause is a fault.

That is in the load generator and the emulator. Left to itself it starts when many more objects were made than freed. Under a steady load as many
calls end as begin, so it hardly ever starts, and then walks over all that came together meanwhile: a fifth of a second
with 90,000 objects, a second with 100,000 calls, in which no call starts and no request is answered. Here the program calls
`collect_young` every `EVERY` seconds instead. It looks at what was made since, once; what outlives that is out of the
collector's sight. Nothing that a request, a call or a timer makes is part of a cycle when it is over, so reference counts
free it nevertheless.
"""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator

EVERY = 0.02
"""Seconds between two looks at young objects; at full load each takes about half a millisecond."""

IDLE_SECONDS = 10.0
IDLE_SHARE = 0.1
"""A process that spends no more than this share of `IDLE_SECONDS` of CPU has the time for a collection of everything."""


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """No collection starts by itself until the block ends; afterwards as before.

    For work that builds much and keeps it all: a check's collections free nothing and took a third of its time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """As `paused`, and all that is there is out of the collector's sight until the block ends.

    Collect before (`gc.collect()`), while nothing is due yet, and call `collect_young` often in the block.
    """
    with paused():
        gc.freeze()
        try:
            yield
        finally:
            gc.unfreeze()


def collect_young() -> None:
    """Free the cycles among the objects that were made since the last time, and look at the others no more."""
    gc.collect(0)
    gc.freeze()


async def collect_beside(every: float = EVERY, idle_seconds: float = IDLE_SECONDS) -> None:
    """Collect beside the work of an event loop, in a `held_back` block; never returns.

    Young objects are looked at every `every` seconds, and everything once when nothing much goes on after some work.
    """
    import asyncio  # a check wants `paused` alone, and to start at once

    worked, until, spent = False, time.monotonic() + idle_seconds, time.process_time()
    while True:
        await asyncio.sleep(every)
        collect_young()
        now = time.monotonic()
        if now < until:
            continue
        busy = time.process_time() - spent > IDLE_SHARE * idle_seconds
        if worked and not busy:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        worked, until, spent = busy, now + idle_seconds, time.process_time()
