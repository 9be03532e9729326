"""Shared parts of Lambda's operations: the requested function, revision checks, pages."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from busyhour.emulator.lambda_.functions.store import Deployed, FunctionTable
from busyhour.emulator.messages import ApiError

PAGE = 50


def latest(table: FunctionTable, params: Mapping[str, Any]) -> Deployed:
    """Return the $LATEST of the function that a request names, regardless of its qualifier."""
    return table.find(table.find(params["FunctionName"]).name)


def check_revision(deployed: Deployed, params: Mapping[str, Any]) -> None:
    """Raise ApiError if the request is for another revision."""
    wanted = params.get("RevisionId")
    if wanted and wanted != deployed.revision:
        raise ApiError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id.",
            412,
            Type="User",
        )


def page_of(found: Sequence[Any], params: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
    """Return the page of Marker and MaxItems, and NextMarker if there are more."""
    size = min(PAGE, params.get("MaxItems") or PAGE)
    try:
        start = int(base64.b64decode(params.get("Marker") or "MA==", validate=True))
    except ValueError:
        start = -1
    if start < 0 or start > len(found):
        raise ApiError(
            "InvalidParameterValueException",
            f"Marker {params['Marker']!r} is not of this listing.",
            Type="User",
        )
    page = found[start : start + size]
    end = start + len(page)
    return page, {"NextMarker": base64.b64encode(str(end).encode()).decode()} if end < len(found) else {}
