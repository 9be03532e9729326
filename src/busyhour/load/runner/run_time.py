"""Time of a run: seconds since its second 0 by the monotonic clock, and whether the system clock was set meanwhile."""

from __future__ import annotations

import time

JUMP_SECONDS = 2.0
"""Difference between the two clocks beyond what corrections by NTP amount to."""


class RunTime:
    """Measures from second 0, which is `lead` seconds from now."""

    def __init__(self, lead: float) -> None:
        self.started = time.time() + lead
        """Epoch seconds of second 0."""
        self.origin = time.monotonic() + lead
        """Second 0 on the scale of `time.monotonic()`."""

    @property
    def seconds(self) -> float:
        """Seconds since second 0, regardless of the system clock."""
        return time.monotonic() - self.origin

    def clock_set(self) -> str:
        """Return a sentence if the system clock was set during the run; empty if not."""
        jump = time.time() - self.started - self.seconds
        if abs(jump) <= JUMP_SECONDS:
            return ""
        return (
            f"The system clock was set {'forward' if jump > 0 else 'back'} by {abs(jump):,.0f} s during the run: times and "
            "metrics of the target do not fit the generator's."
        )
