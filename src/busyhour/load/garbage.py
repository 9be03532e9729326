"""Python's collector of reference cycles, held back while a run is on.

A full collection walks over every object there is: with 100,000 calls in progress that is a pause of about a second, in
which no call starts. Nothing that a request or a timer makes is part of a cycle, so reference counts free it all.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

THRESHOLDS = (20_000, 50, 1_000)
"""Young objects are looked at every 20,000 allocations; a full collection comes after 50,000 times as many."""


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Take all that is there out of the collector's sight, and collect seldom until the block ends.

    Collect before (`gc.collect()`), while nothing is due yet.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
