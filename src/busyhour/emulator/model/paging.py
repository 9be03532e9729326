"""Listings in pages: NextToken and MaxResults."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from busyhour.emulator.messages import ApiError


def page_token(start: int) -> str:
    """Return the token of the page that begins at entry `start`."""
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def page_start(token: object, total: int, code: str) -> int:
    """Return the start of the page of `token`; 0 without a token.

    Raises:
        ApiError: with `code`, if the token is not of a listing of `total` entries.
    """
    if token is None:
        return 0
    try:
        start = int(base64.urlsafe_b64decode(str(token)))
    except (ValueError, binascii.Error):
        start = -1
    if not 0 < start < total:
        raise ApiError(code, f"NextToken {token!r} is not of this listing.")
    return start


def page(items: Iterable[Any], params: dict[str, Any], size: int = 100) -> tuple[list[Any], dict[str, Any]]:
    """Return one page of a listing of Connect, and the NextToken of the one after it where there is one.

    Raises:
        ApiError: the token of the request is not one of ours.
    """
    everything = list(items)
    start = page_start(params.get("NextToken"), len(everything), "InvalidParameterException")
    end = start + (params.get("MaxResults") or size)
    token = {"NextToken": page_token(end)} if end < len(everything) else {}
    return everything[start:end], token
