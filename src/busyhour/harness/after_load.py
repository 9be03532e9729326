"""Read from the target after the load: a reading that fails or is interrupted is named, and the report is made without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from busyhour.interrupts import Signals
from busyhour.results.load_result import LoadResult

_LATE = timedelta(seconds=60)
"""How long after the load's end a target may still have data points of it."""
_T = TypeVar("_T")


@dataclass(slots=True)
class AfterLoad:
    """The readings that succeeded; `signals` are those that came since the load began."""

    signals: Signals
    not_measured: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)

    def of(self, what: str, read: Callable[[], _T], otherwise: _T) -> _T:
        """Return what `read` returns; `otherwise` if Ctrl-C comes meanwhile, or the target does not answer.

        Args:
            what: is read, for the report.
            read: makes requests; an OSError or a ValueError of it is the target's failure, which makes the run invalid.
            otherwise: nothing read.
        """
        try:
            found, complete = self.signals.unless_interrupted(read, otherwise)
        except (OSError, ValueError) as error:
            self.invalid.append(f"The target did not answer after the load, asked for {what}: {error}.")
            return otherwise
        if not complete:
            self.not_measured.append(f"{what[:1].upper()}{what[1:]}: not read, the run was interrupted")
        return found


def times(load: LoadResult, begun: datetime) -> tuple[datetime, datetime]:
    """Return begin and end of the time whose metrics are read. A system clock that was set meanwhile makes it no longer."""
    start = datetime.fromisoformat(load.started) if load.started else begun
    ended = datetime.fromisoformat(load.ended) if load.ended else start
    return start, min(max(datetime.now(UTC), ended), ended + _LATE) + timedelta(seconds=1)
