"""How long ending live calls may take. Pure, and without Locust: whoever waits for a generator reads it too."""

from __future__ import annotations

STOPS_PER_SECOND = 8.0
"""StopContact requests of all workers together; the operation's documented quota is 10/s for the account."""

SECONDS = 6.0
"""The emulator's calls: they cost nothing and end with it."""

AWS_SECONDS = 25.0
"""Real calls, which ring phones and cost money until they are stopped: never less than this."""

AWS_LONGEST_SECONDS = 300.0
"""Never more than this either: what is left then is in the journal, for `busyhour stop`."""

_PATIENCE = 1.5
"""Requests that are throttled or time out are sent again."""

_MARGIN_SECONDS = 3.0


def seconds_for(live: float, workers: int, *, aws: bool) -> float:
    """Seconds that one worker may take to end `live` calls, at its part of the StopContact rate."""
    if not aws:
        return SECONDS
    paced = _PATIENCE * live * workers / STOPS_PER_SECOND
    return min(AWS_LONGEST_SECONDS, max(AWS_SECONDS, paced))


def process_seconds(*, aws: bool) -> float:
    """Seconds that a generator process may take to end after it was told to: it ends as soon as its calls have."""
    return (AWS_LONGEST_SECONDS if aws else SECONDS) + _MARGIN_SECONDS
