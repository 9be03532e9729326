"""Listings in pages: NextToken and MaxResults. A token is of one operation, and of one request for metrics."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from busyhour.emulator.messages import ApiError

_PAGING = frozenset(
    {"NextToken", "MaxResults", "Marker", "MaxItems", "MaxRecords", "MaxDatapoints"},
)
"""Members that a request for another page may change."""


def bound(
    name: str,
    params: Mapping[str, Any],
    run: Callable[[dict[str, Any]], dict[str, Any]],
    code: str,
    token: str = "NextToken",
    answered: str = "NextToken",
) -> dict[str, Any]:
    """Run an operation so that the token of its next page is of this operation alone.

    A token of metrics (Get...) is of the other parameters as well, as the API reference has it (GetCurrentMetricData).

    Args:
        name: the operation.
        params: its request, whose member `token` may be the token of an earlier answer.
        run: runs it with its own token, and returns the answer, whose member `answered` is the next token.
        code: error of a token of another request.

    Raises:
        ApiError: the token is of another request.
    """
    given, seal = params.get(token), ""
    if given is not None:
        seal = _seal(name, params)
        of, _, own = str(given).partition(".")
        if of != seal:
            raise ApiError(code, f"{token} {given!r} is not of this listing.")
        params = {**params, token: own}
    answer = run(dict(params))
    if answered in answer:
        answer = {**answer, answered: f"{seal or _seal(name, params)}.{answer[answered]}"}
    return answer


def _seal(name: str, params: Mapping[str, Any]) -> str:
    kept = set(params) - _PAGING if name.startswith("Get") else {"InstanceId"} & set(params)
    rest = {member: params[member] for member in kept}
    text = json.dumps([name, rest], sort_keys=True, default=str)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


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
