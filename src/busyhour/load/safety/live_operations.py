"""Operations of AWS that a live run may send, recognised by what is on the wire: service, method, path, headers.

The name that a caller gives to a request proves nothing, so a request that matches no operation of botocore's models is
none that may leave.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

READS = ("Describe", "Get", "List", "Search", "BatchGet")
"""Operations whose names begin so only read."""

STARTS: Mapping[str, tuple[str, ...]] = {
    "StartOutboundVoiceContact": ("DestinationPhoneNumber",),
    "StartChatContact": (),
    "StartTaskContact": (),
    "StartEmailContact": (),
    "StartWebRTCContact": (),
    "StartOutboundChatContact": ("DestinationEndpoint.Address",),
    "StartOutboundEmailContact": ("DestinationEmailAddress.EmailAddress",),
    "SendOutboundEmail": ("DestinationEmailAddress.EmailAddress",),
}
"""Operations of Connect that start a contact, with the members that name whom it reaches."""

CAMPAIGNS = ("connect-campaigns", "connectcampaigns")
"""Signing names of outbound campaigns, whose requests start contacts without ids."""

STOP = "StopContact"
SHOW = "DescribeContact"

_ALSO: Mapping[str, frozenset[str]] = {
    "connect": frozenset({STOP, "UpdateContactAttributes"}),
    "lambda": frozenset({"Invoke"}),
    "dynamodb": frozenset(
        {
            *("PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchWriteItem"),
            *("TransactGetItems", "TransactWriteItems"),
        }
    ),
}
"""Operations beside those that read and those that start contacts, by signing name."""

_REST = {"connect": "connect", "lambda": "lambda"}
_TARGETS = {"dynamodb": "DynamoDB_20120810."}


def named(service: str, method: str, path: str, headers: Mapping[str, str]) -> str:
    """Return the operation of a request on the wire; empty if no model has one there.

    Args:
        service: signing name.
        method: HTTP method.
        path: as sent, without the query.
        headers: names in lower case.
    """
    if service in _TARGETS:
        prefix, _, name = headers.get("x-amz-target", "").rpartition(_TARGETS[service])
        return name if method == "POST" and path == "/" and not prefix else ""
    if service not in _REST:
        return ""
    first = path.removeprefix("/").partition("/")[0]
    for pattern, operation in _routes(service).get((method, first), ()):
        if pattern.fullmatch(path):
            return operation
    return ""


def may_be_sent(service: str, operation: str) -> bool:
    """Whether a live run may send this operation at all; those of STARTS are checked further."""
    return bool(operation) and (
        operation.startswith(READS)
        or operation in _ALSO.get(service, ())
        or (service == "connect" and operation in STARTS)
    )


@lru_cache(maxsize=1)
def members_of_starts() -> dict[str, frozenset[str]]:
    """Return the members of the request of each operation of STARTS, by botocore's model."""
    model = service_model("connect")
    return {
        name: frozenset(model.operation_model(name).input_shape.members)
        for name in STARTS
        if name in model.operation_names
    }


@lru_cache(maxsize=4)
def _routes(service: str) -> dict[tuple[str, str], list[tuple[re.Pattern[str], str]]]:
    """Patterns of paths with their operations, by method and first part of the path."""
    model = service_model(_REST[service])
    routes: dict[tuple[str, str], list[tuple[re.Pattern[str], str]]] = {}
    for name in model.operation_names:
        http = model.operation_model(name).http
        template = http["requestUri"].partition("?")[0]
        pieces = re.split(r"(\{[^}]+\})", template)
        pattern = "".join("[^/]+" if piece.startswith("{") else re.escape(piece) for piece in pieces)
        first = template.split("/")[1]
        routes.setdefault((http["method"], first), []).append((re.compile(pattern), name))
    return routes


@lru_cache(maxsize=8)
def service_model(name: str) -> Any:
    """Return botocore's model of a service, by botocore's name."""
    import botocore.session
    from botocore.model import ServiceModel

    loader = botocore.session.Session().get_component("data_loader")
    return ServiceModel(loader.load_service_model(name, "service-2"), name)
