"""Listings of Connect in pages: NextToken and MaxResults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from busyhour.emulator.model.paging import page_start, page_token

PAGE = 100


def page(items: Iterable[Any], params: dict[str, Any], size: int = PAGE) -> tuple[list[Any], dict[str, Any]]:
    """One page of a list, and the NextToken of the one after it where there is one.

    Raises:
        ApiError: the token of the request is not one of ours.
    """
    everything = list(items)
    start = page_start(params.get("NextToken"), len(everything), "InvalidParameterException")
    end = start + (params.get("MaxResults") or size)
    token = {"NextToken": page_token(end)} if end < len(everything) else {}
    return everything[start:end], token
