"""Python's collector of reference cycles, kept short where a pause is a fault: in the load generator and the emulator.

A full collection walks over every object there is: with 100,000 calls in progress that is a pause of about a second, in
which no call starts and no request is answered. Nothing that a request, a call or a timer makes is part of a cycle when
it is over, so reference counts free it all. So only young objects are looked at, a few at a time and once; what outlives
that is out of the collector's sight until the block ends, or, where a process has quiet times, until one of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Iterator
from typing import Any

YOUNG = 1_000
"""Objects between two collections, each of which takes some tenths of a millisecond."""

IDLE_SECONDS = 10.0
"""Nothing was collected for so long: nothing is going on."""


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Take all that is there out of the collector's sight, and soon whatever comes to stay, until the block ends.

    Collect before (`gc.collect()`), while nothing is due yet.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG)
    gc.callbacks.append(_put_out_of_sight)
    try:
        yield
    finally:
        gc.callbacks.remove(_put_out_of_sight)
        gc.set_threshold(*before)
        gc.unfreeze()


async def collect_when_idle(seconds: float = IDLE_SECONDS) -> None:
    """Collect everything, in a `held_back` block, whenever `seconds` went by without work after some; never returns."""
    seen = collected = _young_collections()
    while True:
        await asyncio.sleep(seconds)
        now = _young_collections()
        if now == seen != collected:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            collected = now
        seen = now


def _young_collections() -> int:
    """How often young objects were looked at: some thousand objects were made and kept in between."""
    return int(gc.get_stats()[0]["collections"])


def _put_out_of_sight(phase: str, info: dict[str, Any]) -> None:
    if phase == "stop":
        gc.freeze()
