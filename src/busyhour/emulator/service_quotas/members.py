"""Members of Service Quotas' requests: their checks, and pages of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page_start, page_token

Body = Mapping[str, Any]

PAGE = 100
"""Most rows of a page."""


def page_of(member: str, rows: Sequence[Any], body: Body) -> dict[str, Any]:
    """Return one page of `rows` as `member`, with the NextToken of the next.

    Raises:
        ApiError: MaxResults or NextToken is not valid.
    """
    size = body.get("MaxResults", PAGE)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= PAGE:
        raise illegal("MaxResults", size, f"a whole number from 1 to {PAGE}")
    start = page_start(body.get("NextToken"), len(rows), "InvalidPaginationTokenException")
    page: dict[str, Any] = {member: rows[start : start + size]}
    if start + size < len(rows):
        page["NextToken"] = page_token(start + size)
    return page


def text(body: Body, name: str) -> str:
    """Return the text `name` of a request.

    Raises:
        ApiError: it is not there, is empty or is no text.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise illegal(name, value, "text")
    return value


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return `value`, which must be one of those allowed.

    Raises:
        ApiError: it is not.
    """
    if value not in allowed:
        raise illegal(name, value, f"one of {', '.join(allowed)}")
    return str(value)


def illegal(name: str, value: object, wanted: str) -> ApiError:
    """Return the error for a member that is not valid."""
    return ApiError("IllegalArgumentException", f"{name} is {value!r}; it must be {wanted}.")
