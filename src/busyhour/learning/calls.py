"""Calls that were recorded one by one, by any source: arrivals, fitted times, abandonment, patience."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from busyhour.errors import BusyhourError
from busyhour.learning import fits
from busyhour.learning.learnt import Learnt, LearntValue, arrivals_of
from busyhour.project.csv_rows import listed

INTERVAL = 900.0
"""Seconds in which calls are counted."""


@dataclass(frozen=True, slots=True)
class Call:
    """One new inbound call. Durations in seconds; None: the record does not say.

    `answered` is None too where the call was not queued, or left the queue by neither an agent nor hanging up.
    """

    start: datetime
    queue: str
    answered: bool | None
    waited: float | None
    talk: float | None
    wrap_up: float | None
    end: datetime | None = None
    before_queue: float | None = None


def learn(source: str, calls: Sequence[Call], queue: str, notes: Iterable[str]) -> Learnt:
    """Learn from calls.

    Args:
        source: where they were recorded, as errors and comments name it.
        calls: all of them.
        queue: only calls of this queue; empty: all.
        notes: what a reader must know of the source.

    Raises:
        BusyhourError: no call counts.
    """
    queues: dict[str, float] = {}
    for call in calls:
        queues[call.queue] = queues.get(call.queue, 0.0) + 1
    if queue and queue not in queues:
        raise BusyhourError(
            f"{source}: no call is of the queue {queue!r}", f"Queues here: {listed(queues) or 'none'}."
        )
    chosen = [call for call in calls if not queue or call.queue == queue]
    if not chosen:
        raise BusyhourError(
            f"{source}: no record is a new inbound call", "Give voice contacts of a time with calls."
        )
    counted: dict[datetime, float] = {}
    for call in chosen:
        begin = call.start - timedelta(
            seconds=(call.start.minute * 60 + call.start.second) % INTERVAL,
            microseconds=call.start.microsecond,
        )
        counted[begin] = counted.get(begin, 0.0) + 1.0
    return Learnt(
        source=source,
        start=min(call.start for call in chosen),
        end=max(call.start for call in chosen),
        arrivals=arrivals_of(counted, INTERVAL),
        values=tuple(_values(chosen)),
        by_queue=queues,
        notes=tuple(notes),
    )


def _values(calls: Sequence[Call]) -> Iterator[LearntValue]:
    told = [call for call in calls if call.answered is not None and (call.answered or call.waited)]
    if told:
        gone = sum(not call.answered for call in told)
        yield LearntValue("", "abandoned share", "share", fits.share(gone, len(told)), len(told))
        waits = [call.waited for call in told]
        if all(one is not None for one in waits):
            fitted = fits.patience(math.fsum(one or 0.0 for one in waits), gone)
            if fitted is not None:
                yield LearntValue(
                    "callers.patience", "patience", "s", fitted.mean, gone, fitted, fitted.assumed
                )
    for key, name, values in (
        ("callers.talk", "talk, holds included", [call.talk for call in calls]),
        ("callers.wrap_up", "after-call work", [call.wrap_up for call in calls]),
    ):
        known = [
            value
            for value, call in zip(values, calls, strict=True)
            if value is not None and call.answered is not False
        ]
        if known:
            fitted_time = fits.duration(known)
            yield LearntValue(key, name, "s", fitted_time.mean, len(known), fitted_time, fitted_time.assumed)
