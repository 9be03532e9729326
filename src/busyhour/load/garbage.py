"""Python's collector of reference cycles, kept short while a run is on.

A full collection walks over every object there is: with 100,000 calls in progress that is a pause of about a second, in
which no call starts. Nothing that a request or a timer makes is part of a cycle, so reference counts free it all. So
only young objects are looked at, a few at a time and once; what outlives that is out of the collector's sight until the
run is over.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Any

YOUNG = 1_000
"""Objects between two collections, each of which takes some tenths of a millisecond."""


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


def _put_out_of_sight(phase: str, info: dict[str, Any]) -> None:
    if phase == "stop":
        gc.freeze()
