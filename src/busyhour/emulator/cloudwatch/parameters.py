"""Parsing and validation of CloudWatch parameters in the form of each of its protocols."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from busyhour.emulator.messages import ApiError

Parameters = Mapping[str, Any]


def listed(parameters: Parameters, name: str) -> list[Any]:
    """Return a list member; in the Query protocol an empty list may arrive as an empty text."""
    value = parameters.get(name) or []
    if not isinstance(value, list):
        raise ApiError("InvalidParameterValue", f"{name} must be a list.")
    return value


def window(parameters: Parameters) -> tuple[float, float]:
    """Return StartTime and EndTime as epoch seconds; ApiError if missing, invalid, or not in order."""
    start, end = (_seconds(name, parameters.get(name)) for name in ("StartTime", "EndTime"))
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _seconds(name: str, value: object) -> float:
    """Return epoch seconds of a time in any of the three protocols."""
    if value is None:
        raise ApiError("MissingParameter", f"The parameter {name} is required.")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ApiError("InvalidParameterValue", f"{name} {value!r} is not a time.") from None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    raise ApiError("InvalidParameterValue", f"{name} {value!r} is not a time.")


def period_of(value: object) -> int:
    """Return a Period in seconds; ApiError if CloudWatch does not support it."""
    period = whole("Period", value, 1, 86_400)
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise ApiError(
            "InvalidParameterValue", f"Period {period} must be 1, 5, 10, 20, 30 or a multiple of 60."
        )
    return period


def whole(name: str, value: object, low: int, high: int) -> int:
    """Parse a whole number, which is text in the Query protocol; ApiError outside `low` to `high`."""
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else low - 1
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise ApiError(
            "InvalidParameterValue", f"{name} is {value!r}; it must be a whole number from {low} to {high}."
        )
    return number


def invalid(message: str) -> ApiError:
    """Make the error of GetMetricData, which models none for its parameters."""
    return ApiError("ValidationError", message)
