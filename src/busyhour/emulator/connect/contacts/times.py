"""Times in requests and responses."""

from __future__ import annotations

import datetime

from busyhour.emulator.messages import ApiError


def epoch_seconds(value: float | str) -> float:
    """Parse a timestamp in a request to epoch seconds: a number or ISO 8601.

    Raises:
        ApiError: it is neither.
    """
    if not isinstance(value, str):
        return float(value)
    try:
        when = datetime.datetime.fromisoformat(value)
    except ValueError:
        raise ApiError("InvalidParameterException", f"{value[:60]!r} is not a timestamp.") from None
    return (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()


def iso(moment: float | None) -> str | None:
    """Format epoch seconds as Connect writes times; None stays None."""
    if moment is None:
        return None
    when = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def whole_seconds(moment: float | None) -> str | None:
    """Format epoch seconds as contact records have times: whole seconds without a fraction; None stays None."""
    if moment is None:
        return None
    return f"{datetime.datetime.fromtimestamp(int(moment), datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
