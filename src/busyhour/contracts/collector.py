"""Python's garbage collector kept from running where nothing would be found."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """No collections meanwhile; afterwards as before.

    A check builds some thousand objects for each flow and keeps them all until its report is made: collections in
    between look through them again and again and free nothing, which took a third of the time.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
