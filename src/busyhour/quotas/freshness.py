"""Whether a quota value is current: read from the account, at most 30 days ago.

Pure; every output uses `mark`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from busyhour.quotas.model import Origin
from busyhour.results.record import RunRecord

MAX_AGE_DAYS = 30
"""Age in days above which a value is marked: AWS may have changed it since."""

FROM_ACCOUNT = frozenset(
    str(origin)
    for origin in (
        Origin.APPLIED_RESOURCE,
        Origin.APPLIED_ACCOUNT,
        Origin.SERVICE,
        Origin.CLOUDWATCH,
        Origin.FILE,
    )
)
"""Origins of values in force in the account, other than defaults, overrides and the emulator."""
EMULATOR_MARK = "emulator value, not read from the account"


def mark(origin: str, read_at: str, today: date, *, emulated: bool = False) -> str:
    """Return why a value is not current; empty if it is.

    Args:
        origin: of the value, as in a record (`str(Origin)`).
        read_at: ISO 8601 time or date of the reading.
        today: day on which the value is shown or used.
        emulated: the value is the emulator's, in a record whose origins do not show it.
    """
    if emulated or origin == Origin.EMULATOR:
        return EMULATOR_MARK
    if origin not in FROM_ACCOUNT:
        return f"{origin}, not read from the account"
    day = read_on(read_at)
    if day is None:
        return f"{origin}, read at an unknown date"
    age = (today - day).days
    if age < -1:  # one day of difference is the time zone's
        return f"read {day.isoformat()}, a date in the future"
    return f"read {day.isoformat()}, {age} days ago" if age > MAX_AGE_DAYS else ""


def source(origin: str, read_at: str, today: date, *, emulated: bool = False) -> str:
    """Format where a value comes from, with the mark if it is not current."""
    marked = mark(origin, read_at, today, emulated=emulated)
    if not marked:
        return f"{origin}, read {read_at[:10]}"
    return f"{origin}, {marked}" if marked.startswith("read ") else marked


def mark_of(run: RunRecord, origin: str, read_at: str, at: date | None = None) -> str:
    """Return `mark` of a value in a run's record, on the day `at`; by default today."""
    return mark(origin, read_at, at or today(), emulated=_is_emulated(run, origin))


def source_of(run: RunRecord, origin: str, read_at: str, at: date | None = None) -> str:
    """Return `source` of a value in a run's record, on the day `at`; by default today."""
    return source(origin, read_at, at or today(), emulated=_is_emulated(run, origin))


def _is_emulated(run: RunRecord, origin: str) -> bool:
    """Whether a value is the emulator's; earlier versions recorded the origin as AWS's."""
    return run.target.get("kind") != "aws" and origin in FROM_ACCOUNT and not run.target.get("quota_values")


def read_on(read_at: str) -> date | None:
    """Return the day of a reading, in UTC; None if `read_at` is not a date."""
    try:
        moment = datetime.fromisoformat(read_at)
    except ValueError:
        return None
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()


def today() -> date:
    """Return the current day in UTC."""
    return datetime.now(UTC).date()
