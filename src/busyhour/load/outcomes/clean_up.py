"""Time that ending live calls may take.

Pure and without Locust: the harness, which waits for generators, uses it too.
"""

from __future__ import annotations

STOPS_PER_SECOND = 8.0
"""StopContact requests a second of all workers together.

The operation's documented quota is 10/s for the account.
"""

SECONDS = 6.0
"""Seconds for the emulator's calls: they cost nothing and end with it."""

AWS_SECONDS = 25.0
"""Minimum seconds for real calls, which ring phones and cost money until they are stopped."""

AWS_LONGEST_SECONDS = 300.0
"""Maximum seconds: contacts left then are in the journal, for `busyhour stop`."""

_PATIENCE = 1.5
"""Factor for requests that are throttled or time out and are sent again."""

_MARGIN_SECONDS = 3.0


def seconds_for(live: float, workers: int, *, aws: bool) -> float:
    """Return the seconds that one worker may take to end `live` calls, at its share of the StopContact rate."""
    if not aws:
        return SECONDS
    paced = _PATIENCE * live * workers / STOPS_PER_SECOND
    return min(AWS_LONGEST_SECONDS, max(AWS_SECONDS, paced))


def process_seconds(*, aws: bool) -> float:
    """Return the seconds that a stopped generator process may take to end: it ends as soon as its calls have."""
    return (AWS_LONGEST_SECONDS if aws else SECONDS) + _MARGIN_SECONDS
